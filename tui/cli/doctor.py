"""`foundry-compare doctor`: what was tried, what answers, and what there is to know about this machine."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import click

from tui.cli import machine
from tui.cli.exit_codes import ExitCode, of_error
from tui.cli.shell import host_option, show, show_json, surroundings, told
from tui.core.clean import clean_line
from tui.core.errors import CompareError
from tui.core.model_card import ModelState
from tui.hosts.discovery import Attempt
from tui.hosts.found import FoundHost
from tui.hosts.host import Ability, HostInfo
from tui.hosts.opening import open_host
from tui.hosts.several import SeveralHosts

_GB = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of the search for one host."""

    name: str
    attempts: tuple[Attempt, ...]
    info: HostInfo | None = None
    abilities: Mapping[Ability, str] | None = None
    models: Mapping[str, int] | None = None
    """How many models it has, by their state."""
    error: CompareError | None = None
    """Why there is no host, or why it does not list its models."""

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        facts = asdict(self.info) if self.info is not None else None
        if facts is not None:
            del facts["members"], facts["name"]
        return {
            "name": self.name or None,
            "attempts": [asdict(attempt) for attempt in self.attempts],
            "host": facts,
            "abilities": {ability.name.lower(): reason or True for ability, reason in (self.abilities or {}).items()},
            "models": dict(self.models) if self.models is not None else None,
            "error": self.error.sentence() if self.error is not None else None,
        }


@click.command()
@host_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@told
def doctor(host: tuple[str, ...], as_json: bool) -> ExitCode:
    """Say where a host was looked for, what answers and what it can do, and what this machine and terminal have.

    Exit codes: 0 a host answers, 3 none does, 2 the command or the configuration cannot be used.
    """
    opened = open_host(host, surroundings())
    try:
        hosts = opened.hosts if isinstance(opened, SeveralHosts) else {"": opened}
        findings = [_examined(name, found) for name, found in hosts.items() if isinstance(found, FoundHost)]
    finally:
        opened.close()
    code = _code(findings)
    facts = {
        "memory": machine.memory(),
        "places": machine.places(),
        "versions": machine.versions(),
        "terminal": machine.terminal(os.environ),
    }
    if as_json:
        hosts_told = [finding.to_dict() for finding in findings]
        show_json({"ok": not code, "exit_code": int(code), "hosts": hosts_told, **facts})
        return code
    for line in [*(line for finding in findings for line in _told(finding)), *_machine_told(facts)]:
        show(line)
    return code


def _examined(name: str, host: FoundHost) -> Finding:
    try:
        info = host.connect()
    except CompareError as error:
        return Finding(name, host.attempts, error=error)
    try:
        states = Counter(card.state.value for card in host.catalogue())
    except CompareError as error:
        return Finding(name, host.attempts, info, host.abilities, error=error)
    return Finding(name, host.attempts, info, host.abilities, states)


def _code(findings: list[Finding]) -> ExitCode:
    if any(finding.info is not None for finding in findings):
        return ExitCode.GOOD
    return next((of_error(finding.error) for finding in findings if finding.error is not None), ExitCode.NO_HOST)


def _told(finding: Finding) -> Iterator[str]:
    yield f"Looked for {clean_line(finding.name, 60) or 'a host'}"
    for attempt in finding.attempts:
        took = f" ({attempt.seconds:.2f} s)" if attempt.seconds is not None else ""
        place = f"{attempt.place}: " if attempt.place and attempt.place != attempt.source else ""
        mark = "ok" if attempt.found else "- "
        yield clean_line(f"  {mark} {attempt.source:<23} {place}{attempt.outcome}{took}")
    if finding.info is not None:
        yield from _host_told(finding, finding.info)
    elif not finding.attempts and finding.error is not None:
        yield _row("-", finding.error.sentence())
    yield ""


def _host_told(finding: Finding, info: HostInfo) -> Iterator[str]:
    yield "Found"
    yield _row("host", info.title + (" - toy models, for trying the program out" if info.toys else ""))
    yield _row("kind", info.kind)
    yield _row("version", info.version or "-")
    yield _row("endpoint", info.endpoint or "-")
    process = f"{info.pid}{', started by this program' if info.ours else ''}" if info.pid is not None else "-"
    yield _row("process", process if info.local else "not visible from here")
    yield _row("models", _counted(finding))
    abilities = finding.abilities or {}
    can = [ability.name.lower() for ability in Ability if abilities.get(ability) == ""]
    yield _row("can", ", ".join(can) or "answer, and nothing else")
    lacks: dict[str, list[str]] = {}
    for ability in Ability:
        if reason := abilities.get(ability):
            lacks.setdefault(reason, []).append(ability.name.lower())
    for reason, names in lacks.items():
        yield _row("cannot", f"{', '.join(names)}: {reason}")


def _counted(finding: Finding) -> str:
    if finding.models is None:
        return finding.error.sentence() if finding.error is not None else "-"
    known = [f"{finding.models[state]} {state}" for state in ModelState if finding.models.get(state)]
    return ", ".join(known) or "none listed"


def _machine_told(facts: Mapping[str, Any]) -> Iterator[str]:
    memory, terminal = facts["memory"], facts["terminal"]
    yield "This machine"
    free, total = memory["free_bytes"], memory["total_bytes"]
    yield _row("memory", f"{free / _GB:.1f} GB free of {total / _GB:.1f} GB" if total is not None else "-")
    for name, place in facts["places"].items():
        yield _row(name, place if machine.is_there(place) else f"{place} (not there yet)")
    for name, version in facts["versions"].items():
        yield _row(name, version or "not installed")
    size = f"{terminal['columns']}x{terminal['rows']}" if terminal["columns"] is not None else "no terminal"
    colours = f"{terminal['colours']} colours" if terminal["colours"] is not None else "colours unknown"
    parts = [size, terminal["term"], colours, "over SSH" if terminal["ssh"] else "not over SSH"]
    parts += [f"in {terminal['multiplexer']}" if terminal["multiplexer"] else "", "NO_COLOR" * terminal["no_color"]]
    yield _row("terminal", " · ".join(part for part in parts if part))


def _row(name: str, value: str) -> str:
    return clean_line(f"  {name:<18} {value}")
