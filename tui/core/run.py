"""One prompt put to N models: the only state the screens read."""

from __future__ import annotations

from dataclasses import dataclass, field

from tui.core.events import Event
from tui.core.lane import Lane
from tui.core.plan import Plan
from tui.core.prompt import Prompt


@dataclass(slots=True)
class Run:
    """The lanes of one launch of a plan, in the order they were made."""

    plan: Plan
    prompt: Prompt
    lanes: dict[str, Lane] = field(default_factory=dict)

    def add(self, lane: Lane) -> None:
        """Take a lane in; it becomes its model's newest."""
        self.lanes[lane.spec.id] = lane

    def apply(self, event: Event) -> Lane | None:
        """Fold an event into its lane, and return that lane; None when the event belongs to another run."""
        lane = self.lanes.get(event.lane)
        if lane is not None:
            lane.fold(event)
        return lane

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
