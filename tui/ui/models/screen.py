"""The models of the host: filter, choose, load, download and remove them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.core.catalog.model_card import ModelCard
from tui.core.catalog.model_filters import FilterBy, ModelFilter, values
from tui.core.plans.mode import MAX_MODELS
from tui.core.text import formatting
from tui.core.text.clean import clean, clean_line
from tui.ui.actions import MODELS, Need
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.dialogs.text_page import TextPageDialog
from tui.ui.list_screen import ListScreen
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
from tui.ui.widgets.row_table import RowTable


class ModelsScreen(ListScreen):
    """Rows keyed by `ModelCard.key`, or by alias. What the host is to do the app is asked for by messages."""

    MODE = "models"
    CSS_PATH = "screen.tcss"
    ACTIONS = MODELS
    FIELDS = FilterBy
    WORDS = "/ filter: words from any column"
    ROWS = "models"

    def __init__(self, app_state: AppState, refresh_rate: RefreshRate) -> None:
        super().__init__(app_state, refresh_rate)
        self._words = ""
        self._opened: set[str] = set()
        self._possible: tuple[object, ...] = ()

    def above_list(self) -> Iterable[Widget]:
        """A line about what may be missing."""
        yield Static(id="fresh", markup=False)

    def list_widgets(self) -> Iterable[Widget]:
        """The models, the state in its colour."""
        yield RowTable(COLUMNS, STATE, id="table")

    def on_mount(self) -> None:
        """Ask what could be had: nobody needs that before. The base class's handler is called beside this one."""
        if self.app.is_running:
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
        self.show_facets()
        fresh = self.query_one("#fresh", Static)
        why_incomplete = details.incomplete_line(self.app_state)
        fresh.update(Content(clean_line(why_incomplete)))
        fresh.set_class(not why_incomplete, "-nothing")
        parts = (details.choice_line(self.app_state), details.list_line(self.app_state, len(shown)))
        self.show_line(" · ".join(part for part in parts if part))
        self.show_about()
        self.show_top()

    @property
    def _filter(self) -> ModelFilter:
        return ModelFilter(self._words, self.picked)

    def known(self, by: StrEnum) -> Sequence[str]:
        """The values that the models have."""
        return values(self.app_state.cards, FilterBy(by))

    def show_about(self) -> None:
        """Show what is known of the model under the cursor."""
        card = self._card
        about = Content(self._why_empty()) if card is None else self._about(card)
        self.query_one("#about", Static).update(about)
        possible = tuple(self._possible_now(what) for what in MODEL_ACTIONS)
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()

    def _why_empty(self) -> str:
        why_not = self.why_none_left("No model has all of these words. / changes them.")
        return details.why_empty(self.app_state) or why_not

    def _about(self, card: ModelCard) -> Content:
        row = self._table.here
        members = row.members if row is not None else ()
        siblings = tuple(one for key in members if (one := self.app_state.card(key)) is not None)
        return details.about(card, self.app_state, siblings)

    # Filtering

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as it is typed."""
        self._words = event.value
        self.refill()

    def action_open(self, opened: bool) -> None:
        """Show the variants of the alias under the cursor, or fold them."""
        card = self._card
        if card is None:
            return
        group = next(group for group in grouped(self.app_state.cards) if card in group.cards)
        key = group.key
        if len(group.cards) < 2:
            self._say("This model has no variants.")
        elif opened:
            self._opened.add(key)
        elif key in self._opened:
            self._opened.discard(key)
            self._table.go_to(key)
        self.refill()

    # Choosing

    def on_row_table_picked(self, event: RowTable.Picked) -> None:
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
        return self._possible_now(action) if need is Need.POSSIBLE else super().meets(need, action)

    def _possible_now(self, what: str) -> bool | None:
        card = self._card
        if why_pointless(what, card, self.app_state):
            return False
        return None if self._why_unable(what, card) else True

    def _why_unable(self, what: str, card: ModelCard | None) -> str:
        key = card.key if card is not None and what != "register" else ""
        return why_unable(what, self.app_state.abilities_of(key))

    def reason(self, need: Need, action: str) -> str:
        """What the host, or the model under the cursor, lacks for it."""
        if need is not Need.POSSIBLE:
            return super().reason(need, action)
        card = self._card
        return self._why_unable(action, card) or why_pointless(action, card, self.app_state)

    def action_why(self, action: str) -> None:
        """Say why something cannot be done."""
        if action == "register":
            # It takes the keys: a path that is typed after it must not act as keys.
            why = self.why_not(action)
            self.app.push_screen(ChoiceDialog("No folder can be added here", why, [("enter", "goes back")]))
        else:
            super().action_why(action)

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
        self.app.push_screen(TextInputDialog(title, "", "its path on this machine; esc leaves", needed=True), entered)

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
        self.notify("The host is asked for its models …", timeout=2, markup=False)
        self.post_message(RefreshRequested())

    def _request(self, request: type[ModelRequest]) -> None:
        if (card := self._card) is not None:
            self.post_message(request(card.key))

    @property
    def _card(self) -> ModelCard | None:
        """The model under the cursor; of a group, the one that it stands for."""
        if not self.alive:
            return None
        row = self._table.here
        return self.app_state.card(row.members[0]) if row is not None else None
