"""One launch of a plan: the only state the screens read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tui.core.lane import BROKEN_OFF, Lane, LaneState
from tui.core.plan import Plan, Slot, Wave, schedule


@dataclass(slots=True)
class Run:
    """The lanes of one launch of a plan, in the order they were made."""

    plan: Plan
    lanes: dict[str, Lane] = field(default_factory=dict)

    def add(self, lane: Lane) -> None:
        """Take a lane in; it becomes its model's newest."""
        self.lanes[lane.spec.id] = lane

    def column(self, model: str) -> Lane | None:
        """The lane to show for a model: its newest that has begun, else its newest."""
        mine = [lane for lane in self.lanes.values() if lane.spec.model == model]
        begun = [lane for lane in mine if lane.marks.asked is not None or lane.state.final]
        newest = begun or mine
        return newest[-1] if newest else None

    @property
    def finished(self) -> bool:
        """Whether every lane has come to its end."""
        return all(lane.state.final for lane in self.lanes.values())


_STILL_TO_ASK = (LaneState.STOPPED, LaneState.SKIPPED)


def slot_of(lane: Lane) -> Slot:
    """The place in its plan that a lane is in."""
    spec = lane.spec
    return Slot(spec.model, spec.prompt, spec.round, spec.warmup)


def left_of(plan: Plan, lanes: Iterable[Lane]) -> tuple[Wave, ...]:
    """What a plan that was broken off has still to ask, in its own order; `lanes` are those there are.

    A request that was stopped or skipped, or never came to an end, is still to be made; one that failed is not. So is
    one that was cut because this program ended.
    Models that are still to be asked something are warmed up anew.
    """
    mine = [lane for lane in lanes if lane.spec.plan == plan.key]
    over = {slot_of(lane) for lane in mine if lane.state.final and not _is_still_to_ask(lane)}
    waves = schedule(plan)
    left = {slot for wave in waves for slot in wave if not slot.warmup and slot not in over}
    models = {slot.model for slot in left}
    kept = (tuple(slot for slot in wave if slot in left or (slot.warmup and slot.model in models)) for wave in waves)
    return tuple(wave for wave in kept if wave)


def _is_still_to_ask(lane: Lane) -> bool:
    broken_off = lane.fault is not None and lane.fault.kind == BROKEN_OFF
    return lane.state in _STILL_TO_ASK or broken_off


def newest(lanes: Iterable[Lane]) -> list[Lane]:
    """Of the lanes in each place of a plan, the one that was made last."""
    return list({slot_of(lane): lane for lane in lanes}.values())
