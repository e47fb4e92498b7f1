"""What every command shares: options, output on stdout and stderr, and errors as sentences. Imports little."""

from __future__ import annotations

import errno
import functools
import json
import math
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ParamSpec, TextIO

import click

from tui.cli import streams
from tui.cli.exit_codes import ExitCode, of_error, of_signal
from tui.cli.signals import EndedError, ended_politely
from tui.core.errors import CompareError, StoreError, reason_of
from tui.core.text.clean import clean
from tui.core.text.line_width import room_in

P = ParamSpec("P")
_HEADING = 64
"""Cells of a line above an answer."""
_unwritten: list[StoreError] = []
"""Why what was shown could not be written, oldest first."""


class Command(click.Command):
    """A command whose help, which is written while its arguments are read, may find no reader."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the arguments. Raises StoreError when the help cannot be written."""
        with written_out():
            return super().make_context(*args, **kwargs)
        raise click.exceptions.Exit(ExitCode.GOOD)


class Group(Command, click.Group):
    """A command with commands of its own."""

    command_class = Command


class FloatRange(click.FloatRange):
    """The library's, without "not a number", which no comparison finds outside of a range, and without infinity."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number. Ends as usage when it is none, or outside."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is no number that can be used.", param, ctx)
        return number


class _HostOption(click.Option):
    """The registry of hosts is read when somebody asks for help, not whenever a command starts."""

    @property
    def help(self) -> str:
        """What it takes, with every scheme."""
        from tui.hosts.registry import HOW_TO_NAME

        return f"{HOW_TO_NAME}; repeat to compare models of several hosts. Without it the best host is found."

    @help.setter  # noqa: A003 - the name is the library's
    def help(self, text: str | None) -> None:
        pass  # the library sets what the decorator gives it, which is nothing


host_option = click.option(
    "--host", multiple=True, metavar="HOST",
    cls=_HostOption,
)  # fmt: skip
models_option = click.option(
    "-m", "--model", "models", multiple=True, metavar="MODEL", help="Model id or alias; repeat."
)
several_models_option = click.option(
    "-m", "--model", "models", multiple=True, metavar="MODEL",
    help="Model id or alias, all-cached, or tag:WORD for all of a task; repeat.",
)  # fmt: skip
sessions_option = click.option(
    "--sessions", type=click.Path(file_okay=True, path_type=Path), metavar="DIR", help="Where sessions are kept."
)

rubric_option = click.option(
    "--rubric", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", envvar="FOUNDRY_COMPARE_RUBRIC",
    help="What answers are scored for: criteria, in JSON or TOML. Without it one overall score.",
)  # fmt: skip

prompt_option = click.option("-p", "--prompt", metavar="PROMPT", help="Ask this at once.")
rater_option = click.option(
    "--rater", metavar="NAME", envvar="FOUNDRY_COMPARE_RATER",
    help="Whose scores and notes these are. Without it your login name.",
)  # fmt: skip
blind_option = click.option(
    "--blind", is_flag=True,
    help="Hide which model answers, in an order drawn for each question, until V reveals it.",
)  # fmt: skip
theme_option = click.option(
    "--theme", metavar="NAME", envvar="FOUNDRY_COMPARE_THEME", help="The theme to start with."
)  # fmt: skip


def say(text: str, *, whole: str = "") -> None:
    """Write progress and other asides to stderr, in a terminal broken at spaces. No command ends because nobody reads
    them. `whole` comes last and is never broken: a path or a command, which somebody copies."""
    _say(_broken(text, whole, sys.stderr) + "\n")


def say_over(text: str, *, last: bool) -> None:
    """Write a line to a terminal that is stderr, over the line before it unless that was the last one."""
    _say(f"\r{clean(text)}" + "\n" * last)


def _say(text: str) -> None:
    try:
        _put(sys.stderr, text, own=True)
    except OSError:
        _redirect_to_nowhere(sys.stderr)


def show(text: str, *, own: bool = True) -> None:
    """Write what was asked for to stdout.

    When nobody reads it (`| head`), the work goes on to its end all the same: the exit code is that of the work. When
    it cannot be written, it goes on, too; `check_shown` says so then, and `handles_errors` ends with that. `own` is
    whether these are the program's own words: of another's, nothing that stdout lacks is replaced in silence.
    """
    _show(clean(text) + "\n", own=own)


def show_sentence(text: str, *, whole: str = "", indent: int = 0, own: bool = True) -> None:
    """Write a sentence to stdout, broken as `say` does, with so many spaces before what goes on below. `own` is
    as of `show`."""
    _show(_broken(text, whole, sys.stdout, indent) + "\n", own=own)


def show_heading(title: str) -> None:
    """Write the line above an answer, no wider than a terminal where that is possible."""
    from tui.core.text.cell_width import cell_width

    width = min(room_in(sys.stdout) or _HEADING, _HEADING)
    show_sentence(f"\n── {title} " + "─" * max(width - 4 - cell_width(title), 3))


def _broken(text: str, whole: str, stream: TextIO | None, indent: int = 0) -> str:
    text, whole = clean(text), clean(whole)
    line = f"{text} {whole}".strip(" ") if whole else text
    room = room_in(stream)
    if room is None or all(len(each) <= room // 2 for each in line.split("\n")):
        return line
    from tui.core.text.cell_width import cell_width, wrapped_sentences

    lines = wrapped_sentences(text, room, indent) if text else []
    if whole and lines and cell_width(f"{lines[-1]} {whole}") <= room:
        lines[-1] += f" {whole}"
    elif whole:
        lines.append(whole)
    return "\n".join(lines)


def show_table(rows: Sequence[Sequence[str]], *, alike: bool = True) -> None:
    """Write a table to stdout, in a terminal no wider than that; see `table_lines`."""
    import shutil  # brings archives along, which few commands need

    from tui.core.text.cell_width import table_lines

    said = os.environ.get("COLUMNS", "")
    narrow = streams.is_terminal(sys.stdout) or said.isdecimal()
    room = max(shutil.get_terminal_size((80, 24)).columns, 40) if narrow else None
    for line in table_lines(rows, room, alike=alike):
        show(line)


def show_lines(lines: Iterable[str]) -> None:
    """Write many lines to stdout, each of which is clean: cleaning them once more takes long."""
    _show("".join(f"{line}\n" for line in lines), own=False)


def show_json(data: Any) -> None:
    """Write one JSON object to stdout, in ASCII: no terminal and no code page can spoil it."""
    _show(json.dumps(data, indent=2) + "\n", own=True)


def show_json_lists(lists: Mapping[str, Sequence[str]]) -> None:
    """Write one JSON object of lists to stdout, an item on each line; the items are JSON."""
    parts = []
    for name, items in lists.items():
        rows = ",\n    ".join(items)
        parts.append(f"  {json.dumps(name)}: [\n    {rows}\n  ]" if items else f"  {json.dumps(name)}: []")
    _show("{\n" + ",\n".join(parts) + "\n}\n", own=True)


def check_shown() -> None:
    """Raises StoreError when something was shown since this was last asked that could not be written."""
    if _unwritten:
        error = _unwritten[0]
        _unwritten.clear()
        raise error


def say_loss() -> None:
    """Say what stdout could not take of the text that was shown, if anything."""
    if (sentence := streams.loss()) is not None:
        say(f"foundry-compare: {sentence}")


def _show(text: str, *, own: bool) -> None:
    try:
        with written_out():
            _put(sys.stdout, text, own=own)
    except StoreError as error:
        _unwritten.append(error)


def _put(stream: TextIO | None, text: str, *, own: bool) -> None:
    if stream is not None:  # Python without a console has none.
        stream.write(streams.fitted(text, stream, own=own))
        stream.flush()


@contextmanager
def written_out() -> Iterator[None]:
    """Whatever is written to stdout in this block may find no reader; raises StoreError when it fails otherwise."""
    if sys.stdout is None and os.name == "posix":  # Windows has programs without a console, which need none.
        raise StoreError("The output could not be written", "Stdout is closed", "Name a file with -o, or open stdout.")
    try:
        yield
    except OSError as error:
        unread = _nobody_reads(error, sys.stdout)
        _redirect_to_nowhere(sys.stdout)
        if not unread:
            raise StoreError("The output could not be written", reason_of(error)) from error


def _nobody_reads(error: OSError, stream: TextIO) -> bool:
    """Whether the reader of a pipe or the terminal is gone, rather than a disk broken."""
    if error.errno == errno.EIO:
        return stat.S_ISCHR(os.fstat(stream.fileno()).st_mode)  # A terminal that is gone does not call itself one.
    return error.errno == errno.EPIPE or (sys.platform == "win32" and error.errno == errno.EINVAL)


def _redirect_to_nowhere(stream: TextIO) -> None:
    """Redirect a stream to the null device: else the interpreter would flush it once more at its end, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)


def handles_errors(command: Callable[P, ExitCode | None]) -> Callable[P, None]:
    """Make a command exit with its code, and turn its failures into sentences on stderr."""

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with ended_politely():
                code = command(*args, **kwargs)
        except CompareError as error:
            say(f"foundry-compare: {error.sentence()}")
            code = of_error(error)
        except KeyboardInterrupt as interrupt:
            number = interrupt.number if isinstance(interrupt, EndedError) else int(signal.SIGINT)
            say("foundry-compare: Interrupted.")
            code = of_signal(number)
        try:
            check_shown()
        except StoreError as error:
            say(f"foundry-compare: {error.sentence()}")
            code = of_error(error)
        sys.exit(int(code or 0))

    return wrapper
