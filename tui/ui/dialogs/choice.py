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
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "close", tooltip="Leave it as it is", id="question.leave")
    ]

    def __init__(self, title: str, text: str, answers: Sequence[tuple[str, str]], *, also: str = "") -> None:
        """`answers` are keys and what they mean; esc is added. `also` are keys of one character that the meaning of
        others explains. Title, text and meanings may come from outside."""
        super().__init__()
        self._title = title
        self._text = text
        self._answers = (*answers, ("esc", "leaves it as it is"))
        self._also = also

    def compose(self) -> ComposeResult:
        """The question, and its answers below it."""
        text = [Content(clean(self._text))] if self._text else []
        lines = [Content.styled(clean(self._title), "bold"), *text, Content("")]
        lines += [Content.assemble((f"{key:>6}", "bold"), f"  {meaning}") for key, meaning in self._answers]
        with Vertical():
            yield Static(Content("\n").join(lines), markup=False)

    def on_key(self, event: events.Key) -> None:
        """One of the answers."""
        key = event.character if event.character is not None and event.character in self._also else event.key
        if key in self._also or key in (answer for answer, _ in self._answers):
            event.stop()
            self.dismiss(key)
