"""Several hosts taking part in one comparison, as one host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from tui.background import Questions, in_threads
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import CompareError, NoHostError, NoModelError
from tui.hosts.base import Ability, Host, HostInfo, Offers, able
from tui.hosts.forwarding import ForwardingHost

NO_SUCH_HOST = "No host of this name takes part"
_T = TypeVar("_T")


class MultiHost(ForwardingHost):
    """Named hosts side by side. A model is addressed by its card's key, `name/id`; names hold no slash.

    All are asked at once. One that fails hides none of the others: the title of `connect()` and the reason of
    `offers()` say so, and whatever is asked of its own models raises its own error.
    """

    def __init__(self, hosts: Mapping[str, Host]) -> None:
        """`hosts` by name, in the order in which their models are listed. Raises ValueError for a name with a slash."""
        if not hosts or any("/" in name or not name for name in hosts):
            raise ValueError("a host among several needs a name without a slash")
        self.hosts: Mapping[str, Host] = MappingProxyType(dict(hosts))
        self._connections = Questions()
        self._away: dict[str, CompareError] = {}
        """Those that did not answer when they were last connected to."""

    @property
    def abilities(self) -> Mapping[Ability, str]:
        """What at least one of the hosts can do."""
        each = [host.abilities for host in self.hosts.values()]
        reasons = {ability: [has.get(ability, "This host cannot") for has in each] for ability in Ability}
        return MappingProxyType({ability: _least(given) for ability, given in reasons.items()})

    def abilities_of(self, model_id: str) -> Mapping[Ability, str]:
        """What the model's own host can do."""
        standing = self._standing(model_id)
        return standing[0].abilities_of(standing[1]) if standing is not None else able(why_not=NO_SUCH_HOST)

    def connect(self) -> HostInfo:
        """Reach all of them. Raises NoHostError only when none answers."""
        number = self._connections.ask()
        infos, away = self._all(lambda host: host.connect(), self.hosts)
        if self._connections.accept(number):
            self._away = away
        if not infos:
            raise NoHostError("None of the hosts answers", _sentences(away), "Start one of them")
        members = tuple(replace(info, name=name) for name, info in infos.items())
        title = " + ".join(f"{member.name} ({member.title})" for member in members)
        if away:
            title = f"{', '.join(away)} cannot be asked · {title}"
        return HostInfo(
            kind="several",
            title=title,
            local=all(member.local for member in members),
            toys=all(member.toys for member in members),
            members=members,
            away=tuple((name, error.sentence()) for name, error in away.items()),
            unlisted=" ".join(f"{member.name}: {member.unlisted}" for member in members if member.unlisted),
        )

    def catalogue(self) -> tuple[ModelCard, ...]:
        """The models of all hosts that answered when they were last connected to. Raises when none of them does."""
        lists, failed = self._all(lambda host: host.catalogue(), self._there())
        if not lists:
            raise NoHostError("None of the hosts lists its models", _sentences({**self._away, **failed}), "Try again")
        return tuple(replace(card, host=name) for name, cards in lists.items() for card in cards)

    def offers(self) -> Offers:
        """The offers of all hosts; those that fail are named in the reason why rows may be missing."""
        offers, failed = self._all(lambda host: host.offers(), self._there())
        cards = tuple(replace(card, host=name) for name, offer in offers.items() for card in offer.cards)
        stale = [f"{name}: {offer.stale}" for name, offer in offers.items() if offer.stale]
        troubles = {**self._away, **failed}
        return Offers(cards, " ".join([*stale, *([_sentences(troubles)] if troubles else [])]))

    def register(self, folder: Path) -> str:
        """By the first host that can. Returns the model's key."""
        able_ones = [name for name, host in self.hosts.items() if not host.abilities.get(Ability.REGISTER, "no")]
        name = able_ones[0] if able_ones else next(iter(self.hosts))
        return f"{name}/{self.hosts[name].register(folder)}"

    def close(self) -> None:
        """Close all of them."""
        for host in self.hosts.values():
            host.close()

    def _there(self) -> Mapping[str, Host]:
        return {name: host for name, host in self.hosts.items() if name not in self._away}

    def _standing(self, model_id: str) -> tuple[Host, str] | None:
        name, slash, own_id = model_id.partition("/")
        return (self.hosts[name], own_id) if slash and name in self.hosts else None

    def _forward(self, model_id: str, question: Callable[[Host, str], _T], *, repeatable: bool) -> _T:
        standing = self._standing(model_id)
        if standing is None:
            names = ", ".join(self.hosts)
            raise NoModelError(
                f"{model_id} does not say on which host it is", f"The hosts are {names}", "Write HOST/MODEL"
            )
        return question(*standing)

    def _all(
        self, ask: Callable[[Host], _T], hosts: Mapping[str, Host]
    ) -> tuple[dict[str, _T], dict[str, CompareError]]:
        """What each host answers, and what went wrong with the others."""
        answers: dict[str, _T] = {}
        failed: dict[str, CompareError] = {}
        for name, answer in in_threads(lambda name: ask(hosts[name]), hosts, "host").items():
            try:
                answers[name] = answer.result()
            except CompareError as error:
                failed[name] = error
        return answers, failed


def _least(reasons: list[str]) -> str:
    """No reason, if one of them has none; else all that are given, each once."""
    return "" if "" in reasons else "; ".join(dict.fromkeys(reasons))


def _sentences(failed: Mapping[str, CompareError]) -> str:
    return " ".join(f"{name}: {error.sentence()}" for name, error in failed.items())
