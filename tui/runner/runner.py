"""Puts prompts to models: prepares the models, hands requests to the engine and folds what comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from tui.background import Wakeup
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import BadInputError, CompareError, prose
from tui.core.plans.plan import PlanOptions
from tui.core.plans.plan_run import PlanRun, remaining
from tui.core.plans.prompt import Prompt
from tui.core.requests import events as ev
from tui.core.requests.outcome import retry_hint
from tui.core.requests.request import ACCEPTED_AFTER_END, Request, RequestState
from tui.core.sessions.session import Session, SessionState
from tui.core.sessions.session_model import ModelChoice
from tui.engine.engine_client import EngineClient, EngineGone, Message
from tui.engine.protocol import Cancel, Hello, Start
from tui.hosts.base import Host, HostInfo
from tui.runner.host_worker import Counted, HostWorker, KeptAlive, LoadBegan, Ready, Traced, Unready
from tui.runner.keep_alive import KeepAlive
from tui.runner.memory_sampler import MemorySampler
from tui.runner.plan_builder import build_plan
from tui.runner.post_processing import PostProcessing
from tui.runner.ratings import Ratings
from tui.runner.request_queue import RequestQueue
from tui.runner.retry_pause import RetryPause
from tui.runner.session_recorder import SessionRecorder, SessionWriter


class Runner:
    """The only writer of the session and its runs. `tick()` moves everything on; call it from one thread.

    `wakeup` says when: at once for all but text, which only has to be taken in before it is looked at.
    """

    def __init__(
        self,
        host: Host,
        session: Session,
        writer: SessionWriter | None = None,
        *,
        rater: str = "me",
        keep_alive: KeepAlive | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.session = session
        self._recorder = SessionRecorder(session, writer)
        self.ratings = Ratings(session, rater, now, self._rated)
        self.tokens_per_chunk: dict[str, float] = {}
        """Each model's last known ratio, by key: what live counters are estimated with."""
        self.kept: bool | None = None
        """Whether everything is kept; None before `close()`."""
        self._now = now
        self.wakeup = Wakeup()
        self._engine = EngineClient(self._recorder.record_events, self._arrived)
        self._heard: set[str] = set()
        """Requests of which text has come. Only the engine's thread looks at them."""
        self._queue = RequestQueue(self._recorder, self._engine.now)
        self._host_worker = HostWorker(host, self._engine.now, self.wakeup.notify)
        self._post_processing = PostProcessing(session, host, self._host_worker, keep_alive)
        self._memory_sampler = MemorySampler(self._engine.now)
        self._active: list[list[Request]] = []
        self._ready: dict[str, Ready] = {}
        self._started: dict[str, int] = {}
        """The requests that are with an engine, and the number of that engine."""
        self._changed: set[str] = set()

    @property
    def run(self) -> PlanRun | None:
        """What is being asked, or was asked last."""
        return self._queue.run

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
        """The clock of the timestamps, in nanoseconds."""
        return self._engine.now()

    @property
    def busy(self) -> bool:
        """Whether requests are still to come to their end, or tokens to be counted."""
        return bool(self._active or self._queue.waiting or self._post_processing.busy)

    def is_complete(self, request: Request) -> bool:
        """Whether a request has come to its end, and all its numbers that can be had are there."""
        return request.state.final and not self._post_processing.awaits(request)

    def begin(
        self,
        models: Sequence[ModelCard | ModelChoice],
        asked: str | Sequence[Prompt],
        options: PlanOptions = PlanOptions(),
    ) -> PlanRun:
        """Put prompts to models. Raises BadInputError when that makes no sense, or a run is still going.

        `asked` is one question, or prompts whose keys do not matter.
        """
        self._refuse_while_busy()
        return self._noted(self._queue.begin(build_plan(self._recorder, models, asked, options)))

    def resume(self) -> PlanRun:
        """Go on with the session's last plan that was broken off. Raises BadInputError when there is none."""
        self._refuse_while_busy()
        for plan in reversed(self.session.plans.values()):
            if remaining(plan, self.session.requests.values()):
                self.session.state = SessionState.RUNNING
                return self._noted(self._queue.resume(plan))
        raise BadInputError("Nothing is left to ask in this session", hint="Begin a new one.")

    def tick(self) -> set[str]:
        """Take in what happened, start what can be started, and return the ids of the requests that changed."""
        self._take_steps()
        self._take_samples()  # Before the messages: these may end the requests that the samples are of.
        self._take_messages()
        for batch in self._active:
            self._launch(batch)
        for batch in [batch for batch in self._active if all(request.state.final for request in batch)]:
            self._active.remove(batch)
            unloaded = self._post_processing.post_process(batch)
            self._changed |= {request.spec.id for request in self._queue.schedule_retries(batch, unloaded)}
        self._start_waiting()
        if self.run is not None:
            self._post_processing.keep_alive(set(self.run.plan.models) - set(self._queue.broken), busy=self.busy)
        changed, self._changed = self._changed, set()
        return changed

    @property
    def pause_s(self) -> float | None:
        """How many seconds there still are before what failed is asked once more; None when nothing waits for that."""
        return self._queue.pause_s

    def pauses(self) -> Sequence[RetryPause]:
        """The pauses that have begun since the last call."""
        return self._queue.pausing.begun()

    def call_on_change(self, changed: Callable[[], None]) -> None:
        """Have `changed` called, on any thread, when `tick()` has more to do than to take in text."""
        self.wakeup.listener = changed

    def wait(self, seconds: float) -> None:
        """Return when `tick()` has something to do, or after `seconds`."""
        self.wakeup.wait(seconds)

    def stop(self, request_id: str) -> None:
        """Stop one request; what arrived is kept."""
        request = self.session.requests[request_id]
        if request.state.final:
            return
        if request_id in self._started:
            self._engine.send(Cancel(request_id))
        else:
            self._apply(ev.Cancelled(request_id, self.now()))
            self.wakeup.notify()

    def stop_all(self) -> None:
        """Stop every request, those that have not begun included."""
        for batch in [*self._active, *self._queue.waiting]:
            for request in batch:
                self.stop(request.spec.id)

    def rerun(self, model: str) -> None:
        """Ask one model of the current run again. Raises BadInputError while it is still answering."""
        batch = self._queue.rerun(model)
        self._changed |= {request.spec.id for request in batch}
        if batch not in self._queue.waiting:
            self._activate(batch)
        self._begin_at_once()

    def rerun_all(self) -> None:
        """Ask every model of the current run again, in the plan's own way."""
        run = self._queue.current()
        self._refuse_while_busy()
        self._queue.rerun_all()
        self._noted(run)

    def problems(self) -> Sequence[CompareError]:
        """What could not be kept on disk, or warm, since the last call."""
        return [*self._recorder.problems(), *self._post_processing.problems()]

    def close(self) -> bool:
        """Stop everything and write the last of it; whether everything is kept."""
        self._take_steps()
        self._take_samples()
        self._host_worker.close()
        self._memory_sampler.close()
        self._engine.close()
        self._take_messages()
        for batch in [*self._active, *self._queue.waiting]:
            for request in batch:
                if not request.state.final:
                    self._apply(ev.Cancelled(request.spec.id, self.now()))
        self._active.clear()
        self._queue.waiting.clear()
        self.session.state = SessionState.FINISHED
        self.kept = self._recorder.close()
        return self.kept

    def _take_steps(self) -> None:
        for step in self._host_worker.steps():
            match step:
                case LoadBegan(request, at):
                    self._apply(ev.Loading(request, at))
                case Ready(request):
                    if step.loaded_at is not None:
                        self._apply(ev.Loaded(request, step.loaded_at))
                    self._ready[request] = step
                case Counted() | KeptAlive() | Traced():
                    learnt = self._post_processing.take(step, self.now())
                    if not isinstance(step, KeptAlive):
                        self._changed.add(step.request)
                    if learnt is not None:
                        self._apply(learnt)
                case Unready(request, error):
                    message, hint = prose(error.title, error.detail), prose(error.hint)
                    self._apply(ev.Failed(request, self.now(), "host", message, hint, type(error).__name__))

    def _take_samples(self) -> None:
        for sample in self._memory_sampler.samples():
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
        why = "The engine's process ended before the answer was complete."
        requests = {request for request, generation in self._started.items() if generation == message.generation}
        if not message.greeted:
            # It cannot even start, so what waits for it would wait for ever.
            words = message.last_words.splitlines()
            why = prose(f"The engine's process could not start: {words[-1] if words else 'it said nothing'}")
            requests |= {request.spec.id for batch in self._queue.waiting for request in batch}
            self._queue.waiting.clear()
        for request_id in requests:
            hint = retry_hint(self.session.requests[request_id])
            self._apply(ev.Failed(request_id, self.now(), "engine", why, hint, "EngineGone"))

    def _launch(self, batch: list[Request]) -> None:
        """Send the batch's requests together, once each of its models is ready or has failed."""
        pending = [request for request in batch if not request.state.final and request.spec.id not in self._started]
        if not pending or any(request.spec.id not in self._ready for request in pending):
            return
        starts, session = [], self.session
        for request in pending:
            timeouts, own = session.plan_of(request).timeouts, session.parameters_of(request)
            endpoint = self._ready[request.spec.id].endpoint
            starts.append(Start(request.spec.id, endpoint, session.messages_of(request), own, timeouts))
            self._recorder.started(request, self._now())
        self._engine.send(*starts)
        for request in pending:
            run = request.spec.id
            ready = self._ready.pop(run)
            self._started[run] = self._engine.generation
            if ready.near:
                self._memory_sampler.watch(run, ready.pid)

    def _start_waiting(self) -> None:
        """Begin with the next batch, if it is its turn."""
        if self._queue.waiting and not self._active and self.pause_s is None:
            # Until the engine greets, a request has not been asked: starting it is nobody's latency.
            if self._engine.greeted:
                self._activate(self._queue.waiting.popleft())
            else:
                self._engine.start()

    def _begin_at_once(self) -> None:
        """What was just lined up waits for no `tick()`."""
        self._start_waiting()
        self.wakeup.notify()

    def _arrived(self, messages: Sequence[Message]) -> None:
        """On the engine's thread: text waits until it is painted, but for a request's first."""
        new = {message.request for message in messages if isinstance(message, ev.Delta)} - self._heard
        self._heard |= new
        if new or not all(isinstance(message, ev.Delta) for message in messages):
            self.wakeup.notify()

    def _activate(self, batch: list[Request]) -> None:
        for request in batch:
            if not request.state.final and (why := self._queue.why_skipped(request.spec.model)) is not None:
                self._apply(ev.Skipped(request.spec.id, self.now(), *why))
        alive = [request for request in batch if not request.state.final]
        if not alive:
            self.wakeup.notify()  # For the batch after it.
            return
        for request in alive:
            self._apply(ev.Queued(request.spec.id, self.now()))
        plan, models = self.session.plan_of(alive[0]), self.session.models
        asked = {request.spec.model for request in alive}
        free = [models[model].card.key for model in plan.models if model not in asked] if plan.alone else []
        self._host_worker.prepare([(request, self.session.model_of(request).card) for request in alive], free)
        self._active.append(batch)

    def _apply(self, event: ev.Event) -> None:
        """Fold an event of our own making; the engine's are recorded as they leave its pipe."""
        self._recorder.record_events([event])
        self._fold(event)

    def _fold(self, event: ev.Event) -> None:
        request = self.session.requests.get(event.request)
        if request is None:
            return
        was_final = request.state.final
        request.fold(event)
        self._changed.add(event.request)
        if isinstance(event, ev.Failed):
            self._queue.pausing.heed(event)
        if was_final:
            if isinstance(event, ACCEPTED_AFTER_END):
                self._recorder.save(soon=True)
        elif request.state.final:
            self._finished(request)

    def _finished(self, request: Request) -> None:
        self._started.pop(request.spec.id, None)
        self._memory_sampler.leave(request.spec.id)
        self._ready.pop(request.spec.id, None)
        self._post_processing.ended(request)
        if request.state is RequestState.FAILED:
            self._queue.broken[request.spec.model] = request
        ratio = request.metrics.tokens_per_chunk
        if ratio is not None:
            self.tokens_per_chunk[request.spec.model] = ratio
        self._recorder.save()

    def _noted(self, run: PlanRun) -> PlanRun:
        """The run, all of whose requests are to be looked at."""
        self._changed |= set(run.requests)
        self._begin_at_once()
        return run

    def _refuse_while_busy(self) -> None:
        if self.busy:
            raise BadInputError("The last run is still going", hint="Stop it, or wait for its end.")

    def _rated(self, entry: dict[str, Any]) -> None:
        self._recorder.record(entry)
        self._recorder.save(soon=True)
