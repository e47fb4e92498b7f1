"""Between the screens and the reports: works out in a thread what was kept adds up to, and writes it."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content

from tui.app.threaded_controller import ThreadedController
from tui.background import Worker, collector_off
from tui.core.blind.orders import why_not_named
from tui.core.errors import BadInputError, CompareError, reason_of
from tui.core.references import Reference
from tui.core.sessions.session import Session
from tui.core.text.clean import clean
from tui.files import is_there
from tui.report.conditional import Asked, conditional_report
from tui.report.formats.registry import FILE_FORMATS, FORMATS, FileFormat
from tui.report.recording import RecordedSessions
from tui.report.session_record import AnySession, about_of
from tui.storage import paths
from tui.storage.atomic_file import write_atomic
from tui.storage.index.database import SessionIndex, index_path
from tui.storage.rater_name import rater_name
from tui.storage.reference_files import references_in
from tui.storage.session_files import ReadSessions, sessions_with_files
from tui.ui.dialogs.text_page import TextPageDialog
from tui.ui.report.baselines import KeptSession
from tui.ui.report.figures import changes_by_figure, compared, nothing_compared, shown_rows
from tui.ui.report.imported import imported_pages
from tui.ui.report.messages import ExportRequested, FiguresRequested, ReportAsked
from tui.ui.report.narrowing import KnownValues
from tui.ui.report.pages import report_pages
from tui.ui.report.reported import Reported
from tui.ui.report.wanted import Wanted
from tui.ui.report.wanted_options import asked_of

if TYPE_CHECKING:
    from tui.app.app import CompareApp
    from tui.ui.report.screen import ReportScreen

_SHOW_EVERY = 0.25
"""Seconds after which the screen is told how many sessions there are by now."""


class _OutdatedError(Exception):
    """Something else has been asked for since."""


class ReportController(ThreadedController):
    """Does what the Report screen asks for, and writes the reports that History asks for."""

    def __init__(self, app: CompareApp, folder: Path | None, rater: str | None) -> None:
        """`folder` is where sessions are kept, None for the usual place; `rater` is who looks, None for the user's
        login name."""
        self._worker = Worker("report")
        super().__init__(app, self._worker)
        self._folder = paths.sessions_dir(folder)
        self._rater = rater_name(rater)
        self._newest = 0
        self._read = ReadSessions()
        self._index: SessionIndex | None = None
        self._wanted = Wanted()
        """Of what is shown."""

    def request(self, request: ReportAsked, screen: ReportScreen) -> None:
        """Begin what is asked for. Only the newest question is answered."""
        match request:
            case FiguresRequested(wanted=wanted):
                self._newest += 1
                self._do(self._worker, partial(self._answer, self._newest, wanted, screen))
            case ExportRequested(format=name):
                self._do(self._worker, lambda: self._hand_over(self._kept_in, self._wanted, name))

    def report_on(self, files: Sequence[Path], name: str) -> None:
        """Write a report on these sessions in the format of this name, or show it on a page where that is empty."""
        self._do(self._worker, partial(self._hand_over, files, Wanted(), name))

    # In the thread

    def _answer(self, number: int, wanted: Wanted, screen: ReportScreen) -> None:
        if number == self._newest:
            with collector_off(_entries(self._folder)):
                self._work_out(number, wanted, screen)

    def _work_out(self, number: int, wanted: Wanted, screen: ReportScreen) -> None:
        known, files, kept = KnownValues(), dict[str, Path](), dict[str, KeptSession]()
        skipped: list[tuple[str, str]] = []
        report, asked, why_none = None, None, None
        try:
            asked = asked_of(wanted)
        except BadInputError as error:
            why_none = error

        recorded = self._recorded(self._kept_in, asked)

        def noted() -> Iterator[AnySession]:
            shown = time.monotonic()
            for count, (file, session) in enumerate(self._revealed(self._kept_in, skipped, asked, recorded), 1):
                if number != self._newest:
                    raise _OutdatedError
                if time.monotonic() - shown >= _SHOW_EVERY:
                    self._show(partial(screen.show_progress, count))
                    shown = time.monotonic()
                if session.id == session.whole_id:
                    files[session.whole_id] = file
                else:
                    files.setdefault(session.whole_id, file)
                about = about_of(session)
                known.add(about)
                kept[session.whole_id] = KeptSession.of(files[session.whole_id], session.whole_id, about)
                yield session

        imported = self._imported(self._kept_in, skipped)
        try:
            if asked is None or not asked.reads_files:
                self._catch_up(number, recorded, screen)
            try:
                if asked is not None:
                    baseline = self._before(wanted.baseline, asked)
                    report, _ = conditional_report(asked, noted(), baseline, skipped=skipped)
            except BadInputError as error:
                why_none = error
            if report is None and not kept:
                deque(noted(), 0)  # Another baseline is chosen among them.
        except _OutdatedError:
            return
        pages = () if report is None else report_pages(report)
        if pages:
            pages[0].draw(80, 24, False)  # What draws takes a tenth of a second to load, which the screen has not.
        found = Reported(
            wanted, report, why_none, known.values, files,
            tuple(sorted(kept.values(), key=lambda one: one.created, reverse=True)),
            () if report is None else shown_rows(report), (*pages, *imported_pages(imported)),
            nothing_compared if report is None else compared(report),
            {} if report is None else changes_by_figure(report), tuple(skipped),
        )  # fmt: skip

        def show() -> None:
            if number == self._newest:
                self._wanted = found.wanted
                screen.show_reported(found)

        self._show(show)

    def _catch_up(self, number: int, recorded: RecordedSessions, screen: ReportScreen) -> None:
        """Have the index know the files that it lacks. Raises _OutdatedError."""
        for progress in recorded.catch_up():
            if number != self._newest:
                raise _OutdatedError
            self._show(partial(screen.show_progress, progress.read))

    def _recorded(self, places: Sequence[Path], asked: Asked | None) -> RecordedSessions:
        if self._index is None:
            self._index = SessionIndex(index_path(paths.cache_dir()))
        figures, filters = ((), ()) if asked is None else (asked.figures, asked.filters)
        return RecordedSessions(self._index, places, self._rater, [figure.name for figure in figures], filters)

    def _before(self, baseline: Path | None, asked: Asked) -> Callable[[], Iterable[AnySession]] | None:
        """What gives the sessions of a baseline; None where there is none. Raises BadInputError where it is gone."""
        if baseline is None:
            return None
        if not is_there(baseline):
            raise BadInputError(f"There is no {baseline} to compare with")
        return lambda: (session for _, session in self._revealed([baseline], [], asked))

    @property
    def _kept_in(self) -> list[Path]:
        """Where sessions are kept: nowhere before the first one."""
        return [self._folder] if is_there(self._folder) else []

    def _imported(self, places: Sequence[Path], skipped: list[tuple[str, str]]) -> tuple[Reference, ...]:
        """What was imported to these places."""
        return tuple(references_in(places, lambda file, error: skipped.append((str(file), error.sentence()))))

    def _revealed(
        self,
        places: Sequence[Path],
        skipped: list[tuple[str, str]],
        asked: Asked | None = None,
        recorded: RecordedSessions | None = None,
        *,
        files: bool = False,
    ) -> Iterator[tuple[Path, AnySession]]:
        """The sessions at these places with their files, but for those of which nothing may tell whose an answer is.

        With `files`, and where what is asked takes more than their records have, they are read; `recorded` has those
        of these places, where it has caught up.
        """

        def skip(file: Path, error: CompareError) -> None:
            skipped.append((str(file), error.sentence()))

        def why_not(session: Session) -> BadInputError | None:
            if session.whole_id == self._app.app_state.hidden_session():
                # For somebody else, maybe: a second rater sits here.
                return BadInputError(f"The models of {session.id} are hidden", "It is scored blind here, on F2")
            return why_not_named(session, self._rater)

        if files or (asked is not None and asked.reads_files):
            return sessions_with_files(places, skipped=skip, why_not=why_not, read=self._read)
        hidden = self._app.app_state.hidden_session()
        return (recorded or self._recorded(places, asked)).sessions(
            places, skipped=skip, why_not=why_not, doubted=lambda session: session.whole_id == hidden, read=self._read
        )

    def _hand_over(self, places: Sequence[Path], wanted: Wanted, name: str) -> None:
        """Show a report on a page, or write it to a file and say which one it is."""
        form = next(form for form in (*FORMATS, *FILE_FORMATS) if form.name == name or not name)
        if isinstance(form, FileFormat):
            form.check()
        skipped: list[tuple[str, str]] = []
        answers, asked = not isinstance(form, FileFormat) and form.answers, asked_of(wanted)
        every = self._revealed(places, skipped, asked, files=answers)
        sessions = (session for _, session in every)
        imported = self._imported(places, skipped)
        report, _ = conditional_report(
            asked, sessions, self._before(wanted.baseline, asked), skipped=skipped, answers=answers,
            may_be_empty=bool(imported),
        )  # fmt: skip
        report = replace(report, references=imported)
        if isinstance(form, FileFormat):
            data = form.file(report)
        elif name:
            data = form.render(report).encode("utf-8")
        else:
            page = Content(clean(form.render(report)))
            self._show(lambda: self._app.push_screen(TextPageDialog("Report", page)))
            return
        file = _free_file(form.suffix)
        write_atomic(file, data, private=False)
        left_out = "" if form.imported or not imported else "; what was imported is in references-csv"
        self._say(f"Written to {file}{left_out}")


def _entries(folder: Path) -> int:
    """How many files and folders are in a folder, as far as that can be seen."""
    try:
        return len(os.listdir(folder))  # noqa: PTH208 - of thousands
    except OSError:
        return 0


def _free_file(suffix: str) -> Path:
    """A name for a report in the working directory that nothing has. Raises BadInputError when there is no such
    directory any more."""
    try:
        folder = Path.cwd()
    except OSError as error:
        raise BadInputError("The report has no place", reason_of(error)) from error
    names = ("foundry-compare-report", *(f"foundry-compare-report-{number}" for number in range(2, 10_000)))
    return next(file for name in names if not (file := folder / f"{name}{suffix}").exists())
