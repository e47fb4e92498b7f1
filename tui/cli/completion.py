"""`foundry-compare completion`: what a shell reads so that Tab completes commands, models, hosts and sessions."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class, shell_complete

from tui.cli.command_words import command_of, read_table
from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Command, handles_errors, show

PROGRAM = "foundry-compare"
VARIABLE = "_FOUNDRY_COMPARE_COMPLETE"
"""What a shell sets when it asks for words; `tui.__main__` looks for it before anything is imported."""
SHELLS = ("bash", "zsh", "fish", "powershell")


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
@handles_errors
@ends_with()
def completion(shell: str) -> ExitCode:
    """Print what a shell has to read so that Tab completes.

    bash: `eval "$(foundry-compare completion bash)"` in ~/.bashrc, zsh the same in ~/.zshrc after compinit. fish:
    `foundry-compare completion fish > ~/.config/fish/completions/foundry-compare.fish`. PowerShell, in $PROFILE:
    `foundry-compare completion powershell | Out-String | Invoke-Expression`. Names of models are those that this
    machine has seen listed; no host is asked.
    """
    kind = get_completion_class(shell)
    assert kind is not None, shell
    show(kind(_words(), {}, PROGRAM, VARIABLE).source())
    return ExitCode.GOOD


def complete(instruction: str) -> int:
    """Answer a shell, as it asked in `VARIABLE`. Returns the exit code."""
    return shell_complete(_words(), {}, PROGRAM, VARIABLE, instruction)


def _words() -> click.Command:
    return command_of(PROGRAM, read_table())
