"""What the screens of lists share: a field of words and values that narrow the list, and beside it what is known of the
row under the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, ClassVar

from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.core.narrowing import stepped
from tui.core.text.clean import clean_line
from tui.ui.actions import Need
from tui.ui.fitting import rows_of
from tui.ui.mode_screen import ModeScreen
from tui.ui.state import AppState
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.widgets.line_field import FilterField
from tui.ui.widgets.row_table import RowTable

_VALUE_SHOWN = 16
"""Characters of a value that the list is narrowed by."""


class ListScreen(ModeScreen):
    """A subclass says what can be narrowed by (`FIELDS`, `known()`), makes the table, and shows its rows in `refill()`
    and what is beside them in `show_about()`."""

    AUTO_FOCUS = "RowTable"
    FIELDS: ClassVar[type[StrEnum]]
    """What the list can be narrowed by, in the order of the keys 1, 2, …"""
    WORDS: ClassVar[str] = ""
    """What the empty field for words says."""
    ROWS: ClassVar[str] = "rows"
    """What the rows are called."""
    DEFAULT_CSS = """
    ListScreen {
        & #words { height: 1; background: $surface; }
        & #words:focus { background: $panel; }
        & #facets { height: 1; padding: 0 1; color: $text-muted; }
        & #list-and-about { height: 1fr; }
        & #table { width: 3fr; height: 1fr; }
        & #beside { padding: 0 1; border-left: solid $panel; width: 2fr; height: 1fr; scrollbar-size-vertical: 1; }
        & #line { height: 1; padding: 0 1; color: $text-muted; }
        &.-narrow #list-and-about { layout: vertical; }
        &.-narrow #table { width: 1fr; }
        &.-narrow #beside { width: 1fr; height: 6; border-left: none; border-top: solid $panel; }
    }
    """

    def __init__(self, app_state: AppState, refresh_rate: RefreshRate) -> None:
        super().__init__(app_state, refresh_rate)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
        self.picked: dict[Any, str] = {}
        """The values that are wanted, by the members of `FIELDS`."""

    def body(self) -> Iterable[Widget]:
        """The field, values to narrow by, the list, what is known of its row, and a line about the list."""
        yield FilterField(placeholder=self.WORDS, id="words", compact=True)
        yield Static(id="facets", markup=False)
        yield from self.above_list()
        with Horizontal(id="list-and-about"):
            yield from self.list_widgets()
            with VerticalScroll(id="beside", can_focus=False):
                yield Static(id="about", markup=False)
        yield Static(id="line", markup=False)

    def above_list(self) -> Iterable[Widget]:
        """What stands between the field and the list besides."""
        return ()

    def list_widgets(self) -> Iterable[Widget]:
        """The list, a `RowTable` of the id `table`, and what may take its place."""
        raise NotImplementedError

    def refill(self) -> None:
        """Show the list as it is; the cursor stays on its row."""
        raise NotImplementedError

    def show_about(self) -> None:
        """Show what is known of the row under the cursor."""
        raise NotImplementedError

    def focus_list(self) -> None:
        """Put the cursor into the list."""
        self._table.focus()

    def known(self, by: StrEnum) -> Sequence[str]:
        """The values of a field that the rows have."""
        raise NotImplementedError

    def narrowed(self) -> None:
        """Other values are wanted."""
        self.refill()

    def on_mount(self) -> None:
        """Put the cursor where keys do something."""
        if not self.app.is_running:
            return  # It ends already, and the widgets go.
        self.refill()
        self.focus_list()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Show what is known of the row under the cursor."""
        self.show_about()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """From the field to the list."""
        self.focus_list()

    def action_filter(self) -> None:
        """Into the field."""
        self.query_one("#words", Input).focus()

    def action_filter_by(self, name: str) -> None:
        """Show only rows with the next value of this field."""
        by = self.FIELDS(name)
        known = self.known(by)
        if len(known) < 2 and by not in self.picked:
            same = f"All {self.ROWS} have the same {by}: {clean_line(known[0], 40)}." if known else ""
            self._say(same or f"There are no {self.ROWS} with a {by} that is known.")
            return
        self.picked = stepped(self.picked, by, known)
        self.narrowed()

    def action_clear_filters(self) -> None:
        """Show the rows of all values again."""
        self.picked = {}
        self.narrowed()

    def meets(self, need: Need, action: str) -> bool | None:
        """Hide what makes no sense while words are typed."""
        return not isinstance(self.focused, FilterField) if need is Need.LIST else True

    def show_facets(self) -> None:
        """What the list can be narrowed by, with the keys, and the value that each field is set to."""
        parts: list[Content] = []
        for number, by in enumerate(self.FIELDS, 1):
            if by in self.picked:
                value = clean_line(self.picked[by], _VALUE_SHOWN)
                parts.append(Content.styled(f"{number} {by}: {value}", "bold reverse"))
            elif len(self.known(by)) > 1:
                parts.append(Content(f"{number} {by}"))
        if self.picked:
            parts.append(Content("0 all"))
        self.query_one("#facets", Static).update(Content("  ").join(parts))

    def show_line(self, line: str) -> None:
        """What there is to say of the list."""
        rows, row = rows_of(clean_line(line), max(self.size.width - 2, 0)), self.query_one("#line", Static)
        row.styles.height = len(rows)
        row.update(Content("\n".join(rows)))

    def why_none_left(self, words: str) -> str:
        """Why no row passes what narrows the list, as sentences. `words` says so of the words that were typed; empty
        without any."""
        hint = f"0 lets in all values of 1 to {len(self.FIELDS)} again." if self.picked else ""
        return " ".join(filter(None, (words, hint)))

    def _say(self, text: str) -> None:
        self.notify(text, severity="warning", markup=False)

    @property
    def _table(self) -> RowTable:
        return self.query_one("#table", RowTable)
