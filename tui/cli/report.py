"""`foundry-compare report`: many sessions, one table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from tui.cli.exit_codes import ExitCode
from tui.cli.shell import say, show, told
from tui.core.errors import BadInputError, CompareError, StoreError, reason_of
from tui.core.session import Session
from tui.report import to_csv, to_json, to_markdown
from tui.report.aggregate import Report, aggregate
from tui.store.paths import sessions_dir
from tui.store.sessions import collect, load

_WRITERS: dict[str, Callable[[Report], str]] = {
    "md": to_markdown.render,
    "csv": to_csv.render,
    "json": to_json.render,
}


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILES|DIRS]…")
@click.option("--format", "form", type=click.Choice(list(_WRITERS)), default="md", show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@told
def report(files: tuple[Path, ...], form: str, output: Path | None) -> ExitCode:
    """Aggregate sessions: latency, speed and scores by model, device and mode. Bad files are named and skipped.

    Without files, the sessions that this program keeps.
    """
    sessions: list[Session] = []
    skipped: list[tuple[str, str]] = []
    for path in collect(files or (sessions_dir(),)):
        try:
            sessions.append(load(path))
        except CompareError as error:
            skipped.append((str(path), error.sentence()))
            say(f"skipped {path}: {error.sentence()}")
    if not sessions:
        raise BadInputError("There is no session to report on", hint="Give session files, or folders that hold some.")
    text = _WRITERS[form](aggregate(sessions, skipped=skipped))
    if output is None:
        show(text.rstrip("\n"))
        return ExitCode.GOOD
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{output} could not be written", reason_of(error)) from error
    say(f"Written to {output}")
    return ExitCode.GOOD
