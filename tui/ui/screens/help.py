"""Every key of a screen, on one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.ui.actions import Action


class HelpScreen(ModalScreen[None]):
    """Lists actions by group; any of the usual keys closes it."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen VerticalScroll {
        width: 72; max-width: 96%; height: auto; max-height: 92%; padding: 0 2; border: round $primary;
        background: $surface; scrollbar-size-vertical: 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter", "dismiss", "Close")]

    def __init__(self, groups: Sequence[tuple[str, Sequence[Action]]]) -> None:
        super().__init__()
        self._groups = groups

    def compose(self) -> ComposeResult:
        """One line an action."""
        with VerticalScroll() as page:
            page.border_title = "Keys"
            page.border_subtitle = "esc closes"
            yield Static(Content("\n").join(self._lines()), markup=False)

    def _lines(self) -> list[Content]:
        lines: list[Content] = []
        for title, actions in self._groups:
            lines.append(Content.styled(title, "bold"))
            lines += [Content(f"  {item.shown:<14}{item.about}") for item in actions]
            lines.append(Content(""))
        return lines[:-1]
