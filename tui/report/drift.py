"""Whether a machine grew slower or faster while it was measured: the first third of a plan against the last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import fmean, median

from tui.core.metrics.registry import METRICS, MS, Metric
from tui.core.requests.request import Request

LIMIT = 0.05
"""A change of more than this share is said."""
ROUNDS_FROM = 3
"""The fewest answers to one prompt that have a first and a last third."""
LEAST_ANSWERS = 2
"""The fewest answers in either third, over all prompts: one alone may be an outlier."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How a metric of one model changed from the first third of its answers to the last."""

    model: str
    """The session's key of the model."""
    metric: Metric
    ratio: float
    """The last third over the first: the geometric mean, over prompts, of the ratio of medians."""
    prompts: int
    """How many prompts it is over."""

    @property
    def matters(self) -> bool:
        """Whether it is more than the limit, either way."""
        return abs(self.ratio - 1) > LIMIT


def drifts(requests: Iterable[Request], metric: str = "ttft_ms") -> list[Drift]:
    """The drift of each model's answers that count, in the order of the models; of one prompt each with itself alone,
    so that a long prompt at the end is none. Answers for which the model was loaded are left out, and so is a model
    with fewer than `LEAST_ANSWERS` in either third.

    Raises KeyError when there is no such metric. `requests` are in the order in which they were made.
    """
    named = {one.name: one for one in METRICS}[metric]
    values: dict[str, dict[str, list[float]]] = {}
    for request in requests:
        if request.state.counts and not request.spec.warmup and request.timestamps.load_start is None:
            value = named.read(request, request.metrics)
            if value is not None and value > 0:
                values.setdefault(request.spec.model, {}).setdefault(request.spec.prompt, []).append(value)
    found = []
    for model, by_prompt in values.items():
        enough = [of_prompt for of_prompt in by_prompt.values() if len(of_prompt) >= ROUNDS_FROM]
        ratios = [_last_over_first(of_prompt) for of_prompt in enough]
        if sum(len(of_prompt) // 3 for of_prompt in enough) >= LEAST_ANSWERS:
            found.append(Drift(model, named, exp(fmean(log(ratio) for ratio in ratios)), len(ratios)))
    return found


def _last_over_first(values: Sequence[float]) -> float:
    third = len(values) // 3
    return median(values[-third:]) / median(values[:third])


def said_of_drift(drift: Drift, name: str) -> str:
    """`phi: first text 12 % longer in the last third than in the first`, without a stop."""
    change = f"{100 * abs(drift.ratio - 1):.0f} %"
    more = drift.ratio > 1
    word = ("longer" if more else "shorter") if drift.metric.unit == MS else ("higher" if more else "lower")
    over = "" if drift.prompts == 1 else f", over {drift.prompts} prompts"
    return f"{name}: {drift.metric.label} {change} {word} in the last third of the answers than in the first{over}"
