"""What is asked of the host between requests: token counts it left out, and light prompts that keep models loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tui.conductor.keep_warm import KeepWarm
from tui.conductor.preparation import Counted, Nudged, Preparation, Traced
from tui.core.errors import CompareError
from tui.core.events import Event, Explained, Usage
from tui.core.lane import UNLOADED, Lane, LaneState
from tui.core.outcome import asked_again
from tui.core.session import Session
from tui.hosts.host import Ability, Host

BROKEN = ("connect", "stream")
"""Kinds of faults that a host which is gone leads to."""


class Aftercare:
    """Looks at lanes that have ended. Everything it asks runs in the preparation's thread, so never beside a load."""

    def __init__(self, session: Session, host: Host, preparation: Preparation, keep_warm: KeepWarm | None) -> None:
        self._session = session
        self._host = host
        self._preparation = preparation
        self._keep_warm = keep_warm
        self._troubles: list[CompareError] = []
        self._counting: set[str] = set()
        self._tracing: set[str] = set()
        self._counted: set[str] = set()

    @property
    def busy(self) -> bool:
        """Whether something is still being asked about lanes that have ended."""
        return bool(self._counting or self._tracing)

    def awaits(self, lane: Lane) -> bool:
        """Whether more will be known of a lane that has ended."""
        return lane.spec.id in self._tracing or self._awaits_count(lane)

    def ended(self, lane: Lane) -> None:
        """Begin to find out whether the lane failed, or was cut, because its host is gone."""
        if lane.state is LaneState.CUT or (lane.fault is not None and lane.fault.kind in BROKEN):
            self._tracing.add(lane.spec.id)
            self._preparation.trace(lane.spec.id, self._session.target_of(lane).card.key)

    def look_back(self, wave: Iterable[Lane]) -> list[Lane]:
        """Begin to count what has no count; return the lanes whose model was unloaded and can be loaded again."""
        gone = []
        for lane in wave:
            key = self._session.target_of(lane).card.key
            able = self._host.abilities_of(key)
            if self._awaits_count(lane):
                self._counting.add(lane.spec.id)
                self._preparation.count(lane.spec.id, key, lane.reasoning + lane.answer)
            if lane.fault is not None and lane.fault.kind == UNLOADED and able.get(Ability.LOAD) == "":
                gone.append(lane)
        return gone

    def _awaits_count(self, lane: Lane) -> bool:
        """Whether the host's tokenizer will be asked for the count that the host itself left out."""
        counted = lane.usage is not None and lane.usage.completion_tokens is not None
        if counted or lane.spec.id in self._counted or not (lane.answer or lane.reasoning):
            return False
        return self._host.abilities_of(self._session.target_of(lane).card.key).get(Ability.COUNT) == ""

    def warm(self, models: Iterable[str], *, busy: bool) -> None:
        """Prompt these models of the session lightly, when that is wished and due."""
        if self._keep_warm is not None:
            due = self._keep_warm.due(sorted(models), busy=busy)
            if due:
                self._preparation.nudge([self._session.targets[model].card.key for model in due])

    def take(self, step: Counted | Nudged | Traced, now: int) -> Event | None:
        """Note what came of it; what is now known of a lane is returned as the event to fold."""
        if isinstance(step, Traced):
            self._tracing.discard(step.lane)
            hint = asked_again(self._session.lanes[step.lane])
            return Explained(step.lane, now, step.why, hint) if step.why else None
        if isinstance(step, Counted):
            self._counting.discard(step.lane)
            self._counted.add(step.lane)
            if step.tokens is None:
                return None
            told = self._session.lanes[step.lane].usage or Usage(step.lane)
            # What the host said of the prompt stays known.
            return replace(told, completion_tokens=step.tokens, source="tokenizer")
        warm = self._keep_warm
        if warm is not None:
            model = next(key for key, target in self._session.targets.items() if target.card.key == step.model)
            warm.answered(model, failed=step.error is not None)
            self._session.tool["keep_warm"] = f"{warm.prompts} prompts, every {warm.minutes:g} min"
        if step.error is not None:
            self._troubles.append(step.error)
        return None

    def problems(self) -> Sequence[CompareError]:
        """Which models could not be kept warm, since the last call."""
        troubles, self._troubles = self._troubles, []
        return troubles
