"""Which model to choose: what the choice depends on in one table, what a model must have, and what weighs how much.

Pure. The dimensions are those of the workshop's table for selecting a model: latency, throughput, memory, quality,
footprint and licence. A weighted sum is the workshop's heuristic and an opinion; what the numbers show of two models is
said by the verdicts (`tui.report.verdict_words`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from tui.core.conditions.grammar import Conditions
from tui.core.errors import BadInputError
from tui.core.metrics.registry import Better
from tui.core.plans.mode import Mode
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN, data_size, milliseconds, quantity
from tui.core.text.nearest import unknown_name
from tui.report.formats.words import criterion_of
from tui.report.front import Front, fronts
from tui.report.judging import lacking
from tui.report.matching import match
from tui.report.pairs import Matches
from tui.report.reported_request import PEOPLE
from tui.report.row_names import row_names
from tui.report.rows import Row
from tui.report.statistics.sample import Stat
from tui.report.subject import Subject

_NAME_SHOWN = 40


@dataclass(frozen=True, slots=True, eq=False)
class SelectionDimension:
    """One thing that a choice depends on."""

    name: str
    """As it is named in `--weight`."""
    title: str
    meaning: str
    text: Callable[[Row], str]
    """What is shown of a row; `-` where it is not known."""
    value: Callable[[Row], float | None] | None = None
    """What is weighed; without it nothing is, and only a must-have can be about it."""
    better: Better = Better.HIGHER


def latency_text(row: Row) -> str:
    """The median time of whole answers, with p95 or the longest."""
    stat = row.stat("end_ms")
    if not stat.n:
        return UNKNOWN
    tail = f"max {milliseconds(stat.maximum)}" if stat.p95 is None else f"p95 {milliseconds(stat.p95)}"
    return f"{milliseconds(stat.median)}, {tail} (n {stat.n})" if stat.n > 1 else f"{milliseconds(stat.median)} (n 1)"


def throughput_text(row: Row) -> str:
    """The median rate of decoding."""
    stat: Stat = row.stat("decode_tps")
    return f"{'~' * stat.estimated}{quantity(stat.median, 'tok/s')}" if stat.n else UNKNOWN


def size_text(megabytes: float | None) -> str:
    """A size of so many MB."""
    return data_size(None if megabytes is None else megabytes * 1e6)


def licence_text(row: Row) -> str:
    """The licence, as the host names it."""
    return clean_line(row.licence or UNKNOWN, _NAME_SHOWN)


def _quality_text(row: Row) -> str:
    if row.quality is not None:
        answers = sum(any(score.raters == PEOPLE for score in run.scores) for run in row.requests)
        return f"{row.quality:.2f} (n {answers})"
    return UNKNOWN


_SHARED = (
    "Memory is that of one process with all models that it had loaded, not of each model: it is shown, and not weighed."
)
DIMENSIONS = (
    SelectionDimension(
        "quality", "Quality", "people's scores, joined by the rubric's weights; from 1 to 5",
        _quality_text, lambda row: row.quality,
    ),
    SelectionDimension(
        "latency", "Latency", "the time of the whole answer, median", latency_text,
        lambda row: row.stat("end_ms").median, Better.LOWER,
    ),
    SelectionDimension(
        "throughput", "Throughput", "tokens per second while decoding, median", throughput_text,
        lambda row: row.stat("decode_tps").median,
    ),
    SelectionDimension(
        "memory", "Memory", "the most that the serving process held", lambda row: size_text(row.memory_mb),
        lambda row: row.memory_mb, Better.LOWER,
    ),
    SelectionDimension(
        "footprint", "On disk", "what the model takes on disk", lambda row: size_text(row.size_mb),
        lambda row: row.size_mb, Better.LOWER,
    ),
    SelectionDimension("licence", "Licence", "as its host names it", licence_text),
)  # fmt: skip
"""All of them: read by the table, by `--weight` and its errors, and by the documents. The last needs no weight."""


@dataclass(frozen=True, slots=True)
class Selected:
    """One row of a report, as a choice."""

    name: str
    row: Row
    texts: tuple[str, ...]
    """What is shown for each of `DIMENSIONS`."""
    lacks: tuple[str, ...] = ()
    """The must-haves that it fails, each as a sentence without its stop."""
    share: float | None = None
    """From 0 to 1: the weighted mean of its values over the best ones; None where a weighed value is not known, a
    must-have is failed, or nothing is weighed."""
    unknown: tuple[str, ...] = ()
    """The titles of weighed dimensions that are not known of it."""


@dataclass(frozen=True, slots=True)
class ModelSelection:
    """The rows of one mode, those that fail no must-have first, and of those the one with the highest share."""

    mode: Mode
    models: tuple[Selected, ...]
    weights: Mapping[str, float]
    """By dimension; empty where nothing is weighed."""
    fronts: tuple[Front, ...] = ()
    """Of the rows that fail no must-have."""
    not_weighed: Mapping[str, str] = field(default_factory=dict)
    """By dimension why it is in no share, as a sentence: what is shown of it is no model's own."""

    @property
    def failing(self) -> tuple[Selected, ...]:
        """Those that fail a must-have."""
        return tuple(one for one in self.models if one.lacks)


