"""`foundry-compare sessions merge`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode, ends_with
from tui.cli.output import Command, handles_errors, say, show
from tui.cli.session_names import named_session
from tui.core.errors import BadInputError
from tui.core.scoring.in_effect import in_effect
from tui.core.sessions.merge import Copy, Merged, merged
from tui.core.text.clean import clean_line
from tui.runner.kept_session import load_kept
from tui.storage.new_file import check_free
from tui.storage.session_files import save

_SUFFIX = ".toml"


@click.command("merge", cls=Command)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILES…")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="The new session. What is there is never replaced.")  # fmt: skip
@click.option("--apart", is_flag=True, help="Where several files scored the same answers under one name, take them for "
              "several people, and call each by their file.")  # fmt: skip
@handles_errors
@ends_with()
def merge_command(files: tuple[Path, ...], output: Path, apart: bool) -> ExitCode:
    """Join several people's copies of one session: what each of them scored and noted, on the same answers.

    FILES stay as they are. A file that adds nothing, a name that two people share, and answers that differ are named;
    what is said of answers that differ is left out, and the exit code is 1.
    """
    if output.suffix != _SUFFIX:
        raise BadInputError(f"{output} cannot be written", f"A session's file is called NAME{_SUFFIX}")
    check_free(output, force=False)
    paths = [named_session(file) for file in files]
    shown = os.path.commonpath([path.absolute().parent for path in paths]) if _same_drive(paths) else ""
    copies = [Copy(_called(path, shown), load_kept(path)) for path in paths]
    try:
        found = merged(copies, apart=apart)
    except ValueError as error:
        raise BadInputError("These sessions cannot be merged", str(error)) from error
    for sentence in (*found.duplicates, *found.mismatches):
        say(f"{sentence}.")
    if found.copies < 2 and len(copies) > 1:
        raise BadInputError("There is nothing to merge", "Only one of the files is of that session")
    save(found.session, output)
    say(f"{_counts(found)}:")
    show(str(output))
    return ExitCode.DAMAGED if found.mismatches else ExitCode.GOOD


def _same_drive(paths: list[Path]) -> bool:
    return len({path.absolute().drive for path in paths}) == 1


def _called(path: Path, folder: str) -> str:
    """What tells a file from the others: its path below the folder that all are in."""
    return clean_line(os.path.relpath(path.absolute(), folder) if folder else str(path))


def _counts(found: Merged) -> str:
    ratings = in_effect(found.session)
    raters = sorted({one.rater for one in ratings.scores.values()} | {one.rater for one in ratings.notes.values()})
    names = ", ".join(clean_line(rater, 30) for rater in raters[:5]) + ", …" * (len(raters) > 5)
    counts = {"scores": len(ratings.scores), "notes": len(ratings.notes), "raters": len(raters)}
    scores, notes, people = (f"{count:,} {what if count != 1 else what[:-1]}" for what, count in counts.items())
    return f"{found.copies} files, {scores} and {notes} of {people} ({names})"
