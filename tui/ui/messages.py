"""What widgets tell the screen they are on."""

from __future__ import annotations

from textual.message import Message
from textual.widget import Widget


class Scrolled(Message):
    """A person moved through an answer; a screen that keeps panes in step moves the others."""

    def __init__(self, view: Widget, fraction: float) -> None:
        super().__init__()
        self.view = view
        """Where it happened: the sender's answer view."""
        self.fraction = fraction
        """The top row's place between the first (0.0) and the last one it can be (1.0)."""
