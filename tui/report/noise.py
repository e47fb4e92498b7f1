"""The noise floor: how far a model that was measured against itself (A/A) seems to differ from itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from statistics import fmean, stdev

from tui.core.metrics.registry import Metric, Place, metrics_in
from tui.core.requests.request import Request
from tui.core.sessions.noise_floor import LARGEST_SHARE, NoiseFloor
from tui.core.sessions.session_model import SessionModel
from tui.report.statistics.distributions import LEVEL, t_quantile

PAIRS_FROM = 4
"""The fewest pairs of answers for a noise floor: fewer say hardly anything of how far pairs are spread."""


def arms_of(models: Iterable[SessionModel]) -> tuple[SessionModel, SessionModel] | None:
    """The two arms, where these models are one model measured against itself."""
    every = list(models)
    if len(every) != 2 or not all(model.arm for model in every) or every[0].card.key != every[1].card.key:
        return None
    return every[0], every[1]


def noise_floors(requests: Sequence[Request], arms: tuple[str, str], plan: str, at: datetime) -> Iterator[NoiseFloor]:
    """The noise floor of each metric that has a better end, of a plan whose arms have these keys.

    One pair of answers is that of both arms to a prompt in a round; here each counts, as no prompt can suit an arm
    better. With d the logarithms of the pairs' ratios, the floor is the far end of the 95 % interval of their mean:
    exp(max |mean(d) ± t(.975, n-1) sd(d)/√n|) - 1. Cold answers are left out. A metric of fewer than `PAIRS_FROM`
    pairs has none.
    """
    for metric in (one for one in metrics_in(Place.REPORT) if one.better is not None):
        one, other = (_values(requests, arm, metric) for arm in arms)
        ratios = [math.log(one[key] / other[key]) for key in one if key in other]
        if len(ratios) >= PAIRS_FROM:
            mean, half = fmean(ratios), stdev(ratios) / math.sqrt(len(ratios))
            half *= t_quantile((1 + LEVEL) / 2, len(ratios) - 1)
            share = min(math.expm1(max(abs(mean - half), abs(mean + half))), LARGEST_SHARE)
            yield NoiseFloor(plan, arms[0], metric.name, round(share, 6), len(ratios), at)


def _values(requests: Iterable[Request], arm: str, metric: Metric) -> Mapping[tuple[str, int], float]:
    found = {}
    for request in requests:
        spec = request.spec
        if spec.model == arm and request.state.counts and not spec.warmup and request.timestamps.load_start is None:
            value = metric.read(request, request.metrics)
            if value is not None and value > 0:
                found[spec.prompt, spec.round] = value
    return found


def said_of_floors(floors: Sequence[NoiseFloor], name: str) -> str:
    """What an A/A measurement found, as a sentence. `name` is what the model is called."""
    if not floors:
        return f"A/A of {name}: no noise floor, which takes {PAIRS_FROM} pairs of answers; ask more rounds or prompts."
    shares, pairs = {one.metric: one.share for one in floors}, max(one.pairs for one in floors)
    return f"A/A of {name}, {pairs} pairs: what differs by less is noise: {shown_floors(shares)}."


def shown_floors(floors: Mapping[str, float]) -> str:
    """`first text 4.2 %, decoding 1.0 %`, in the order of a report, of shares by the names of metrics."""
    return ", ".join(
        f"{metric.label} {shown_share(floors[metric.name])}"
        for metric in metrics_in(Place.REPORT)
        if metric.name in floors
    )


def shown_share(share: float) -> str:
    """`4.2 %`."""
    per_cent = 100 * share
    return f"{per_cent:.0f} %" if per_cent >= 9.95 else f"{per_cent:.1f} %"
