"""`foundry-compare sessions check`: whether every session can be read, and where it is damaged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Command, handles_errors, say, show_sentence
from tui.core.errors import BadInputError
from tui.core.sessions.summary import SessionSummary, summary_from_row
from tui.core.text.clean import clean_line
from tui.files import is_there, text_of_file
from tui.storage import paths
from tui.storage.damage import line_of
from tui.storage.index.readers import read_files
from tui.storage.session_files import MAX_BYTES, collect


@click.command("check", cls=Command)
@click.argument("places", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|DIR…]")
@handles_errors
@ends_with()
def check_command(places: tuple[Path, ...]) -> ExitCode:
    """Read every file whole, and name those that are damaged: file, line where there is one, and reason.

    Without FILE or DIR the sessions that this program keeps. Nothing is changed.
    """
    for place in places:
        if not is_there(place):
            raise BadInputError(f"There is no {place}", hint="Check the name.")
    kept = paths.sessions_dir()
    found, unlisted = collect(places or ([kept] if is_there(kept) else []))
    damaged = [(str(place), error.sentence()) for place, error in unlisted]
    summaries: dict[Path, SessionSummary] = {}
    with closing(read_files(found)) as entries:
        for number, _, entry in entries:
            file = found[number]
            if entry.summary:
                summaries[file] = summary_from_row(json.loads(entry.summary))
            else:
                damaged.append((str(file), _where(file, entry.reason) + entry.reason))
    damaged += [(str(file), f"It goes on with {whole}, which is not beside it") for file, whole in _alone(summaries)]
    for name, reason in sorted(damaged):
        show_sentence(f"{name}: {clean_line(reason)}", own=False)
    good = len(found) + len(unlisted) - len(damaged)
    say(f"{good:,} of {len(found) + len(unlisted):,} can be read." if damaged else f"{good:,} read: nothing is wrong.")
    return ExitCode.DAMAGED if damaged else ExitCode.GOOD


def _where(file: Path, reason: str) -> str:
    try:
        line = line_of(text_of_file(file, MAX_BYTES), reason)
    except (OSError, ValueError):
        line = None  # What cannot be read as text has no lines.
    return "" if line is None else f"line {line}: "


def _alone(summaries: dict[Path, SessionSummary]) -> Sequence[tuple[Path, str]]:
    """Further files of sessions whose first file is not there, and what those are called."""
    there = {(file.parent, summary.id) for file, summary in summaries.items()}
    return [
        (file, f"{summary.part_of}.toml")
        for file, summary in summaries.items()
        if summary.part_of and (file.parent, summary.part_of) not in there
        and not is_there(file.with_name(f"{summary.part_of}.toml"))
    ]  # fmt: skip
