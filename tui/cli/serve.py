"""`foundry-compare serve`: the screen in a browser."""

from __future__ import annotations

import re
from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import (
    Command,
    blind_option,
    check_shown,
    handles_errors,
    host_option,
    models_option,
    prompt_option,
    rater_option,
    rubric_option,
    say,
    sessions_option,
    show,
    theme_option,
)
from tui.core.errors import BadInputError

_LISTEN = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[^:\[\]]+)):(?P<port>[0-9]{1,5})")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command(cls=Command)
@click.option("--listen", default="127.0.0.1:0", show_default=True, metavar="ADDR:PORT",
              help="Where the page is; port 0 takes one that is free.")  # fmt: skip
@models_option
@prompt_option
@host_option
@sessions_option
@rubric_option
@rater_option
@blind_option
@theme_option
@handles_errors
@ends_with()
def serve(
    listen: str,
    models: tuple[str, ...],
    prompt: str | None,
    host: tuple[str, ...],
    sessions: Path | None,
    rubric: Path | None,
    rater: str | None,
    blind: bool,
    theme: str | None,
) -> ExitCode:
    """Show the screen in a browser: print an address, and have each page there be a program of its own.

    Whoever has the whole address can use the program and its files with your rights: it holds a secret, and is for you.
    Only this machine is listened to unless --listen says otherwise; what goes over a network then can be read on it.
    Needs the extra: pip install "foundry-compare[serve]".
    """
    address, port = _place(listen)
    try:
        from tui.web.server import ScreenServer
    except ImportError as error:
        raise BadInputError(
            "serve needs a library that is not installed",
            str(error),
            'Install it: pip install "foundry-compare[serve]".',
        ) from error
    one = {"--prompt": prompt, "--sessions": sessions, "--rubric": rubric, "--rater": rater, "--theme": theme}
    arguments = [f"--model={name}" for name in models] + [f"--host={name}" for name in host]
    arguments += [f"{option}={value}" for option, value in one.items() if value is not None]
    if address not in _LOOPBACK:
        say("foundry-compare: Everybody who can reach this machine, and learns the address, can use the program.")
    say("Open this in a browser; Ctrl+C ends it, and every page's program.")
    ScreenServer([*arguments, *["--blind"] * blind], address, port, _show_address).serve()
    return ExitCode.GOOD


def _show_address(text: str) -> None:
    """Raises StoreError: without the address nobody can come."""
    show(text)
    check_shown()


def _place(listen: str) -> tuple[str, int]:
    found = _LISTEN.fullmatch(listen.strip())
    if found is None or int(found["port"]) > 65_535:
        raise BadInputError(
            "--listen makes no sense",
            f"It is {listen}",
            "Write an address and a port, as 127.0.0.1:8000 or [::1]:8000.",
        )
    return found["six"] or found["name"], int(found["port"])
