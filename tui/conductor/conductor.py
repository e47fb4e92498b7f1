"""Puts a prompt to models: plans it, prepares the models, hands lanes to the engine and folds what comes back."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tui.conductor.aftercare import Aftercare
from tui.conductor.keep_warm import KeepWarm
from tui.conductor.ledger import Keeper, Ledger
from tui.conductor.preparation import Counted, LoadBegan, Nudged, Preparation, Ready, Unready
from tui.conductor.ratings import Ratings
from tui.core import events as ev
from tui.core.errors import BadInputError, CompareError
from tui.core.lane import Lane, LaneSpec, LaneState
from tui.core.model_card import ModelCard
from tui.core.plan import MAX_MODELS, Mode, Plan, schedule
from tui.core.run import Run
from tui.core.session import Session, SessionState
from tui.core.target import Endpoint, Parameters, Timeouts
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
        self.run: Run | None = None
        self._ledger = Ledger(session, keeper)
        self.ratings = Ratings(session, rater, now, self._rated)
        self.tokens_per_chunk: dict[str, float] = {}
        """Each model's last known ratio, by key: what live counters are estimated with."""
        self._now = now
        self._engine = EngineLink(self._ledger.record_event)
        self._preparation = Preparation(host, self._engine.now)
        self._aftercare = Aftercare(session, host, self._preparation, keep_warm)
        self._greeted = False
        self._waiting: deque[list[Lane]] = deque()
        self._active: list[list[Lane]] = []
        self._endpoints: dict[str, Endpoint] = {}
        self._started: set[str] = set()
        self._broken: set[str] = set()
        self._reloaded: set[str] = set()
        self._changed: set[str] = set()

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
        return bool(self._active or self._waiting or self._aftercare.counting)

    def settled(self, lane: Lane) -> bool:
        """Whether a lane has come to its end, and all its numbers that can be had are there."""
        return lane.state.final and not self._aftercare.awaits_count(lane)

    @property
    def preparing(self) -> bool:
        """Whether requests are about to be sent, so that each tick that comes late delays them."""
        return any(not lane.state.final and lane.spec.id not in self._started for wave in self._active for lane in wave)

    def begin(
        self,
        cards: Sequence[ModelCard],
        user: str,
        *,
        mode: Mode = Mode.RACE,
        rounds: int = 1,
        warmup: int | None = None,
        alone: bool = False,
        parameters: Parameters | None = None,
        timeouts: Timeouts | None = None,
    ) -> Run:
        """Put a prompt to models. Raises BadInputError when that makes no sense, or a run is still going.

        `alone` is for a measured run of models that do not fit into memory together.
        """
        if self.busy:
            raise BadInputError("The last run is still going", hint="Stop it, or wait for its end.")
        if not user.strip():
            raise BadInputError("The prompt is empty", hint="Type a question first.")
        if not 1 <= len(cards) <= MAX_MODELS:
            raise BadInputError(f"{len(cards)} models cannot be compared", hint=f"Choose 1 to {MAX_MODELS}.")
        session = self.session
        self._ledger.open()
        targets = [self._ledger.target(card) for card in cards]
        prompt = self._ledger.prompt(user)
        plan = Plan(
            key=f"plan{len(session.plans) + 1}",
            mode=mode,
            models=tuple(target.key for target in targets),
            prompts=(prompt.key,),
            rounds=rounds,
            warmup=warmup if warmup is not None else int(mode is Mode.MEASURE),
            alone=alone,
            seed=secrets.randbelow(1 << 31),
            parameters=parameters or Parameters(),
            timeouts=timeouts or Timeouts(),
        )
        self._ledger.add_plan(plan)
        self.run = Run(plan, prompt)
        self._broken.clear()
        self._reloaded.clear()
        for wave in schedule(plan):
            self._waiting.append([self._lane(self.run, slot.model, slot.round, warmup=slot.warmup) for slot in wave])
        return self.run

    def tick(self) -> set[str]:
        """Take in what happened, start what can be started, and return the ids of the lanes that changed."""
        self._take_steps()
        self._take_messages()
        for wave in self._active:
            self._launch(wave)
        for wave in [wave for wave in self._active if all(lane.state.final for lane in wave)]:
            self._active.remove(wave)
            for lane in self._aftercare.look_back(wave):
                self._reload(lane)
        if self._waiting and not self._active:
            # Until the engine greets, a lane has not been asked: starting it is nobody's latency.
            if self._greeted:
                self._activate(self._waiting.popleft())
            else:
                self._engine.start()
        if self.run is not None:
            self._aftercare.warm(set(self.run.plan.models) - self._broken, busy=self.busy)
        changed, self._changed = self._changed, set()
        return changed

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
        for wave in [*self._active, *self._waiting]:
            for lane in wave:
                self.stop(lane.spec.id)

    def rerun(self, model: str) -> None:
        """Ask one model of the current run again. Raises BadInputError while it is still answering."""
        run = self._current()
        last = run.column(model)
        if last is None or not last.state.final:
            raise BadInputError("This model is still answering", hint="Stop it first.")
        self._broken.discard(model)
        wave = [self._lane(run, model, last.spec.round, launch=last.spec.launch + 1)]
        if run.plan.mode is Mode.RACE:
            self._activate(wave)
        else:
            self._waiting.append(wave)

    def rerun_all(self) -> None:
        """Ask every model of the current run again, in the plan's own way."""
        run = self._current()
        if self.busy:
            raise BadInputError("The last run is still going", hint="Stop it, or wait for its end.")
        launch = max(lane.spec.launch for lane in run.lanes.values()) + 1
        self._broken.clear()
        for wave in schedule(replace(run.plan, warmup=0)):
            self._waiting.append([self._lane(run, slot.model, slot.round, launch=launch) for slot in wave])

    def problems(self) -> Sequence[CompareError]:
        """What could not be kept on disk, or warm, since the last call."""
        return [*self._ledger.problems(), *self._aftercare.problems()]

    def close(self) -> bool:
        """Stop everything and write the last of it; whether everything is kept."""
        self._preparation.close()
        self._engine.close()
        self._take_messages()
        for wave in [*self._active, *self._waiting]:
            for lane in wave:
                if not lane.state.final:
                    self._apply(ev.Cancelled(lane.spec.id, self.now()))
        self._active.clear()
        self._waiting.clear()
        self.session.state = SessionState.FINISHED
        return self._ledger.close()

    def _take_steps(self) -> None:
        for step in self._preparation.steps():
            match step:
                case LoadBegan(lane, at):
                    self._apply(ev.Loading(lane, at))
                case Ready(lane, endpoint, loaded_at):
                    if loaded_at is not None:
                        self._apply(ev.Loaded(lane, loaded_at))
                    self._endpoints[lane] = endpoint
                case Counted() | Nudged():
                    usage = self._aftercare.take(step)
                    if isinstance(step, Counted):
                        self._changed.add(step.lane)
                    if usage is not None:
                        self._apply(usage)
                        self._ledger.save()
                case Unready(lane, error):
                    said = " ".join(part for part in (error.title + ".", error.detail) if part)
                    self._apply(ev.Failed(lane, self.now(), "host", said, error.hint, type(error).__name__))

    def _take_messages(self) -> None:
        for message in self._engine.drain():
            match message:
                case Hello():
                    self._greeted = True
                    self.session.tool |= {"openai": message.tool.get("openai", "")}
                case EngineGone():
                    self._engine_gone(message)
                case _:
                    self._fold(message)

    def _engine_gone(self, message: EngineGone) -> None:
        said, lanes = "The engine's process ended before the answer was complete.", set(self._started)
        if not self._greeted:
            # It cannot even start, so what waits for it would wait for ever.
            words = message.last_words.splitlines()
            said = f"The engine's process could not start: {words[-1] if words else 'it said nothing'}."
            lanes |= {lane.spec.id for wave in self._waiting for lane in wave}
            self._waiting.clear()
        self._greeted = False
        for lane_id in lanes:
            failed = ev.Failed(lane_id, self.now(), "engine", said, "What arrived is kept. Run it again.", "EngineGone")
            self._apply(failed)

    def _launch(self, wave: list[Lane]) -> None:
        """Send the wave's requests together, once each of its models is ready or has failed."""
        pending = [lane for lane in wave if not lane.state.final and lane.spec.id not in self._started]
        if not pending or any(lane.spec.id not in self._endpoints for lane in pending):
            return
        for lane in pending:
            spec = lane.spec
            plan, prompt = self.session.plans[spec.plan], self.session.prompts[spec.prompt]
            self._started.add(spec.id)
            self._ledger.started(lane, self._now())
            endpoint = self._endpoints.pop(spec.id)
            self._engine.send(Start(spec.id, endpoint, prompt.messages(), plan.parameters, plan.timeouts))

    def _activate(self, wave: list[Lane]) -> None:
        for lane in wave:
            if not lane.state.final and lane.spec.model in self._broken:
                self._apply(ev.Skipped(lane.spec.id, self.now()))
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

    def _reload(self, lane: Lane) -> None:
        """Ask a model again that its host had unloaded since it was last looked at; once a run."""
        spec = lane.spec
        if self.run is None or spec.id not in self.run.lanes or spec.model in self._reloaded:
            return
        self._reloaded.add(spec.model)
        self._broken.discard(spec.model)
        self._waiting.appendleft(
            [self._lane(self.run, spec.model, spec.round, launch=spec.launch + 1, warmup=spec.warmup)]
        )

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
        if lane.state.final and not was_final:
            self._finished(lane)

    def _finished(self, lane: Lane) -> None:
        self._started.discard(lane.spec.id)
        self._endpoints.pop(lane.spec.id, None)
        if lane.state is LaneState.FAILED:
            self._broken.add(lane.spec.model)
        ratio = lane.timing.tokens_per_chunk
        if ratio is not None:
            self.tokens_per_chunk[lane.spec.model] = ratio
        self._ledger.save()

    def _lane(self, run: Run, model: str, round_: int, *, launch: int = 1, warmup: bool = False) -> Lane:
        contended = run.plan.mode is Mode.RACE and len(run.plan.models) > 1
        number = len(self.session.lanes) + 1
        spec = LaneSpec(
            f"r{number}", run.plan.key, run.plan.mode, model, run.prompt.key, round_, launch, warmup, contended
        )
        lane = self._ledger.add_lane(spec)
        run.add(lane)
        self._changed.add(spec.id)
        return lane

    def _current(self) -> Run:
        if self.run is None:
            raise BadInputError("Nothing has been run yet", hint="Type a question first.")
        return self.run

    def _rated(self, entry: dict[str, Any]) -> None:
        self._ledger.record(entry)
        self._ledger.save(soon=True)
