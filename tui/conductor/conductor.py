"""Puts prompts to models: prepares the models, hands lanes to the engine and folds what comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Unpack

from tui.conductor.aftercare import Aftercare
from tui.conductor.course import Course
from tui.conductor.keep_warm import KeepWarm
from tui.conductor.ledger import Keeper, Ledger
from tui.conductor.pausing import Pause
from tui.conductor.planning import Terms, draw_up
from tui.conductor.preparation import Counted, LoadBegan, Nudged, Preparation, Ready, Traced, Unready
from tui.conductor.ratings import Ratings
from tui.conductor.sampling import Sampling
from tui.core import events as ev
from tui.core.errors import BadInputError, CompareError, prose
from tui.core.lane import LEARNT, Lane, LaneState
from tui.core.model_card import ModelCard
from tui.core.outcome import asked_again
from tui.core.prompt import Prompt
from tui.core.run import Run, left_of
from tui.core.session import Session, SessionState
from tui.core.target import Entrant
from tui.engine.link import EngineGone, EngineLink
from tui.engine.protocol import Cancel, Hello, Start
from tui.hosts.host import Host, HostInfo


class Conductor:
    """The only writer of the session and its runs. `tick()` moves everything on; call it from one thread."""

    def __init__(
        self,
        host: Host,
        session: Session,
        keeper: Keeper | None = None,
        *,
        rater: str = "me",
        keep_warm: KeepWarm | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.session = session
        self._ledger = Ledger(session, keeper)
        self.ratings = Ratings(session, rater, now, self._rated)
        self.tokens_per_chunk: dict[str, float] = {}
        """Each model's last known ratio, by key: what live counters are estimated with."""
        self.kept: bool | None = None
        """Whether everything is kept; None before `close()`."""
        self._now = now
        self._engine = EngineLink(self._ledger.record_event)
        self._course = Course(self._ledger, self._engine.now)
        self._preparation = Preparation(host, self._engine.now)
        self._aftercare = Aftercare(session, host, self._preparation, keep_warm)
        self._sampling = Sampling(self._engine.now)
        self._active: list[list[Lane]] = []
        self._ready: dict[str, Ready] = {}
        self._started: dict[str, int] = {}
        """Lanes whose request is with an engine, and with which."""
        self._changed: set[str] = set()

    @property
    def run(self) -> Run | None:
        """What is being asked, or was asked last."""
        return self._course.run

    def start(self) -> None:
        """Start the engine ahead of the first run."""
        self._engine.start()

    def connected(self, info: HostInfo) -> None:
        """Note which host, or hosts, the session is held with."""
        if info.members:
            self.session.hosts |= {member.name: member.to_dict() for member in info.members}
        else:
            self.session.host = info.to_dict()

    def now(self) -> int:
        """The clock of the marks, in nanoseconds."""
        return self._engine.now()

    @property
    def busy(self) -> bool:
        """Whether lanes are still to come to their end, or tokens to be counted."""
        return bool(self._active or self._course.waiting or self._aftercare.busy)

    def settled(self, lane: Lane) -> bool:
        """Whether a lane has come to its end, and all its numbers that can be had are there."""
        return lane.state.final and not self._aftercare.awaits(lane)

    @property
    def preparing(self) -> bool:
        """Whether requests are about to be sent, so that each tick that comes late delays them."""
        return any(not lane.state.final and lane.spec.id not in self._started for wave in self._active for lane in wave)

    def begin(
        self, models: Sequence[ModelCard | Entrant], asked: str | Sequence[Prompt], **terms: Unpack[Terms]
    ) -> Run:
        """Put prompts to models. Raises BadInputError when that makes no sense, or a run is still going.

        `asked` is one question, or prompts whose keys do not matter.
        """
        self._refuse_while_busy()
        return self._noted(self._course.begin(draw_up(self._ledger, models, asked, terms)))

    def resume(self) -> Run:
        """Go on with the session's last plan that was broken off. Raises BadInputError when there is none."""
        self._refuse_while_busy()
        for plan in reversed(self.session.plans.values()):
            if left_of(plan, self.session.lanes.values()):
                self.session.state = SessionState.RUNNING
                return self._noted(self._course.resume(plan))
        raise BadInputError("Nothing is left to ask in this session", hint="Begin a new one.")

    def tick(self) -> set[str]:
        """Take in what happened, start what can be started, and return the ids of the lanes that changed."""
        self._take_steps()
        self._take_samples()  # Before the messages: these may end the lanes that the samples are of.
        self._take_messages()
        for wave in self._active:
            self._launch(wave)
        for wave in [wave for wave in self._active if all(lane.state.final for lane in wave)]:
            self._active.remove(wave)
            unloaded = self._aftercare.look_back(wave)
            self._changed |= {lane.spec.id for lane in self._course.once_more(wave, unloaded)}
        if self._course.waiting and not self._active and self.pause_s is None:
            # Until the engine greets, a lane has not been asked: starting it is nobody's latency.
            if self._engine.greeted:
                self._activate(self._course.waiting.popleft())
            else:
                self._engine.start()
        if self.run is not None:
            self._aftercare.warm(set(self.run.plan.models) - set(self._course.broken), busy=self.busy)
        changed, self._changed = self._changed, set()
        return changed

    @property
    def pause_s(self) -> float | None:
        """How many seconds there still are before what failed is asked once more; None when nothing waits for that."""
        return self._course.pause_s

    def pauses(self) -> Sequence[Pause]:
        """The pauses that have begun since the last call."""
        return self._course.pausing.begun()

    def wait(self, seconds: float) -> None:
        """Return when the engine has something to say, or after `seconds`."""
        self._engine.wait(seconds)

    def stop(self, lane_id: str) -> None:
        """Stop one lane; what arrived is kept."""
        lane = self.session.lanes[lane_id]
        if lane.state.final:
            return
        if lane_id in self._started:
            self._engine.send(Cancel(lane_id))
        else:
            self._apply(ev.Cancelled(lane_id, self.now()))

    def stop_all(self) -> None:
        """Stop every lane, those that have not begun included."""
        for wave in [*self._active, *self._course.waiting]:
            for lane in wave:
                self.stop(lane.spec.id)

    def rerun(self, model: str) -> None:
        """Ask one model of the current run again. Raises BadInputError while it is still answering."""
        wave = self._course.rerun(model)
        self._changed |= {lane.spec.id for lane in wave}
        if wave not in self._course.waiting:
            self._activate(wave)

    def rerun_all(self) -> None:
        """Ask every model of the current run again, in the plan's own way."""
        run = self._course.current()
        self._refuse_while_busy()
        self._course.rerun_all()
        self._noted(run)

    def problems(self) -> Sequence[CompareError]:
        """What could not be kept on disk, or warm, since the last call."""
        return [*self._ledger.problems(), *self._aftercare.problems()]

    def close(self) -> bool:
        """Stop everything and write the last of it; whether everything is kept."""
        self._take_steps()
        self._take_samples()
        self._preparation.close()
        self._sampling.close()
        self._engine.close()
        self._take_messages()
        for wave in [*self._active, *self._course.waiting]:
            for lane in wave:
                if not lane.state.final:
                    self._apply(ev.Cancelled(lane.spec.id, self.now()))
        self._active.clear()
        self._course.waiting.clear()
        self.session.state = SessionState.FINISHED
        self.kept = self._ledger.close()
        return self.kept

    def _take_steps(self) -> None:
        for step in self._preparation.steps():
            match step:
                case LoadBegan(lane, at):
                    self._apply(ev.Loading(lane, at))
                case Ready(lane):
                    if step.loaded_at is not None:
                        self._apply(ev.Loaded(lane, step.loaded_at))
                    self._ready[lane] = step
                case Counted() | Nudged() | Traced():
                    learnt = self._aftercare.take(step, self.now())
                    if not isinstance(step, Nudged):
                        self._changed.add(step.lane)
                    if learnt is not None:
                        self._apply(learnt)
                case Unready(lane, error):
                    said, hint = prose(error.title, error.detail), prose(error.hint)
                    self._apply(ev.Failed(lane, self.now(), "host", said, hint, type(error).__name__))

    def _take_samples(self) -> None:
        for sample in self._sampling.samples():
            self._apply(sample)

    def _take_messages(self) -> None:
        for message in self._engine.drain():
            match message:
                case Hello():
                    self.session.tool |= {name: message.tool.get(name, "") for name in ("openai", "priority")}
                case EngineGone():
                    self._engine_gone(message)
                case _:
                    self._fold(message)

    def _engine_gone(self, message: EngineGone) -> None:
        said = "The engine's process ended before the answer was complete."
        lanes = {lane for lane, generation in self._started.items() if generation == message.generation}
        if not message.greeted:
            # It cannot even start, so what waits for it would wait for ever.
            words = message.last_words.splitlines()
            said = prose(f"The engine's process could not start: {words[-1] if words else 'it said nothing'}")
            lanes |= {lane.spec.id for wave in self._course.waiting for lane in wave}
            self._course.waiting.clear()
        for lane_id in lanes:
            hint = asked_again(self.session.lanes[lane_id])
            self._apply(ev.Failed(lane_id, self.now(), "engine", said, hint, "EngineGone"))

    def _launch(self, wave: list[Lane]) -> None:
        """Send the wave's requests together, once each of its models is ready or has failed."""
        pending = [lane for lane in wave if not lane.state.final and lane.spec.id not in self._started]
        if not pending or any(lane.spec.id not in self._ready for lane in pending):
            return
        for lane in pending:
            run, session = lane.spec.id, self.session
            self._ledger.started(lane, self._now())
            ready, timeouts, own = self._ready.pop(run), session.plan_of(lane).timeouts, session.parameters_of(lane)
            self._engine.send(Start(run, ready.endpoint, session.messages_of(lane), own, timeouts))
            self._started[run] = self._engine.generation
            if ready.near:
                self._sampling.watch(run, ready.pid)

    def _activate(self, wave: list[Lane]) -> None:
        for lane in wave:
            if not lane.state.final and (why := self._course.why_skipped(lane.spec.model)) is not None:
                self._apply(ev.Skipped(lane.spec.id, self.now(), *why))
        alive = [lane for lane in wave if not lane.state.final]
        if not alive:
            return
        for lane in alive:
            self._apply(ev.Queued(lane.spec.id, self.now()))
        plan, targets = self.session.plan_of(alive[0]), self.session.targets
        asked = {lane.spec.model for lane in alive}
        free = [targets[model].card.key for model in plan.models if model not in asked] if plan.alone else []
        self._preparation.prepare([(lane, self.session.target_of(lane).card) for lane in alive], free)
        self._active.append(wave)

    def _apply(self, event: ev.Event) -> None:
        """Fold an event of our own making; the engine's are recorded as they leave its pipe."""
        self._ledger.record_event(event)
        self._fold(event)

    def _fold(self, event: ev.Event) -> None:
        lane = self.session.lanes.get(event.lane)
        if lane is None:
            return
        was_final = lane.state.final
        lane.fold(event)
        self._changed.add(event.lane)
        if isinstance(event, ev.Failed):
            self._course.pausing.heed(event)
        if was_final:
            if isinstance(event, LEARNT):
                self._ledger.save(soon=True)
        elif lane.state.final:
            self._finished(lane)

    def _finished(self, lane: Lane) -> None:
        self._started.pop(lane.spec.id, None)
        self._sampling.leave(lane.spec.id)
        self._ready.pop(lane.spec.id, None)
        self._aftercare.ended(lane)
        if lane.state is LaneState.FAILED:
            self._course.broken[lane.spec.model] = lane
        ratio = lane.timing.tokens_per_chunk
        if ratio is not None:
            self.tokens_per_chunk[lane.spec.model] = ratio
        self._ledger.save()

    def _noted(self, run: Run) -> Run:
        """The run, all of whose lanes are to be looked at."""
        self._changed |= set(run.lanes)
        return run

    def _refuse_while_busy(self) -> None:
        if self.busy:
            raise BadInputError("The last run is still going", hint="Stop it, or wait for its end.")

    def _rated(self, entry: dict[str, Any]) -> None:
        self._ledger.record(entry)
        self._ledger.save(soon=True)
