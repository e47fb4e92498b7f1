"""What the plots of a report show, as numbers and sentences: how they are drawn is for the format that has them.

A plot is of rows of one mode. Times are those of the whole answer, in milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tui.core.metrics.registry import Metric, Place, metrics_in
from tui.core.plans.mode import Mode
from tui.core.text.clean import clean_line
from tui.report import front
from tui.report.aggregate import Row, ScoreMean
from tui.report.formats.narrow_tables import numbered_names
from tui.report.formats.words import criterion_of, settings_of, shown_number
from tui.report.outliers import ReportedRequest
from tui.report.pairs import Matches
from tui.report.row_names import NAME_SHOWN
from tui.report.subject import Subject
from tui.report.trend import Trend, trends

_NAME_DRAWN = 28
"""Characters of a model's name in a plot; the tables have more of it."""


@dataclass(frozen=True, slots=True)
class Point:
    """A model in the plane of time and quality."""

    label: str
    """Its number in the tables."""
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Strip:
    """The times of one model; those of answers for which it was loaded first apart."""

    label: str
    warm: tuple[float, ...]
    cold: tuple[float, ...] = ()

    @property
    def values(self) -> list[float]:
        """All of them, sorted."""
        return sorted((*self.warm, *self.cold))


@dataclass(frozen=True, slots=True)
class FrontPlot:
    """Quality against time, for models that were asked with the same settings."""

    title: str
    criterion: ScoreMean
    """The one that quality is the mean of, on its scale."""
    names: tuple[str, ...]
    """Number and name of each model."""
    points: tuple[Point, ...]
    ahead: frozenset[str] | None
    """The labels of those on the front; None where nothing may be said of one."""
    why_not: str
    """Why not, as a sentence; empty where it may."""

    @property
    def axes(self) -> str:
        """What its axes are, as sentences."""
        return (
            f"Upwards: the mean of {criterion_of(self.criterion)}, 1 to {self.criterion.scale}. To the right: the "
            f"median of {time_words()}. A short answer ends sooner than a long one."
        )

    @property
    def facts(self) -> str:
        """Its numbers, as a sentence without its stop."""
        return "; ".join(
            f"{name}: {point.y:.2f} in {shown_number(point.x)} ms"
            for name, point in zip(self.names, self.points, strict=True)
        )

    @property
    def front(self) -> str:
        """The names of the models on the front, none where it is not known."""
        ahead = self.ahead or frozenset()
        return ", ".join(name for name, point in zip(self.names, self.points, strict=True) if point.label in ahead)


class TrendLine(NamedTuple):
    """A figure of one row, session by session."""

    label: str
    """The row's number in the tables."""
    name: str
    """Number and name."""
    points: tuple[tuple[int, float], ...]
    """Which of the plot's sessions, counted from 0, and the value there."""
    latest: str
    """What the latest session is against those before it, as a phrase."""


@dataclass(frozen=True, slots=True)
class TrendPlot:
    """A figure over sessions that asked the same prompts."""

    figure: str
    unit: str
    """Of a criterion its scale, as `1-5`."""
    when: tuple[datetime | None, ...]
    """When each of the sessions began, in order of time."""
    lines: tuple[TrendLine, ...]

    @property
    def scale(self) -> int | None:
        """The highest score, of a criterion; None of a metric."""
        low, _, high = self.unit.partition("-")
        return int(high) if low == "1" and high.isdecimal() else None


class TimedRow(NamedTuple):
    """A row that has times."""

    name: str
    """Number and name, as long as a plot has room for."""
    full: str
    """The same, as long as a table has room for."""
    row: Row


def fronts(mode: Mode, rows: Sequence[Row], matches: Matches) -> list[FrontPlot]:
    """For rows of the same settings one plot for each criterion that two of them were scored for."""
    names = {row.subject: name for row, name in zip(rows, _drawn_names(rows), strict=True)}
    several = len({settings_of(row.subject) for row in rows}) > 1
    of_mode = [row for row in rows if row.subject.mode is mode]
    return [_front_plot(found, names, several=several) for found in front.fronts(of_mode, matches)]


def trend_plots(rows: Sequence[Row]) -> list[TrendPlot]:
    """One plot for each figure of which there is a trend, with a line for each row and set of prompts that has one."""
    names = {row.subject: name for row, name in zip(rows, _drawn_names(rows), strict=True)}
    by_figure: dict[tuple[str, str], list[Trend]] = {}
    for trend in trends(rows):
        by_figure.setdefault((trend.label, trend.unit), []).append(trend)
    return [_trend_plot(label, unit, found, names) for (label, unit), found in by_figure.items()]


def timed_rows(rows: Sequence[Row]) -> list[TimedRow]:
    """The rows of which there are times."""
    full = [name.strip() for name in numbered_names(rows)]
    return [
        TimedRow(name, whole, row)
        for name, whole, row in zip(_drawn_names(rows), full, rows, strict=True)
        if times_of(row)
    ]


def strips(timed: Sequence[TimedRow]) -> list[Strip]:
    """The times of each row."""
    return [Strip(one.name, *(_end_times(one.row, cold=cold) for cold in (False, True))) for one in timed]


def end_metric() -> Metric:
    """The time of the whole answer, as the registry has it."""
    return next(metric for metric in metrics_in(Place.REPORT) if metric.name == "end_ms")


def time_words() -> str:
    """What times are those of, as a phrase."""
    return f"the time of the {end_metric().label} in {end_metric().unit}, over all answers that count"


def value_of(run: ReportedRequest, name: str) -> float | None:
    """One metric of a run, by its name; None where it is not known or does not count."""
    names = [metric.name for metric in metrics_in(Place.REPORT)]
    return run.values[names.index(name)]


def times_of(row: Row) -> list[float]:
    """The times of a row, sorted."""
    return sorted((*_end_times(row, cold=False), *_end_times(row, cold=True)))


def _front_plot(found: front.Front, names: Mapping[Subject, str], *, several: bool) -> FrontPlot:
    named = [(names[point.row.subject], point) for point in found.points]
    points = tuple(Point(name.split(" ", 1)[0], point.time_ms, point.mean) for name, point in named)
    ahead = frozenset(point.label for point, is_ahead in zip(points, found.ahead, strict=False) if is_ahead)
    settings = f", with {settings_of(found.points[0].row.subject)}" if several else ""
    return FrontPlot(
        f"Quality against time: {criterion_of(found.criterion)}{settings}",
        found.criterion,
        tuple(name for name, _ in named),
        points,
        None if found.why_not else ahead,
        found.why_not,
    )


def _trend_plot(label: str, unit: str, found: Sequence[Trend], names: Mapping[Subject, str]) -> TrendPlot:
    when = {point.session: point.when for trend in found for point in trend.points}
    sessions = sorted(when)  # Their ids begin with their time.
    lines = [
        TrendLine(
            names[trend.subject].split(" ", 1)[0],
            names[trend.subject],
            tuple((sessions.index(point.session), point.value) for point in trend.points),
            f"{trend.outcome.value} ({trend.why})" if trend.why else trend.outcome.value,
        )
        for trend in found
    ]
    return TrendPlot(clean_line(label, NAME_SHOWN), unit, tuple(when[one] for one in sessions), tuple(lines))


def _end_times(row: Row, *, cold: bool) -> tuple[float, ...]:
    known = (value_of(run, "end_ms") for run in row.requests if run.cold is cold)
    return tuple(sorted(value for value in known if value is not None))


def _drawn_names(rows: Sequence[Row]) -> list[str]:
    return [clean_line(name.strip(), _NAME_DRAWN) for name in numbered_names(rows)]
