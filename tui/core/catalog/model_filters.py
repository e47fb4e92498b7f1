"""Narrowing a list of models: words typed, and one value of each field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.text.formatting import UNKNOWN

ALL_CACHED = "all-cached"
"""Means every model that is here and answers questions, in place of a name."""
"""The value of a model that does not say."""
_STATES = {ModelState.LOADED: "loaded", ModelState.CACHED: "cached", ModelState.CATALOG: "catalogue"}


class FilterBy(StrEnum):
    """What models can be told apart by."""

    DEVICE = "device"
    STATE = "state"
    TASK = "task"
    TOOLS = "tools"
    LICENCE = "licence"
    TAG = "tag"


def values_of(card: ModelCard, field: FilterBy) -> tuple[str, ...]:
    """All that the card has of a field: of tags there may be several."""
    return card.tags or (UNKNOWN,) if field is FilterBy.TAG else (value_of(card, field),)


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
        case FilterBy.TAG:
            return ", ".join(card.tags) or UNKNOWN


def short_task(task: str | None) -> str | None:
    """A task without the word that most of them end in."""
    return task.removesuffix("-completion") if task else None


def tags_of(card: ModelCard) -> frozenset[str]:
    """Words in lower case that tell what a model is for: its task, `tools` where it can call them, and what a person's
    file calls it."""
    task = short_task(card.task)
    return frozenset(
        [*([task.casefold()] if task else []), *(["tools"] if card.tools else []), *map(str.casefold, card.tags)]
    )


_NO_ANSWERS = ("embedding", "speech", "rerank")
"""What the tasks of models are called that answer no question."""


def answers_questions(card: ModelCard) -> bool:
    """Whether a model answers questions, as far as its host says what it is for."""
    return not any(word in (card.task or "").casefold() for word in _NO_ANSWERS)


def values(cards: Iterable[ModelCard], field: FilterBy) -> tuple[str, ...]:
    """The values that occur, each once: states from the nearest on, the rest by the alphabet, unknown last."""
    found = {value for card in cards for value in values_of(card, field)}
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
        picked = all(value in values_of(card, field) for field, value in self.picked.items())
        return picked and card.matches(self.words)
