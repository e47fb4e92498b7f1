"""What the Compare screen tells the app."""

from __future__ import annotations

from collections.abc import Collection

from textual.message import Message

from tui.core.errors import CompareError


class ConcealmentChanged(Message):
    """Names are hidden from here on, or no longer."""


class ProblemMet(Message):
    """Something went wrong that is to be shown."""

    def __init__(self, error: CompareError) -> None:
        super().__init__()
        self.error = error


class HostWanted(Message):
    """Something was asked, and no host has answered yet."""


class RunEnded(Message):
    """The last request of a run has ended; models may have been loaded for it."""


class ModelsSeen(Message):
    """Models that answer are loaded, whatever their host said last, and others were freed for them: their keys."""

    def __init__(self, loaded: Collection[str], freed: Collection[str]) -> None:
        super().__init__()
        self.loaded = loaded
        self.freed = freed
