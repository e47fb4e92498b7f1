"""`foundry-compare` itself: without a command it opens the screen."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any

import click

from tui.cli.exit_codes import ExitCode
from tui.cli.output import handles_errors, host_option, models_option, say, sessions_option

COMMANDS = ("doctor", "models", "report", "run", "smoke")
"""Each is a module of this package with a command of the same name."""


class _Commands(click.Group):
    """Loads a command when it is asked for: the screen need not wait for what the others import.

    What click says of a command that makes no sense repeats what was typed, so it passes the gate too.
    """

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.ClickException as error:
            if not standalone_mode:
                raise
            words = io.StringIO()
            error.show(words)
            say(words.getvalue().rstrip("\n"))
            code = error.exit_code
        except click.Abort:
            if not standalone_mode:
                raise
            say("Aborted!")
            code = ExitCode.INTERRUPTED
        return sys.exit(code) if standalone_mode else code

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"tui.cli.{cmd_name}"), cmd_name)
        return command


def say_crash(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """Python's own words for an error that nobody foresaw, which may repeat anything."""
    say("".join(traceback.format_exception(kind, error, trace)).rstrip("\n"))


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="foundry-compare", prog_name="foundry-compare")
@models_option
@click.option("-p", "--prompt", metavar="PROMPT", help="Ask this at once.")
@host_option
@sessions_option
@click.option("--theme", metavar="NAME", help="The theme to start with.")
@click.option(
    "--keep-warm",
    type=click.FloatRange(min=0, min_open=True),
    metavar="MINUTES",
    help="Prompt the models in use lightly when nothing else was asked for so long, so that they stay loaded.",
)
@click.option(
    "--low-bandwidth",
    is_flag=True,
    help="Paint less often and in larger steps, as is done by itself when the terminal is seen to read slowly.",
)
@click.pass_context
def cli(
    context: click.Context,
    models: tuple[str, ...],
    prompt: str | None,
    host: tuple[str, ...],
    sessions: Path | None,
    theme: str | None,
    keep_warm: float | None,
    low_bandwidth: bool,
) -> None:
    """Ask several local models the same question, watch the answers side by side, score them, keep everything.

    Without a command the screen opens.
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        # A pipe on Windows has a code page of 256 characters: an answer that holds another one is printed all the same.
        sys.stdout.reconfigure(errors="replace")
    if context.invoked_subcommand is None:
        _open_screen(models, prompt, host, sessions, theme, keep_warm, low_bandwidth)


@handles_errors
def _open_screen(
    models: tuple[str, ...],
    prompt: str | None,
    host: tuple[str, ...],
    sessions: Path | None,
    theme: str | None,
    keep_warm: float | None,
    low_bandwidth: bool,
) -> ExitCode:
    from tui.cli.screen import open_screen

    return open_screen(models, prompt, host, sessions, theme, keep_warm, low_bandwidth)
