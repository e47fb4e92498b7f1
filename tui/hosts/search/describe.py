"""A host described in lines of text: where it was looked for, what it is, what it can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from tui.core.catalog.machine import Machine, disk_in_words, gpus_in_words, providers_in_words
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.text.cell_width import padded
from tui.core.text.clean import clean_line
from tui.core.text.formatting import duration
from tui.hosts.base import Ability, Host, HostInfo
from tui.hosts.multi import MultiHost
from tui.hosts.registry import find_kind
from tui.hosts.search.auto_host import AutoHost
from tui.hosts.search.search import Attempt


def searched(host: Host) -> Mapping[str, AutoHost]:
    """The hosts that were looked for, by the names they have among several; a single one has none."""
    hosts = host.hosts if isinstance(host, MultiHost) else {"": host}
    return {name: found for name, found in hosts.items() if isinstance(found, AutoHost)}


def looking_at(host: Host) -> str:
    """The places that are being looked at for a host, or for several; empty when no search is under way."""
    return ", ".join(place for found in searched(host).values() if (place := found.looking_at))


def search_lines(name: str, attempts: Sequence[Attempt]) -> list[str]:
    """Where a host was looked for, what came of it, and how long that took."""
    lines = [f"Looked for {clean_line(name, 60) or 'a host'}"]
    for attempt in attempts:
        took = f" ({duration(attempt.seconds)})" if attempt.seconds is not None else ""
        place = f"{attempt.place}: " if attempt.place and attempt.place != attempt.source else ""
        mark = "ok" if attempt.found else "- "
        source = padded(clean_line(attempt.source), 23)
        lines.append(f"  {mark} {source} {clean_line(f'{place}{attempt.outcome}{took}')}")
    return lines


def host_lines(
    info: HostInfo,
    abilities: Mapping[Ability, str],
    models: str,
    machine: Machine | None = None,
    providers: Collection[str | None] = (),
) -> Iterable[str]:
    """What a host is and can do; `models` says how many it has, and `providers` are their execution providers. Of the
    machine nothing is said where it was not asked."""
    kind = find_kind(info.kind)
    yield "Found"
    yield row("host", info.title + (" - toy models, for trying the program out" if info.toys else ""))
    yield row("kind", info.kind)
    yield row("version", info.version or (kind.no_version if kind is not None else "-"))
    yield row("endpoint", info.endpoint or "-")
    process = f"{info.pid}{', started by this program' if info.ours else ''}" if info.pid is not None else "-"
    yield row("process", process if info.local else "not visible from here")
    yield row("models", models)
    if machine is not None:
        yield row("providers", providers_in_words(machine.providers, providers))
        yield from (row("gpu", line) for line in gpus_in_words(machine))
        yield row("disk", disk_in_words(machine))
    can = [ability.name.lower() for ability in Ability if abilities.get(ability) == ""]
    yield row("can", ", ".join(can) or "answer, and nothing else")
    lacks: dict[str, list[str]] = {}
    for ability in Ability:
        if reason := abilities.get(ability):
            lacks.setdefault(reason, []).append(ability.name.lower())
    for reason, names in lacks.items():
        yield row("cannot", f"{', '.join(names)}: {reason}")


def host_story(
    host: Host, info: HostInfo | None, cards: Sequence[ModelCard], machines: Mapping[str, Machine]
) -> list[str]:
    """The search, and what was found by it: one host, or several. `info` is None as long as nothing is. `machines` are
    those that have been asked, by the names of their hosts."""
    found = searched(host)
    lines = [line for name, one in found.items() for line in (*search_lines(name, one.attempts), "")]
    for member in (info.members or (info,)) if info is not None else ():
        if member.unlisted:
            continue  # What it is, nobody knows: what it said stands in the search.
        abilities = found[member.name].abilities if member.name in found else host.abilities
        among = info is not None and bool(info.members)
        theirs = [card for card in cards if not among or card.host == member.name]
        states, providers = Counter(card.state.value for card in theirs), {card.ep for card in theirs}
        lines += [*host_lines(member, abilities, counted(states), machines.get(member.name), providers), ""]
    return lines[:-1] or ["It is still being looked for."]


def counted(states: Mapping[str, int]) -> str:
    """How many models there are in each state."""
    return ", ".join(f"{states[state]} {state}" for state in ModelState if states.get(state)) or "none listed"


def row(name: str, value: str) -> str:
    """One fact."""
    return f"  {padded(clean_line(name), 18)} {clean_line(value)}"
