"""Runs plans: the one place that changes what the screens and the command line show."""

from tui.conductor.conductor import Conductor as Conductor
from tui.conductor.ledger import Keeper as Keeper
from tui.conductor.ledger import new_session as new_session
