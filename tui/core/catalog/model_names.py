"""How models are told apart where there is little room for their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from tui.core.catalog.model_card import ModelCard
from tui.core.text.clean import clean_line

T = TypeVar("T")
HOST_SHOWN = 14
"""Characters of a host's name: as many as an address of this machine has."""
_LONGEST = 60


def short_host(name: str) -> str:
    """A host's name, its middle left out where it is long: the beginning and the port tell hosts apart."""
    if len(name) <= HOST_SHOWN:
        return name
    tail = (HOST_SHOWN - 1) // 2
    return f"{name[: HOST_SHOWN - 1 - tail]}…{name[-tail:]}"


def told_apart(things: Sequence[T], spellings: Sequence[Callable[[T], str]]) -> list[str]:
    """A name for each of these things: in the first spelling, and in a later one where others have the same."""
    made = [spellings[0](thing) for thing in things]
    for spelling in spellings[1:]:
        times = Counter(made)
        made = [spelling(thing) if times[name] > 1 else name for thing, name in zip(things, made, strict=True)]
    return made


def titles(cards: Sequence[ModelCard]) -> list[str]:
    """A title for each of these models: alias and device, and as much more as tells those of one name apart."""
    spellings: tuple[Callable[[ModelCard], str], ...] = (
        lambda card: _titled(card, card.alias, card.device),
        lambda card: _titled(card, card.alias, card.variant or card.ep or card.device),
        lambda card: _titled(card, card.id, None),
        lambda card: card.key,
    )
    return [clean_line(title, _LONGEST) for title in told_apart(cards, spellings)]


def _titled(card: ModelCard, name: str, kind: str | None) -> str:
    host = f"{short_host(card.host)}/" if card.host else ""
    return f"{host}{name} · {kind}" if kind else f"{host}{name}"
