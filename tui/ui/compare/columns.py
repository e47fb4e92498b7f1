"""What each pane is to show of its request, put together from the runner's state."""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.catalog.model_card import ModelCard
from tui.core.requests.dropped_options import told
from tui.core.requests.outcome import COMPLETE, outcome
from tui.core.requests.phases import Live, live, spans
from tui.core.requests.request import Request, RequestState
from tui.runner import Runner
from tui.ui.widgets.answer.formatted import LONGEST
from tui.ui.widgets.answer.pane import PaneData
from tui.ui.widgets.metrics import reading

_WAITING = {
    RequestState.QUEUED: "Waiting for its turn …",
    RequestState.LOADING: "Loading the model …",
    RequestState.RUNNING: "Reading the prompt …",
}
"""What stands in a pane without text until the end."""
_AGAIN = "r asks it again."
_STEPS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600)


def time_scale(requests: list[Request], now: int) -> float:
    """The seconds a full bar stands for, the same for all panes; grows in steps, so that bars seldom shift."""
    longest = max(
        (request_spans[-1].stop for request in requests if (request_spans := spans(request, now))), default=0.0
    )
    return float(next((step for step in _STEPS if step >= longest), longest))


def waiting_column(card: ModelCard, title: str, position: int) -> PaneData:
    """The pane of a model that has not been asked yet."""
    return PaneData(position=position, title=title, toy=card.toy, waiting="The answer comes here.")


def column(runner: Runner, request: Request, title: str, position: int, scale: float, *, folded: bool) -> PaneData:
    """The pane of a request as it is now."""
    now, spec = runner.now(), request.spec
    card = runner.session.model_of(request).card
    counters = live(request, now, runner.tokens_per_chunk.get(spec.model, 1.0))
    warming = spec.warmup and not request.state.final
    waiting = "Warming up; the measured answer follows." if warming else _WAITING.get(request.state, "")
    if request.state.final:
        waiting = f"{outcome(request)} {_AGAIN}"
    return PaneData(
        position=position,
        title=title,
        toy=card.toy,
        state=request.state,
        answer=request.answer,
        reasoning=request.reasoning,
        reasoning_folded=folded,
        fault=_fault(request),
        remark=" ".join(part for part in _remarks(request, counters) if part),
        spans=spans(request, now),
        scale=scale,
        reading=reading(request, counters),
        score=runner.ratings.score_of(spec.id),
        note=runner.ratings.note_of(spec.id),
        waiting=waiting,
    )


def _fault(request: Request) -> tuple[str, str] | None:
    if request.fault is not None:
        return request.fault.message, request.fault.hint
    return (
        (outcome(request), "What arrived is kept. Press r to ask again.")
        if request.state is RequestState.CUT and request.answer
        else None
    )


def _remarks(request: Request, counters: Live) -> Iterator[str]:
    """What there is to know of how the answer came about."""
    if request.spec.warmup:
        yield "A warm-up: it is not counted."
    yield told(request.adjusted)
    if not request.state.final or not request.timestamps.chunks:
        return
    if request.fault is None and request.state is not RequestState.CUT and (said := outcome(request)) != COMPLETE:
        yield said
    if counters.rate is None and (why := request.no_rate) is not None:
        yield f"tok/s is not known: {why}."
    if len(request.answer) > LONGEST:
        yield f"This answer is too long to be shown as Markdown (above {LONGEST} characters)."
