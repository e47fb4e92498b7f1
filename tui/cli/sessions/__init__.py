"""`foundry-compare sessions`: what was kept, listed, searched, checked and put away."""

from __future__ import annotations

from importlib import import_module

import click

from tui.cli.exit_codes import ends_with
from tui.cli.output import Group

SUBCOMMANDS = {
    "agreement": "agreement",
    "check": "check",
    "forget": "trash",
    "list": "listing",
    "merge": "merge",
    "repair": "repair",
    "restore": "trash",
    "reveal": "reveal",
    "scores": "scores",
    "search": "listing",
    "show": "show",
    "trash": "trash",
}
"""Each command, and the module of this package that has it, called `NAME_command`."""


class _Subcommands(Group):
    """Loads a command when it is asked for, so that none waits for what the others import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in SUBCOMMANDS:
            return None
        module = import_module(f"tui.cli.sessions.{SUBCOMMANDS[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command


@click.group(cls=_Subcommands)
@ends_with()
def sessions() -> None:
    """List, search, score, reveal, merge, check, repair and put away what was kept."""
