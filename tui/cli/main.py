"""`foundry-compare` itself: without a command it opens the screen."""

from __future__ import annotations

import gc
import io
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any

import click

from tui.cli import streams
from tui.cli.exit_codes import ExitCode, ends_with, of_error
from tui.cli.output import (
    FloatRange,
    Group,
    blind_option,
    handles_errors,
    host_option,
    models_option,
    prompt_option,
    rater_option,
    rubric_option,
    say,
    say_loss,
    sessions_option,
    theme_option,
)
from tui.core.errors import CompareError

COMMANDS = (
    "bench", "completion", "config", "doctor", "help", "import", "judge", "models", "open", "prompts", "replay",
    "report", "run", "serve", "sessions", "smoke",
)  # fmt: skip
"""Each is a module of this package with a command of the same name."""
_MODULES = {"import": "import_"}
"""But for words of Python, which can name no module."""


class _Commands(Group):
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
        streams.prepare()
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.ClickException as error:
            if not standalone_mode:
                raise
            words = io.StringIO()
            error.show(words)
            say(words.getvalue().rstrip("\n"))
            code = error.exit_code
        except CompareError as error:
            if not standalone_mode:
                raise
            say(f"foundry-compare: {error.sentence()}")
            code = of_error(error)
        except click.Abort:
            if not standalone_mode:
                raise
            say("Aborted!")
            code = ExitCode.INTERRUPTED
        finally:
            say_loss()
        return sys.exit(code) if standalone_mode else code

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = _MODULES.get(cmd_name, cmd_name)
        command: click.Command = getattr(import_module(f"tui.cli.{name}"), name)
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
@prompt_option
@host_option
@sessions_option
@rubric_option
@rater_option
@blind_option
@theme_option
@click.option(
    "--keep-warm",
    type=FloatRange(min=0, min_open=True),
    metavar="MINUTES",
    help="Prompt the models in use lightly when nothing else was asked for so long, so that they stay loaded.",
)
@click.option(
    "--low-bandwidth/--no-low-bandwidth",
    default=None,
    envvar="FOUNDRY_COMPARE_LOW_BANDWIDTH",
    help="Paint less often and in larger steps, as is done by itself when the terminal is seen to read slowly.",
)
@click.pass_context
@ends_with()
def cli(
    context: click.Context,
    models: tuple[str, ...],
    prompt: str | None,
    host: tuple[str, ...],
    sessions: Path | None,
    rubric: Path | None,
    rater: str | None,
    blind: bool,
    theme: str | None,
    keep_warm: float | None,
    low_bandwidth: bool | None,
) -> None:
    """Ask several local models the same question, watch the answers side by side, score them, keep everything.

    Without a command the screen opens.
    """
    if context.invoked_subcommand is not None:
        if context.invoked_subcommand != "config":  # which shows what those before it come to
            _refuse_options_of_the_screen(context, context.invoked_subcommand)
        gc.freeze()
        gc.enable()
    else:
        _open_screen(
            models=models,
            prompt=prompt,
            host=host,
            sessions=sessions,
            rubric=rubric,
            rater=rater,
            blind=blind,
            theme=theme,
            keep_warm=keep_warm,
            low_bandwidth=low_bandwidth,
        )


def _refuse_options_of_the_screen(context: click.Context, name: str) -> None:
    """Raises UsageError for an option before a command, which would have no effect there."""
    command = cli.get_command(context, name)
    theirs = {option for one in command.params for option in one.opts} if command is not None else set()
    for parameter in context.command.params:
        if context.get_parameter_source(parameter.name or "") is not click.core.ParameterSource.COMMANDLINE:
            continue
        option = next((option for option in parameter.opts if option.startswith("--")), parameter.opts[0])
        where = f"Put it behind the command: {name} {option} …" if option in theirs else f"{name} does not have it."
        raise click.UsageError(f"{option} before a command is for the screen alone. {where}")


@handles_errors
def _open_screen(**given: Any) -> ExitCode:
    from tui.cli.screen import open_screen

    return open_screen(**given)
