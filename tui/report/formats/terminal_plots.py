"""The plots of a report in the cells of a terminal: readable without colour, each with sentences of what it shows.

Only numbers of the program's own are drawn; names of models stand below. plotext counts a cell for each character of
a text, and lets escapes through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Any

from tui.core.metrics.metrics import percentile
from tui.core.plans.mode import Mode
from tui.report import plots
from tui.report.formats.charts import Scale, round_numbers, time_scale
from tui.report.formats.words import counted, shown_number
from tui.report.plots import FrontPlot, Strip, TimedRow, TrendPlot
from tui.report.report import Report

_LOCK = Lock()
"""plotext has one figure for the whole process."""
COLOURS = (12, 10, 11, 13, 14, 9)
"""Of rows, in turn: the bright ones of a terminal's sixteen."""
AHEAD, BEHIND = "●", "○"
_RANGE, _HALF, _MEDIAN, _COLD = "─", "▒", "┃", "□"


_AXIS = 3
"""Rows of the axis of times."""


@dataclass(frozen=True, slots=True)
class _Across:
    """The axis below a drawing."""

    least: float
    most: float
    places: Sequence[float]
    """Of the ticks, in order."""
    labels: Sequence[str]
    """One for each tick."""
    says: str


@dataclass(frozen=True, slots=True)
class TerminalPlot:
    """A plot that can be drawn in any number of cells."""

    title: str
    says: str
    """What it shows, as sentences; raw names of models are in none."""
    draw: Callable[[int, int, bool], str]
    """Lines of so many cells and rows, with escapes for colours or without."""


def terminal_plots(report: Report) -> list[TerminalPlot]:
    """All plots of a report, mode by mode."""
    matches = report.matches
    made: list[TerminalPlot] = []
    for mode in Mode:
        rows = [row for row in report.rows if row.subject.mode is mode]
        made += [_front(plot, mode) for plot in plots.fronts(mode, rows, matches)]
        if timed := plots.timed_rows(rows):
            made.append(_times(timed, mode))
        made += [_trend(plot, mode) for plot in plots.trend_plots(rows)]
    return made


def _front(plot: FrontPlot, mode: Mode) -> TerminalPlot:
    if plot.ahead is None:
        says = plot.why_not
    else:
        says = f"{AHEAD} joined by dots, the front: {plot.front}. "
        if len(plot.ahead) < len(plot.points):
            says += f"{BEHIND}: another model has at least as high a mean in at most as much time. "
        says += "Whether a difference is more than chance is said by verdicts, not here."
    title = f"{plot.title} ({mode.value})"
    return TerminalPlot(title, f"{says} {plot.facts}. {plot.axes}", partial(_draw_front, plot))


def _times(timed: Sequence[TimedRow], mode: Mode) -> TerminalPlot:
    strips = plots.strips(timed)
    says = "; ".join(
        f"{strip.label}: {', '.join(shown_number(percentile(strip.values, percent)) for percent in (0, 50, 100))} ms "
        f"({counted(len(strip.values), 'answer')})"
        for strip in strips
    )
    says += (
        f". Least, median and most of {plots.time_words()}. {_RANGE} from the shortest to the longest, {_HALF} the "
        f"middle half, {_MEDIAN} the median."
    )
    if cold := sum(len(strip.loaded_first) for strip in strips):
        says += f" {_COLD} {counted(cold, 'answer')} for which the model was loaded first{plots.outside(strips)}."
    return TerminalPlot(f"Times of whole answers ({mode.value})", says, partial(_draw_times, strips))


