"""`foundry-compare doctor`: what was tried, what answers, and what there is to know about this machine."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from tui.cli import system_info
from tui.cli.exit_codes import ExitCode, of_error
from tui.cli.output import handles_errors, host_option, show, show_json
from tui.core.errors import CompareError, NoHostError
from tui.core.text.formatting import data_size
from tui.files import is_there
from tui.hosts.base import Ability, HostInfo
from tui.hosts.search.auto_host import AutoHost
from tui.hosts.search.describe import counted, host_lines, row, search_lines, searched
from tui.hosts.search.open import open_host
from tui.hosts.search.search import Attempt
from tui.runner.open_session import surroundings


@dataclass(frozen=True, slots=True)
class Finding:
    """What the search for one host found."""

    name: str
    attempts: tuple[Attempt, ...]
    info: HostInfo | None = None
    abilities: Mapping[Ability, str] | None = None
    models: Mapping[str, int] | None = None
    """How many models it has, by their state."""
    error: CompareError | None = None
    """Why there is no host, or why it does not list its models, which is what tells a host from anything else."""

    def to_dict(self) -> dict[str, Any]:
        """As in the output of `--json`."""
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
@handles_errors
def doctor(host: tuple[str, ...], as_json: bool) -> ExitCode:
    """Say where a host was looked for, what answers and what it can do, and what this machine and terminal have.

    Exit codes: 0 a host answers and lists its models, 3 none does, 2 the command or the configuration cannot be used.
    """
    opened = open_host(host, surroundings())
    try:
        findings = [_examine(name, found) for name, found in searched(opened).items()]
    finally:
        opened.close()
    code = _code(findings)
    facts = {
        "memory": system_info.memory(),
        "places": system_info.places(),
        "versions": system_info.versions(),
        "terminal": system_info.terminal(os.environ),
    }
    if as_json:
        host_facts = [finding.to_dict() for finding in findings]
        show_json({"ok": not code, "exit_code": int(code), "hosts": host_facts, **facts})
        return code
    for line in [*(line for finding in findings for line in _finding_lines(finding)), *_system_lines(facts)]:
        show(line)
    return code


def _examine(name: str, host: AutoHost) -> Finding:
    try:
        info = host.connect()
    except CompareError as error:
        return Finding(name, host.attempts, error=error)
    if info.unlisted:
        return Finding(name, host.attempts, info, host.abilities, error=NoHostError(info.unlisted))
    try:
        states = Counter(card.state.value for card in host.catalogue())
    except CompareError as error:
        return Finding(name, host.attempts, info, host.abilities, error=error)
    return Finding(name, host.attempts, info, host.abilities, states)


def _code(findings: list[Finding]) -> ExitCode:
    if any(finding.error is None for finding in findings):
        return ExitCode.GOOD
    return next((of_error(finding.error) for finding in findings if finding.error is not None), ExitCode.NO_HOST)


def _finding_lines(finding: Finding) -> Iterator[str]:
    yield from search_lines(finding.name, finding.attempts)
    if finding.info is not None and not finding.info.unlisted:
        yield from host_lines(finding.info, finding.abilities or {}, _counted(finding))
    elif not finding.attempts and finding.error is not None:
        yield row("-", finding.error.sentence())
    yield ""


def _counted(finding: Finding) -> str:
    if finding.models is None:
        return finding.error.sentence() if finding.error is not None else "-"
    return counted(finding.models)


def _system_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    memory, terminal = facts["memory"], facts["terminal"]
    yield "This machine"
    free, total = memory["free_bytes"], memory["total_bytes"]
    yield row("memory", f"{data_size(free)} free of {data_size(total)}" if total is not None else "-")
    for name, place in facts["places"].items():
        yield row(name, place if is_there(Path(place)) else f"{place} (not there yet)")
    for name, version in facts["versions"].items():
        yield row(name, version or "not installed")
    size = f"{terminal['columns']}x{terminal['rows']}" if terminal["columns"] is not None else "no terminal"
    colours = f"{terminal['colours']} colours" if terminal["colours"] is not None else "colours unknown"
    parts = [size, terminal["term"], colours, "over SSH" if terminal["ssh"] else "not over SSH"]
    parts += [f"in {terminal['multiplexer']}" if terminal["multiplexer"] else "", "NO_COLOR" * terminal["no_color"]]
    yield row("terminal", " · ".join(part for part in parts if part))
