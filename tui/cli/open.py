"""`foundry-compare open`: a session that was kept, on the screen."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Command, handles_errors, host_option
from tui.cli.session_names import named_session


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--rater", metavar="NAME", envvar="FOUNDRY_COMPARE_RATER",
              help="Whose scores and notes these are. Without it your login name.")  # fmt: skip
@click.option("--blind", is_flag=True,
              help="Hide which model answered, in an order of your own, as far as you have not seen it.")  # fmt: skip
@host_option
@click.option("--theme", metavar="NAME", envvar="FOUNDRY_COMPARE_THEME", help="The theme to start with.")
@click.option("--low-bandwidth/--no-low-bandwidth", default=None, envvar="FOUNDRY_COMPARE_LOW_BANDWIDTH",
              help="Paint less often and in larger steps.")  # fmt: skip
@handles_errors
@ends_with()
def open(  # noqa: A001 - the command's name
    file: Path,
    rater: str | None,
    blind: bool,
    host: tuple[str, ...],
    theme: str | None,
    low_bandwidth: bool | None,
) -> ExitCode:
    """Show a session that was kept: read its answers, score them, write notes, and ask on.

    FILE is a path, or the name or id of a session in the folder that this program keeps.
    All of that is kept in FILE. A host is looked for when something is asked. FILE is only read when another program
    has it open, when a newer version wrote it, or when it cannot be written. A file that is no session, or damaged,
    ends the command with 2.
    """
    from tui.cli.screen import open_file

    return open_file(named_session(file), rater=rater, blind=blind, host=host, theme=theme, low_bandwidth=low_bandwidth)