def parse_weights(texts: Iterable[str]) -> dict[str, float]:
    """Weights by dimension, of texts like `quality=3,latency=1`. Raises BadInputError."""
    weighed = {one.name: one for one in DIMENSIONS if one.value is not None}
    found: dict[str, float] = {}
    for part in (part for text in texts for part in text.split(",")):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if name not in weighed:
            raise BadInputError(
                f"--weight: {unknown_name(clean_line(name, _NAME_SHOWN), weighed, 'a dimension')}",
                hint="Write it as in --weight quality=3,latency=1.",
            )
        try:
            weight = float(value)
        except ValueError:
            weight = math.nan
        if not equals or not math.isfinite(weight) or weight < 0:
            raise BadInputError(
                f"--weight: {name} needs a number from 0 on", hint="Write it as in --weight quality=3,latency=1."
            )
        found[name] = weight
    if found and not any(found.values()):
        raise BadInputError("--weight: a weight has to be above 0")
    return found


def selections(
    rows: Sequence[Row],
    requires: Conditions = (),
    weights: Mapping[str, float] | None = None,
    matches: Matches | None = None,
) -> tuple[ModelSelection, ...]:
    """For each mode that these rows have, what the choice among them depends on.

    `requires` are the must-haves. Rows need the figures that they are about: see `Aggregation`. `matches` are those of
    the rows, where they are known.
    """
    weights = {} if weights is None else weights
    names = row_names(rows)
    lacks = [lacking(row, requires) for row in rows]
    passing = [row for row, its in zip(rows, lacks, strict=True) if not its]
    if matches is None:
        matches = match((row.subject, row.requests) for row in rows)
    by_mode = groupby(
        sorted(zip(names, rows, lacks, strict=True), key=lambda one: one[1].subject.mode is not Mode.MEASURE),
        key=lambda one: one[1].subject.mode,
    )
    return tuple(
        _selection(mode, list(of_mode), weights, fronts([row for row in passing if row.subject.mode is mode], matches))
        for mode, of_mode in by_mode
    )


def _selection(
    mode: Mode, of_mode: Sequence[tuple[str, Row, tuple[str, ...]]], weights: Mapping[str, float],
    found: Iterable[Front],
) -> ModelSelection:  # fmt: skip
    not_weighed = {"memory": _SHARED} if shares_memory([row for _, row, _ in of_mode]) else {}
    own = {name: weight for name, weight in weights.items() if name not in not_weighed}
    return ModelSelection(mode, tuple(_ordered(of_mode, own)), weights, tuple(found), not_weighed)


def shares_memory(rows: Iterable[Row]) -> bool:
    """Whether the memory of one of these rows is of a process that another of their models was asked of in the same
    session: it holds them all, so that it is no model's own."""
    asked: dict[tuple[str, str], set[tuple[str, str | None, str | None]]] = {}
    for row in rows:
        what = row.subject
        for run in row.requests:
            if run.memory is not None:
                asked.setdefault((run.session, what.host), set()).add((what.model, what.variant, what.device))
    return any(len(models) > 1 for models in asked.values())


def _ordered(rows: Sequence[tuple[str, Row, tuple[str, ...]]], weights: Mapping[str, float]) -> list[Selected]:
    best = _best([row for _, row, lacks in rows if not lacks])
    made = []
    for name, row, lacks in rows:
        values = {one.name: one.value(row) for one in DIMENSIONS if one.value is not None}
        unknown = tuple(one.title for one in DIMENSIONS if weights.get(one.name) and values.get(one.name) is None)
        share = None if lacks or unknown or not weights else _share(values, best, weights)
        made.append(Selected(name, row, tuple(one.text(row) for one in DIMENSIONS), lacks, share, unknown))
    return sorted(made, key=lambda one: (bool(one.lacks), -(one.share if one.share is not None else -1)))


def _best(rows: Sequence[Row]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in DIMENSIONS:
        known = [value for row in rows if one.value is not None and (value := one.value(row)) is not None]
        if known:
            found[one.name] = max(known) if one.better is Better.HIGHER else min(known)
    return found


def _share(
    values: Mapping[str, float | None], best: Mapping[str, float], weights: Mapping[str, float]
) -> float:  # fmt: skip
    parts, whole = 0.0, 0.0
    for one in DIMENSIONS:
        weight, value = weights.get(one.name, 0.0), values.get(one.name)
        if weight and value is not None:
            over = (value, best[one.name]) if one.better is Better.HIGHER else (best[one.name], value)
            parts += weight * (over[0] / over[1] if over[1] else 1.0)
            whole += weight
    return parts / whole


def said_of_front(front: Front, names: Mapping[Subject, str]) -> str:
    """Who is on a front, as a sentence."""
    if front.why_not:
        return front.why_not
    ahead = [point for point, is_ahead in zip(front.points, front.ahead, strict=True) if is_ahead]
    shown = "; ".join(
        f"{names[point.row.subject]} ({point.mean:.2f} in {milliseconds(point.time_ms)})"
        for point in sorted(ahead, key=lambda point: point.time_ms)
    )
    return f"Front of {criterion_of(front.criterion)} against the time of the whole answer: {shown}."
