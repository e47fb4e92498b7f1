"""What was asked in a session, question by question: a plan puts each of its prompts to all of its models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tui.core.plans.plan import Plan
from tui.core.plans.plan_run import PlanRun
from tui.core.requests.request import Request


class PlanQuestion(NamedTuple):
    """One prompt of one plan. The same prompt in another plan is another question: it was asked once more."""

    plan: str
    """The session's key of the plan."""
    prompt: str
    """The session's key of the prompt."""


def question_of(request: Request) -> PlanQuestion:
    """The question that a request belongs to."""
    return PlanQuestion(request.spec.plan, request.spec.prompt)


def questions_of(requests: Iterable[Request]) -> list[PlanQuestion]:
    """The questions of these requests, in the order in which they were asked first."""
    return list(dict.fromkeys(map(question_of, requests)))


def run_of(plan: Plan, requests: Iterable[Request], question: PlanQuestion) -> PlanRun:
    """Of these requests those that belong to a question, which is one of the plan's."""
    return PlanRun(plan, {one.spec.id: one for one in requests if question_of(one) == question})
