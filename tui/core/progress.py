"""How far a plan has come, and how long it may still take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from tui.core.lane import Lane, LaneState
from tui.core.plan import Mode


@dataclass(frozen=True, slots=True)
class Progress:
    """How many requests have ended, however they did; warm-ups are requests too. `left_s` is an estimate in seconds;
    None until something has ended."""

    ended: int
    total: int
    left_s: float | None

    def told(self) -> str:
        """As a phrase: `3 of 12 ended, about 40 s left`."""
        return f"{self.ended} of {self.total} ended" + ("" if self.left_s is None else f", {_span(self.left_s)} left")


def progress(lanes: Iterable[Lane]) -> Progress:
    """How far these lanes have come. What is still to end is expected to take as long as its model took so far.

    Of requests that were made again only the last ones should be among `lanes` (`run.newest`).
    A model that nothing has ended of takes as long as all do. One whose last request failed is going to be skipped. In
    a race the slowest model sets the pace.
    """
    every = list(lanes)
    took: dict[str, list[float]] = {}
    failed: dict[str, bool] = {}
    for lane in every:
        if lane.state.final:
            failed[lane.spec.model] = lane.state in (LaneState.FAILED, LaneState.SKIPPED)
            seconds = _seconds(lane)
            if seconds is not None:
                took.setdefault(lane.spec.model, []).append(seconds)
    left = [lane for lane in every if not lane.state.final]
    typical = {model: median(times) for model, times in took.items()}
    expected = None
    if typical:
        usual = median(typical.values())
        alive = [lane for lane in left if not failed.get(lane.spec.model, False)]
        expected = _together(alive, [typical.get(lane.spec.model, usual) for lane in alive])
    return Progress(len(every) - len(left), len(every), expected)


def _together(lanes: Sequence[Lane], seconds: Sequence[float]) -> float:
    """One after another, but for those that race each other: they take as long as the slowest."""
    waves: dict[tuple[object, ...], float] = {}
    for lane, took in zip(lanes, seconds, strict=True):
        spec = lane.spec
        together = spec.mode is Mode.RACE and not spec.warmup
        wave = (spec.prompt, spec.round, spec.launch) if together else (spec.id,)
        waves[wave] = max(took, waves.get(wave, 0.0))
    return sum(waves.values())


def _seconds(lane: Lane) -> float | None:
    """From request to end; loading is left out, because it happens once."""
    marks = lane.marks
    return None if marks.sent is None or marks.end is None else (marks.end - marks.sent) / 1e9


def _span(seconds: float) -> str:
    if seconds < 1:
        return "less than 1 s"
    whole = round(seconds)
    return f"about {whole} s" if whole < 100 else f"about {round(whole / 60)} min"
