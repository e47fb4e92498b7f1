"""Which requests of a plan are still to be made, which of them once more, and which not at all."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tui.conductor.ledger import Ledger
from tui.conductor.pausing import Pausing
from tui.core.errors import BadInputError
from tui.core.lane import Lane, LaneSpec, LaneState
from tui.core.plan import Mode, Plan, Slot, schedule
from tui.core.run import Run, left_of, slot_of


class Course:
    """The waves of the current run that wait for their turn. It makes the lanes; it asks nobody anything."""

    def __init__(self, ledger: Ledger, clock: Callable[[], int]) -> None:
        """`clock` is steady, in nanoseconds."""
        self._ledger = ledger
        self.pausing = Pausing(clock)
        self.run: Run | None = None
        self.waiting: deque[list[Lane]] = deque()
        self.broken: dict[str, Lane] = {}
        """Models that failed, and how: they are skipped for the rest of the run."""
        self._reloaded: set[str] = set()
        self._retried: Counter[Slot] = Counter()
        self._again: set[str] = set()
        """The lanes that the pause is for."""

    def begin(self, plan: Plan) -> Run:
        """Line up everything that a plan asks."""
        self._turn_to(Run(plan))
        self._line_up(schedule(plan))
        return self.current()

    def resume(self, plan: Plan) -> Run:
        """Line up what a plan that was broken off has still to ask, in lanes of its own."""
        session = self._ledger.session
        left = left_of(plan, session.lanes.values())
        rated = {score.run for score in session.scores} | {note.run for note in session.notes}
        never_asked = (LaneState.STOPPED, LaneState.SKIPPED)
        for lane in [lane for lane in session.lanes.values() if lane.spec.plan == plan.key]:
            if lane.state in never_asked and lane.marks.sent is None and lane.spec.id not in rated:
                self._ledger.leave_out(lane)
        before = {run: lane for run, lane in session.lanes.items() if lane.spec.plan == plan.key}
        # Models that had failed are asked again: whoever goes on with a plan has had a reason to hope.
        self._turn_to(Run(plan, before))
        self._line_up(left)
        return self.current()

    def rerun(self, model: str) -> list[Lane]:
        """The lane in which a model is asked again what it was asked last. Raises BadInputError while it answers."""
        run = self.current()
        last = run.column(model)
        if last is None or not last.state.final:
            raise BadInputError("This model is still answering", hint="Stop it first.")
        self.broken.pop(model, None)
        others = any(not lane.state.final for lane in run.lanes.values())
        wave = self._wave([slot_of(last)], self._launched(), company=others)
        if run.plan.mode is not Mode.RACE:
            self.waiting.append(wave)
        return wave

    def rerun_all(self) -> None:
        """Line up the whole plan again, without its warm-up."""
        self.broken.clear()
        self._retried.clear()
        self._line_up(schedule(replace(self.current().plan, warmup=0)))

    @property
    def pause_s(self) -> float | None:
        """How many seconds there still are before the next wave may be asked; None when it may be asked at once."""
        left = self.pausing.left_s
        first = self.waiting[0] if self.waiting else []
        waits = any(not lane.state.final and lane.spec.id in self._again for lane in first)
        return left if left and waits else None

    def why_skipped(self, model: str) -> tuple[str, str] | None:
        """Why this model is not asked in the rest of the run, and what to do; None when it is."""
        failed = self.broken.get(model)
        if failed is None:
            return None
        which = "its warm-up" if failed.spec.warmup else "a request before"
        fault = failed.fault
        return f"Not asked, because {which} failed: {fault.message if fault else '-'}", fault.hint if fault else ""

    def once_more(self, wave: Sequence[Lane], unloaded: Iterable[Lane]) -> list[Lane]:
        """Line up what of a wave that has ended is to be asked again: what failed while there are retries left.

        A model that its host had `unloaded` since it was last looked at is asked again once a run, retries or not.
        A retry begins with a pause.
        """
        if self.run is None:
            return []
        again = []
        failed = []
        gone = [lane.spec.id for lane in unloaded]
        for lane in wave:
            slot = slot_of(lane)
            if lane.state is not LaneState.FAILED or lane.spec.id not in self.run.lanes:
                continue
            if lane.spec.id in gone and slot.model not in self._reloaded:
                self._reloaded.add(slot.model)
            elif self._retried[slot] < self.run.plan.retries:
                self._retried[slot] += 1
                failed.append((lane, self._retried[slot]))
            else:
                continue
            self.broken.pop(slot.model, None)
            again.append(slot)
        lanes = self._wave(again, self._launched())
        if lanes:
            self.waiting.appendleft(lanes)
        if failed:
            known = self.run.lanes
            self._again = {run for run in self._again if run in known and not known[run].state.final}
            if not self._again:
                self.pausing.end()
            self.pausing.begin(failed)
            self._again |= {lane.spec.id for lane in lanes}
        return lanes

    def current(self) -> Run:
        """The run. Raises BadInputError when there is none yet."""
        if self.run is None:
            raise BadInputError("Nothing has been run yet", hint="Type a question first.")
        return self.run

    def _turn_to(self, run: Run) -> None:
        self.run = run
        self.pausing.forget()
        self.broken.clear()
        self._reloaded.clear()
        self._retried.clear()

    def _line_up(self, waves: Iterable[Iterable[Slot]]) -> None:
        # All lanes of one call are of one launch, though a model may be asked the same several times to warm up.
        launched = self._launched()
        for wave in waves:
            self.waiting.append(self._wave(list(wave), launched))

    def _launched(self) -> dict[Slot, int]:
        """The last launch of each place in the plan."""
        launched: dict[Slot, int] = {}
        for lane in self.current().lanes.values():
            slot = slot_of(lane)
            launched[slot] = max(lane.spec.launch, launched.get(slot, 0))
        return launched

    def _wave(self, slots: Sequence[Slot], launched: dict[Slot, int], *, company: bool = False) -> list[Lane]:
        """Lanes that are asked together; `company` says that others are in flight beside them."""
        return [self._lane(slot, launched, company=company or len(slots) > 1) for slot in slots]

    def _lane(self, slot: Slot, launched: dict[Slot, int], *, company: bool) -> Lane:
        run = self.current()
        spec = LaneSpec(
            id=self._ledger.next_run(),
            plan=run.plan.key,
            mode=run.plan.mode,
            model=slot.model,
            prompt=slot.prompt,
            round=slot.round,
            launch=launched.get(slot, 0) + 1,
            warmup=slot.warmup,
            contended=run.plan.mode is Mode.RACE and company,
            nonce=secrets.token_hex(4) if run.plan.nonce else "",
        )
        lane = self._ledger.add_lane(spec)
        run.add(lane)
        return lane
