"""A host described in lines of text: where it was looked for, what it is, what it can do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

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


def host_lines(info: HostInfo, abilities: Mapping[Ability, str], models: str) -> Iterable[str]:
    """What a host is and can do; `models` says how many it has."""
    kind = find_kind(info.kind)
    yield "Found"
    yield row("host", info.title + (" - toy models, for trying the program out" if info.toys else ""))
    yield row("kind", info.kind)
    yield row("version", info.version or (kind.no_version if kind is not None else "-"))
    yield row("endpoint", info.endpoint or "-")
    process = f"{info.pid}{', started by this program' if info.ours else ''}" if info.pid is not None else "-"
    yield row("process", process if info.local else "not visible from here")
    yield row("models", models)
    can = [ability.name.lower() for ability in Ability if abilities.get(ability) == ""]
    yield row("can", ", ".join(can) or "answer, and nothing else")
    lacks: dict[str, list[str]] = {}
    for ability in Ability:
        if reason := abilities.get(ability):
            lacks.setdefault(reason, []).append(ability.name.lower())
    for reason, names in lacks.items():
        yield row("cannot", f"{', '.join(names)}: {reason}")


def host_story(host: Host, info: HostInfo | None, cards: Sequence[ModelCard]) -> list[str]:
    """The search, and what was found by it: one host, or several. `info` is None as long as nothing is."""
    found = searched(host)
    lines = [line for name, one in found.items() for line in (*search_lines(name, one.attempts), "")]
    for member in (info.members or (info,)) if info is not None else ():
        if member.unlisted:
            continue  # What it is, nobody knows: what it said stands in the search.
        abilities = found[member.name].abilities if member.name in found else host.abilities
        among = info is not None and bool(info.members)
        states = Counter(card.state.value for card in cards if not among or card.host == member.name)
        lines += [*host_lines(member, abilities, counted(states)), ""]
    return lines[:-1] or ["It is still being looked for."]


def counted(states: Mapping[str, int]) -> str:
    """How many models there are in each state."""
    return ", ".join(f"{states[state]} {state}" for state in ModelState if states.get(state)) or "none listed"


def row(name: str, value: str) -> str:
    """One fact."""
    return f"  {padded(clean_line(name), 18)} {clean_line(value)}"
