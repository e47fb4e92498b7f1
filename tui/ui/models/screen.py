"""The models of the host: filter, choose, load, download and remove them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.core.catalog.host_info import Ability
from tui.core.catalog.model_card import ModelCard
from tui.core.catalog.model_filters import FilterBy, ModelFilter, values
from tui.core.plans.plan import MAX_MODELS
from tui.core.text import formatting as figures
from tui.core.text.clean import clean, clean_line
from tui.ui.actions import MODELS, bindings
from tui.ui.cells import cut
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.dialogs.text_page import TextPageDialog
from tui.ui.mode_screen import ModeScreen
from tui.ui.models import details as words
from tui.ui.models.model_actions import NEEDED, lacking, unfitting
from tui.ui.models.rows import COLUMNS, PLAIN, STATE, Glyphs, grouped, model_rows
from tui.ui.state import AppState
from tui.ui.widgets.line_field import FilterField
from tui.ui.widgets.model_table import ModelTable

_DEEDS = {*NEEDED, "cancel"}


class ModelsScreen(ModeScreen):
    """Rows keyed by `ModelCard.key`, or by alias; what a row does to the host is asked of the app by message."""

    MODE = "models"
    CSS_PATH = "screen.tcss"
    BINDINGS = bindings(MODELS)

    class Asked(Message):
        """The host should `load`, `unload`, `download` or `remove` a model, `cancel` its download, `register` a folder,
        whose path is in `key` then, be asked what could be had besides: `offers`, or be asked everything again:
        `refresh`."""

        def __init__(self, what: str, key: str = "") -> None:
            super().__init__()
            self.what = what
            self.key = key

    class Chosen(Message):
        """The choice of models changed; `done` when they are to be compared."""

        def __init__(self, *, done: bool = False) -> None:
            super().__init__()
            self.done = done

    def __init__(self, app_state: AppState, abilities_of: Callable[[str], Mapping[Ability, str]]) -> None:
        """`abilities_of` tells what the host can do with the model of a key; without one, what it can do at all."""
        super().__init__(app_state)
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]
        self._abilities_of = abilities_of
        self._details: dict[str, str] = {}
        self._filter = ModelFilter()
        self._opened: set[str] = set()
        self._possible: tuple[object, ...] = ()

    def body(self) -> Iterable[Widget]:
        """Filter, facets, table, details, and a line about the choice."""
        yield FilterField(placeholder="/ filter: words from any column", id="filter", compact=True)
        yield Static(id="facets", markup=False)
        yield Static(id="fresh", markup=False)
        with Horizontal(id="shelf"):
            yield ModelTable(COLUMNS, STATE, id="table")
            with VerticalScroll(id="detail", can_focus=False):
                yield Static(id="about", markup=False)
        yield Static(id="choice", markup=False)

    def on_mount(self) -> None:
        """Put the cursor where keys do something, and ask what could be had: for the first time somebody wants it."""
        self.refill()
        self._table.focus()
        self.post_message(self.Asked("offers"))

    def details(self, texts: dict[str, str]) -> None:
        """Longer texts about models, by key, for the detail panel."""
        self._details = texts

    # What is shown

    def refill(self) -> None:
        """Show the shelf as it is now; the cursor stays on its model."""
        shown = [card for card in self.app_state.cards if self._filter.admits(card)]
        glyphs = Glyphs() if self.app.console.encoding.startswith("utf") else PLAIN
        self._table.show(model_rows(shown, self.app_state, self._opened, glyphs))
        offered = [facet for facet in FilterBy if len(values(self.app_state.cards, facet)) > 1]
        self.query_one("#facets", Static).update(words.facet_line(self._filter, offered))
        fresh = self.query_one("#fresh", Static)
        told = words.fresh_line(self.app_state)
        fresh.update(Content(clean_line(told)))
        fresh.set_class(not told, "-nothing")
        line = " · ".join(
            part for part in (words.choice_line(self.app_state), words.list_line(self.app_state, len(shown))) if part
        )
        self.query_one("#choice", Static).update(Content(cut(clean_line(line), max(self.size.width - 2, 0))))
        self._show_detail()
        self.show_top()

    def _show_detail(self) -> None:
        card = self._card
        told = Content(words.emptiness(self.app_state, self._filter)) if card is None else self._about(card)
        self.query_one("#about", Static).update(told)
        possible = tuple(self._state_of(what) for what in sorted(_DEEDS))
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()

    def _about(self, card: ModelCard) -> Content:
        row = self._table.here
        members = row.members if row is not None else ()
        siblings = tuple(one for key in members if (one := self.app_state.card(key)) is not None)
        return words.about(card, self.app_state, siblings)

    # Narrowing

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

    def action_facet(self, name: str) -> None:
        """Narrow the list to the next value of a facet."""
        facet = FilterBy(name)
        known = values(self.app_state.cards, facet)
        if len(known) < 2 and facet not in self._filter.picked:
            same = clean_line(known[0], 40) if known else figures.UNKNOWN
            self._say(f"All models have the same {facet}: {same}." if known else "There are no models to narrow down.")
            return
        self._filter = self._filter.stepped(facet, self.app_state.cards)
        self.refill()

    def action_open_facets(self) -> None:
        """All values of all facets again."""
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
        """Tell of the row under the cursor."""
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
        self.post_message(self.Chosen())

    def action_compare(self) -> None:
        """To the comparison, with the model under the cursor when none is chosen."""
        if not self.app_state.chosen and (card := self._card) is not None:
            self.app_state.toggle(card.key)
        self.post_message(self.Chosen(done=True))

    # What the host does

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Off is what this host cannot do, and away what makes no sense for this model or in the filter; their keys say
        why."""
        if action == "compare" and isinstance(self.focused, FilterField):
            return False
        return self._state_of(action) if action in _DEEDS else True

    def _state_of(self, what: str) -> bool | None:
        card = self._card
        if unfitting(what, card, self.app_state):
            return False
        return None if self._lacking(what, card) else True

    def _lacking(self, what: str, card: ModelCard | None) -> str:
        return lacking(what, self._abilities_of(card.key if card is not None and what != "register" else ""))

    def action_why(self, what: str) -> None:
        """Say why something cannot be done."""
        card = self._card
        why = self._lacking(what, card) or unfitting(what, card, self.app_state)
        if what == "register":
            # It takes the keys: a path that is typed after it must not act as keys.
            self.app.push_screen(ChoiceDialog("No folder can be added here", why, [("enter", "goes back")]))
        else:
            self._say(clean_line(why, 300))

    def action_load(self) -> None:
        """Load the model under the cursor."""
        self._ask("load")

    def action_unload(self) -> None:
        """Unload the model under the cursor."""
        self._ask("unload")

    def action_download(self) -> None:
        """Download the model under the cursor."""
        self._ask("download")

    def action_cancel(self) -> None:
        """Stop the download of the model under the cursor."""
        self._ask("cancel")

    def action_remove(self) -> None:
        """Delete the model under the cursor from the cache, if that is really wanted."""
        card = self._card
        if card is None:
            return

        def removed(answer: str | None) -> None:
            if answer == "y":
                self.post_message(self.Asked("remove", card.key))

        size = figures.data_size(card.size_bytes)
        size = "Its size is not known." if size == figures.UNKNOWN else f"It takes {size}."
        text = f"{size} To use it again, it has to be downloaded again."
        self.app.push_screen(ChoiceDialog(f"Remove {card.key} from the cache?", text, [("y", "removes it")]), removed)

    def action_register(self) -> None:
        """Ask for a folder that holds a model."""

        def entered(path: str | None) -> None:
            if path:
                self.post_message(self.Asked("register", path))

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
            text = self._details.get(card.key, "")
            self.app.push_screen(TextPageDialog(card.key, self._about(card), markdown=text))

    def action_refresh_models(self) -> None:
        """Ask the host for its models again."""
        self.post_message(self.Asked("refresh"))

    def _ask(self, what: str) -> None:
        if (card := self._card) is not None:
            self.post_message(self.Asked(what, card.key))

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
