"""How a model did from session to session, over sessions that asked it the same prompts in the same way.

What sessions differ by when nothing changed is only known from several of them: the latest is judged against the ones
before it, by the kernel's rule for two sessions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby
from statistics import median

from tui.core.metrics.registry import Better, Metric, Place, metrics_in
from tui.report.change_outcomes import ChangeOutcome, of_times
from tui.report.in_times import in_times
from tui.report.reported_request import PEOPLE, ReportedRequest
from tui.report.rows import Row
from tui.report.statistics.sample import median_interval
from tui.report.statistics.times import LEAST_SESSIONS, compare_sessions, session_noise
from tui.report.subject import Subject

LEAST = 2
"""Sessions of which there is a trend."""


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A figure in one session."""

    session: str
    when: datetime | None
    """When the session began."""
    n: int
    """Answers, or scores."""
    value: float
    """The median of the prompts' medians of a metric; the mean of the prompts' means of scores."""
    low: float | None = None
    """With `high`: the 95 % interval of the median of the answers, from six of them on."""
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure of one row, in order of time."""

    subject: Subject
    figure: str
    """The metric's name, or the criterion."""
    label: str
    unit: str
    """Of a criterion its scale, as `1-5`."""
    prompts: int
    """Of how many prompts it is: of those that each of the sessions asked, all that have the figure in every one."""
    points: tuple[TrendPoint, ...]
    outcome: ChangeOutcome = ChangeOutcome.UNKNOWN
    """What the latest session is against those before it."""
    why: str = ""
    """Why that is unknown, or how it is known, as a phrase."""
    scale: int | None = None
    """The highest score; None for a metric."""


def trends(rows: Iterable[Row]) -> tuple[Trend, ...]:
    """The trends of all figures of these rows, those of one set of prompts each."""
    return tuple(trend for row in rows for trend in _of_row(row))


def without_trend(rows: Iterable[Row], found: Iterable[Trend], figure: str) -> list[tuple[Subject, str]]:
    """The rows that have a metric, but no trend of it among those `found`, each with the reason as a phrase."""
    number = next(place for place, metric in enumerate(metrics_in(Place.REPORT)) if metric.name == figure)
    having = {trend.subject for trend in found if trend.figure == figure}
    without = []
    for row in rows:
        if row.subject in having:
            continue
        if sessions := {run.session for run in row.requests if run.values[number] and run.state.counts}:
            why = "no prompt has it in all sessions" if len(sessions) > 1 else "only one session has it"
            without.append((row.subject, why))
    return without


def _of_row(row: Row) -> Iterator[Trend]:
    prompts: dict[str, set[str]] = {}
    for run in row.requests:
        prompts.setdefault(run.session, set()).add(run.prompt)
    asked = {session: frozenset(those) for session, those in prompts.items()}
    for number, metric in enumerate(metrics_in(Place.REPORT)):
        if metric.better is not None:
            yield from _of_metric(row, asked, metric, number)
    criteria = {
        (score.criterion, score.scale)
        for score in set(chain.from_iterable(run.scores for run in row.requests))
        if score.raters == PEOPLE
    }
    for criterion, scale in sorted(criteria):
        yield from _of_criterion(row, asked, criterion, scale)


_Asked = Mapping[str, frozenset[str]]
"""The prompts of each session."""
Values = Mapping[str, Sequence[float]]
"""By prompt."""


def _sets(asked: _Asked, found: Mapping[str, Values]) -> Iterator[dict[str, Values]]:
    """The sessions that asked the same prompts, in order of time, with their values of those prompts of which all of
    them have any; where several have such prompts. The ids of sessions begin with their time."""
    by_set: dict[frozenset[str], list[str]] = {}
    for session in sorted(found):
        by_set.setdefault(asked[session], []).append(session)
    for sessions in by_set.values():
        shared = set(found[sessions[0]])
        for session in sessions:
            shared &= found[session].keys()
        if len(sessions) >= LEAST and shared:
            yield {
                session: of_session
                if len(of_session := found[session]) == len(shared)
                else {prompt: values for prompt, values in of_session.items() if prompt in shared}
                for session in sessions
            }


def _by_session(
    ordered: Iterable[tuple[ReportedRequest, list[float]]],
) -> tuple[dict[str, dict[str, list[float]]], dict[str, datetime | None]]:
    """Of runs with their values, in the order of their sessions, for each session the values of each prompt, and when
    it began."""
    found: dict[str, dict[str, list[float]]] = {}
    when: dict[str, datetime | None] = {}
    for session, runs in groupby(ordered, lambda one: one[0].session):
        by_prompt = found[session] = {}
        for run, values in runs:
            prompt = run.prompt
            by_prompt[prompt] = by_prompt[prompt] + values if prompt in by_prompt else values
        when[session] = run.created
    return found, when


def _of_metric(row: Row, asked: _Asked, metric: Metric, number: int) -> Iterator[Trend]:
    known = [(run, [value]) for run in row.requests if (value := run.values[number]) and run.state.counts]
    kept, _ = in_times(known, lambda one: one[0])
    found, when = _by_session(kept)
    for sessions in _sets(asked, found):
        points, medians = [], []
        for session, of_session in sessions.items():
            every = list(chain.from_iterable(of_session.values()))
            medians.append(
                {prompt: values[0] if len(values) == 1 else median(values) for prompt, values in of_session.items()}
            )
            low, high = median_interval(every)
            points.append(TrendPoint(session, when[session], len(every), median(medians[-1].values()), low, high))
        *before, latest = medians
        outcome, why = _judged(metric, before, latest)
        yield Trend(
            row.subject, metric.name, metric.label, metric.unit, len(latest), tuple(points), outcome, why
        )  # fmt: skip


def _judged(
    metric: Metric, before: Sequence[Mapping[str, float]], latest: Mapping[str, float]
) -> tuple[ChangeOutcome, str]:
    """The latest session against those before it; rates are turned over, so that more is worse of both."""
    if len(before) < LEAST_SESSIONS:
        there = "is one" if len(before) == 1 else f"are {len(before)}"
        return ChangeOutcome.UNKNOWN, f"{LEAST_SESSIONS} sessions before it are needed, and there {there}"
    over = metric.better is Better.HIGHER
    turned = [{prompt: 1 / value if over else value for prompt, value in one.items()} for one in (*before, latest)]
    *earlier, now = turned
    prompts = sorted(now)
    then = [median(one[prompt] for one in earlier) for prompt in prompts]
    compared = compare_sessions([now[prompt] for prompt in prompts], then, session_noise(earlier))
    return of_times(compared, rate=over)


def _of_criterion(row: Row, asked: _Asked, criterion: str, scale: int) -> Iterator[Trend]:

    def given(run: ReportedRequest) -> list[float]:
        its = (score for score in run.scores if score.raters == PEOPLE)
        return [float(score.value) for score in its if (score.criterion, score.scale) == (criterion, scale)]

    found, when = _by_session((run, values) for run in row.requests if (values := given(run)))
    for sessions in _sets(asked, found):
        points, prompts = [], 0
        for session, of_session in sessions.items():
            means = [sum(values) / len(values) for values in of_session.values()]
            n, prompts = sum(map(len, of_session.values())), len(of_session)
            points.append(TrendPoint(session, when[session], n, sum(means) / len(means)))
        why = "what raters differ by from session to session is not known"
        yield Trend(
            row.subject, criterion, criterion, f"1-{scale}", prompts, tuple(points), why=why,
            scale=scale,
        )  # fmt: skip
