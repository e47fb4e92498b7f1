"""Why a name means no model, and which one was probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import BadInputError, CompareError, NoHostError, NoModelError, prose
from tui.core.text.clean import clean_line
from tui.hosts.base import HostInfo
from tui.hosts.embedded.smollm2 import model as smollm2
from tui.hosts.registry import find_kind

_NAMED = 20
"""How many of a host's models an error message names."""
_MEANT = 3
"""How many similar names it suggests."""


def missing_model(name: str, cards: Sequence[ModelCard], info: HostInfo) -> CompareError:
    """The error for a name that means none of these models of the host, or the hosts, that `info` is about."""
    shown = clean_line(name.strip(), 80)
    if not shown:
        return BadInputError("The name of a model is empty", hint="Choose with -m MODEL")
    away = dict(info.away)
    typed = name.strip().partition("/")[0].casefold()
    host = next((host for host in away if host.casefold() == typed), None)
    if host is not None:
        return NoHostError(f"The host of {shown} cannot be asked", f"{host}: {away[host]}")
    where, they = ("any of these hosts", "They have") if info.members else ("this host", "It has")
    unknown = [*info.away, *((member.name, member.unlisted) for member in info.members if member.unlisted)]
    detail = prose(f"{they}: {names_of(cards)}", *(f"{other}: {why}" for other, why in unknown))
    return NoModelError(f"There is no model {shown} on {where}", detail, _suggestion(name.strip(), cards))


def aliases_come_late(info: HostInfo) -> bool:
    """Whether a host knows aliases, also of the models that are here, only once it was asked for its offers."""
    kinds = (find_kind(one.kind) for one in (info, *info.members))
    return any(kind.aliases_come_late for kind in kinds if kind is not None)


def not_downloaded(card: ModelCard) -> NoModelError | None:
    """The error for a model that its host could download, and does not have; None for one that is here."""
    if card.state is not ModelState.CATALOG:
        return None
    shown = clean_line(card.key, 80)
    return NoModelError(f"{shown} is not downloaded", hint=f"`foundry-compare models download {shown}` does that")


def names_of(cards: Sequence[ModelCard]) -> str:
    """The names of the first models, and how many more there are."""
    names = [clean_line(card.key, 60) for card in cards[:_NAMED]]
    return ", ".join([*names, f"and {len(cards) - _NAMED} more"] if len(cards) > _NAMED else names) or "none"


def _suggestion(name: str, cards: Sequence[ModelCard]) -> str:
    """Names that look like it, without the name of a host before them: that would make all models of it alike."""
    host, slash, model = name.partition("/")
    mine = [card for card in cards if slash and card.host and card.host.casefold() == host.casefold()]
    names = {text.casefold(): card for card in mine or cards for text in (card.alias, card.id)}
    near = get_close_matches((model if mine else name).casefold(), names, _MEANT, 0.7)
    meant = list(dict.fromkeys(names[text].key if names[text].host else text for text in near))
    if name.casefold() in (smollm2.NAME, smollm2.OFFER.id):
        return f"`foundry-compare models get {smollm2.NAME}` gets it, for `--host embedded`"
    if not meant:
        return ""
    first, *others = (clean_line(text, 60) for text in meant)
    return f"Perhaps {first} is meant" + (f", or {' or '.join(others)}" if others else "")
