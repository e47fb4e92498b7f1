"""What the host has, and which models are chosen: the state that the screens share besides the runner's.

The first frame shows it while it is empty, so what only models need is imported by what is done with them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tui.core.plans.mode import MAX_MODELS
from tui.ui.report.wanted import Wanted

if TYPE_CHECKING:
    from tui.core.catalog.download import Download
    from tui.core.catalog.download_speed import DownloadSpeed
    from tui.core.catalog.host_info import Ability, HostInfo, Offers
    from tui.core.catalog.machine import Machine
    from tui.core.catalog.memory_fit import MemoryFit
    from tui.core.catalog.model_card import ModelCard
    from tui.core.errors import CompareError
    from tui.core.sessions.session_model import SessionModel
    from tui.ui.keymap import Keymap


@dataclass(frozen=True, slots=True)
class LastAction:
    """What was last done to a model."""

    name: str
    """As in `models.model_actions`."""
    seconds: float
    """How long it took."""


@dataclass(slots=True)
class AppState:
    """Changed by the app alone, which then has the screens show it. Models are named by `ModelCard.key`."""

    info: HostInfo | None = None
    """None until the host has answered."""
    opened_file: str = ""
    """The name of the session file that is shown, when no host is looked for."""
    concealed: bool = False
    """Whether it is hidden which model gives which answer: then no name of a model or a host is beside the answers."""
    sealed: bool = False
    """Whether there are such answers: then whatever could tell whose they are is closed or held back."""
    held: list[str] = field(default_factory=list)
    """What is held back until then: sentences."""
    hidden_session: Callable[[], str] = lambda: ""
    """The id of the session that is open, as long as it is hidden from who scores it which model gave which answer;
    else empty. May be called from any thread."""
    looking_at: str = ""
    """Which place is being looked at for a host, while there is none."""
    cards: tuple[ModelCard, ...] = ()
    """What is here, then what else is offered."""
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What a person's file of models calls them, by id or alias in small letters."""
    chosen: list[str] = field(default_factory=list)
    """Keys, in the order of their choosing: the order of the panes."""
    working: dict[str, str] = field(default_factory=dict)
    """Keys of models being loaded, unloaded or removed, and which of these."""
    downloads: Mapping[str, Download] = field(default_factory=dict)
    """Those that wait, run or failed, by key."""
    speeds: Mapping[str, DownloadSpeed] = field(default_factory=dict)
    """How far each download is, and how fast."""
    last_actions: dict[str, LastAction] = field(default_factory=dict)
    """What was last done to each model, by key."""
    details: Mapping[str, str] = field(default_factory=dict)
    """Longer texts about models, raw Markdown, by key."""
    abilities_of: Callable[[str], Mapping[Ability, str]] = lambda key: {}
    """What the host can do with the model of a key, or, of an empty key, at all: as `Host.abilities_of()`."""
    trouble: CompareError | None = None
    """Why there is no host, when there is none."""
    asking: bool = False
    """Whether the public catalogue is being asked."""
    stale: str = ""
    """Why models may be missing from the list, as a sentence; empty when none are."""
    free: float | None = None
    """Free memory of this machine, in bytes; None when it is not known."""
    machines: Mapping[str, Machine] = field(default_factory=dict)
    """What is known of the hosts' machines, by the hosts' names; empty until somebody looks at the models."""
    choosing: Wanted = field(default_factory=Wanted)
    """The must-haves and weights of the choice of a model, as the Report screen was told them; nothing else of it."""
    keymap: Keymap | None = None
    """The keys of the configuration; None for the usual ones."""
    _here: tuple[ModelCard, ...] = ()
    _offered: tuple[ModelCard, ...] = ()

    def answered(self, info: HostInfo, here: tuple[ModelCard, ...]) -> None:
        """The host has answered. Models named on the command line stay if it lists none."""
        self.info, self.trouble = info, None
        self._here = here or self._here
        self._merge()

    def offered(self, offers: Offers) -> None:
        """The public catalogue has answered, or could not be reached: then what was known of it stays."""
        self.asking, self.stale = False, offers.stale
        known = self._offered if offers.stale else ()
        self._offered = tuple({card.key: card for card in (*known, *offers.cards)}.values())
        self._merge()

    def seen(self, loaded: Collection[str], freed: Collection[str]) -> None:
        """Models are seen to be loaded, or were unloaded, since the host was asked: their keys."""
        from tui.core.catalog.model_card import ModelState

        states = dict.fromkeys(loaded, ModelState.LOADED) | dict.fromkeys(freed, ModelState.CACHED)
        self._here = tuple(replace(card, state=states.get(card.key, card.state)) for card in self._here)
        self._merge()

    def choose_first(self, names: Sequence[str]) -> list[str]:
        """Choose the models named on the command line; without names, all of a host of toys. `all-cached` means all
        that are here, the first of them where they are more than can be chosen.

        Returns the names that mean no model.
        """
        from tui.core.catalog.model_card import ModelState, find_model, find_or_believe
        from tui.core.catalog.model_filters import ALL_CACHED

        if [name.strip().casefold() for name in names] == [ALL_CACHED] and find_model(self.cards, names[0]) is None:
            names = self.answering() or names
        listed, missing = self.cards, []
        hosts = [member.name for member in self.info.members] if self.info is not None else []
        for name in names[:MAX_MODELS]:
            card = find_or_believe(listed, name, hosts) if name.strip() else None
            if card is None or card.state is ModelState.CATALOG:
                missing.append(name)
                continue
            if card not in self.cards:
                self._here = (*self._here, card)
                self._merge()
            if card.key not in self.chosen:
                self.chosen.append(card.key)
        if not names and self.info is not None and self.info.toys:
            self.chosen = [card.key for card in self._here][:MAX_MODELS]
        return missing

    def answering(self) -> list[str]:
        """The keys of all models that are here and answer questions."""
        from tui.core.catalog.model_card import ModelState
        from tui.core.catalog.model_filters import answers_questions

        here = (card for card in self._here if card.state is not ModelState.CATALOG)
        return [card.key for card in here if answers_questions(card)]

    def _merge(self) -> None:
        from tui.core.catalog.model_card import ModelState, merged, tagged

        # A model that is no longer here can at most be downloaded, whatever its state was when it was offered.
        gone = {ModelState.CACHED, ModelState.LOADED}
        offered = (replace(card, state=ModelState.CATALOG) if card.state in gone else card for card in self._offered)
        self.cards = tagged(merged(self._here, tuple(offered)), self.tags)

    def card(self, key: str) -> ModelCard | None:
        """The card with this key."""
        return next((card for card in self.cards if card.key == key), None)

    def chosen_cards(self) -> list[ModelCard]:
        """The cards to compare."""
        return [card for key in self.chosen if (card := self.card(key)) is not None]

    def toggle(self, key: str) -> bool:
        """Choose a model, or no longer; False when the most that can be chosen are."""
        if key in self.chosen:
            self.chosen.remove(key)
            return True
        if len(self.chosen) >= MAX_MODELS:
            return False
        self.chosen.append(key)
        return True

    def unchoose(self, key: str) -> None:
        """Take a model out of the choice, if it is in it."""
        if key in self.chosen:
            self.chosen.remove(key)

    def sees_memory_of(self, cards: Sequence[ModelCard]) -> bool:
        """Whether all of these models run on this machine, whose memory can be seen."""
        return self.info is not None and all(_host_of(self.info, card).local for card in cards)

    def fit(self, cards: Sequence[ModelCard]) -> MemoryFit:
        """Whether these models fit into memory together, as far as it is known."""
        from tui.core.catalog.memory_fit import fit

        return fit(cards, self.free if self.sees_memory_of(cards) else None)

    def why_not_asked_here(self, models: Iterable[SessionModel]) -> CompareError | None:
        """Why these models of a session cannot be asked once more of the host that is there; None when they can.

        An answer must not be kept as a model's that another one gave: a server may answer to any name.
        """
        from tui.core.errors import NoModelError
        from tui.core.text.clean import clean_line

        for model in models:
            name, card = clean_line(model.card.key, 60), self.card(model.card.key)
            if self.info is None or card is None:
                return NoModelError(f"There is no model {name} on this host", hint="F1 shows those that there are.")
        return None


def _host_of(info: HostInfo, card: ModelCard) -> HostInfo:
    return next((member for member in info.members if member.name == card.host), info)
