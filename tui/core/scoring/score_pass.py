"""What there is to be scored in a session, and in which order: an item is one answer and one criterion."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tui.core.plans.questions import PlanQuestion, question_of, run_of
from tui.core.scoring.rating import Score, can_be_scored

if TYPE_CHECKING:
    from tui.core.plans.plan import Plan
    from tui.core.requests.request import Request
    from tui.core.sessions.session import Session


class ScoreItem(NamedTuple):
    """One thing to be decided."""

    run: str
    """The request's id."""
    criterion: str


ModelsOf = Callable[["Plan", PlanQuestion], Sequence[str]]
"""The models of a plan in the order in which their answers to a question are shown."""
ScoresOf = Callable[[str], Mapping[str, Score]]
"""The scores that one rater gave the answer of a request, by criterion."""


def _planned(plan: Plan, question: PlanQuestion) -> Sequence[str]:
    return plan.models


def score_items(session: Session, seed: int | None = None, models_of: ModelsOf = _planned) -> list[ScoreItem]:
    """All that can be scored of the answers that panes show: question by question as they were asked, or, with a seed,
    answer by answer in an order of its own, which further answers do not change. The criteria of an answer stay
    together, in the order of the rubric.

    Within a question the order is that of the panes: any other could tell which model is in which.
    """
    requests = list(filter(can_be_scored, shown_requests(session, models_of)))
    if seed is not None:
        requests.sort(key=lambda request: _place(seed, request.spec.id))
    return [ScoreItem(request.spec.id, criterion.id) for request in requests for criterion in session.rubric]


def left_of(items: Iterable[ScoreItem], scores_of: ScoresOf) -> list[ScoreItem]:
    """Those that lack a score, in the same order."""
    return [item for item in items if item.criterion not in scores_of(item.run)]


def following(items: Sequence[ScoreItem], left: Sequence[ScoreItem], item: ScoreItem | None) -> ScoreItem | None:
    """Of the items left the next one after an item, and after the last of all items the first that is left; None when
    none is."""
    waiting = set(left)
    after = items.index(item) + 1 if item is not None and item in items else 0
    return next((one for one in items[after:] if one in waiting), left[0] if left else None)


def shown_requests(session: Session, models_of: ModelsOf = _planned) -> Iterator[Request]:
    """The requests that panes show, question by question: an answer that was asked again is not among them."""
    by_question: dict[PlanQuestion, list[Request]] = {}
    for request in session.requests.values():
        by_question.setdefault(question_of(request), []).append(request)
    for question, requests in by_question.items():
        plan = session.plans[question.plan]
        run = run_of(plan, requests, question)
        yield from filter(None, map(run.shown_request, models_of(plan, question)))


def pass_seed(session: Session, rater: str) -> int | None:
    """What this rater's score pass is shuffled with; None for the order in which the answers came."""
    orders = [order for order in session.pass_orders if order.rater == rater]
    return orders[-1].seed if orders else None


def _place(seed: int, run: str) -> bytes:
    return hashlib.sha256(f"{seed} {run}".encode()).digest()
