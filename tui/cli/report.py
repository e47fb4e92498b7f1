"""`foundry-compare report`: many sessions, one table."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from tui.background import collector_off
from tui.cli.exit_codes import ExitCode, ends_with, worst
from tui.cli.hidden_models import why_hidden
from tui.cli.output import Command, handles_errors, say
from tui.cli.own_rater import asks_as_option, own_rater
from tui.cli.report_options import report_options
from tui.cli.report_output import check_output, format_for, put_report, report_output_options
from tui.cli.report_plots import check_plot, show_plots
from tui.cli.sessions.places import no_index_option, opened_index, say_progress
from tui.core.errors import BadInputError, CompareError
from tui.files import is_there
from tui.report.conditional import Asked, Judgement, Result, conditional_report
from tui.report.formats.registry import FileFormat, Format
from tui.report.formats.spreadsheet import Spreadsheet
from tui.report.formats.words import counted
from tui.report.options import ReportOptions
from tui.report.recording import RecordedSessions
from tui.report.session_record import AnySession
from tui.storage.paths import sessions_dir, state_dir
from tui.storage.reference_files import SUFFIX, references_in
from tui.storage.session_files import load_sessions
from tui.storage.session_recovery import sessions_only_in_journals


@click.command(cls=Command)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILES|DIRS]…")
@report_output_options
@click.option("--filter", "filters", multiple=True, metavar="CONDITIONS",
              help="Count only answers like `device = GPU, ttft_ms < 500`; repeat to narrow further.")  # fmt: skip
@click.option("--require", "requires", multiple=True, metavar="CONDITIONS",
              help="Leave out models that lack this, as `licence = MIT, size_mb < 4000`; repeat for more.")  # fmt: skip
@click.option("--fail-if", "fail_ifs", multiple=True, metavar="CONDITIONS",
              help="End with 8 if a model has this, as `ttft_ms.p95 > baseline * 1.1`; repeat: or.")  # fmt: skip
@click.option("--baseline", "baseline", multiple=True, type=click.Path(path_type=Path),
              metavar="FILE|DIR", help="Sessions to compare with; repeat.")  # fmt: skip
@asks_as_option
@no_index_option
@click.option("--plot", is_flag=True, help="Draw quality against time, times and trends in the terminal, too.")
@handles_errors
@ends_with(ExitCode.FOUND, ExitCode.NOT_JUDGED)
@report_options
def report(
    options: ReportOptions,
    files: tuple[Path, ...],
    name: str | None,
    output: Path | None,
    force: bool,
    spreadsheet: Spreadsheet,
    filters: tuple[str, ...],
    requires: tuple[str, ...],
    fail_ifs: tuple[str, ...],
    baseline: tuple[Path, ...],
    no_index: bool,
    plot: bool,
) -> ExitCode:
    """Aggregate sessions: latency, speed and scores by model, device and mode. Bad files are named and skipped.

    Without files, the sessions that this program keeps. CONDITIONS are written NAME OPERATOR VALUE, joined by commas
    that mean "and"; one that is wrong is answered with what there is. Quote them: a shell takes < and > for itself.
    """
    form = format_for(name, output)
    asked = Asked.parse(filters, requires, fail_ifs, compares=bool(baseline), options=options)
    check_output(output, form, force=force, spreadsheet=spreadsheet)
    check_baseline(baseline)
    if plot:
        check_plot(output, form)
    places = files or (sessions_dir(),)
    sessions = [place for place in places if not place.name.endswith(SUFFIX)]
    folders = [place for place in places if os.path.isdir(place)]  # noqa: PTH112 - never raises
    for journal in sessions_only_in_journals(folders if files else [*folders, state_dir()]):
        say(f"{journal} has a session that is in no file yet: start foundry-compare, and it is completed.")
    skipped: list[tuple[str, str]] = []
    skip = skipping(skipped)
    references = tuple(references_in(places, skip))
    answers = isinstance(form, Format) and form.answers
    with _source(asked, [*sessions, *baseline], no_index=no_index or answers) as read:
        made, judged = conditional_report(
            asked,
            read(sessions, skip),
            partial(read, baseline, skip) if baseline else None,
            skipped=skipped,
            answers=answers,
            may_be_empty=bool(references),
        )
    made = replace(made, references=references)
    for sentence in judged.sentences:
        say(sentence)
    if made.references and not form.imported:
        other = "references-parquet" if isinstance(form, FileFormat) else "references-csv"
        said = f"{counted(len(made.references), 'imported file')} left out: {form.name} has own figures alone"
        say(f"{said}. --format {other} has what was imported.")
    with collector_off():  # What is made of very many requests is soon gone, with the command.
        put_report(output, form, made, force=force, spreadsheet=spreadsheet)
        if plot:
            show_plots(made)
    return _code(judged)


_Read = Callable[[Sequence[Path], Callable[[Path, CompareError], None]], Iterator[AnySession]]


@contextmanager
def _source(asked: Asked, places: Sequence[Path], *, no_index: bool) -> Iterator[_Read]:
    """What reads the sessions at some of these places: by the index where it can, which has caught up then."""
    if no_index or asked.reads_files:
        yield lambda those, skip: load_sessions(those, skipped=skip, why_not=why_hidden)
        return
    figures = [figure.name for figure in asked.figures]
    with opened_index() as index, collector_off():
        recorded = RecordedSessions(index, places, own_rater(), figures, asked.filters)
        say_progress(recorded.catch_up())

        def read(those: Sequence[Path], skip: Callable[[Path, CompareError], None]) -> Iterator[AnySession]:
            return (session for _, session in recorded.sessions(those, skipped=skip, why_not=why_hidden))

        yield read


RESULT_CODES = {Result.HOLDS: ExitCode.FOUND, Result.NOT_JUDGED: ExitCode.NOT_JUDGED, Result.PASSED: ExitCode.GOOD}
"""What each result of a judgement ends a command with."""


def _code(judged: Judgement) -> ExitCode:
    """One `--fail-if` that holds is enough; one that cannot be judged must not pass for one that does not hold."""
    return worst(RESULT_CODES[result] for result in judged.results)


def say_skipped(file: Path, error: CompareError) -> None:
    """Say which file is left out, and why."""
    say(f"skipped {file}: {error.sentence()}")


def skipping(skipped: list[tuple[str, str]]) -> Callable[[Path, CompareError], None]:
    """What says once of each file that it is left out, however often it is read, and adds it to `skipped`."""

    def skip(file: Path, error: CompareError) -> None:
        found = str(file), error.sentence()
        if found not in skipped:
            skipped.append(found)
            say_skipped(file, error)

    return skip


def check_baseline(places: Sequence[Path]) -> None:
    """Raises BadInputError when there is nothing at one of these places."""
    for place in places:
        if not is_there(place):
            raise BadInputError(f"There is no {place} to compare with", hint="Give a session's file, or a folder.")
