"""One row of a host's catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ModelState(StrEnum):
    """How near a model is to answering."""

    CATALOG = "catalog"
    CACHED = "cached"
    LOADED = "loaded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a host says of one model variant. What it does not say is None."""

    id: str
    alias: str
    variant: str | None = None
    device: str | None = None
    """CPU, GPU or NPU."""
    ep: str | None = None
    """Execution provider, as the host names it."""
    size_mb: float | None = None
    context: int | None = None
    """Tokens of prompt and answer together."""
    licence: str | None = None
    task: str | None = None
    state: ModelState = ModelState.UNKNOWN
    publisher: str | None = None
    parameters: int | None = None
    summary: str | None = None
    toy: bool = False
    """True for the bundled demo models."""

    def matches(self, words: str) -> bool:
        """Whether every word of `words` occurs somewhere in the row."""
        names = (self.id, self.alias, self.variant, self.publisher)
        facts = (self.device, self.ep, self.licence, self.task, self.state)
        text = " ".join(part for part in names + facts if part).casefold()
        return all(word in text for word in words.casefold().split())


def find_model(cards: tuple[ModelCard, ...], name: str) -> ModelCard | None:
    """The first card with this id, else alias, else id without version; None when there is none. Case is ignored."""
    wanted = name.casefold()
    for spellings in zip(*((card.id, card.alias, card.id.rpartition(":")[0]) for card in cards), strict=True):
        for card, spelling in zip(cards, spellings, strict=True):
            if spelling and spelling.casefold() == wanted:
                return card
    return None


def find_or_believe(cards: tuple[ModelCard, ...], name: str) -> ModelCard | None:
    """The card a name means. A host that lists nothing is believed to have any model."""
    return find_model(cards, name) if cards else ModelCard(name, name)
