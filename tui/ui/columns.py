"""What each pane is to show of its lane, put together from the conductor's state."""

from __future__ import annotations

from tui.conductor import Conductor
from tui.core.clean import clean_line
from tui.core.dialect import told
from tui.core.lane import Lane, LaneState
from tui.core.model_card import ModelCard
from tui.core.phases import live, spans
from tui.ui.widgets.answer_pane import Column
from tui.ui.widgets.formatted import LONGEST
from tui.ui.widgets.metrics_strip import reading

_WAITING = {
    LaneState.QUEUED: "Waiting for its turn …",
    LaneState.LOADING: "Loading the model …",
    LaneState.RUNNING: "Reading the prompt …",
    LaneState.EMPTY: "The model ended without a word. r asks it again.",
    LaneState.STOPPED: "Stopped before anything arrived. r asks it again.",
    LaneState.SKIPPED: "Skipped: this model failed before. r asks it again.",
}
"""What stands in a pane without text."""
_CUT = ("The stream ended in the middle of the answer.", "What arrived is kept. Press r to ask again.")
_NOT_COUNTED = "A warm-up: it is not counted."
_STEPS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 1800, 3600)


def time_scale(lanes: list[Lane], now: int) -> float:
    """The seconds a full bar stands for, the same for all panes; grows in steps, so that bars seldom shift."""
    longest = max((lane_spans[-1].stop for lane in lanes if (lane_spans := spans(lane, now))), default=0.0)
    return float(next((step for step in _STEPS if step >= longest), longest))


def waiting_column(card: ModelCard, position: int) -> Column:
    """The pane of a model that has not been asked yet."""
    return Column(position=position, title=_title(card), toy=card.toy, waiting="The answer comes here.")


def column(conductor: Conductor, lane: Lane, position: int, scale: float, *, folded: bool) -> Column:
    """The pane of a lane as it is now."""
    now, spec = conductor.now(), lane.spec
    card = conductor.session.target_of(lane).card
    counters = live(lane, now, conductor.tokens_per_chunk.get(spec.model, 1.0))
    warming = spec.warmup and not lane.state.final
    waiting = "Warming up; the measured answer follows." if warming else _WAITING.get(lane.state, "")
    return Column(
        position=position,
        title=_title(card),
        toy=card.toy,
        state=lane.state,
        answer=lane.answer,
        reasoning=lane.reasoning,
        reasoning_folded=folded,
        fault=(lane.fault.message, lane.fault.hint) if lane.fault else _CUT if lane.state is LaneState.CUT else None,
        remark=" ".join(part for part in (_NOT_COUNTED * spec.warmup, told(lane.adjusted), _length(lane)) if part),
        spans=spans(lane, now),
        scale=scale,
        reading=reading(lane, counters),
        score=conductor.ratings.score_of(spec.id),
        note=conductor.ratings.note_of(spec.id),
        waiting=waiting,
    )


def _length(lane: Lane) -> str:
    long = lane.state.final and len(lane.answer) > LONGEST
    return f"This answer is too long to be shown as Markdown (above {LONGEST} characters)." * long


def _title(card: ModelCard) -> str:
    device = f" · {card.device}" if card.device else ""
    return clean_line(f"{card.alias}{device}", 60)
