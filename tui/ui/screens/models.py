"""The models of the host: filter, choose, load, unload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.text import Text
from textual import events
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import DataTable, Input, Static
from textual.widgets.data_table import CellDoesNotExist, RowDoesNotExist

from tui.core.clean import clean, clean_line
from tui.core.model_card import ModelCard, ModelState
from tui.core.plan import MAX_MODELS
from tui.hosts.host import Ability
from tui.ui.actions import MODELS, bindings
from tui.ui.screens.base import ModeScreen
from tui.ui.shelf import Shelf

_COLUMNS = ("", "state", "model", "device", "EP", "size", "context", "licence", "task")
_WIDE_COLUMNS = (*_COLUMNS, "alias", "variant")
_WIDE = 200
_STATES = {
    ModelState.LOADED: "● loaded",
    ModelState.CACHED: "◐ cached",
    ModelState.CATALOG: "○ catalogue",
    ModelState.UNKNOWN: "-",
}


class ModelsScreen(ModeScreen):
    """Rows keyed by model id; what a row does to the host is asked of the app by message."""

    MODE = "models"
    CSS_PATH = "models.tcss"
    BINDINGS = bindings(MODELS)

    class Asked(Message):
        """The host should `load` or `unload` a model, or be asked again: `refresh`."""

        def __init__(self, what: str, model_id: str = "") -> None:
            super().__init__()
            self.what = what
            self.model_id = model_id

    class Chosen(Message):
        """The choice of models changed; `done` when they are to be compared now."""

        def __init__(self, *, done: bool = False) -> None:
            super().__init__()
            self.done = done

    def __init__(self, shelf: Shelf, abilities: Mapping[Ability, str]) -> None:
        super().__init__(shelf)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
        self._abilities = abilities
        self._details: dict[str, str] = {}
        self._columns: tuple[str, ...] = ()

    def body(self) -> Iterable[Widget]:
        """Filter, table, details."""
        yield Input(placeholder="/ filter: words from any column", id="filter", compact=True)
        with Horizontal(id="shelf"):
            yield DataTable(id="table", cursor_type="row", zebra_stripes=False)
            with VerticalScroll(id="detail", can_focus=False):
                yield Static(id="about", markup=False)

    def on_mount(self) -> None:
        """Put the cursor where keys do something."""
        self._fit_columns()
        self._table.focus()

    def on_resize(self, event: events.Resize) -> None:
        """A wide terminal has room for more columns. The base class's handler is called beside this one."""
        self._fit_columns()

    def details(self, texts: dict[str, str]) -> None:
        """Longer texts about models, by id, for the detail panel."""
        self._details = texts

    def _fit_columns(self) -> None:
        columns = _WIDE_COLUMNS if self.app.size.width >= _WIDE else _COLUMNS
        if columns != self._columns:
            self._columns = columns
            self._table.clear(columns=True)
            for title in columns:
                self._table.add_column(title, key=title)
            self.refill()

    def refill(self) -> None:
        """Show the shelf as it is now; the cursor stays on its model."""
        table, here = self._table, self._here
        shown = [card for card in self.shelf.cards if card.matches(self.query_one("#filter", Input).value)]
        if [str(key.value) for key in table.rows] == [card.id for card in shown]:
            for card in shown:
                for title, cell in zip(self._columns, self._cells(card), strict=True):
                    if table.get_cell(card.id, title) != cell:
                        table.update_cell(card.id, title, cell, update_width=True)
        else:
            table.clear()
            for card in shown:
                table.add_row(*self._cells(card), key=card.id)
            if here is not None and here in {card.id for card in shown}:
                table.move_cursor(row=table.get_row_index(here))
        self._show_detail()
        self.show_top()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as it is typed."""
        self.refill()

    def on_key(self, event: events.Key) -> None:
        """Esc leaves the filter; down goes from it to the list."""
        if self.focused is not None and self.focused.id == "filter" and event.key in ("escape", "down"):
            self._table.focus()
            event.stop()

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Tell of the row under the cursor."""
        self._show_detail()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """A click on the row under the cursor chooses it, or not."""
        self.action_choose()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what this host cannot do."""
        needed = {"load": Ability.LOAD, "unload": Ability.UNLOAD}.get(action)
        return None if needed is not None and self._abilities.get(needed) else True

    def action_filter(self) -> None:
        """Into the filter field."""
        self.query_one("#filter", Input).focus()

    def action_choose(self) -> None:
        """Choose the model under the cursor, or not."""
        here = self._here
        if here is None:
            return
        if not self.shelf.toggle(here):
            self.notify(
                f"{MAX_MODELS} models are the most that can be compared at once.", severity="warning", markup=False
            )
            return
        self.refill()
        self.post_message(self.Chosen())

    def action_compare(self) -> None:
        """To the comparison, with the model under the cursor when none is chosen; from the filter, to the list."""
        if self.focused is not None and self.focused.id == "filter":
            self._table.focus()
            return
        if not self.shelf.chosen and self._here is not None:
            self.shelf.toggle(self._here)
        self.post_message(self.Chosen(done=True))

    def action_load(self) -> None:
        """Load the model under the cursor."""
        self._ask("load")

    def action_unload(self) -> None:
        """Unload the model under the cursor."""
        self._ask("unload")

    def action_refresh_models(self) -> None:
        """Ask the host for its models again."""
        self.post_message(self.Asked("refresh"))

    @property
    def _table(self) -> DataTable[Text]:
        table: DataTable[Text] = self.query_one("#table", DataTable)
        return table

    @property
    def _here(self) -> str | None:
        """The id under the cursor."""
        table = self._table
        try:
            return table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value
        except (CellDoesNotExist, RowDoesNotExist):
            return None

    def _ask(self, what: str) -> None:
        here = self._here
        if here is not None and here not in self.shelf.working:
            self.post_message(self.Asked(what, here))

    def _cells(self, card: ModelCard) -> list[Text]:
        chosen = str(self.shelf.chosen.index(card.id) + 1) if card.id in self.shelf.chosen else " "
        state = self.shelf.working.get(card.id)
        facts = {
            "": f"[{chosen}]",
            "state": f"… {state}ing" if state else _STATES[card.state],
            "model": card.id,
            "device": card.device,
            "EP": (card.ep or "").removesuffix("ExecutionProvider"),
            "size": _size(card.size_mb),
            "context": _context(card.context),
            "licence": card.licence,
            "task": (card.task or "").removesuffix("-completion"),
            "alias": card.alias,
            "variant": card.variant,
        }
        return [Text(clean_line(facts[title] or "-", 48)) for title in self._columns]

    def _show_detail(self) -> None:
        card = self.shelf.card(self._here) if self._here else None
        about = self.query_one("#about", Static)
        if card is None:
            about.update(Content(self._emptiness()))
            return
        parameters = f"{card.parameters:,} parameters" if card.parameters else None
        facts = [card.publisher, card.licence, card.task, card.device, card.variant, parameters]
        lines = [
            Content.styled(clean_line(card.alias, 60), "bold"),
            Content(clean_line(" · ".join(fact for fact in facts if fact), 200)),
        ]
        if card.toy:
            lines.append(Content("A toy, for trying this program out. Do not judge real models by it."))
        if card.summary:
            lines.append(Content(clean(card.summary)))
        if card.id in self._details:
            lines += [Content(""), Content(clean(self._details[card.id]))]
        about.update(Content("\n").join(lines))

    def _emptiness(self) -> str:
        shelf = self.shelf
        if shelf.trouble is not None:
            return clean(f"{shelf.trouble.sentence()}\n\nF5 asks the host again.")
        if shelf.info is None:
            return "Waiting for the host …"
        return "No model has all of these words. / changes them." if shelf.cards else "This host lists no models."


def _size(megabytes: float | None) -> str:
    if megabytes is None:
        return "-"
    if megabytes >= 1024:
        return f"{megabytes / 1024:,.1f} GB"
    return f"{megabytes:.0f} MB" if megabytes >= 10 else f"{megabytes:.1f} MB"


def _context(tokens: int | None) -> str:
    if tokens is None:
        return "-"
    return f"{tokens:,}" if tokens % 1024 else f"{tokens // 1024}k"
