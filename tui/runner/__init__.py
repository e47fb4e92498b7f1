"""Runs plans: the one place that changes what the screens and the command line show."""

from tui.runner.runner import Runner as Runner
from tui.runner.session_recorder import SessionWriter as SessionWriter
