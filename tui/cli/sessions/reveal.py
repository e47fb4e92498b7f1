"""`foundry-compare sessions reveal`: whoever scored sessions blind learns which model gave which answer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Command, handles_errors, say, show_sentence
from tui.cli.own_rater import own_rater
from tui.cli.session_names import named_session
from tui.core.blind.orders import is_hidden_from
from tui.core.text.clean import clean_line
from tui.runner.kept_session import session_to_add_to
from tui.runner.ratings import Ratings


@click.command("reveal", cls=Command)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILES…")
@click.option("--rater", metavar="NAME", envvar="FOUNDRY_COMPARE_RATER", help="Who learns it; you without it.")
@handles_errors
@ends_with()
def reveal_command(files: tuple[Path, ...], rater: str | None) -> ExitCode:
    """Have the models of sessions revealed that were scored blind, as V does on the screen.

    The file keeps when that was, and for whom. It cannot be taken back: what the same person scores later is stored as
    not blind.
    """
    name = rater or own_rater()
    for file in map(named_session, files):
        with session_to_add_to(file) as session:
            hidden = is_hidden_from(session, name)
            if hidden:
                Ratings(session, name, lambda: datetime.now(UTC), lambda entry: None).reveal()
        if hidden:
            show_sentence(f"{file}: {clean_line(name, 40)} may know the models from here on")
        else:
            say(f"{file}: nothing is hidden from {clean_line(name, 40)}")
    return ExitCode.GOOD
