"""A report under conditions: which answers are counted, what rows must have, and what they must not have."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from tui.core.conditions.filters import Filtered
from tui.core.conditions.grammar import Baseline, Conditions, parse, text_of
from tui.core.conditions.names import Figure, Use
from tui.core.errors import BadInputError
from tui.report.baseline import Earlier, missing
from tui.report.changes import changes
from tui.report.filtered_records import filtered_sessions
from tui.report.judging import Judged, figures_of, judge, required
from tui.report.options import ReportOptions
from tui.report.regressions import Regressions, compared_figures, regressions
from tui.report.render import aggregated
from tui.report.report import Report
from tui.report.session_record import AnySession
from tui.report.statistics.times import LIMIT


class Result(enum.Enum):
    """What became of something that was to be judged."""

    HOLDS = "holds"
    PASSED = "does not hold"
    NOT_JUDGED = "cannot be judged"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a report."""

    filters: Conditions = ()
    requires: Conditions = ()
    fail_ifs: tuple[Conditions, ...] = ()
    compares: bool = False
    """Whether there is a baseline."""
    options: ReportOptions = field(default_factory=ReportOptions)
    """What is shown besides what every report has."""

    @classmethod
    def parse(
        cls, filters: Iterable[str] = (), requires: Iterable[str] = (), fail_ifs: Iterable[str] = (), *,
        compares: bool = False, options: ReportOptions | None = None,
    ) -> Asked:  # fmt: skip
        """Of texts, as they are given to the options. All filters and all requirements have to hold.

        Raises BadInputError, also for a condition on a baseline where there is none.
        """
        required_of_rows = tuple(condition for text in requires for condition in parse(text, Use.REQUIRE))
        asked = cls(
            tuple(condition for text in filters for condition in parse(text, Use.FILTER)),
            required_of_rows,
            tuple(parse(text, Use.FAIL_IF) for text in fail_ifs),
            compares,
            replace(options or ReportOptions(), requires=required_of_rows),
        )
        if asked.names_baseline and not compares:
            raise BadInputError("There is no baseline", hint="Give its sessions with --baseline FILE.")
        return asked

    @property
    def judges(self) -> bool:
        """Whether the exit code says how it came out."""
        return bool(self.fail_ifs) or self.compares

    @property
    def names_baseline(self) -> bool:
        """Whether a condition is about the baseline: then it says what counts as a regression."""
        return any(isinstance(one.value, Baseline) for conditions in self.fail_ifs for one in conditions)

    @property
    def finds_regressions(self) -> bool:
        """Whether rows are compared with the baseline by the program's own rule."""
        return self.compares and not self.names_baseline

    @property
    def reads_files(self) -> bool:
        """Whether it takes more of the sessions than their records have."""
        return bool(self.options.checks)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures that the rows' requests have to have."""
        own = figures_of([*self.requires, *(one for conditions in self.fail_ifs for one in conditions)])
        compared = compared_figures() if self.compares else ()
        return tuple(dict.fromkeys((*own, *compared, *self.options.metrics)))


@dataclass(frozen=True, slots=True)
class Judgement:
    """How it came out."""

    results: tuple[Result, ...] = ()
    """Of each `--fail-if`, and of looking for regressions."""
    reasons: tuple[tuple[str, ...], ...] = ()
    """What there is to say of each of these results."""
    sentences: tuple[str, ...] = ()
    """What there is to say of filters, of rows that were left out, and of each result."""


@dataclass(slots=True)
class _Apart:
    """Tells sessions that are reported from those of the baseline: no session is a baseline of itself."""

    baseline: set[str] = field(default_factory=set)
    """Ids of the baseline's sessions."""
    both: set[str] = field(default_factory=set)
    """Those of them that were also to be reported."""
    alone: bool = False
    """Whether there was nothing else to report. Then they are left out of the baseline, else of the report."""

    def of_baseline(self, sessions: Iterable[AnySession]) -> Iterator[AnySession]:
        for session in sessions:
            self.baseline.add(session.whole_id)
            yield session

    def reported(self, sessions: Iterable[AnySession]) -> Iterator[AnySession]:
        held: list[AnySession] | None = []
        for session in sessions:
            if session.whole_id not in self.baseline:
                held = None
                yield session
                continue
            self.both.add(session.whole_id)
            if held is not None:
                held.append(session)
        self.alone = bool(held)
        yield from held or ()

    def left(self, sessions: Iterable[AnySession]) -> Iterator[AnySession]:
        """The sessions of the baseline that were not reported."""
        return (session for session in sessions if session.whole_id not in self.both)

    def sentence(self) -> str:
        """What was left out of the report; empty where nothing was."""
        if not self.both or self.alone:
            return ""
        count = len(self.both)
        what = "one session of the baseline is" if count == 1 else f"{count} sessions of the baseline are"
        return f"{what} left out of those reported: no session is a baseline of itself."


