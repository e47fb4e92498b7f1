"""A question with a few answers, each by its key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.core.text.clean import clean


class ChoiceDialog(ModalScreen[str | None]):
    """Returns the key of the answer, or None when it was closed with esc."""

    DEFAULT_CSS = """
    ChoiceDialog { align: center middle; }
    ChoiceDialog Vertical {
        width: 72; max-width: 96%; height: auto; padding: 0 1; border: round $primary; background: $surface;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Leave it as it is")]

    def __init__(self, title: str, text: str, answers: Sequence[tuple[str, str]]) -> None:
        """`answers` are keys and what they mean; esc is added. Title and text may come from outside."""
        super().__init__()
        self._title = title
        self._text = text
        self._answers = (*answers, ("esc", "leaves it as it is"))

    def compose(self) -> ComposeResult:
        """The question, and its answers below it."""
        lines = [Content.styled(clean(self._title), "bold"), Content(clean(self._text)), Content("")]
        lines += [Content.assemble((f"{key:>6}", "bold"), f"  {meaning}") for key, meaning in self._answers]
        with Vertical():
            yield Static(Content("\n").join(lines), markup=False)

    def on_key(self, event: events.Key) -> None:
        """One of the answers."""
        if event.key in (key for key, _ in self._answers):
            event.stop()
            self.dismiss(event.key)
