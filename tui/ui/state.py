"""What the host has, and what of it is chosen: the state the screens share beside the runner's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tui.core.catalog.memory_fit import MemoryFit, fit
from tui.core.catalog.model_card import ModelCard, ModelState, find_or_believe, merged
from tui.core.errors import CompareError
from tui.core.plans.plan import MAX_MODELS

if TYPE_CHECKING:
    from tui.core.catalog.download import Download
    from tui.core.catalog.download_speed import DownloadSpeed
    from tui.core.catalog.host_info import HostInfo, Offers


@dataclass(slots=True)
class AppState:
    """Changed by the app alone, which then tells the screens. Models are named by `ModelCard.key`."""

    info: HostInfo | None = None
    """None until the host has answered."""
    cards: tuple[ModelCard, ...] = ()
    """What is here, then what else is offered."""
    chosen: list[str] = field(default_factory=list)
    """Keys, in the order of their choosing: the order of the panes."""
    working: dict[str, str] = field(default_factory=dict)
    """Keys of models being loaded, unloaded or removed, and which of these."""
    downloads: Mapping[str, Download] = field(default_factory=dict)
    """Those that wait, run or failed, by key."""
    paces: Mapping[str, DownloadSpeed] = field(default_factory=dict)
    """How far each download is, and how fast."""
    took: dict[str, tuple[str, float]] = field(default_factory=dict)
    """What was last done to a model, and how many seconds that took."""
    trouble: CompareError | None = None
    """Why there is no host, when there is none."""
    asking: bool = False
    """Whether the public catalogue is being asked."""
    stale: str = ""
    """Why models may be missing from the list, as a sentence; empty when none are."""
    free: float | None = None
    """Free memory of this machine, in bytes; None when it is not known."""
    _here: tuple[ModelCard, ...] = ()
    _offered: tuple[ModelCard, ...] = ()

    def answered(self, info: HostInfo, here: tuple[ModelCard, ...]) -> None:
        """The host is there. One that lists nothing takes nothing away: models named on the command line stay."""
        self.info, self.trouble = info, None
        self._here = here or self._here
        self._merge()

    def offered(self, offers: Offers) -> None:
        """The public catalogue has answered, or could not be reached: then what is known of it stays."""
        self.asking, self.stale = False, offers.stale
        known = self._offered if offers.stale else ()
        self._offered = tuple({card.key: card for card in (*known, *offers.cards)}.values())
        self._merge()

    def choose_first(self, names: Sequence[str]) -> list[str]:
        """Choose the models named on the command line, and return the names that mean none; of toys, all."""
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

    def _merge(self) -> None:
        # What is not here any longer can at most be fetched again, whatever was true when it was offered.
        gone = {ModelState.CACHED, ModelState.LOADED}
        offered = (replace(card, state=ModelState.CATALOG) if card.state in gone else card for card in self._offered)
        self.cards = merged(self._here, tuple(offered))

    def card(self, key: str) -> ModelCard | None:
        """The card with this key."""
        return next((card for card in self.cards if card.key == key), None)

    def chosen_cards(self) -> list[ModelCard]:
        """The cards to compare."""
        return [card for key in self.chosen if (card := self.card(key)) is not None]

    def toggle(self, key: str) -> bool:
        """Choose a model, or not; False when there is no room for one more."""
        if key in self.chosen:
            self.chosen.remove(key)
            return True
        if len(self.chosen) >= MAX_MODELS:
            return False
        self.chosen.append(key)
        return True

    def unchoose(self, key: str) -> None:
        """Choose it no longer, if it was."""
        if key in self.chosen:
            self.chosen.remove(key)

    def sees_memory_of(self, cards: Sequence[ModelCard]) -> bool:
        """Whether all of these models run on this machine, whose memory can be seen."""
        return self.info is not None and all(_host_of(self.info, card).local for card in cards)

    def fit(self, cards: Sequence[ModelCard]) -> MemoryFit:
        """Whether these models fit into memory together, as far as it is known."""
        return fit(cards, self.free if self.sees_memory_of(cards) else None)


def _host_of(info: HostInfo, card: ModelCard) -> HostInfo:
    return next((member for member in info.members if member.name == card.host), info)
