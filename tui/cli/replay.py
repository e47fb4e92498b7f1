"""`foundry-compare replay`: a session that was kept, as it went."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Command, FloatRange, check_shown, handles_errors, show
from tui.cli.own_rater import asks_as_option, own_rater
from tui.cli.streams import is_terminal

_EVERY_S = 0.05
"""Seconds between two looks at what has come."""
_WIDTH = 78
"""Cells of a line, its model included."""


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--speed", type=FloatRange(0.1, 1000), default=1.0, metavar="N",
              help="How many times as fast as it was; 1 without it.")  # fmt: skip
@click.option("--plain", is_flag=True, help="As text on stdout, as is done by itself where there is no terminal.")
@click.option("--theme", metavar="NAME", envvar="FOUNDRY_COMPARE_THEME", help="The theme to start with.")
@click.option("--low-bandwidth/--no-low-bandwidth", default=None, envvar="FOUNDRY_COMPARE_LOW_BANDWIDTH",
              help="Paint less often and in larger steps.")  # fmt: skip
@asks_as_option
@handles_errors
@ends_with()
def replay(file: Path, speed: float, plain: bool, theme: str | None, low_bandwidth: bool | None) -> ExitCode:
    """Show a session that was kept as it went: its answers come again when they came. No host is needed.

    FILE is a path, or the name or id of a session in the folder that this program keeps; it stays as it is. Of gaps in
    which nothing was asked a second is left. On the screen, space pauses, + and - change the speed, esc ends.
    """
    from tui.cli.session_names import named_session

    file = named_session(file)
    if plain or not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        return _show_plainly(file, speed)
    from tui.cli.screen import replay_file

    return replay_file(file, speed=speed, theme=theme, low_bandwidth=low_bandwidth)


def _show_plainly(file: Path, speed: float) -> ExitCode:
    from tui.cli.replayed_lines import ReplayedLines
    from tui.core.sessions.replay import Replay, why_not_replayed
    from tui.runner.kept_session import load_kept

    session = load_kept(file)
    if (error := why_not_replayed(session, own_rater())) is not None:
        raise error
    replayed = Replay(session, time.monotonic_ns)
    replayed.speed = speed
    lines = ReplayedLines(replayed.session, _WIDTH)
    while True:
        changed = replayed.tick()
        for line in lines.take(changed):
            show(line, own=False)
        check_shown()
        if not replayed.busy:
            return ExitCode.GOOD
        time.sleep(_EVERY_S)
