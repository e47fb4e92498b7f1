"""How far a plan has come, and how long it may still take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from tui.core.plans.mode import Mode
from tui.core.plans.plan_run import PlanRun, newest
from tui.core.requests.request import Request, RequestState


@dataclass(frozen=True, slots=True)
class Progress:
    """How many requests have ended, however they did; warm-ups are requests too. `left_s` is an estimate in seconds;
    None until something has ended, and when nothing is left."""

    ended: int
    total: int
    left_s: float | None

    def in_words(self) -> str:
        """As a phrase: `3 of 12 ended, about 40 s left`."""
        return f"{self.ended} of {self.total} ended" + ("" if self.left_s is None else f", {_span(self.left_s)} left")

    def in_few_words(self) -> str:
        """The same in fewer: `3/12, about 40 s left`."""
        return f"{self.ended}/{self.total}" + ("" if self.left_s is None else f", {_span(self.left_s)} left")


def progress(requests: Iterable[Request]) -> Progress:
    """How far these requests have come. What is still to end is expected to take as long as its model took so far.

    Of requests that were made again only the last ones should be among `requests` (`plan_run.newest`).
    A model that nothing has ended of takes as long as all do. One whose last request failed is going to be skipped. In
    a race the slowest model sets the pace.
    """
    every = list(requests)
    took: dict[str, list[float]] = {}
    failed: dict[str, bool] = {}
    for request in every:
        if request.state.final:
            failed[request.spec.model] = request.state in (RequestState.FAILED, RequestState.SKIPPED)
            seconds = _seconds(request)
            if seconds is not None:
                took.setdefault(request.spec.model, []).append(seconds)
    left = [request for request in every if not request.state.final]
    typical = {model: median(times) for model, times in took.items()}
    expected = None
    if typical and left:
        usual = median(typical.values())
        alive = [request for request in left if not failed.get(request.spec.model, False)]
        expected = _together(alive, [typical.get(request.spec.model, usual) for request in alive])
    return Progress(len(every) - len(left), len(every), expected)


def progress_of(run: PlanRun) -> Progress:
    """How far a run has come: of requests that were made again the last ones count."""
    come = progress(newest(run.requests.values()))
    if come.left_s is None or not run.plan.pause_s:
        return come
    return replace(come, left_s=come.left_s + run.plan.pause_s * max(come.total - come.ended, 0))


def _together(requests: Sequence[Request], seconds: Sequence[float]) -> float:
    """One after another, but for those that race each other: they take as long as the slowest."""
    batches: dict[tuple[object, ...], float] = {}
    for request, took in zip(requests, seconds, strict=True):
        spec = request.spec
        together = spec.mode is Mode.RACE and not spec.warmup
        batch = (spec.prompt, spec.round, spec.launch) if together else (spec.id,)
        batches[batch] = max(took, batches.get(batch, 0.0))
    return sum(batches.values())


def _seconds(request: Request) -> float | None:
    """From request to end; loading is left out, because it happens once."""
    timestamps = request.timestamps
    return None if timestamps.sent is None or timestamps.end is None else (timestamps.end - timestamps.sent) / 1e9


def _span(seconds: float) -> str:
    if seconds < 1:
        return "less than 1 s"
    whole = round(seconds)
    return f"about {whole} s" if whole < 100 else f"about {round(whole / 60)} min"
