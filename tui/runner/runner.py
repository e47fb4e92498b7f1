"""Puts prompts to models: prepares the models, hands requests to the engine and folds what comes back."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from tui.background import Wakeup
from tui.core.blind.masks import masked_ranges
from tui.core.blind.orders import blind_orders, latest_order
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import BadInputError, CompareError, prose
from tui.core.plans.plan import Plan, PlanOptions
from tui.core.plans.plan_run import PlanRun, remaining
from tui.core.plans.prompt import Prompt
from tui.core.plans.questions import PlanQuestion, question_of
from tui.core.requests import events as ev
from tui.core.requests.outcome import retry_hint
from tui.core.requests.request import ACCEPTED_AFTER_END, Request, RequestState
from tui.core.scoring.judgement import Judgement
from tui.core.scoring.rating import Rater
from tui.core.scoring.rubric import Rubric
from tui.core.sessions.noise_floor import NoiseFloor
from tui.core.sessions.presentation import NameMask
from tui.core.sessions.resumption import ChangedCondition
from tui.core.sessions.session import Session, SessionState
from tui.core.sessions.session_model import ModelChoice
from tui.core.sessions.timing_dict import as_kept
from tui.core.sessions.view import stored_run
from tui.engine.engine_client import EngineClient, EngineGone, Message
from tui.engine.protocol import Cancel, Hello, Start
from tui.hosts.base import Host, HostInfo
from tui.hosts.machine import local_gpus
from tui.runner.gpu_sampler import GpuSampler
from tui.runner.host_worker import Counted, HostWorker, KeptAlive, LoadBegan, Ready, Traced, Unready
from tui.runner.keep_alive import KeepAlive
from tui.runner.memory_sampler import MemorySampler
from tui.runner.plan_builder import build_plan
from tui.runner.post_processing import PostProcessing
from tui.runner.ratings import Ratings
from tui.runner.request_queue import RequestQueue
from tui.runner.retry_pause import RetryPause
from tui.runner.session_conditions import SessionConditions
from tui.runner.session_recorder import SessionRecorder, SessionWriter


class Runner:
    """The only writer of the session and its runs. `tick()` moves everything on; call it from one thread.

    `wakeup` says when: at once for all but text, which only has to be taken in before it is looked at.
    """

    concealed = False

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
        self.never_asked = 0
        """After `close()`: requests that an error kept from being sent, without warm-ups."""
        self.held = ""
        """Why nothing may be asked now, as a phrase; empty where it may."""
        self._now = now
        self.wakeup = Wakeup()
        self._engine = EngineClient(self._recorder.record_events, self._arrived)
        self._heard: set[str] = set()
        """Requests of which text has come. Only the engine's thread looks at them."""
        self._queue = RequestQueue(self._recorder, self._engine.now)
        self._host_worker = HostWorker(host, self._engine.now, self.wakeup.notify)
        self._post_processing = PostProcessing(session, host, self._host_worker, keep_alive)
        self._memory_sampler = MemorySampler(self._engine.now)
        self._gpu_sampler = GpuSampler(self._engine.now)
        self._active: list[list[Request]] = []
        self._rests_since: int | None = None
        """When the last batch ended, in nanoseconds; None before the first has."""
        self._ready: dict[str, Ready] = {}
        self._started: dict[str, int] = {}
        """The requests that are with an engine, and the number of that engine."""
        self._changed: set[str] = set()
        self._conditions = SessionConditions(self._recorder)
        if self._conditions.stored:
            # What it asked last can be asked again.
            self._queue.run = stored_run(session, next(reversed(session.plans.values())))

    @property
    def run(self) -> PlanRun | None:
        """What is being asked, or was asked last."""
        return self._queue.run

    @property
    def changed_conditions(self) -> tuple[ChangedCondition, ...] | None:
        """Of a stored session that goes on: what is known to be another than before; None until that is
        known."""
        return self._conditions.changed

    def start(self) -> None:
        """Start the engine ahead of the first run."""
        self._engine.start()

    def connected(self, info: HostInfo) -> None:
        """Note which host, or hosts, the session is held with. A stored session's host stays as it was stored."""
        self._conditions.connected(info)

    def models_in_order(self, plan: Plan, question: PlanQuestion | None) -> tuple[str, ...]:
        """The models of a plan in the order in which their answers are shown."""
        return plan.models

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
        follows: Mapping[str, str] = MappingProxyType({}),
    ) -> PlanRun:
        """Put prompts to models. Raises BadInputError when that makes no sense, or a run is still going.

        `asked` is one question, or prompts whose keys do not matter. For a follow-up question `follows` has the
        session's keys of models, each with the id of the request whose conversation goes on.
        """
        self._refuse_while_busy()
        plan = build_plan(self._recorder, models, asked, options, follows)
        if options.blind:
            for order in blind_orders(self.session, plan, secrets.randbits(48), self._now(), self.ratings.rater):
                self._recorder.add(order)
        return self._noted(self._queue.begin(plan))

    def follow_up(
        self, runs: Collection[str], asked: str | Sequence[Prompt], options: PlanOptions = PlanOptions()
    ) -> PlanRun:
        """Put prompts to the models of these requests, by their ids: each goes on with its own conversation. Raises
        BadInputError when that makes no sense, a run is still going, or one of them has no answer to go on from."""
        followed = [self.session.requests[run] for run in runs if run in self.session.requests]
        models = [self.session.model_of(request) for request in followed]
        self._conditions.refuse_other_host(models)
        choices = [ModelChoice(model.card, model.own) for model in models]
        return self.begin(choices, asked, options, {request.spec.model: request.spec.id for request in followed})

    def resume(self) -> PlanRun:
        """Go on with the session's last plan that was broken off. Raises BadInputError when there is none."""
        self._refuse_while_busy()
        for plan in reversed(self.session.plans.values()):
            if remaining(plan, self.session.requests.values()):
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
            self._rests_since = self.now()
            unloaded = self._post_processing.post_process(batch)
            self._changed |= {request.spec.id for request in self._queue.schedule_retries(batch, unloaded)}
        self._start_waiting()
        if self.run is not None and self._conditions.asked is not None:
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

    def score_for(self, rubric: Rubric) -> None:
        """Have the answers of the session scored for this. Raises BadInputError when questions have been asked already
        whose answers are scored for something else."""
        if rubric == self.session.rubric:
            return
        if self.session.plans:
            raise BadInputError(
                "The criteria of the set are not used",
                "This session's answers are scored for others",
                "A new session with `--rubric` and the set's file has them.",
            )
        self.session.rubric = rubric

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

    @property
    def paused(self) -> bool:
        """Whether somebody has paused the plan: what is in flight comes to its end, and nothing more is asked."""
        return self._queue.paused

    def pause(self, paused: bool) -> None:
        """Pause what is still to be asked of the plan, or go on with it. Raises BadInputError when nothing is."""
        if paused and not self._queue.left:
            raise BadInputError("Nothing more is to be asked", hint="What is being answered comes to its end.")
        self._queue.paused = paused
        self.wakeup.notify()

    def stop_waiting(self) -> None:
        """Stop what has not begun; what is being answered comes to its end."""
        for batch in list(self._queue.waiting):
            for request in batch:
                self.stop(request.spec.id)

    def stop_all(self) -> None:
        """Stop every request, those that have not begun included."""
        for batch in [*self._active, *self._queue.waiting]:
            for request in batch:
                self.stop(request.spec.id)

    def rerun(self, model: str) -> None:
        """Ask one model of the current run again. Raises BadInputError while it is still answering, and where that
        would ask another kind of host."""
        self._refuse_while_held()
        self._conditions.refuse_other_host([self.session.models[model]] if model in self.session.models else [])
        batch = self._queue.rerun(model)
        self._note_asked()
        self._changed |= {request.spec.id for request in batch}
        if batch not in self._queue.waiting:
            self._activate(batch)
        self._begin_at_once()

    def rerun_all(self) -> None:
        """Ask every model of the current run again, in the plan's own way."""
        run = self._queue.current()
        self._refuse_while_busy()
        self._conditions.refuse_other_host([self.session.models[key] for key in run.plan.models])
        self._queue.rerun_all()
        self._noted(run)

    def problems(self) -> Sequence[CompareError]:
        """What could not be kept on disk, or warm, since the last call."""
        return [*self._recorder.problems(), *self._post_processing.problems()]

    def close(self, *, broken_off: bool = False) -> bool:
        """Stop everything and write the last of it; whether everything is kept.

        `broken_off` says that an error ends the program, and not whoever uses it: what is still to be asked then is
        `never_asked`.
        """
        self._take_steps()
        self._take_samples()
        self._host_worker.close()
        self._memory_sampler.close()
        self._gpu_sampler.close()
        self._engine.close()
        self._take_messages()
        left = [request for batch in [*self._active, *self._queue.waiting] for request in batch]
        left = [request for request in left if not request.state.final]
        for request in left:
            self._apply(ev.Cancelled(request.spec.id, self.now()))
        self._active.clear()
        self._queue.waiting.clear()
        if broken_off:
            asked = [request for request in left if not request.spec.warmup]
            self.never_asked = sum(request.timestamps.sent is None for request in asked)
        if self._conditions.asked is not None or not self._conditions.stored:
            self.session.state = SessionState.INTERRUPTED if broken_off and left else SessionState.FINISHED
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
        for sample in (*self._memory_sampler.samples(), *self._gpu_sampler.samples()):
            self._apply(sample)

    def _take_messages(self) -> None:
        for message in self._engine.drain():
            match message:
                case Hello():
                    self._conditions.greeted({name: message.tool.get(name, "") for name in ("openai", "priority")})
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
            schema = session.prompts[request.spec.prompt].answer_schema
            starts.append(Start(request.spec.id, endpoint, session.messages_of(request), own, timeouts, schema))
            self._recorder.started(request, self._now())
        self._engine.send(*starts)
        for request in pending:
            run = request.spec.id
            ready = self._ready.pop(run)
            self._started[run] = self._engine.generation
            if ready.near:
                self._memory_sampler.watch(run, ready.pid)
            if ready.pid is not None:
                self._gpu_sampler.watch(run, "", local_gpus)
            elif not ready.near:
                card = session.model_of(request).card
                self._gpu_sampler.watch(run, f"host {card.host}", partial(self._host_worker.gpus, card.key))

    def _start_waiting(self) -> None:
        """Begin with the next batch, if it is its turn."""
        if self._queue.waiting and not self._active and self.pause_s is None and not self.paused and self._rested:
            # Until the engine greets, a request has not been asked: starting it is nobody's latency.
            if self._engine.greeted:
                self._activate(self._queue.waiting.popleft())
            else:
                self._engine.start()

    @property
    def _rested(self) -> bool:
        """Whether the plan's pause between requests is over."""
        rest = self.run.plan.pause_s if self.run is not None else 0
        return not rest or self._rests_since is None or self.now() - self._rests_since >= rest * 1e9

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
        request.timestamps = as_kept(request.timestamps)
        self._started.pop(request.spec.id, None)
        self._memory_sampler.leave(request.spec.id)
        self._gpu_sampler.leave(request.spec.id)
        self._ready.pop(request.spec.id, None)
        self._post_processing.ended(request)
        if request.state is RequestState.FAILED:
            self._queue.broken[request.spec.model] = request
        self._note_names(request)
        ratio = request.metrics.tokens_per_chunk
        if ratio is not None:
            self.tokens_per_chunk[request.spec.model] = ratio
        self._recorder.save()

    def _note_names(self, request: Request) -> None:
        """Store which parts of an answer that is shown blind are hidden."""
        order = latest_order(self.session, question_of(request)) if self.session.orders else None
        if order is not None and order.blind and (ranges := masked_ranges(self.session, request)):
            self._recorder.add(NameMask(request.spec.id, ranges, self._now()))

    def _noted(self, run: PlanRun) -> PlanRun:
        """The run, all of whose requests are to be looked at."""
        self._changed |= set(run.requests)
        self._note_asked()
        self._begin_at_once()
        return run

    def _note_asked(self) -> None:
        self.session.state = SessionState.RUNNING
        self._conditions.note_asked(self._queue.current().plan, self._now())

    @property
    def written(self) -> bool:
        """Whether anything was given to be kept."""
        return self._recorder.written

    def name(self, title: str, tags: Sequence[str]) -> None:
        """Give the session a title and tags, in place of those that it has."""
        self._recorder.name(title, tags)

    def note_noise(self, floors: Iterable[NoiseFloor]) -> None:
        """Keep what a measurement of a model against itself found."""
        for floor in floors:
            self._recorder.add(floor)
        self._recorder.save(soon=True)

    def judged(self, judge: Rater, rubric: Rubric, made: Judgement) -> None:
        """Keep what a model that judges said to one question; `rubric` is what it scores for."""
        self._recorder.judged(judge, rubric, made)

    def _refuse_while_busy(self) -> None:
        self._refuse_while_held()
        if self.busy:
            raise BadInputError("The last run is still going", hint="Stop it, or wait for its end.")

    def _refuse_while_held(self) -> None:
        if self.held:
            raise BadInputError(self.held, "Each would slow the other down", "Wait, or stop it with esc.")

    def _rated(self, entry: dict[str, Any]) -> None:
        self._recorder.record(entry)
        self._recorder.save(soon=True)
