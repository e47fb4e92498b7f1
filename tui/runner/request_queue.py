"""Which requests of a plan are still to be made, which of them once more, and which not at all."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tui.core.errors import BadInputError
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan, PlannedRequest, schedule
from tui.core.plans.plan_run import PlanRun, planned_request_of, remaining
from tui.core.requests.request import Request, RequestSpec, RequestState
from tui.runner.retry_pause import RetryPauses
from tui.runner.session_recorder import SessionRecorder


class RequestQueue:
    """The batches of the current run that wait for their turn. It makes the requests; it asks nobody anything."""

    def __init__(self, recorder: SessionRecorder, clock: Callable[[], int]) -> None:
        """`clock` is steady, in nanoseconds."""
        self._recorder = recorder
        self.pausing = RetryPauses(clock)
        self.run: PlanRun | None = None
        self.waiting: deque[list[Request]] = deque()
        self.broken: dict[str, Request] = {}
        """Models that failed, and how: they are skipped for the rest of the run."""
        self._reloaded: set[str] = set()
        self._retried: Counter[PlannedRequest] = Counter()
        self._again: set[str] = set()
        """The requests that the pause is for."""
        self._paused = False

    def begin(self, plan: Plan) -> PlanRun:
        """Line up everything that a plan asks."""
        self._turn_to(PlanRun(plan))
        self._line_up(schedule(plan))
        return self.current()

    def resume(self, plan: Plan) -> PlanRun:
        """Line up what a plan that was broken off has still to ask, in requests of its own."""
        session = self._recorder.session
        left = remaining(plan, session.requests.values())
        rated = {score.run for score in session.scores} | {tick.run for tick in session.facets}
        rated |= {note.run for note in session.notes}
        rated |= {run for vote in session.votes for run in vote.runs}
        never_asked = (RequestState.STOPPED, RequestState.SKIPPED)
        for request in [request for request in session.requests.values() if request.spec.plan == plan.key]:
            if request.state in never_asked and request.timestamps.sent is None and request.spec.id not in rated:
                self._recorder.remove(request)
        before = {run: request for run, request in session.requests.items() if request.spec.plan == plan.key}
        # Models that had failed are asked again: whoever goes on with a plan has had a reason to hope.
        self._turn_to(PlanRun(plan, before))
        self._line_up(left)
        return self.current()

    def rerun(self, model: str) -> list[Request]:
        """The request in which a model is asked again what it was asked last. Raises BadInputError while it answers."""
        run = self.current()
        last = run.shown_request(model)
        if last is None or not last.state.final:
            raise BadInputError("This model is still answering", hint="Stop it first.")
        self.broken.pop(model, None)
        others = any(not request.state.final for request in run.requests.values())
        batch = self._batch([planned_request_of(last)], self._launched(), company=others)
        if run.plan.mode is not Mode.RACE:
            self.waiting.append(batch)
        return batch

    def rerun_all(self) -> None:
        """Line up the whole plan again, without its warm-up."""
        self.broken.clear()
        self._retried.clear()
        self._line_up(schedule(replace(self.current().plan, warmup=0)))

    @property
    def left(self) -> bool:
        """Whether something waits to be asked."""
        return any(not request.state.final for batch in self.waiting for request in batch)

    @property
    def paused(self) -> bool:
        """Whether what waits is not to be asked before somebody goes on with it. Where nothing is left there is no
        pause."""
        self._paused = self._paused and self.left
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._paused = paused

    @property
    def pause_s(self) -> float | None:
        """How many seconds there still are before the next batch may be asked; None when it may be asked at once."""
        left = self.pausing.left_s
        first = self.waiting[0] if self.waiting else []
        waits = any(not request.state.final and request.spec.id in self._again for request in first)
        return left if left and waits else None

    def why_skipped(self, model: str) -> tuple[str, str] | None:
        """Why this model is not asked in the rest of the run, and what to do; None when it is."""
        failed = self.broken.get(model)
        if failed is None:
            return None
        which = "its warm-up" if failed.spec.warmup else "a request before"
        fault = failed.fault
        return f"Not asked, because {which} failed: {fault.message if fault else '-'}", fault.hint if fault else ""

    def schedule_retries(self, batch: Sequence[Request], unloaded: Iterable[Request]) -> list[Request]:
        """Line up what of a batch that has ended is to be asked again: what failed while there are retries left.

        A model that its host had `unloaded` since it was last looked at is asked again once a run, retries or not.
        A retry begins with a pause.
        """
        if self.run is None:
            return []
        again = []
        failed = []
        gone = [request.spec.id for request in unloaded]
        for request in batch:
            planned = planned_request_of(request)
            if request.state is not RequestState.FAILED or request.spec.id not in self.run.requests:
                continue
            if request.spec.id in gone and planned.model not in self._reloaded:
                self._reloaded.add(planned.model)
            elif self._retried[planned] < self.run.plan.retries:
                self._retried[planned] += 1
                failed.append((request, self._retried[planned]))
            else:
                continue
            self.broken.pop(planned.model, None)
            again.append(planned)
        requests = self._batch(again, self._launched())
        if requests:
            self.waiting.appendleft(requests)
        if failed:
            known = self.run.requests
            self._again = {run for run in self._again if run in known and not known[run].state.final}
            if not self._again:
                self.pausing.end()
            self.pausing.begin(failed)
            self._again |= {request.spec.id for request in requests}
        return requests

    def current(self) -> PlanRun:
        """The run. Raises BadInputError when there is none yet."""
        if self.run is None:
            raise BadInputError("Nothing has been run yet", hint="Type a question first.")
        return self.run

    def _turn_to(self, run: PlanRun) -> None:
        self.run = run
        self.pausing.forget()
        self.broken.clear()
        self._reloaded.clear()
        self._retried.clear()

    def _line_up(self, batches: Iterable[Iterable[PlannedRequest]]) -> None:
        # All requests of one call are of one launch, though a model may be asked the same several times to warm up.
        launched = self._launched()
        for batch in batches:
            self.waiting.append(self._batch(list(batch), launched))

    def _launched(self) -> dict[PlannedRequest, int]:
        """The last launch of each place in the plan."""
        launched: dict[PlannedRequest, int] = {}
        for request in self.current().requests.values():
            planned = planned_request_of(request)
            launched[planned] = max(request.spec.launch, launched.get(planned, 0))
        return launched

    def _batch(
        self, requests: Sequence[PlannedRequest], launched: dict[PlannedRequest, int], *, company: bool = False
    ) -> list[Request]:
        """Requests that are asked together; `company` says that others are in flight beside them."""
        return [self._request(planned, launched, company=company or len(requests) > 1) for planned in requests]

    def _request(self, planned: PlannedRequest, launched: dict[PlannedRequest, int], *, company: bool) -> Request:
        run = self.current()
        spec = RequestSpec(
            id=self._recorder.next_request_id(),
            plan=run.plan.key,
            mode=run.plan.mode,
            model=planned.model,
            prompt=planned.prompt,
            round=planned.round,
            launch=launched.get(planned, 0) + 1,
            warmup=planned.warmup,
            contended=run.plan.mode is Mode.RACE and company,
            nonce=secrets.token_hex(4) if run.plan.nonce else "",
            host=self._recorder.host_title(planned.model),
            follows=dict(run.plan.follows).get(planned.model, ""),
        )
        request = self._recorder.add_request(spec)
        run.add(request)
        return request
