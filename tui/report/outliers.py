"""Answers that took far longer, or came far faster, than the same model's other answers to the same prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from tui.core.lane import Lane
from tui.core.timing import Timing

OUTLIERS_FROM = 5
"""Answers to one prompt from which on outliers are named; of fewer nobody can say which is the odd one."""
LIMIT = 3.0
"""Scaled median absolute deviations from the median, beyond which an answer is an outlier."""
SCALE = 1.4826
"""Makes the median absolute deviation of normally distributed values their standard deviation."""

METRICS: dict[str, Callable[[Timing], float | None]] = {
    "ttft_ms": lambda timing: timing.ttft_ms,
    "end_ms": lambda timing: timing.end_ms,
    "decode_tps": lambda timing: timing.decode_tps,
}


@dataclass(frozen=True, slots=True)
class Outlier:
    """One number that stands apart. It is in every statistic all the same."""

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
    """How many scaled median absolute deviations it is away; below 0 for less than the median."""


def outliers(asked: Iterable[tuple[str, str, Lane]]) -> tuple[Outlier, ...]:
    """Those among the runs of one row: session, prompt and lane of each. Only runs that count are looked at.

    Where more than half of the values are the same there is no deviation to compare with, and no outlier.
    """
    by_prompt: dict[str, list[tuple[str, Lane]]] = {}
    for session, prompt, lane in asked:
        if lane.state.counts:
            by_prompt.setdefault(prompt, []).append((session, lane))
    return tuple(
        outlier
        for prompt, lanes in by_prompt.items()
        for metric, read in METRICS.items()
        for outlier in _of(prompt, metric, [(session, lane, read(lane.timing)) for session, lane in lanes])
    )


def _of(prompt: str, metric: str, values: Iterable[tuple[str, Lane, float | None]]) -> list[Outlier]:
    known = [(session, lane, value) for session, lane, value in values if value is not None]
    if len(known) < OUTLIERS_FROM:
        return []
    middle = median(value for _, _, value in known)
    spread = SCALE * median(abs(value - middle) for _, _, value in known)
    if not spread:
        return []
    return [
        Outlier(session, lane.spec.id, prompt, lane.spec.round, metric, value, middle, len(known), away)
        for session, lane, value in known
        if abs(away := (value - middle) / spread) > LIMIT
    ]
