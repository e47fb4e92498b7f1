"""Narrowing a list of models: words typed, and one value of each field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tui.core.catalog.model_card import ModelCard, ModelState

UNKNOWN = "-"
"""The value of a model that does not say."""
_STATES = {ModelState.LOADED: "loaded", ModelState.CACHED: "cached", ModelState.CATALOG: "catalogue"}


class FilterBy(StrEnum):
    """What models can be told apart by."""

    DEVICE = "device"
    STATE = "state"
    TASK = "task"
    TOOLS = "tools"
    LICENCE = "licence"


def value_of(card: ModelCard, field: FilterBy) -> str:
    """The card's value of a field, as it is shown."""
    match field:
        case FilterBy.DEVICE:
            return card.device or UNKNOWN
        case FilterBy.STATE:
            return _STATES.get(card.state, UNKNOWN)
        case FilterBy.TASK:
            return short_task(card.task) or UNKNOWN
        case FilterBy.TOOLS:
            return UNKNOWN if card.tools is None else "yes" if card.tools else "no"
        case FilterBy.LICENCE:
            return card.licence or UNKNOWN


def short_task(task: str | None) -> str | None:
    """A task without the word that most of them end in."""
    return task.removesuffix("-completion") if task else None


def values(cards: Iterable[ModelCard], field: FilterBy) -> tuple[str, ...]:
    """The values that occur, each once: states from the nearest on, the rest by the alphabet, unknown last."""
    found = {value_of(card, field) for card in cards}
    order = list(_STATES.values())
    return tuple(
        sorted(found, key=lambda name: (name == UNKNOWN, order.index(name) if name in order else 0, name.casefold()))
    )


@dataclass(frozen=True, slots=True)
class ModelFilter:
    """Words that each have to occur somewhere in the row, and the fields' values that are wanted."""

    words: str = ""
    picked: Mapping[FilterBy, str] = field(default_factory=dict)

    def admits(self, card: ModelCard) -> bool:
        """Whether the card is to be shown."""
        return all(value_of(card, field) == value for field, value in self.picked.items()) and card.matches(self.words)

    def stepped(self, field: FilterBy, cards: Iterable[ModelCard]) -> ModelFilter:
        """With the field's next value among these cards; after the last one it is open again."""
        known = values(cards, field)
        here = self.picked.get(field)
        at = known.index(here) + 1 if here in known else 0
        picked = {name: value for name, value in self.picked.items() if name is not field}
        if at < len(known):
            picked[field] = known[at]
        return replace(self, picked=picked)

    def opened(self) -> ModelFilter:
        """With the words alone."""
        return ModelFilter(self.words)

    @property
    def narrows(self) -> bool:
        """Whether it may leave anything out."""
        return bool(self.picked or self.words.strip())
