"""What every command shares: options, output on stdout and stderr, and errors as sentences. Imports little."""

from __future__ import annotations

import errno
import functools
import json
import os
import signal
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TextIO

import click

from tui.cli.exit_codes import ExitCode, of_error, of_signal
from tui.cli.signals import PIPE, EndedError, ended_politely
from tui.core.errors import CompareError, StoreError, reason_of
from tui.core.text.clean import clean

P = ParamSpec("P")


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
sessions_option = click.option(
    "--sessions", type=click.Path(file_okay=True, path_type=Path), metavar="DIR", help="Where sessions are kept."
)


def say(text: str) -> None:
    """Write progress and other asides to stderr. No command ends because nobody reads them."""
    try:
        click.echo(clean(text), err=True)
    except OSError:
        _redirect_to_nowhere(sys.stderr)


def show(text: str) -> None:
    """Write what was asked for to stdout. Raises EndedError when nobody reads it, StoreError when it fails."""
    _write(clean(text))


def show_json(data: Any) -> None:
    """Write one JSON object to stdout, in ASCII: no terminal and no code page can spoil it. Raises like `show`."""
    _write(json.dumps(data, indent=2))


def _write(text: str) -> None:
    try:
        click.echo(text)
    except OSError as error:
        unread = _nobody_reads(error, sys.stdout)
        _redirect_to_nowhere(sys.stdout)
        if unread:
            raise EndedError(PIPE) from error
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
            if number != PIPE:
                say("foundry-compare: Interrupted.")
            code = of_signal(number)
        sys.exit(int(code or 0))

    return wrapper
