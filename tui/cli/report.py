"""`foundry-compare report`: many sessions, one table."""

from __future__ import annotations

import os
from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode
from tui.cli.output import handles_errors, say, show
from tui.core.errors import BadInputError, CompareError, reason_of
from tui.files import refuse_irregular
from tui.report import render
from tui.report.formats.registry import FORMATS, Format, format_called, format_of
from tui.storage.atomic_file import write_atomic
from tui.storage.paths import sessions_dir, state_dir
from tui.storage.session_files import load_sessions
from tui.storage.session_recovery import sessions_only_in_journals

_STDOUT = Path("-")
_SUFFIXES = ", ".join(form.suffix for form in FORMATS)


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILES|DIRS]…")
@click.option(
    "--format", "name", type=click.Choice([form.name for form in FORMATS]),
    help=f"Without it, what the name of FILE ends in ({_SUFFIXES}), else {FORMATS[0].name}.",
)  # fmt: skip
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it to this file; - is stdout.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@handles_errors
def report(files: tuple[Path, ...], name: str | None, output: Path | None, force: bool) -> ExitCode:
    """Aggregate sessions: latency, speed and scores by model, device and mode. Bad files are named and skipped.

    Without files, the sessions that this program keeps.
    """
    if output == _STDOUT:
        output = None
    form = _format(name, output)
    if output is not None:
        _check_free(output, force=force)
    places = files or (sessions_dir(),)
    folders = [place for place in places if os.path.isdir(place)]  # noqa: PTH112 - never raises
    for journal in sessions_only_in_journals(folders if files else [*folders, state_dir()]):
        say(f"{journal} has a session that is in no file yet: start foundry-compare, and it is completed.")
    skipped: list[tuple[str, str]] = []

    def skip(file: Path, error: CompareError) -> None:
        skipped.append((str(file), error.sentence()))
        say(f"skipped {file}: {error.sentence()}")

    text = render.report(load_sessions(places, skipped=skip), form.name, skipped=skipped)
    if output is None:
        show(text.rstrip("\n"))
        return ExitCode.GOOD
    _write(output, text)
    say(f"Written to {output}")
    return ExitCode.GOOD


def _format(name: str | None, output: Path | None) -> Format:
    if name is not None:
        return format_called(name)
    if output is None:
        return FORMATS[0]
    form = format_of(output)
    if form is None:
        raise BadInputError(
            f"The name {output} does not say which format is meant", f"It ends in none of {_SUFFIXES}",
            f"Name one with --format: {', '.join(form.name for form in FORMATS)}.",
        )  # fmt: skip
    return form


def _check_free(output: Path, *, force: bool) -> None:
    try:
        refuse_irregular(output)
    except OSError as error:
        raise BadInputError(f"{output} cannot be replaced", reason_of(error), "Give another name.") from error
    if not os.path.isdir(output.parent):  # noqa: PTH112 - never raises
        raise BadInputError(f"There is no folder {output.parent}", hint="Make it, or give another name.")
    if os.path.lexists(output) and not force:
        raise BadInputError(f"{output} is there already", hint="Give another name, or --force to replace it.")


def _write(output: Path, text: str) -> None:
    data = text.encode("utf-8")

    def check(written: bytes) -> None:
        if written != data:
            raise ValueError("the disk gave back something else.")

    write_atomic(output, data, check, private=False)
