"""Charts as SVG elements: drawn of plain numbers, the same bytes for the same numbers, and readable without colour.

Lengths are in units of a drawing `WIDTH` wide; the page scales it. Colours and fonts are classes of the page's style.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from math import ceil, floor, log10
from statistics import median
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

from tui.core.metrics.metrics import percentile
from tui.report.plots import Point, Strip

WIDTH = 420
_LEFT, _RIGHT = 34, 24
_LINE = 15
"""The height of a line of text."""
_LOG_FROM = 30
"""A scale is logarithmic where the largest value is more than so many times the smallest."""
DOTS_UP_TO = 80
"""The most answers of a model that are each drawn as a dot of their own."""
_MARK, _LABEL = 5.0, 13.0


@dataclass(frozen=True, slots=True)
class Lane:
    """The answers of one model: of each, when its first text came and when it ended."""

    label: str
    answers: tuple[tuple[float, float], ...]


class Place(NamedTuple):
    """A value at one of the times of a trend."""

    place: int
    value: float
    low: float | None = None
    high: float | None = None

    @property
    def span(self) -> tuple[float, ...]:
        """Its interval, where that is known, with the value in it."""
        known = [self.value, *(bound for bound in (self.low, self.high) if bound is not None)]
        return tuple(sorted(known))


@dataclass(frozen=True, slots=True)
class Line:
    """The values of one model, in the order of time."""

    label: str
    points: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a value lies between `start` and `end`, in units of the drawing."""

    ticks: tuple[float, ...]
    start: float
    end: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """The place of a value, which lies between the first and the last tick."""
        low, high, value = (log10(number) if self.logarithmic else number for number in self._span(value))
        return self.start + (self.end - self.start) * (value - low) / (high - low)

    def _span(self, value: float) -> tuple[float, float, float]:
        return self.ticks[0], self.ticks[-1], value


def time_scale(values: Sequence[float], start: float = _LEFT, end: float = WIDTH - _RIGHT) -> Scale:
    """A scale for times: from zero, or logarithmic where they are of very different size."""
    least, most = min(values), max(values)
    if least > 0 and most / least > _LOG_FROM:
        powers = range(floor(log10(least)), ceil(log10(most)) + 1)
        return Scale(tuple(10.0**power for power in powers), start, end, logarithmic=True)
    return Scale(round_numbers(0, most), start, end)


def scatter(
    points: Sequence[Point], scale: int, x_label: str, y_label: str, ahead: Set[str] | None, **about: str
) -> Element:
    """Time to the right, quality upwards, from 1 to `scale`. The points named in `ahead` are filled and joined; None
    where nothing is said of a front."""
    height, bottom = 260, 222
    drawing = _drawing(height, about)
    across = time_scale([point.x for point in points])
    up = Scale(round_numbers(1, scale), bottom, 24)
    _time_axis(drawing, across, 24, bottom, x_label)
    _text(drawing, 2, 12, y_label, "note")
    for tick in up.ticks:
        _element(drawing, "line", "grid", x1=_LEFT, x2=WIDTH - _RIGHT, y1=up.at(tick), y2=up.at(tick))
        _text(drawing, _LEFT - 6, up.at(tick) + 4, f"{tick:g}", "tick end")
    places = [(point, across.at(point.x), up.at(point.y)) for point in points]
    joined = sorted((x, y) for point, x, y in places if ahead is not None and point.label in ahead)
    if len(joined) > 1:
        _element(drawing, "polyline", "front", points=" ".join(f"{_number(x)},{_number(y)}" for x, y in joined))
    taken = [(x, y) for _, x, y in places]
    for point, x, y in places:
        _element(drawing, "circle", "dot" if ahead is None or point.label in ahead else "dot open", cx=x, cy=y, r=_MARK)
    for point, x, y in places:
        at = _free(x, y, taken)
        taken.append(at)
        _text(drawing, at[0], at[1] + 4, point.label, "mid")
    return drawing