def conditional_report(
    asked: Asked,
    sessions: Iterable[AnySession],
    baseline: Callable[[], Iterable[AnySession]] | None = None,
    *,
    skipped: Sequence[tuple[str, str]] = (),
    answers: bool = False,
    may_be_empty: bool = False,
) -> tuple[Report, Judgement]:
    """The report on these sessions, and what is to be said of it.

    `baseline` gives the sessions to compare with each time it is called; they are read first, under the same filters.
    One that is among those reported, too, is left out of these, or out of the baseline where nothing else is reported.
    `answers` says whether their texts are kept. Raises BadInputError when there is nothing to report on; not so where
    that is what is judged, or where there may be no session.
    """
    apart, tally = _Apart(), Filtered(asked.filters)
    earlier = None if baseline is None else _earlier(asked, apart.of_baseline(baseline()))
    noted = apart.reported(sessions)
    report = aggregated(
        filtered_sessions(noted, asked.filters, tally) if asked.filters else noted,
        skipped=skipped,
        figures=asked.figures,
        without=asked.options.without,
        checks=asked.options.checks,
        may_be_empty=may_be_empty or asked.judges,
        answers=answers,
    )
    report = replace(report, options=asked.options, filtered_out=tally.left_out)
    said = [*report.unlike]
    if sentence := apart.sentence():
        said.append(f"--baseline: {sentence}")
        report = replace(report, notes=(f"{sentence[0].upper()}{sentence[1:]}", *report.notes))
    if asked.filters:
        lead = [tally.sentence()]
        if not tally.kept and apart.both and earlier is not None and earlier.rows:
            lead.insert(0, "All that the filters admit is in the baseline, which is left out of what is reported.")
        said += lead
        if not tally.kept and not asked.judges:
            raise BadInputError("Nothing is left to report on", *tally.why_nothing())
        report = replace(report, notes=(*lead, *report.notes))
    all_rows = report.rows
    if asked.requires:
        report = required(report, asked.requires)
        said += [f"--require leaves out {out.row}: {'; '.join(out.reasons)}." for out in report.left_out or ()]
    if baseline is not None and apart.alone:
        earlier = replace(_earlier(asked, apart.left(baseline())), also_reported=len(apart.both))
    if earlier is not None:
        said += [f"--baseline: {sentence}" for sentence in earlier.unlike]
        report = replace(report, changes=changes(report.rows, earlier))
        said += [f"--baseline: {name} is not among those reported." for name in missing(all_rows, earlier)]
    found = [judge(conditions, report.rows, earlier) for conditions in asked.fail_ifs]
    results = [_result(one) for one in found]
    reasons = [tuple(_sentences(one)) for one in found]
    if asked.finds_regressions:
        compared = regressions(report.rows, earlier or Earlier())
        results.append(_result_of_comparing(compared))
        reasons.append(tuple(_sentences_of_comparing(compared)))
    return report, Judgement(tuple(results), tuple(reasons), (*said, *chain.from_iterable(reasons)))


def _earlier(asked: Asked, sessions: Iterable[AnySession]) -> Earlier:
    if asked.filters:
        sessions = filtered_sessions(sessions, asked.filters, Filtered(asked.filters))
    kept = aggregated(sessions, figures=asked.figures, without=asked.options.without, may_be_empty=True)
    return Earlier(kept.rows, unlike=kept.unlike)


def _result(judged: Judged) -> Result:
    if judged.found:
        return Result.HOLDS
    return Result.PASSED if judged.passed else Result.NOT_JUDGED


def _sentences(judged: Judged) -> Iterator[str]:
    asked = f"--fail-if {text_of(judged.conditions)}"
    for sentence in judged.found:
        yield f"{asked} holds for {sentence}"
    for sentence in judged.not_judged:
        yield f"{asked} cannot be judged. {sentence}"
    if not judged.found and judged.passed:
        count, judgeable = len(judged.passed), " that could be judged" if judged.not_judged else ""
        rows = "the one row that could be judged" if count == 1 else f"any of {count} rows{judgeable}"
        yield f"{asked} does not hold for {rows}."


def _result_of_comparing(compared: Regressions) -> Result:
    if compared.found:
        return Result.HOLDS
    return Result.PASSED if compared.passed else Result.NOT_JUDGED


def _sentences_of_comparing(compared: Regressions) -> Iterator[str]:
    for sentence in compared.found:
        yield f"--baseline finds a regression in {sentence}"
    for sentence in compared.failing:
        yield f"--baseline: {sentence} So few may be chance."
    judged = "is not judged for" if compared.found or compared.passed else "cannot be judged."
    for sentence in compared.not_judged:
        yield f"--baseline {judged} {sentence}"
    if not compared.found and compared.passed:
        ruled_out = f"in {compared.ruled_out} of them a" if compared.ruled_out else "in none of them is a"
        yield (
            f"--baseline finds no regression in {compared.passed} figures; {ruled_out} slowdown of more than "
            f"{LIMIT:.0%} {'is ' if compared.ruled_out else ''}ruled out."
        )
