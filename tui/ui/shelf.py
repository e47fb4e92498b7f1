"""What the host has, and what of it is chosen: the state the screens share beside the conductor's."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.core.errors import CompareError
from tui.core.model_card import ModelCard
from tui.core.plan import MAX_MODELS
from tui.hosts.host import HostInfo


@dataclass(slots=True)
class Shelf:
    """Changed by the app alone, which then publishes its signal."""

    info: HostInfo | None = None
    """None until the host has answered."""
    cards: tuple[ModelCard, ...] = ()
    chosen: list[str] = field(default_factory=list)
    """Ids, in the order of their choosing: the order of the panes."""
    working: dict[str, str] = field(default_factory=dict)
    """Ids of models being loaded or unloaded, and which of the two."""
    trouble: CompareError | None = None
    """Why there is no host, when there is none."""

    def card(self, model_id: str) -> ModelCard | None:
        """The card with this id."""
        return next((card for card in self.cards if card.id == model_id), None)

    def chosen_cards(self) -> list[ModelCard]:
        """The cards to compare."""
        return [card for model_id in self.chosen if (card := self.card(model_id)) is not None]

    def toggle(self, model_id: str) -> bool:
        """Choose a model, or not; False when there is no room for one more."""
        if model_id in self.chosen:
            self.chosen.remove(model_id)
            return True
        if len(self.chosen) >= MAX_MODELS:
            return False
        self.chosen.append(model_id)
        return True
