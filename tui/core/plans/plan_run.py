"""One launch of a plan: the only state the screens read."""

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
        """Take a request in; it becomes its model's newest."""
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
    """The place in its plan that a request is in."""
    spec = request.spec
    return PlannedRequest(spec.model, spec.prompt, spec.round, spec.warmup)


def remaining(plan: Plan, requests: Iterable[Request]) -> tuple[Batch, ...]:
    """What a plan that was broken off has still to ask, in its own order; `requests` are those there are.

    A request that was stopped or skipped, or never came to an end, is still to be made; one that failed is not. So is
    one that was cut because this program ended.
    Models that are still to be asked something are warmed up anew.
    """
    mine = [request for request in requests if request.spec.plan == plan.key]
    over = {planned_request_of(request) for request in mine if request.state.final and not _is_still_to_ask(request)}
    batches = schedule(plan)
    left = {slot for batch in batches for slot in batch if not slot.warmup and slot not in over}
    models = {slot.model for slot in left}
    kept = (
        tuple(slot for slot in batch if slot in left or (slot.warmup and slot.model in models)) for batch in batches
    )
    return tuple(batch for batch in kept if batch)


def _is_still_to_ask(request: Request) -> bool:
    broken_off = request.fault is not None and request.fault.kind == BROKEN_OFF
    return request.state in _STILL_TO_ASK or broken_off


def newest(requests: Iterable[Request]) -> list[Request]:
    """Of the requests in each place of a plan, the one that was made last."""
    return list({planned_request_of(request): request for request in requests}.values())