def strips(rows: Sequence[Strip], x_label: str, **about: str) -> Element:
    """For each model a line from its shortest to its longest time, a box around the middle half and a bar at the
    median. Where there are no more than `DOTS_UP_TO` answers, each is a dot, or an open square where the model was
    loaded first."""
    pitch, top = 44, 6
    bottom = top + pitch * len(rows)
    drawing = _drawing(bottom + 2 * _LINE + 8, about)
    scale = time_scale([value for row in rows for value in row.drawn])
    _time_axis(drawing, scale, top, bottom, x_label)
    for number, row in enumerate(rows):
        y, values = top + pitch * number + 29, row.values
        _text(drawing, _LEFT, y - 14, row.label)
        places = [scale.at(percentile(values, percent)) for percent in (0, 25, 75, 100)]
        _element(drawing, "line", "whisker", x1=places[0], x2=places[3], y1=y, y2=y)
        _element(drawing, "rect", "box", x=places[1], y=y - 7, width=places[2] - places[1], height=14)
        few = len(row.drawn) <= DOTS_UP_TO
        dots, squares = (() if row.cold or not few else values), (row.loaded_first if few else ())
        for value in dots:
            _element(drawing, "circle", "small", cx=scale.at(value), cy=y, r=2)
        for value in squares:
            _element(drawing, "rect", "cold", x=scale.at(value) - 3, y=y - 3, width=6, height=6)
        middle = scale.at(median(values))
        _element(drawing, "line", "median", x1=middle, x2=middle, y1=y - 10, y2=y + 10)
    return drawing


def timings(lanes: Sequence[Lane], x_label: str, **about: str) -> Element:
    """A bar for each answer, all from zero on one scale: thin until its first text, thick from there to its end."""
    pitch = 6 if sum(len(lane.answers) for lane in lanes) <= 60 else 3
    top, gap = 6, _LINE + 8
    bottom = top + sum(gap + pitch * len(lane.answers) for lane in lanes)
    drawing = _drawing(bottom + 2 * _LINE + 8, about)
    most = max(end for lane in lanes for _, end in lane.answers)
    scale = Scale(round_numbers(0, most), _LEFT, WIDTH - _RIGHT)
    _time_axis(drawing, scale, top, bottom, x_label)
    y = float(top)
    for lane in lanes:
        _text(drawing, _LEFT, y + _LINE, lane.label)
        y += gap
        for first, end in lane.answers:
            _element(drawing, "line", "whisker", x1=scale.at(0), x2=scale.at(first), y1=y, y2=y)
            _element(
                drawing, "rect", "bar", x=scale.at(first), y=y - pitch / 3, width=scale.at(end) - scale.at(first),
                height=2 * pitch / 3,
            )  # fmt: skip
            y += pitch
    return drawing


