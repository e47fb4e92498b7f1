"""One launch of a plan: its requests, and which of them a plan has still to make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tui.core.plans.plan import Batch, Plan, PlannedRequest, schedule
from tui.core.requests.request import BROKEN_OFF, Request, RequestState


@dataclass(slots=True)
class PlanRun:
    """The requests of one launch of a plan, in the order they were made."""

    plan: Plan
    requests: dict[str, Request] = field(default_factory=dict)

    def add(self, request: Request) -> None:
        """Add a request; it becomes its model's newest."""
        self.requests[request.spec.id] = request

    def shown_request(self, model: str) -> Request | None:
        """The request of a model that its pane shows: the newest that has begun, else the newest; None for none."""
        mine = [request for request in self.requests.values() if request.spec.model == model]
        begun = [request for request in mine if request.timestamps.asked is not None or request.state.final]
        newest = begun or mine
        return newest[-1] if newest else None

    @property
    def finished(self) -> bool:
        """Whether every request has come to its end."""
        return all(request.state.final for request in self.requests.values())


_STILL_TO_ASK = (RequestState.STOPPED, RequestState.SKIPPED)


def planned_request_of(request: Request) -> PlannedRequest:
    """What of its plan a request carries out."""
    spec = request.spec
    return PlannedRequest(spec.model, spec.prompt, spec.round, spec.warmup)


def remaining(plan: Plan, requests: Iterable[Request]) -> tuple[Batch, ...]:
    """What a plan that was broken off has still to ask, in its own order; `requests` are those that there are.

    A request that was stopped or skipped, never came to an end, was cut because this program ended, or found no server
    is still to be made; one that failed otherwise is not. Models that are still to be asked something are warmed up
    once more.
    """
    mine = [request for request in requests if request.spec.plan == plan.key]
    asked = {planned_request_of(request) for request in mine if request.state.final and not _is_still_to_ask(request)}
    batches = schedule(plan)
    left = {planned for batch in batches for planned in batch if not planned.warmup and planned not in asked}
    models = {planned.model for planned in left}

    def is_left(planned: PlannedRequest) -> bool:
        return planned in left or (planned.warmup and planned.model in models)

    kept = (tuple(filter(is_left, batch)) for batch in batches)
    return tuple(batch for batch in kept if batch)


def count_made(plan: Plan, requests: Iterable[Request]) -> int:
    """How many requests of a plan need not be made again, without warm-ups: those that `remaining` leaves out."""
    mine = [request for request in requests if request.spec.plan == plan.key and not request.spec.warmup]
    return len({planned_request_of(one) for one in mine if one.state.final and not _is_still_to_ask(one)})


def _is_still_to_ask(request: Request) -> bool:
    broken_off = request.fault is not None and request.fault.kind == BROKEN_OFF
    return request.state in _STILL_TO_ASK or broken_off or _found_no_server(request)


def _found_no_server(request: Request) -> bool:
    """Whether nobody was there to be asked."""
    fault = request.fault
    if request.state is not RequestState.FAILED or fault is None or request.timestamps.sent is not None:
        return False
    return fault.kind == "connect" or (fault.kind, fault.type) == ("host", "NoHostError")


def newest(requests: Iterable[Request]) -> list[Request]:
    """The last request that was made for each model, prompt and round of a plan."""
    return list({planned_request_of(request): request for request in requests}.values())
