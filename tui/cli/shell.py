"""What every command shares: its options, what it says, and errors as sentences on stderr. Loads no more than that."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec

import click

from tui.cli.exit_codes import ExitCode, of_error
from tui.cli.interrupts import ended_politely
from tui.core.clean import clean
from tui.core.errors import CompareError

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
    """Progress and other asides, on stderr."""
    click.echo(clean(text), err=True)


def show(text: str) -> None:
    """What was asked for, on stdout."""
    click.echo(clean(text))


def show_json(data: Any) -> None:
    """One JSON object on stdout, in ASCII: no terminal and no code page can spoil it."""
    click.echo(json.dumps(data, indent=2))


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
        except KeyboardInterrupt:
            say("foundry-compare: Interrupted.")
            code = ExitCode.INTERRUPTED
        sys.exit(int(code or 0))

    return wrapper