def _trend(plot: TrendPlot, mode: Mode) -> TerminalPlot:
    said = []
    for line in plot.lines:
        first, latest = (_value(plot, line.points[place][1]) for place in (0, -1))
        where = plot.sessions_of(line)
        judged = "of these the last is" if where else "the latest is"
        said.append(f"{line.name}: {first} → {latest}{where}, {judged} {line.latest}")
    says = "; ".join(said)
    unit = (
        f"the mean score, {plot.unit}"
        if plot.scale
        else f"the median over the prompts that have it in all of them, {plot.unit}"
    )
    says += (
        f". From the first to the latest of {counted(len(plot.when), 'session')} that asked a row the same prompts, "
        f"in order of time: {unit}. The latest is judged against all before it, prompt by prompt, not the first alone."
    )
    if plot.partial:
        says += " A line has those sessions alone that asked it the same prompts."
    if plot.not_drawn:
        says += f" Not drawn: {'; '.join(plot.not_drawn)}."
    return TerminalPlot(f"Trend of {plot.figure} ({mode.value})", says, partial(_draw_trend, plot))


def _value(plot: TrendPlot, value: float) -> str:
    return f"{value:.2f}" if plot.scale else shown_number(value)


def _draw_trend(plot: TrendPlot, width: int, height: int, colour: bool) -> str:
    values = [value for line in plot.lines for _, value in line.points]
    up = round_numbers(1, plot.scale) if plot.scale else round_numbers(0, max(values))
    last = len(plot.when) - 1
    places = sorted({last * part // 4 for part in range(5)})
    labels = _told_apart([plot.when[place] for place in places])
    says = f"{plot.figure}, {plot.unit}, by when the session began (UTC)"

    def draw(figure: Any) -> None:
        figure.ylim(up[0], up[-1])
        figure.yticks(up, [f"{tick:g}" for tick in up])
        for number, line in enumerate(plot.lines):
            of_row: dict[str, Any] = {"color": COLOURS[number % len(COLOURS)]}
            across, values = zip(*line.points, strict=True)
            figure.plot(across, values, marker="·", **of_row)
            figure.scatter(across, values, marker=AHEAD, **of_row)
        for (x, y), labels in _ends(plot, (up[-1] - up[0]) / max(height - _AXIS - 1, 1)).items():
            figure.text(f"{AHEAD}{','.join(labels)}", x=x, y=y)

    return _drawn(draw, _Across(-0.05 * last, 1.1 * last, places, labels, says), width, height, colour)


def _told_apart(when: Sequence[datetime | None]) -> list[str]:
    """These times in the shortest way in which no two are the same, if there is one."""
    shown = []
    for form in ("%m-%d", "%m-%d %H:%M", "%m-%d %H:%M:%S"):
        shown = ["?" if one is None else one.strftime(form) for one in when]
        if len(set(shown)) == len(shown):
            break
    return shown


def _ends(plot: TrendPlot, row: float) -> dict[tuple[int, float], list[str]]:
    """Where the lines end, each with the numbers of all that end there: less than a row of the drawing apart."""
    ends: dict[tuple[int, float], list[str]] = {}
    for line in plot.lines:
        x, y = line.points[-1]
        near = next((place for place in ends if place[0] == x and abs(place[1] - y) < row), (x, y))
        ends.setdefault(near, []).append(line.label)
    return ends


def _draw_front(plot: FrontPlot, width: int, height: int, colour: bool) -> str:
    across = time_scale([point.x for point in plot.points], 0, 1)
    up = round_numbers(1, plot.criterion.scale)
    # So many rows that each tick has one of its own, and those between them are the same everywhere.
    steps = len(up) - 1
    height = max((height - _AXIS - 1) // steps, 1) * steps + 1 + _AXIS

    def draw(figure: Any) -> None:
        figure.ylim(up[0], up[-1])
        figure.yticks(up, [f"{tick:g}" for tick in up])
        on_front = sorted((across.at(point.x), point.y) for point in plot.points if point.label in (plot.ahead or ()))
        if len(on_front) > 1:
            figure.plot(*zip(*on_front, strict=True), marker="·")
        for number, (x, y, label) in enumerate(_labels(plot, across, width, height)):
            figure.text(label, x=x, y=y, color=COLOURS[number % len(COLOURS)])

    return _drawn(draw, _times_across(across), width, height, colour)


def _labels(plot: FrontPlot, across: Scale, width: int, height: int) -> list[tuple[float, float, str]]:
    """Where what is written: of models too near to each other to be told apart, all in one place."""
    column, row = 1 / max(width - 6, 1), (plot.criterion.scale - 1) / max(height - 5, 1)
    placed: list[tuple[float, float, str]] = []
    for point in sorted(plot.points, key=lambda point: point.x):
        sign = AHEAD if plot.ahead is None or point.label in plot.ahead else BEHIND
        x, y, label = across.at(point.x), point.y, f"{sign}{point.label}"
        near = next(
            (at for at, (left, other, text) in enumerate(placed)
             if abs(y - other) < row and x - left < column * (len(text) + 1)), None,
        )  # fmt: skip
        if near is None:
            placed.append((x, y, label))
        else:
            left, other, text = placed[near]
            placed[near] = left, other, f"{text},{label}"
    return placed


def _draw_times(strips: Sequence[Strip], width: int, height: int, colour: bool) -> str:
    across = time_scale([value for strip in strips for value in strip.drawn], 0, 1)
    rows = list(range(len(strips), 0, -1))

    def draw(figure: Any) -> None:
        figure.ylim(0.5, len(strips) + 0.5)
        figure.yticks(rows, [strip.label.split(" ", 1)[0] for strip in strips])
        for number, (strip, y) in enumerate(zip(strips, rows, strict=True)):
            of_row: dict[str, Any] = {"color": COLOURS[number % len(COLOURS)]}
            places = (across.at(percentile(strip.values, percent)) for percent in (0, 25, 50, 75, 100))
            least, low, middle, high, most = places
            figure.plot([least, most], [y, y], marker=_RANGE, **of_row)
            figure.plot([low, high], [y, y], marker=_HALF, **of_row)
            if squares := [across.at(value) for value in strip.loaded_first]:
                figure.scatter(squares, [y] * len(squares), marker=_COLD, **of_row)
            figure.scatter([middle], [y], marker=_MEDIAN, **of_row)

    return _drawn(draw, _times_across(across), width, height, colour)


def _times_across(scale: Scale) -> _Across:
    """The axis of times. Places on it are shares of its length: plotext's own logarithmic axis loses its limits."""
    shown = [f"{tick:g}" if tick < 1e5 else f"{tick:.0e}" for tick in scale.ticks]
    label = f"{plots.end_metric().label}, {plots.end_metric().unit}"
    says = f"{label}, logarithmic" if scale.logarithmic else label
    return _Across(-0.02, 1.02, [scale.at(tick) for tick in scale.ticks], shown, says)


def _below(axis: str, across: _Across, width: int) -> str:
    """The labels below an axis, as far as there is room for them: plotext puts them there in the order of a set of
    texts, so that each run of the program would have others."""
    begin, ticks = axis.index("└") + 1, [column for column, sign in enumerate(axis) if sign == "┬"]
    made = ""
    for place, label in zip(across.places, across.labels, strict=True):
        share = (place - across.least) / (across.most - across.least)
        tick = min(ticks, key=lambda column: abs(column - begin - share * (width - begin - 1)))
        start = min(max(tick - len(label) // 2, 0), width - len(label))
        if not made or start > len(made):
            made = made.ljust(start) + label
    return made


def _drawn(draw: Callable[[Any], None], across: _Across, width: int, height: int, colour: bool) -> str:
    import plotext  # type: ignore[import-untyped]  # takes a tenth of a second to load

    with _LOCK:
        plotext.clear_figure()
        plotext.theme("clear")
        plotext.limit_size(False, False)
        plotext.plotsize(width, height)
        plotext.xaxes(True, False)
        plotext.yaxes(True, False)
        plotext.xlim(across.least, across.most)
        plotext.xticks(across.places, [""] * len(across.places))
        plotext.xlabel(across.says)
        draw(plotext)
        text: str = plotext.build()
        plotext.clear_figure()
    lines = (text if colour else plotext.uncolorize(text)).splitlines()
    axis = len(lines) - _AXIS
    lines[axis + 1] = _below(plotext.uncolorize(lines[axis]), across, width)
    return "\n".join(line.rstrip() for line in lines)
