"""What each pane is to show of its lane, put together from the conductor's state."""

from __future__ import annotations

from collections.abc import Iterator

from tui.conductor import Conductor
from tui.core.dialect import told
from tui.core.lane import Lane, LaneState
from tui.core.model_card import ModelCard
from tui.core.outcome import COMPLETE, outcome
from tui.core.phases import Live, live, spans
from tui.ui.widgets.answer_pane import Column
from tui.ui.widgets.formatted import LONGEST
from tui.ui.widgets.metrics_strip import reading

_WAITING = {
    LaneState.QUEUED: "Waiting for its turn …",
    LaneState.LOADING: "Loading the model …",
    LaneState.RUNNING: "Reading the prompt …",
}
"""What stands in a pane without text until the end."""
_AGAIN = "r asks it again."
_STEPS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600)


def time_scale(lanes: list[Lane], now: int) -> float:
    """The seconds a full bar stands for, the same for all panes; grows in steps, so that bars seldom shift."""
    longest = max((lane_spans[-1].stop for lane in lanes if (lane_spans := spans(lane, now))), default=0.0)
    return float(next((step for step in _STEPS if step >= longest), longest))


def waiting_column(card: ModelCard, title: str, position: int) -> Column:
    """The pane of a model that has not been asked yet."""
    return Column(position=position, title=title, toy=card.toy, waiting="The answer comes here.")


def column(conductor: Conductor, lane: Lane, title: str, position: int, scale: float, *, folded: bool) -> Column:
    """The pane of a lane as it is now."""
    now, spec = conductor.now(), lane.spec
    card = conductor.session.target_of(lane).card
    counters = live(lane, now, conductor.tokens_per_chunk.get(spec.model, 1.0))
    warming = spec.warmup and not lane.state.final
    waiting = "Warming up; the measured answer follows." if warming else _WAITING.get(lane.state, "")
    if lane.state.final:
        waiting = f"{outcome(lane)} {_AGAIN}"
    return Column(
        position=position,
        title=title,
        toy=card.toy,
        state=lane.state,
        answer=lane.answer,
        reasoning=lane.reasoning,
        reasoning_folded=folded,
        fault=_fault(lane),
        remark=" ".join(part for part in _remarks(lane, counters) if part),
        spans=spans(lane, now),
        scale=scale,
        reading=reading(lane, counters),
        score=conductor.ratings.score_of(spec.id),
        note=conductor.ratings.note_of(spec.id),
        waiting=waiting,
    )


def _fault(lane: Lane) -> tuple[str, str] | None:
    if lane.fault is not None:
        return lane.fault.message, lane.fault.hint
    return (
        (outcome(lane), "What arrived is kept. Press r to ask again.")
        if lane.state is LaneState.CUT and lane.answer
        else None
    )


def _remarks(lane: Lane, counters: Live) -> Iterator[str]:
    """What there is to know of how the answer came about."""
    if lane.spec.warmup:
        yield "A warm-up: it is not counted."
    yield told(lane.adjusted)
    if not lane.state.final or not lane.marks.chunks:
        return
    if lane.fault is None and lane.state is not LaneState.CUT and (said := outcome(lane)) != COMPLETE:
        yield said
    if counters.rate is None and (why := lane.no_rate) is not None:
        yield f"tok/s is not known: {why}."
    if len(lane.answer) > LONGEST:
        yield f"This answer is too long to be shown as Markdown (above {LONGEST} characters)."
