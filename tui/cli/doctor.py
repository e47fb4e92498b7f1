"""`foundry-compare doctor`: what was tried, what answers, and what there is to know about this machine."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from tui.cli import system_info, windows_console
from tui.cli.exit_codes import ExitCode, ends_with, of_error, worst
from tui.cli.output import Command, handles_errors, host_option, show_json, show_sentence
from tui.cli.output_file import force_option
from tui.cli.session_names import named_session
from tui.core.catalog.machine import Machine
from tui.core.errors import BadInputError, CompareError, NoHostError
from tui.core.text.formatting import data_size
from tui.files import is_there
from tui.hosts.base import Ability, HostInfo
from tui.hosts.search.auto_host import AutoHost
from tui.hosts.search.describe import counted, host_lines, row, search_lines, searched
from tui.hosts.search.open import open_host
from tui.hosts.search.search import Attempt
from tui.runner.open_session import surroundings
from tui.storage.new_file import check_free

_INDENT = 4
"""Before what has no room in the line of a fact."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the search for one host found."""

    name: str
    attempts: tuple[Attempt, ...]
    info: HostInfo | None = None
    abilities: Mapping[Ability, str] | None = None
    models: Mapping[str, int] | None = None
    """How many models it has, by their state."""
    providers: tuple[str, ...] = ()
    """The execution providers of its models."""
    machine: Machine | None = None
    """The machine behind it, where it could be asked."""
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
            "providers": list((self.machine.providers if self.machine is not None else ()) or self.providers),
            "machine": _machine_dict(self.machine) if self.machine is not None else None,
            "error": self.error.sentence() if self.error is not None else None,
        }


@click.command(cls=Command)
@host_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--bundle", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Collect what a bug report needs in a text file; it is shown first.")  # fmt: skip
@click.option("--with", "sessions", multiple=True, type=click.Path(path_type=Path), metavar="SESSION",
              help="Put this session into the bundle, its texts as their lengths; repeat.")  # fmt: skip
@click.option("--texts", is_flag=True, help="Put prompts, answers and notes of these sessions into the bundle too.")
@click.option("--yes", is_flag=True, help="Write the bundle without asking.")
@force_option
@handles_errors
@ends_with(ExitCode.NO_HOST)
def doctor(
    host: tuple[str, ...],
    as_json: bool,
    bundle: Path | None,
    sessions: tuple[Path, ...],
    texts: bool,
    yes: bool,
    force: bool,
) -> ExitCode:
    """Say where a host was looked for, what answers and what it can do, and what this machine and terminal have.

    With --bundle all that goes into a file for a bug report, with the settings and how the folder of sessions is. No
    prompts, answers, names of people or keys are in it; --texts adds what was asked and answered.
    """
    if as_json and bundle is not None:
        raise BadInputError("--json and --bundle exclude each other")
    if bundle is None and (sessions or texts or yes or force):
        raise BadInputError("--with, --texts, --yes and --force are for --bundle alone")
    if bundle is not None:
        check_free(bundle, force=force)
    files = [named_session(session) for session in sessions]
    opened = open_host(host, surroundings())
    try:
        findings = [_examine(name, found) for name, found in searched(opened).items()]
    finally:
        opened.close()
    code = _code(findings)
    facts = {
        "memory": system_info.memory(),
        "gpus": system_info.gpus(),
        "places": system_info.places(),
        "settings": system_info.settings(),
        "versions": system_info.versions(),
        "terminal": system_info.terminal(os.environ),
        "output": system_info.output(),
    }
    if as_json:
        host_facts = [finding.to_dict() for finding in findings]
        show_json({"ok": not code, "exit_code": int(code), "hosts": host_facts, **facts})
        return code
    lines = [*(line for finding in findings for line in _finding_lines(finding)), *_system_lines(facts)]
    if bundle is not None:
        from tui.cli.bundle import bundle_text, write_bundle

        write_bundle(bundle, bundle_text(lines, files, texts=texts), sure=yes)
        return ExitCode.GOOD
    for line in lines:
        show_sentence(line, indent=_INDENT)
    return code


def _examine(name: str, host: AutoHost) -> Finding:
    try:
        info = host.connect()
    except CompareError as error:
        return Finding(name, host.attempts, error=error)
    if info.unlisted:
        return Finding(name, host.attempts, info, host.abilities, error=NoHostError(info.unlisted))
    try:
        cards = host.catalogue()
    except CompareError as error:
        return Finding(name, host.attempts, info, host.abilities, error=error)
    states = Counter(card.state.value for card in cards)
    providers = tuple(dict.fromkeys(card.ep for card in cards if card.ep))
    try:
        machine = host.machine("")
    except CompareError as error:
        machine = Machine(no_gpus=error.sentence(), no_disk=error.sentence())
    return Finding(name, host.attempts, info, host.abilities, states, providers, machine)


def _machine_dict(machine: Machine) -> dict[str, Any]:
    return {
        "gpus": [asdict(gpu) for gpu in machine.gpus],
        "gpus_unknown": machine.no_gpus or None,
        "disk_free_bytes": machine.disk_free,
        "disk_unknown": machine.no_disk or None,
    }


def _code(findings: list[Finding]) -> ExitCode:
    if any(finding.error is None for finding in findings):
        return ExitCode.GOOD
    return worst(of_error(finding.error) for finding in findings if finding.error is not None) or ExitCode.NO_HOST


def _finding_lines(finding: Finding) -> Iterator[str]:
    yield from search_lines(finding.name, finding.attempts)
    if finding.info is not None and not finding.info.unlisted:
        yield from host_lines(
            finding.info, finding.abilities or {}, _counted(finding), finding.machine, finding.providers
        )
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
    yield from (row("gpu", line) for line in facts["gpus"]["in_words"])
    for name, place in facts["places"].items():
        yield row(name, place if is_there(Path(place)) else f"{place} (not there yet)")
    settings = facts["settings"]
    if settings["problems"]:
        count = len(settings["problems"])
        what, them = ("1 thing is", "it") if count == 1 else (f"{count} things are", "them")
        yield row("settings", f"{what} wrong: `foundry-compare config check` names {them}")
    else:
        yield row("settings", f"{settings['set']} of the configuration: `foundry-compare config show`")
    for name, version in facts["versions"].items():
        yield row(name, version or "not installed")
    size = f"{terminal['columns']}x{terminal['rows']}" if terminal["columns"] is not None else "no terminal"
    colours = f"{terminal['colours']} colours" if terminal["colours"] is not None else "colours unknown"
    parts = [size, terminal["term"], colours, "over SSH" if terminal["ssh"] else "not over SSH"]
    parts += [f"in {terminal['multiplexer']}" if terminal["multiplexer"] else "", "NO_COLOR" * terminal["no_color"]]
    yield row("terminal", " · ".join(part for part in parts if part))
    yield row("output", facts["output"]["encoding"] or "-")
    if (console := facts["output"]["console"]) is not None:
        console = windows_console.Console(**console)
        yield row("console", windows_console.described(console))
        yield from (row("", hint) for hint in windows_console.hints(console))
