"""Commands that a page shows with what they print: done again, and compared with what the page says.

A block of the page that is done begins with `<!-- run -->`: all that a command prints stands below it. With
`<!-- run: first 6, last 2 -->` only so many lines of it do, with `…` between them, and of `<!-- run: some -->` not all
need come each time. `<!-- file: NAME -->` before a block makes that file. Figures differ from run to run, so that
numbers count as equal, and rules and columns may be as wide as they like; lines may come in another order.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click.testing

from tui.cli.main import cli

MORE = "…"
_BLOCK = re.compile(r"(<!-- run(?:: (?P<limits>[^>]*))? -->\n```console\n)(?P<body>.*?)(```\n)", re.DOTALL)
_FILE = re.compile(r"<!-- file: (?P<name>[\w.-]+) -->\n```\w+\n(?P<text>.*?)```\n", re.DOTALL)
_LIMIT = re.compile(r"(first|last) (\d+)")
_SESSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4}")
_NUMBER = re.compile(r"~?\d[\d,]*(?:\.\d+)?")


@dataclass
class Doing:
    """One going through a page."""

    folder: Path
    """Where the commands are run, and the files are."""
    names: Mapping[str, str]
    """What stands in the page for what it is here: addresses, folders."""
    environ: dict[str, str]
    """The variables of the environment that the page's `export` lines set."""
    before: Callable[[str], None] = lambda command: None
    """Called with each command before it is done."""
    wrong: list[str] = field(default_factory=list)
    """Where the page says something else than is printed."""

    def do(self, page: str) -> str:
        """The page with what its commands print now. `wrong` says where that is something else. Fails where one ends
        with a code that its line does not name (`# exit code 3`)."""
        for found in _FILE.finditer(page):
            (self.folder / found["name"]).write_text(found["text"], "utf-8")
        return _BLOCK.sub(self._block, page)

    def _block(self, found: re.Match[str]) -> str:
        said = found["limits"] or ""
        limits = {which: int(count) for which, count in _LIMIT.findall(said)}
        command, *others = re.split(r"^(?=\$ )", found["body"], flags=re.MULTILINE)
        assert not command, "a block begins with a command"
        lines = []
        for part in others:
            line, *shown = part.splitlines()
            printed = self._output(line[2:])
            now, then = ([likened(one) for one in some if one != MORE] for some in (printed, shown))
            same = set(then) <= set(now) if said else sorted(then) == sorted(now)
            if not same:
                self.wrong.append(f"{line}\n  the page: {shown}\n  now: {printed}")
            lines += [line, *_shortened(printed, limits)]
        return found[1] + "\n".join(lines) + "\n" + found[4]

    def _output(self, line: str) -> list[str]:
        if line.startswith("export "):
            for word in shlex.split(line, comments=True)[1:]:
                name, _, value = word.partition("=")
                self.environ[name] = self._here(value)
            return []
        if line.startswith("unset "):
            for name in shlex.split(line, comments=True)[1:]:
                self.environ.pop(name, None)
            return []
        self.before(line)
        words = [here for word in shlex.split(line, comments=True) for here in self._expanded(self._here(word))]
        expected = int((re.search(r"# exit code (\d+)", line) or [0, "0"])[1])
        done = click.testing.CliRunner(env=self.environ).invoke(cli, words[1:], prog_name=words[0])
        assert done.exit_code == expected, f"{line}: {done.exit_code}\n{done.output}\n{done.exception!r}"
        text = done.output
        for shown, here in self.names.items():
            text = text.replace(here, shown)
        return [part.rstrip() for part in text.replace(os.sep + "sessions" + os.sep, "/sessions/").splitlines()]

    def _expanded(self, word: str) -> list[str]:
        """The word, or the files that it means, as a shell does it."""
        found = sorted(self.folder.glob(word)) if "*" in word else []
        return [str(path.relative_to(self.folder)) for path in found] or [word]

    def _here(self, word: str) -> str:
        for shown, here in self.names.items():
            word = word.replace(shown, here)
        return word


def _shortened(lines: list[str], limits: Mapping[str, int]) -> list[str]:
    first, last = limits.get("first"), limits.get("last", 0)
    if first is None or len(lines) <= first + last + 1:
        return lines
    return [*lines[:first], MORE, *lines[len(lines) - last :]]


def likened(line: str) -> str:
    """A line without what may differ from run to run."""
    line = _NUMBER.sub("N", _SESSION.sub("SESSION", line))
    line = re.sub(r"N (ms|s|min)\b", "N s", line)
    line = re.sub(r"\([^()]*\)", "", line)  # Why a figure is not known.
    line = re.sub(r"(?<![\w-])-(?![\w-])", "N", line)  # One that is not known this time.
    return " ".join(re.sub(r"[─=-]{3,}", "---", line).split())
