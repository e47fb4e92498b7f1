"""Load, cold and warm apart: what the first answer after a load took, and what the same prompts took afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.core.requests.request import Request
from tui.report.statistics.sample import Stat, stat_of

NOTED = ("ttft_ms", "end_ms")
"""The metrics that are told cold and warm."""


@dataclass(frozen=True, slots=True)
class Loads:
    """How a model began, and how it went on; of answers that count."""

    model: str
    """The session's key of the model."""
    load_ms: Stat
    """Of the host's load call."""
    cold: tuple[Stat, ...]
    """For each of `NOTED`, of answers for which the model was loaded; warm-ups are among them."""
    warm: tuple[Stat, ...]
    """The same of later answers to the same prompts, without warm-ups."""


def loads(requests: Iterable[Request]) -> list[Loads]:
    """Of each model that was seen to be loaded for one of these requests, warm-ups included; in their order.

    Only the prompts of cold answers are compared, so that a short warm-up is not held against long answers.
    """
    by_model: dict[str, list[Request]] = {}
    for request in requests:
        by_model.setdefault(request.spec.model, []).append(request)
    found = []
    for model, asked in by_model.items():
        loaded = [request for request in asked if request.metrics.load_ms is not None]
        if not loaded:
            continue
        cold = [request for request in loaded if request.state.counts]
        prompts = {request.spec.prompt for request in cold}
        warm = [
            request
            for request in asked
            if request.state.counts and request.timestamps.load_start is None
            and not request.spec.warmup and request.spec.prompt in prompts
        ]  # fmt: skip
        load_ms = stat_of(request.metrics.load_ms for request in loaded)
        found.append(Loads(model, load_ms, _stats(cold), _stats(warm)))
    return found


def _stats(requests: Sequence[Request]) -> tuple[Stat, ...]:
    return tuple(stat_of(getattr(request.metrics, name) for request in requests) for name in NOTED)
