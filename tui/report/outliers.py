"""Answers that took far longer, or came far faster, than the same model's other answers to the same prompt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from tui.core.metrics.registry import Place, metrics_in
from tui.report.reported_request import ReportedRequest, column

OUTLIERS_FROM = 5
"""The fewest answers to one prompt for which outliers are named; of fewer nobody can say which is the odd one."""
LIMIT = 3.5
"""Scaled median absolute deviations from the median, beyond which a value is an outlier (Iglewicz & Hoaglin 1993)."""
SHARE = 0.05
"""The share of the median by which it must differ besides: where all others are nearly alike, a trifle is none."""
SCALE = 0.6745
"""The median absolute deviation of normally distributed values, in standard deviations."""


@dataclass(frozen=True, slots=True)
class Outlier:
    """One value that is far from the others. It stays in every statistic."""

    session: str
    run: str
    prompt: str
    round: int
    metric: str
    value: float
    median: float
    """Of all `n` answers to this prompt."""
    n: int
    deviations: float | None
    """Its distance from the median in scaled median absolute deviations; negative below the median. None where most
    values are the same, and there is no deviation."""


def outliers(runs: Iterable[ReportedRequest]) -> tuple[Outlier, ...]:
    """The outliers among the runs of one row, in their order. Only values that count are compared."""
    by_prompt: dict[str, list[ReportedRequest]] = {}
    every = list(runs)
    for prompt, run in zip(column(every, "prompt"), every, strict=True):
        by_prompt.setdefault(prompt, []).append(run)
    found: list[Outlier] = []
    for same in by_prompt.values():
        columns = zip(*column(same, "values"), strict=True)
        for metric, values in zip(metrics_in(Place.REPORT), columns, strict=True):
            found += _of(metric.name, same, values)
    return tuple(found)


def _of(metric: str, runs: Sequence[ReportedRequest], values: Sequence[float | None]) -> list[Outlier]:
    there = sorted([value for value in values if value is not None])
    if len(there) < OUTLIERS_FROM:
        return []
    middle = median(there)
    # Of sorted values they fall and then rise: their own median takes no time to speak of.
    deviations = [abs(value - middle) for value in there]
    deviation = median(deviations)
    if SCALE * max(deviations) <= LIMIT * deviation:
        return []
    known = [(run, value) for run, value in zip(runs, values, strict=True) if value is not None]
    return [
        Outlier(
            run.session, run.id, run.prompt, run.round, metric, value, middle, len(known),
            SCALE * (value - middle) / deviation if deviation else None,
        )
        for run, value in known
        if SCALE * abs(value - middle) > LIMIT * deviation and abs(value - middle) > SHARE * abs(middle)
    ]  # fmt: skip
