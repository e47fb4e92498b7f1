"""What every command shares: its options, what it says, and errors as sentences on stderr. Loads no more than that."""

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

host_option = click.option(
    "--host", multiple=True, metavar="HOST",
    help="demo, embedded, http://ADDRESS, ssh://USER@HOST, module:Class or a name from config.toml; repeat to compare "
    "models of several hosts. Without it the best host is found.",
)  # fmt: skip
models_option = click.option(
    "-m", "--model", "models", multiple=True, metavar="MODEL", help="Model id or alias; repeat."
)
sessions_option = click.option(
    "--sessions", type=click.Path(file_okay=True, path_type=Path), metavar="DIR", help="Where sessions are kept."
)


def say(text: str) -> None:
    """Progress and other asides, on stderr. Nothing ends because nobody reads them."""
    try:
        click.echo(clean(text), err=True)
    except OSError:
        _write_no_more(sys.stderr)


def show(text: str) -> None:
    """What was asked for, on stdout. Raises EndedError when nobody reads it, StoreError when it cannot be written."""
    _put_out(clean(text))


def show_json(data: Any) -> None:
    """One JSON object on stdout, in ASCII: no terminal and no code page can spoil it. Raises like `show`."""
    _put_out(json.dumps(data, indent=2))


def _put_out(text: str) -> None:
    try:
        click.echo(text)
    except OSError as error:
        unread = _nobody_reads(error, sys.stdout)
        _write_no_more(sys.stdout)
        if unread:
            raise EndedError(PIPE) from error
        raise StoreError("The output could not be written", reason_of(error)) from error


def _nobody_reads(error: OSError, stream: TextIO) -> bool:
    """Whether the reader of a pipe or the terminal is gone, rather than a disk broken."""
    if error.errno == errno.EIO:
        return stat.S_ISCHR(os.fstat(stream.fileno()).st_mode)  # A terminal that is gone does not call itself one.
    return error.errno == errno.EPIPE or (sys.platform == "win32" and error.errno == errno.EINVAL)


def _write_no_more(stream: TextIO) -> None:
    """Lead a stream nowhere: what it still holds would be tried again at the interpreter's end, and complained of."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)


def told(command: Callable[P, ExitCode | None]) -> Callable[P, None]:
    """Let a command end with its exit code, and turn its failures into sentences."""

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
