"""Follow-up questions: which answers a conversation can go on from."""

from __future__ import annotations

from collections.abc import Iterable

from tui.core.requests.request import Request


def can_go_on(request: Request) -> bool:
    """Whether there is an answer that another question can follow: not of a request that still runs, or a warm-up."""
    return request.state.final and not request.spec.warmup and bool(request.answer.strip())


def followed(requests: Iterable[Request]) -> dict[str, str]:
    """For a plan's `follows`: of these requests those that a conversation can go on from, by the keys of their models.
    Of one model the last counts."""
    return {request.spec.model: request.spec.id for request in requests if can_go_on(request)}
