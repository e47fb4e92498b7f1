"""What a row of a report is about."""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.plans.mode import Mode
from tui.core.sessions.session_model import Parameters


@dataclass(frozen=True, slots=True)
class Subject:
    """What a row is about. Numbers are put together only when all of this is the same."""

    alias: str
    model: str
    """The host's own id."""
    variant: str | None
    device: str | None
    ep: str | None
    host: str
    """The host's kind; its name, where several took part."""
    mode: Mode
    parameters: Parameters
    system: str | None
    """The system prompt."""
    nonce: bool = False
    """Each prompt began with a marker of its own, so that a prefix cache could hold only what precedes it."""
