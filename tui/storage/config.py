"""The user's `config.toml`: settings (`tui.core.settings`), and hosts by name.

default_host = "lab"
theme = "amber"

[plan]
rounds = 3

[hosts.lab]
ssh = "user@winbox"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tui.core.dict_reader import Table
from tui.core.errors import BadInputError, prose, reason_of
from tui.core.host_spec import NAME, HostFormat, HostSpec, KnownHosts
from tui.core.settings import HOSTS, Problem, read_settings
from tui.core.text.nearest import unknown_name
from tui.files import parse_toml, text_of_file
from tui.storage.paths import MAX_CONFIG_BYTES, config_file

_LONGEST = 200
"""Lines of a statement."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the file says."""

    path: Path
    values: Mapping[str, Any] = field(default_factory=dict)
    """The settings that it has, by key."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with its settings, and which keys mean nothing, also of its hosts."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """The lines of its keys, counted from 1, when there are problems."""
    text: str | None = None
    """The file as it is; None when there is none."""

    def check(self) -> Configuration:
        """Itself. Raises BadInputError for the first value that cannot be used; unknown keys are none."""
        for problem in self.problems:
            if not problem.unknown:
                raise _unusable(self.path, self.said(problem))
        return self

    def said(self, problem: Problem) -> str:
        """A problem with its line."""
        line = self.lines.get(problem.key)
        return problem.reason if line is None else f"Line {line}: {problem.reason}"

    def warnings(self) -> list[BadInputError]:
        """The keys that are passed over."""
        title = f"The configuration {self.path} has a key that is passed over"
        return [BadInputError(title, self.said(problem)) for problem in self.problems if problem.unknown]


def read_config(folder: Path, hosts: HostFormat) -> Configuration:
    """The configuration in this folder; an empty one when there is no file. What is wrong within is in `problems`.

    Raises BadInputError for a file that cannot be read at all. API keys are not read here: the file holds only the
    names of their variables.
    """
    path = config_file(folder)
    text = _text(path)
    if text is None:
        return Configuration(path)
    table = _table(path, text)
    values, problems = read_settings(table)
    values = {key: folder / value if isinstance(value, Path) else value for key, value in values.items()}
    problems += _unknown_host_keys(table, hosts)
    return Configuration(path, values, tuple(problems), lines_of(text) if problems else {}, text)


def read_hosts(folder: Path, hosts: HostFormat) -> KnownHosts:
    """The hosts named by the configuration in this folder; none when there is no file.

    Raises BadInputError, which names the file, the key and what is wrong with it.
    """
    path = config_file(folder)
    text = _text(path)
    if text is None:
        return KnownHosts()
    known, problems = _hosts_of(_table(path, text), hosts)
    for problem in problems:
        line = lines_of(text).get(problem.key)
        reason = problem.reason if line is None else f"Line {line}: {problem.reason}"
        raise _unusable(path, reason, "`--host demo` works without it")
    return known


def check_hosts(found: Configuration, hosts: HostFormat) -> list[Problem]:
    """What is wrong with the hosts of a configuration, besides keys that are not known."""
    return _hosts_of(parse_toml(found.text or ""), hosts)[1]


def _hosts_of(table: Table, format_: HostFormat) -> tuple[KnownHosts, list[Problem]]:
    """The hosts that can be used, and what is wrong with the others."""
    rows = table.get(HOSTS, {})
    if not isinstance(rows, dict):
        return KnownHosts(), [Problem(HOSTS, f"`{HOSTS}` should be a table")]
    known: dict[str, HostSpec] = {}
    problems: list[Problem] = []
    for name, row in rows.items():
        key = f"{HOSTS}.{name}"
        try:
            known[name] = _host(name, row, format_)
        except BadInputError as error:
            problems.append(Problem(key, f"`{key}`: {prose(error.title, error.detail or error.hint)}"))
        except ValueError as error:
            problems.append(Problem(key, f"`{key}`: {error}"))
    default = table.get("default_host")
    if default is not None and not isinstance(default, str):
        problems.append(Problem("default_host", "`default_host` should be text"))
    elif default is not None and default not in rows and default.casefold() not in format_.reserved:
        there = ", ".join([*known, *sorted(format_.reserved)])
        reason = f"`default_host` names {default!r}, which is not there; there are {there}"
        problems.append(Problem("default_host", reason))
    # The only one there is needs not be pointed at.
    return KnownHosts(known, default or (next(iter(known)) if len(known) == 1 else None)), problems


def _host(name: str, row: Any, format_: HostFormat) -> HostSpec:
    if not NAME.fullmatch(name) or name.casefold() in format_.reserved:
        words = " or ".join(sorted(format_.reserved))
        raise ValueError(f"a host is called by up to 32 letters, digits, `-` and `_`, and not {words}")
    if not isinstance(row, dict):
        raise ValueError("it should be a table")
    return format_.read(name, row)


def _unknown_host_keys(table: Table, hosts: HostFormat) -> list[Problem]:
    rows = table.get(HOSTS)
    found = rows.items() if isinstance(rows, dict) else ()
    return [
        Problem(f"{HOSTS}.{name}.{key}", f"In `{HOSTS}.{name}`: {unknown_name(key, hosts.keys, 'a key')}", unknown=True)
        for name, row in found
        if isinstance(row, dict)
        for key in row
        if key not in hosts.keys
    ]


def lines_of(text: str) -> dict[str, int]:
    """The line in which each key of a TOML text begins, counted from 1; a table's is that of its heading.

    The text is taken to be TOML: it is cut into its statements, each of which can be parsed by itself. Nothing is known
    of what follows a statement of many lines: each line that is added to one costs a look at all of it.
    """
    found: dict[str, int] = {}
    within: tuple[str, ...] = ()
    statement, begun = "", 1
    for number, line in enumerate(text.split("\n"), 1):
        statement += f"{line}\n"
        try:
            table = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            if number - begun > _LONGEST:
                break
            continue  # It goes on in the next line.
        heading = statement.lstrip().startswith("[")
        for path in _paths(table):
            found.setdefault(".".join(path if heading else (*within, *path)), begun)
        if heading:
            within = max(_paths(table), key=len, default=())
        statement, begun = "", number + 1
    return found


def _paths(table: Table, within: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of all keys of a table, the outer ones first."""
    found: list[tuple[str, ...]] = []
    for key, value in table.items():
        found.append((*within, key))
        inner = value[-1] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            found += _paths(inner, (*within, key))
    return found


def _text(path: Path) -> str | None:
    """The text of the file; None when there is none."""
    try:
        return text_of_file(path, MAX_CONFIG_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, f"It cannot be read: {reason_of(error)}") from error
    except ValueError as error:
        raise _unusable(path, str(error)) from error


def _table(path: Path, text: str) -> Table:
    try:
        return parse_toml(text)
    except ValueError as error:
        raise _unusable(path, str(error)) from error


def _unusable(path: Path, reason: str, besides: str = "") -> BadInputError:
    hint = prose("Mend it: `foundry-compare config check` names all that is wrong", besides)
    return BadInputError(f"The configuration {path} cannot be used", reason, hint)
