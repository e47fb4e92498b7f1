"""The upper edge of a pane: which one it is, what answers in it, and how far that has got."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len

from tui.core.requests.request import RequestState
from tui.core.text.clean import clean_line
from tui.ui import cells
from tui.ui.widgets.painted import Painted, Row

MAX_TITLE = 200
FRAMES = {False: ("╭", "─", "╮"), True: ("┏", "━", "┓")}
"""The edge where the focus is not, and where it is."""
STATES: dict[RequestState, tuple[str, str, str]] = {
    RequestState.QUEUED: ("◌", "queued", "muted"),
    RequestState.LOADING: ("◐", "loading", "busy"),
    RequestState.RUNNING: ("●", "streaming", "busy"),
    RequestState.DONE: ("✓", "done", "good"),
    RequestState.EMPTY: ("○", "empty", "bad"),
    RequestState.CUT: ("╌", "cut", "bad"),
    RequestState.FAILED: ("✗", "failed", "bad"),
    RequestState.STOPPED: ("■", "stopped", "muted"),
    RequestState.SKIPPED: ("»", "skipped", "muted"),
}
"""Glyph, word and kind of each state: the glyph alone tells them apart, in any colour."""


class TitleRow(Painted):
    """Position and title at the left, the state at the right, the line of the pane's frame around and between them."""

    DEFAULT_CSS = """
    TitleRow {
        & .title-row--frame { color: $secondary; }
        & .title-row--focus { color: $accent; }
        & .title-row--position { color: $accent; text-style: bold; }
        & .title-row--title { color: $foreground; text-style: bold; }
        & .title-row--toy { color: $warning; }
        & .title-row--muted { color: $text-muted; }
        & .title-row--busy { color: $primary; }
        & .title-row--good { color: $success; }
        & .title-row--bad { color: $error; }
        &:ansi .title-row--muted { color: ansi_default; text-style: dim; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"title-row--{name}" for name in ("frame", "focus", "position", "title", "toy", "muted", "busy", "good", "bad")
    }

    _shown: tuple[int, str, bool, RequestState | None, bool] = (0, "", False, None, False)
    _focused = False

    @property
    def focused(self) -> bool:
        """Whether the pane has the focus, which its frame shows."""
        return self._focused

    @focused.setter
    def focused(self, focused: bool) -> None:
        if focused != self._focused:
            self._focused = focused
            self.repaint()

    def show(self, position: int, title: str, *, toy: bool, state: RequestState | None, thinking: bool) -> None:
        """Show a pane's place (from 1), its model, and its state; None says nothing of a state."""
        if (position, title, toy, state, thinking) != self._shown:
            self._shown = (position, title, toy, state, thinking)
            self.repaint()

    def compose_rows(self, width: int) -> tuple[Row, ...]:
        """One row. The state's word gives way to the title, the title's end to the state's glyph."""
        left, line, right = FRAMES[self._focused]
        frame = "title-row--focus" if self._focused else "title-row--frame"
        position, title, toy, state, thinking = self._shown
        glyph, word, kind = STATES[state] if state else ("", "", "muted")
        word = "thinking" if thinking and state is RequestState.RUNNING else word
        number = f"{position} "
        label = "toy " if toy else ""
        name = clean_line(title, MAX_TITLE)
        room = width - len(left) - len(right) - len(number) - len(label)
        status = f"{glyph} {word}" if cells.cells_needed(name) + 1 + cell_len(glyph) + 1 + len(word) <= room else glyph
        name = cells.cut(name, room - cell_len(status) - (1 if status else 0))
        cells_left = max(room - cell_len(name) - cell_len(status), 0)
        gap = f" {line * (cells_left - 2)} " if cells_left > 2 else " " * cells_left
        return (
            (
                (left, frame),
                (number, "title-row--position"),
                (label, "title-row--toy"),
                (name, "title-row--title"),
                (gap, frame),
                (status, f"title-row--{kind}"),
                (right, frame),
            ),
        )
