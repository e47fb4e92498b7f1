"""One row of a host's catalogue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

MAX_MB = 1e9
"""MB in the largest model that is believed in."""


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
    size_bytes: int | None = None
    """What it takes on disk, in bytes. Session files, `--json` and hosts have it in MB, under `size_mb` or the like."""
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
    host: str = ""
    """The name of its host, where several take part; empty where there is one."""
    tools: bool | None = None
    """Whether it can call tools."""
    licence_text: str | None = None
    """What the host's catalogue says of the licence, in full."""
    tags: tuple[str, ...] = field(default=(), compare=False)
    """What a person's file of models calls it; it makes no other model of it."""

    @property
    def key(self) -> str:
        """What names the model among all hosts that take part: `host/id`, or the id alone."""
        return f"{self.host}/{self.id}" if self.host else self.id

    def matches(self, words: str) -> bool:
        """Whether every word of `words` occurs somewhere in the row."""
        names = (self.id, self.alias, self.variant, self.publisher)
        facts = (self.device, self.ep, self.licence, self.task, self.state)
        text = " ".join(part for part in (*names, *facts, *self.tags) if part).casefold()
        return all(word in text for word in words.casefold().split())


def to_megabytes(size_bytes: float | None) -> float | None:
    """Bytes as MB of 10^6 bytes, which is what a `size_mb` outside the program means."""
    return None if size_bytes is None else size_bytes / 1e6


def from_megabytes(size_mb: float | None) -> int | None:
    """MB of 10^6 bytes as bytes; None for what no disk holds."""
    return round(size_mb * 1e6) if size_mb is not None and 0 <= size_mb < MAX_MB else None


def find_model(cards: tuple[ModelCard, ...], name: str) -> ModelCard | None:
    """The first card with this id, else alias, else id without version; None for none. Case is ignored.

    `name@device` is the variant of that name for that device: `phi-4-mini@gpu`. Behind `host/` each of these means a
    model of that host, before it means another one whose id has such a beginning.
    """
    wanted = name.casefold()
    host, slash, model = wanted.partition("/")
    theirs = tuple(card for card in cards if slash and card.host and card.host.casefold() == host)
    return _find_named(theirs, model) or _find_named(cards, wanted)


def _find_named(cards: tuple[ModelCard, ...], name: str) -> ModelCard | None:
    rows = ((card.id, card.alias, card.id.rpartition(":")[0]) for card in cards)
    for spellings in zip(*rows, strict=True):
        for card, spelling in zip(cards, spellings, strict=True):
            if spelling and spelling.casefold() == name:
                return card
    name, _, device = name.rpartition("@")
    of_device = tuple(card for card in cards if (card.device or "").casefold() == device)
    return _find_named(of_device, name) if name else None


def merged(here: tuple[ModelCard, ...], offered: tuple[ModelCard, ...]) -> tuple[ModelCard, ...]:
    """What is here, then what else is offered. A card in both has the offer's facts where its own are unknown."""
    offers = {card.key: card for card in offered}
    rows = [_completed(card, offers.pop(card.key, None)) for card in here]
    return (*rows, *offers.values())


_FACTS = (
    "variant", "device", "ep", "size_bytes", "context", "licence", "task", "publisher", "parameters", "summary",
    "tools", "licence_text",
)  # fmt: skip
"""What another card of the same model may add."""


def _completed(card: ModelCard, offer: ModelCard | None) -> ModelCard:
    if offer is None:
        return card
    lacking = [name for name in _FACTS if getattr(card, name) is None]
    alias = offer.alias if card.alias == card.id else card.alias
    return replace(card, alias=alias, **{name: getattr(offer, name) for name in lacking})


def tagged(cards: tuple[ModelCard, ...], tags: Mapping[str, tuple[str, ...]]) -> tuple[ModelCard, ...]:
    """The cards with their tags, which stand under an id, with or without its version, or an alias, in small letters.
    What is said of an id counts before what is said of an alias."""
    if not tags:
        return cards
    found = []
    for card in cards:
        names = (card.key, card.id, card.id.rpartition(":")[0], card.alias)
        own = next((tags[name] for name in map(str.casefold, names) if name in tags), card.tags)
        found.append(replace(card, tags=own))
    return tuple(found)


def find_or_believe(cards: tuple[ModelCard, ...], name: str, hosts: Collection[str] = ()) -> ModelCard | None:
    """The card a name means. A host that lists nothing is believed to have any model.

    `hosts` are the names of those that take part, where several do: then it is `host/model` that is believed. Case is
    ignored in the name of the host alone.
    """
    typed, _, model = name.partition("/")
    host = next((host for host in hosts if host.casefold() == typed.casefold()), None)
    if host is not None and model and all(card.host != host for card in cards):
        return ModelCard(model, model, host=host)
    return find_model(cards, name) if cards else ModelCard(name, name)
