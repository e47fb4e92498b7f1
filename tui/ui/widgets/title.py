"""The first row of a pane: which one it is, what answers in it, and how far that has got."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len

from tui.core.requests.request import RequestState
from tui.core.text.clean import clean_line
from tui.ui import cells
from tui.ui.widgets.painted import TEXT, Painted, Row

MAX_TITLE = 200
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
    """Position and title at the left, the state at the right."""

    DEFAULT_CSS = """
    TitleRow {
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
        f"title-row--{name}" for name in ("position", "title", "toy", "muted", "busy", "good", "bad")
    }

    _shown: tuple[int, str, bool, RequestState | None, bool] = (0, "", False, None, False)

    def show(self, position: int, title: str, *, toy: bool, state: RequestState | None, thinking: bool) -> None:
        """Show a pane's place (from 1), its model, and its state; None says nothing of a state."""
        if (position, title, toy, state, thinking) != self._shown:
            self._shown = (position, title, toy, state, thinking)
            self.repaint()

    def compose_rows(self, width: int) -> tuple[Row, ...]:
        """One row. The state's word gives way to the title, the title's end to the state's glyph."""
        position, title, toy, state, thinking = self._shown
        glyph, word, kind = STATES[state] if state else ("", "", "muted")
        word = "thinking" if thinking and state is RequestState.RUNNING else word
        number = f"{position} "
        label = "toy " if toy else ""
        name = clean_line(title, MAX_TITLE)
        room = width - len(number) - len(label)
        status = f"{glyph} {word}" if cells.cells_needed(name) + 1 + cell_len(glyph) + 1 + len(word) <= room else glyph
        name = cells.cut(name, room - cell_len(status) - (1 if status else 0))
        gap = " " * max(room - cell_len(name) - cell_len(status), 0)
        return (
            (
                (number, "title-row--position"),
                (label, "title-row--toy"),
                (name, "title-row--title"),
                (gap, TEXT),
                (status, f"title-row--{kind}"),
            ),
        )