def trend(lines: Sequence[Line], times: Sequence[str], y_label: str, scale: int | None, **about: str) -> Element:
    """A line for each model through its sessions, the earliest to the left, with the interval of each value.

    `times` are what the places to the right are called. Upwards from 1 to `scale`; where that is None, times.
    """
    height, bottom, left = 260, 222, _LEFT + 14
    drawing = _drawing(height, about)
    values = [value for line in lines for point in line.points for value in point.span]
    up = time_scale(values, bottom, 24) if scale is None else Scale(round_numbers(1, scale), bottom, 24)
    across = Scale((0, max(len(times) - 1, 1)), left + 12, WIDTH - _RIGHT - 16)
    _text(drawing, 2, 12, y_label, "note")
    for tick in up.ticks:
        _element(drawing, "line", "grid", x1=left, x2=WIDTH - _RIGHT, y1=up.at(tick), y2=up.at(tick))
        _text(drawing, left - 6, up.at(tick) + 4, f"{tick:g}" if tick < 1e4 else f"{tick / 1000:g}k", "tick end")
    for place, kind in ((0, "tick"), (len(times) - 1, "tick end"))[: len(times)]:
        _text(drawing, left if place == 0 else WIDTH - _RIGHT, bottom + _LINE, times[place], kind)
    taken: list[tuple[float, float]] = []
    for line in lines:
        places = [(across.at(point.place), up.at(point.value)) for point in line.points]
        for (x, _), point in zip(places, line.points, strict=True):
            low, high = min(point.span), max(point.span)
            _element(drawing, "line", "whisker", x1=x, x2=x, y1=up.at(low), y2=up.at(high))
        if len(places) > 1:
            drawn = " ".join(f"{_number(x)},{_number(y)}" for x, y in places)
            _element(drawing, "polyline", "course", points=drawn)
        for x, y in places:
            _element(drawing, "circle", "dot", cx=x, cy=y, r=3)
        taken += places
    for line in lines:
        x, y = across.at(line.points[-1].place), up.at(line.points[-1].value)
        at = _free(x, y, taken)
        taken.append(at)
        _text(drawing, at[0], at[1] + 4, line.label, "mid")
    return drawing


def round_numbers(least: float, most: float, about: int = 5) -> tuple[float, ...]:
    """Some `about` round numbers from one to the other, the last at or above `most`."""
    span = most - least if most > least else 1.0
    power = 10.0 ** floor(log10(span / about))
    step = next(size * power for size in (1, 2, 5, 10) if size * power * about >= span * 0.999)
    return tuple(least + step * number for number in range(ceil(span / step * 0.999) + 1))


def _free(x: float, y: float, taken: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """A place for a label beside a point, where it covers no other label and no point, if there is one."""
    places = [(x + _LABEL, y), (x - _LABEL, y), (x, y - _LABEL), (x, y + _LABEL), (x + _LABEL, y - _LABEL),
              (x - _LABEL, y + _LABEL), (x - _LABEL, y - _LABEL), (x + _LABEL, y + _LABEL)]  # fmt: skip
    inside = [place for place in places if _LEFT < place[0] < WIDTH - _RIGHT]
    return next((one for one in inside if not any(_near(one, other) for other in taken)), inside[0])


def _near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) < _LABEL - 1 and abs(one[1] - other[1]) < _LABEL - 1


def _time_axis(drawing: Element, scale: Scale, top: float, bottom: float, label: str) -> None:
    for tick, shown in _spaced(scale):
        x = scale.at(tick)
        _element(drawing, "line", "grid", x1=x, x2=x, y1=top, y2=bottom)
        if shown:
            _text(drawing, x, bottom + _LINE, f"{tick:g}" if tick < 1e5 else f"{tick:.0e}", "tick mid")
    _text(drawing, WIDTH - _RIGHT, bottom + 2 * _LINE + 2, label, "note end")


def _spaced(scale: Scale) -> Iterator[tuple[float, bool]]:
    """The ticks, and whether there is room for the number of each."""
    last = -float(WIDTH)
    for tick in scale.ticks:
        shown = scale.at(tick) - last >= 36
        last = scale.at(tick) if shown else last
        yield tick, shown


def _drawing(height: float, about: dict[str, str]) -> Element:
    facts = {name.replace("_", "-"): value for name, value in about.items()}
    return Element("svg", {"viewBox": f"0 0 {WIDTH} {_number(height)}", "role": "img", **facts})


def _element(drawing: Element, tag: str, kind: str, **places: float | str) -> None:
    """A shape of this class."""
    shown = {name: place if isinstance(place, str) else _number(place) for name, place in places.items()}
    SubElement(drawing, tag, {"class": kind, **shown})


def _text(drawing: Element, x: float, y: float, text: str, kind: str = "") -> None:
    SubElement(drawing, "text", {"class": f"text {kind}".strip(), "x": _number(x), "y": _number(y)}).text = text


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
