"""The models of the host: filter, choose, load, download and remove them."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.core.catalog.model_card import ModelCard
from tui.core.catalog.model_filters import FilterBy, ModelFilter, values
from tui.core.plans.plan import MAX_MODELS
from tui.core.text import formatting
from tui.core.text.clean import clean, clean_line
from tui.ui.actions import MODELS, Need
from tui.ui.cells import cut
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.dialogs.text_page import TextPageDialog
from tui.ui.mode_screen import ModeScreen
from tui.ui.models import details
from tui.ui.models.messages import (
    CancelRequested,
    ChoiceChanged,
    CompareRequested,
    DownloadRequested,
    LoadRequested,
    ModelRequest,
    OffersRequested,
    RefreshRequested,
    RegisterRequested,
    RemoveRequested,
    UnloadRequested,
)
from tui.ui.models.model_actions import MODEL_ACTIONS, why_pointless, why_unable
from tui.ui.models.rows import COLUMNS, PLAIN, STATE, Glyphs, grouped, model_rows
from tui.ui.state import AppState
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.widgets.line_field import FilterField
from tui.ui.widgets.model_table import ModelTable


class ModelsScreen(ModeScreen):
    """Rows keyed by `ModelCard.key`, or by alias. What the host is to do the app is asked for by messages."""

    MODE = "models"
    CSS_PATH = "screen.tcss"
    ACTIONS = MODELS

    def __init__(self, app_state: AppState, refresh_rate: RefreshRate) -> None:
        super().__init__(app_state, refresh_rate)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
        self._filter = ModelFilter()
        self._opened: set[str] = set()
        self._possible: tuple[object, ...] = ()

    def body(self) -> Iterable[Widget]:
        """Filter, the line about it, table, details, and a line about the choice."""
        yield FilterField(placeholder="/ filter: words from any column", id="filter", compact=True)
        yield Static(id="filter-line", markup=False)
        yield Static(id="fresh", markup=False)
        with Horizontal(id="list-and-details"):
            yield ModelTable(COLUMNS, STATE, id="table")
            with VerticalScroll(id="detail", can_focus=False):
                yield Static(id="about", markup=False)
        yield Static(id="choice", markup=False)

    def on_mount(self) -> None:
        """Put the cursor where keys do something, and ask what could be had: nobody needs that before."""
        self.refill()
        self._table.focus()
        self.post_message(OffersRequested())

    # What is shown

    async def host_changed(self) -> None:
        """Show the models that the host has."""
        self.refill()

    def models_changed(self) -> None:
        """Show what is chosen, and how far downloads are."""
        self.refill()

    def refill(self) -> None:
        """Show the models as they are; the cursor stays on its model."""
        shown = [card for card in self.app_state.cards if self._filter.admits(card)]
        glyphs = Glyphs() if self.app.console.encoding.startswith("utf") else PLAIN
        self._table.show(model_rows(shown, self.app_state, self._opened, glyphs))
        offered = [field for field in FilterBy if len(values(self.app_state.cards, field)) > 1]
        self.query_one("#filter-line", Static).update(details.filter_line(self._filter, offered))
        fresh = self.query_one("#fresh", Static)
        why_incomplete = details.incomplete_line(self.app_state)
        fresh.update(Content(clean_line(why_incomplete)))
        fresh.set_class(not why_incomplete, "-nothing")
        parts = (details.choice_line(self.app_state), details.list_line(self.app_state, len(shown)))
        line = " · ".join(part for part in parts if part)
        self.query_one("#choice", Static).update(Content(cut(clean_line(line), max(self.size.width - 2, 0))))
        self._show_detail()
        self.show_top()

    def _show_detail(self) -> None:
        card = self._card
        about = Content(details.why_empty(self.app_state, self._filter)) if card is None else self._about(card)
        self.query_one("#about", Static).update(about)
        possible = tuple(self._possible_now(what) for what in MODEL_ACTIONS)
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()

    def _about(self, card: ModelCard) -> Content:
        row = self._table.here
        members = row.members if row is not None else ()
        siblings = tuple(one for key in members if (one := self.app_state.card(key)) is not None)
        return details.about(card, self.app_state, siblings)

    # Filtering

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as it is typed."""
        self._filter = ModelFilter(event.value, self._filter.picked)
        self.refill()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """From the filter to the list."""
        self._table.focus()

    def action_filter(self) -> None:
        """Into the filter field."""
        self.query_one("#filter", Input).focus()

    def action_filter_by(self, name: str) -> None:
        """Show only models with the next value of this, such as the next device."""
        field = FilterBy(name)
        known = values(self.app_state.cards, field)
        if len(known) < 2 and field not in self._filter.picked:
            same = clean_line(known[0], 40) if known else formatting.UNKNOWN
            self._say(f"All models have the same {field}: {same}." if known else "There are no models to narrow down.")
            return
        self._filter = self._filter.stepped(field, self.app_state.cards)
        self.refill()

    def action_clear_filters(self) -> None:
        """Show the models of all devices, states, tasks, … again."""
        self._filter = self._filter.opened()
        self.refill()

    def action_open(self, opened: bool) -> None:
        """Show the variants of the alias under the cursor, or fold them."""
        card = self._card
        if card is None:
            return
        key = next(group.key for group in grouped(self.app_state.cards) if card in group.cards)
        if opened:
            self._opened.add(key)
        elif key in self._opened:
            self._opened.discard(key)
            self._table.go_to(key)
        self.refill()

    # Choosing

    def on_model_table_moved(self, event: ModelTable.Moved) -> None:
        """Show what is known of the row under the cursor."""
        self._show_detail()

    def on_model_table_picked(self, event: ModelTable.Picked) -> None:
        """A click on the row under the cursor chooses it, or not."""
        self.action_choose()

    def action_choose(self) -> None:
        """Choose the model under the cursor, or not."""
        card = self._card
        if card is None:
            return
        if not self.app_state.toggle(card.key):
            self._say(f"{MAX_MODELS} models are the most that can be compared at once.")
            return
        self.refill()
        self.post_message(ChoiceChanged())

    def action_compare(self) -> None:
        """To the comparison, with the model under the cursor when none is chosen."""
        if not self.app_state.chosen and (card := self._card) is not None:
            self.app_state.toggle(card.key)
        self.post_message(CompareRequested())

    # What the host is asked to do

    def meets(self, need: Need, action: str) -> bool | None:
        """Grey out what this host cannot do; hide what makes no sense for this model, or in the filter."""
        match need:
            case Need.LIST:
                return not isinstance(self.focused, FilterField)
            case Need.POSSIBLE:
                return self._possible_now(action)
        return True

    def _possible_now(self, what: str) -> bool | None:
        card = self._card
        if why_pointless(what, card, self.app_state):
            return False
        return None if self._why_unable(what, card) else True

    def _why_unable(self, what: str, card: ModelCard | None) -> str:
        key = card.key if card is not None and what != "register" else ""
        return why_unable(what, self.app_state.abilities_of(key))

    def action_why(self, what: str) -> None:
        """Say why something cannot be done."""
        card = self._card
        why = self._why_unable(what, card) or why_pointless(what, card, self.app_state)
        if what == "register":
            # It takes the keys: a path that is typed after it must not act as keys.
            self.app.push_screen(ChoiceDialog("No folder can be added here", why, [("enter", "goes back")]))
        else:
            self._say(clean_line(why, 300))

    def action_load(self) -> None:
        """Load the model under the cursor."""
        self._request(LoadRequested)

    def action_unload(self) -> None:
        """Unload the model under the cursor."""
        self._request(UnloadRequested)

    def action_download(self) -> None:
        """Download the model under the cursor."""
        self._request(DownloadRequested)

    def action_cancel(self) -> None:
        """Stop the download of the model under the cursor."""
        self._request(CancelRequested)

    def action_remove(self) -> None:
        """Delete the model under the cursor from the cache, after asking."""
        card = self._card
        if card is None:
            return

        def removed(answer: str | None) -> None:
            if answer == "y":
                self.post_message(RemoveRequested(card.key))

        size = formatting.data_size(card.size_bytes)
        size = "Its size is not known." if size == formatting.UNKNOWN else f"It takes {size}."
        text = f"{size} To use it again, it has to be downloaded again."
        self.app.push_screen(ChoiceDialog(f"Remove {card.key} from the cache?", text, [("y", "removes it")]), removed)

    def action_register(self) -> None:
        """Ask for a folder that holds a model."""

        def entered(path: str | None) -> None:
            if path:
                self.post_message(RegisterRequested(path))

        title = "A folder with an ONNX Runtime GenAI model"
        self.app.push_screen(TextInputDialog(title, "", "its path on this machine; esc leaves"), entered)

    def action_licence(self) -> None:
        """Show the licence of the model under the cursor."""
        card = self._card
        if card is None:
            return
        if card.licence_text:
            title = f"{card.key if card.host else card.alias}: {card.licence or 'licence'}"
            self.app.push_screen(TextPageDialog(title, Content(clean(card.licence_text))))
        else:
            named = f"It is named {clean_line(card.licence, 60)}" if card.licence else "It is not named either"
            self._say(f"The host has no text of the licence. {named}.")

    def action_details(self) -> None:
        """Show all that is known of the model under the cursor on a page of its own."""
        if (card := self._card) is not None:
            text = self.app_state.details.get(card.key, "")
            self.app.push_screen(TextPageDialog(card.key, self._about(card), markdown=text))

    def action_refresh_models(self) -> None:
        """Ask the host for its models again."""
        self.post_message(RefreshRequested())

    def _request(self, request: type[ModelRequest]) -> None:
        if (card := self._card) is not None:
            self.post_message(request(card.key))

    def _say(self, text: str) -> None:
        self.notify(text, severity="warning", markup=False)

    @property
    def _table(self) -> ModelTable:
        return self.query_one("#table", ModelTable)

    @property
    def _card(self) -> ModelCard | None:
        """The model under the cursor; of a group, the one that it stands for."""
        if not self.is_mounted:
            return None
        row = self._table.here
        return self.app_state.card(row.members[0]) if row is not None else None
