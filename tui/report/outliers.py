"""Answers that took far longer, or came far faster, than the same model's other answers to the same prompt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from tui.core.metrics.registry import Place, metrics_in
from tui.core.requests.request import RequestState

OUTLIERS_FROM = 5
"""The fewest answers to one prompt for which outliers are named; of fewer nobody can say which is the odd one."""
LIMIT = 3.0
"""Scaled median absolute deviations from the median, beyond which an answer is an outlier."""
SCALE = 1.4826
"""Makes the median absolute deviation of normally distributed values their standard deviation."""


@dataclass(frozen=True, slots=True)
class ReportedRequest:
    """What a report keeps of one run. Its values are None where they are unknown or do not count."""

    session: str
    id: str
    prompt: str
    round: int
    state: RequestState
    values: tuple[float | None, ...]
    """The metrics of a report, in the order of `metrics_in(Place.REPORT)`; a mapping would double a run's size."""
    flags: tuple[str, ...]
    """The names of the report's flags that hold."""
    estimated: bool
    """The tokens behind its rates were not counted by the server."""
    memory: int | None
    """The most bytes that the serving process was seen to hold."""


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
    deviations: float
    """Its distance from the median in scaled median absolute deviations; negative below the median."""


def outliers(runs: Iterable[ReportedRequest]) -> tuple[Outlier, ...]:
    """The outliers among the runs of one row, in their order. Only values that count are compared.

    Where more than half of the values are the same, there is no deviation to compare with, and no outlier.
    """
    by_prompt: dict[str, list[ReportedRequest]] = {}
    for run in runs:
        by_prompt.setdefault(run.prompt, []).append(run)
    return tuple(
        outlier
        for same in by_prompt.values()
        for number, metric in enumerate(metrics_in(Place.REPORT))
        for outlier in _of(metric.name, [(run, run.values[number]) for run in same])
    )


def _of(metric: str, values: Iterable[tuple[ReportedRequest, float | None]]) -> list[Outlier]:
    known = [(run, value) for run, value in values if value is not None]
    if len(known) < OUTLIERS_FROM:
        return []
    middle = median(value for _, value in known)
    spread = SCALE * median(abs(value - middle) for _, value in known)
    if not spread:
        return []
    return [
        Outlier(run.session, run.id, run.prompt, run.round, metric, value, middle, len(known), away)
        for run, value in known
        if abs(away := (value - middle) / spread) > LIMIT
    ]
