"""What the plots of a report show, as numbers and sentences: how they are drawn is for the format that has them.

A plot is of rows of one mode. Times are those of the whole answer, in milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tui.core.metrics.registry import Metric, Place, metrics_in
from tui.core.plans.mode import Mode
from tui.core.text.clean import clean_line
from tui.report import front
from tui.report.formats.narrow_tables import numbered_names
from tui.report.formats.words import criterion_of, settings_of, shown_number
from tui.report.in_times import in_times
from tui.report.pairs import Matches
from tui.report.reported_request import ReportedRequest
from tui.report.row_names import NAME_SHOWN
from tui.report.rows import Row, ScoreMean
from tui.report.subject import Subject
from tui.report.trend import Trend, trends, without_trend

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
    """The times of one model, sorted."""

    label: str
    values: tuple[float, ...]
    """Those that count: what the row's median in the tables is of."""
    left_out: tuple[float, ...] = ()
    """Those of answers for which the model was loaded first, where others count."""
    cold: bool = False
    """Whether those that count are such, too, as there are no others."""

    @property
    def drawn(self) -> list[float]:
        """All of them, sorted."""
        return sorted((*self.values, *self.left_out))

    @property
    def loaded_first(self) -> tuple[float, ...]:
        """Those of answers for which the model was loaded first."""
        return self.values if self.cold else self.left_out


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
    """What the last of these sessions is against those before it, as a phrase."""


@dataclass(frozen=True, slots=True)
class TrendPlot:
    """A figure over sessions that asked the same prompts."""

    figure: str
    unit: str
    """Of a criterion its scale, as `1-5`."""
    when: tuple[datetime | None, ...]
    """When each of the sessions began, in order of time."""
    lines: tuple[TrendLine, ...]
    not_drawn: tuple[str, ...] = ()
    """Each row that has the figure, but no line, with the reason; without its stop."""

    @property
    def partial(self) -> bool:
        """Whether a line has not all of the sessions."""
        return any(len(line.points) < len(self.when) for line in self.lines)

    def sessions_of(self, line: TrendLine) -> str:
        """Which of the plot's sessions a line has, as a phrase that follows its values; empty where it has all."""
        if len(line.points) == len(self.when):
            return ""
        *some, last = [str(place + 1) for place, _ in line.points]
        return f" in sessions {', '.join(some)} and {last} of {len(self.when)}"

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
    every = trends(rows)
    for trend in every:
        by_figure.setdefault((trend.label, trend.unit), []).append(trend)
    made = []
    for (label, unit), found in by_figure.items():
        without = () if found[0].scale is not None else without_trend(rows, every, found[0].figure)
        not_drawn = tuple(f"{names[subject]}: {why}" for subject, why in without)
        made.append(_trend_plot(label, unit, found, names, not_drawn))
    return made


def timed_rows(rows: Sequence[Row]) -> list[TimedRow]:
    """The rows of which there are times."""
    full = [name.strip() for name in numbered_names(rows)]
    return [
        TimedRow(name, whole, row)
        for name, whole, row in zip(_drawn_names(rows), full, rows, strict=True)
        if row.stat(end_metric().name).n
    ]


def strips(timed: Sequence[TimedRow]) -> list[Strip]:
    """The times of each row."""
    return [_strip(one) for one in timed]


def outside(strips: Sequence[Strip]) -> str:
    """How many of the answers for which a model was loaded first are in no number, as the end of a sentence."""
    left_out = sum(len(strip.left_out) for strip in strips)
    if not left_out:
        return ""
    every = left_out == sum(len(strip.loaded_first) for strip in strips)
    return (
        ", and they are in none of these numbers" if every else f", and {left_out} of them are in none of these numbers"
    )


def end_metric() -> Metric:
    """The time of the whole answer, as the registry has it."""
    return next(metric for metric in metrics_in(Place.REPORT) if metric.name == "end_ms")


def time_words() -> str:
    """What times are those of, as a phrase."""
    return f"the time of the {end_metric().label} in {end_metric().unit}, over all answers that count"


def values_of(runs: Iterable[ReportedRequest], name: str) -> list[float | None]:
    """One metric of each run, by its name; None where it is not known or does not count."""
    number = [metric.name for metric in metrics_in(Place.REPORT)].index(name)
    return [run.values[number] for run in runs]


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


def _trend_plot(
    label: str, unit: str, found: Sequence[Trend], names: Mapping[Subject, str], not_drawn: tuple[str, ...]
) -> TrendPlot:
    when = {point.session: point.when for trend in found for point in trend.points}
    places = {session: place for place, session in enumerate(sorted(when))}  # Their ids begin with their time.
    lines = [
        TrendLine(
            names[trend.subject].split(" ", 1)[0],
            names[trend.subject],
            tuple((places[point.session], point.value) for point in trend.points),
            f"{trend.outcome.value} ({trend.why})" if trend.why else trend.outcome.value,
        )
        for trend in found
    ]
    return TrendPlot(clean_line(label, NAME_SHOWN), unit, tuple(when[one] for one in places), tuple(lines), not_drawn)


def _strip(one: TimedRow) -> Strip:
    name = end_metric().name
    runs = one.row.requests
    known = [(run, value) for run, value in zip(runs, values_of(runs, name), strict=True) if value is not None]
    kept, left_out = (tuple(sorted(value for _, value in some)) for some in in_times(known, lambda found: found[0]))
    return Strip(one.name, kept, left_out, cold=one.row.stat(name).cold)


def _drawn_names(rows: Sequence[Row]) -> list[str]:
    return [clean_line(name.strip(), _NAME_DRAWN) for name in numbered_names(rows)]
