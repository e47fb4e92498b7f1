"""`foundry-compare sessions repair`."""

from __future__ import annotations

from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Command, handles_errors, say, show
from tui.cli.session_names import named_session
from tui.storage.paths import state_dir
from tui.storage.session_repair import Repaired, repair

_MOST_SAID = 50
"""Lines on what is lost: a file can be nothing but damage."""


@click.command("repair", cls=Command)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@handles_errors
@ends_with()
def repair_command(file: Path) -> ExitCode:
    """Make a session of what can be read of a damaged FILE, in a new file beside it. FILE stays as it is.

    What is lost is said line by line, and the new file's name is shown. Of a FILE that can be read as it is nothing is
    made, and its own name is shown.
    """
    path = named_session(file)
    found = repair(path, state_dir())
    if found.path is None:
        say(f"{path} can be read as it is: there is nothing to repair.")
        show(str(path))
        return ExitCode.GOOD
    for loss in found.lost[:_MOST_SAID]:
        say(f"{loss.said()}.")
    if len(found.lost) > _MOST_SAID:
        say(f"And {len(found.lost) - _MOST_SAID:,} more.")
    say(f"{path} stays as it is. {_left(found)} in a new file:")
    show(str(found.path))
    return ExitCode.GOOD


def _left(found: Repaired) -> str:
    session = found.session
    counts = {"answers": len(session.requests), "scores": len(session.scores), "notes": len(session.notes)}
    return ", ".join(f"{count} {what if count != 1 else what[:-1]}" for what, count in counts.items())
