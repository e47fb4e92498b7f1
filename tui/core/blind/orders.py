"""In which order the answers to a question are shown, and from whom it is hidden which model gave them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import chain

from tui.core.errors import BadInputError
from tui.core.plans.plan import Plan
from tui.core.plans.questions import PlanQuestion, question_of, questions_of
from tui.core.sessions.presentation import PaneOrder, Reveal
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line


def shuffled(models: Iterable[str], seed: int, question: PlanQuestion) -> tuple[str, ...]:
    """The keys of models in an order that nobody can foresee without the seed, and everybody can repeat with it.

    They are sorted by the SHA-256 of seed, plan, prompt and model, one a line: each order is as likely as any other,
    on every machine and in every version of Python it is the same, and each question has its own.
    """

    def place(model: str) -> bytes:
        return sha256("\n".join((str(seed), *question, model)).encode()).digest()

    return tuple(sorted(models, key=place))


def blind_orders(session: Session, plan: Plan, seed: int, at: datetime, rater: str) -> list[PaneOrder]:
    """The orders in which the answers of a plan are shown blind to whoever asks, one for each of its prompts.

    A follow-up question keeps the order of the answers that it follows: each of its answers belongs to one of them. So
    it cannot be blind where these are not: then there are none.
    """
    followed = [session.requests[run] for _, run in plan.follows if run in session.requests]
    if followed and question_of(followed[0]) not in hidden_questions(session, rater):
        return []
    found = latest_order(session, question_of(followed[0])) if followed else None
    made = []
    for prompt in plan.prompts:
        question = PlanQuestion(plan.key, prompt)
        models = shuffled(plan.models, seed, question)
        if found is not None:
            known = [key for key in found.models if key in models]
            models = (*known, *(key for key in models if key not in known))
        made.append(PaneOrder(plan.key, prompt, models, at, seed if found is None else found.seed, blind=True))
    return made


def second_look_orders(session: Session, rater: str, seed: int, at: datetime) -> list[PaneOrder]:
    """The orders in which a kept session is put before one more rater, blind. Questions whose models this rater has
    seen, or that are hidden from the rater already, are left out."""
    hidden = hidden_questions(session, rater)
    made = []
    for question in questions_of(session.requests.values()):
        if question not in hidden and not has_seen(session, question, rater) and question.plan in session.plans:
            models = shuffled(session.plans[question.plan].models, seed, question)
            made.append(PaneOrder(question.plan, question.prompt, models, at, seed, blind=True, rater=rater))
    return made


def latest_order(session: Session, question: PlanQuestion, rater: str = "") -> PaneOrder | None:
    """The order in which a rater is shown the answers to a question; None where that is the plan's."""
    return next((one for one in reversed(session.orders) if _is_of(one, question, rater)), None)


def models_in_order(session: Session, plan: Plan, question: PlanQuestion | None, rater: str) -> tuple[str, ...]:
    """The models of a plan in the order in which a rater is shown their answers to one of its questions."""
    order = latest_order(session, question, rater) if question is not None and session.orders else None
    if order is None or set(order.models) != set(plan.models):
        return plan.models
    return order.models


def hidden_questions(session: Session, rater: str) -> set[PlanQuestion]:
    """The questions of which this rater must not learn which model gave which answer: those shown blind, as long as
    the rater has not seen it."""
    return {question for question in _shown_blind(session, rater) if not has_seen(session, question, rater)}


def is_anything_hidden(session: Session, rater: str) -> bool:
    """Whether there is such a question."""
    return any(not has_seen(session, question, rater) for question in _shown_blind(session, rater))


def has_seen(session: Session, question: PlanQuestion, rater: str) -> bool:
    """Whether a rater knows which model gave which answer: by a reveal, or as a rating shows that is not blind.

    A reveal of everything covers what had been asked by then: by the number of the question's first order, or, where
    it was asked without one, by the time.
    """
    if any(one.rater == rater and _covers(session, one, question) for one in session.reveals):
        return True
    asked = session.requests

    def is_of_it(run: str) -> bool:
        return run in asked and question_of(asked[run]) == question

    scored = (one.run for one in session.scores if one.rater == rater and not one.blind)
    ticked = (one.run for one in session.facets if one.rater == rater and not one.blind)
    voted = (run for one in session.votes if one.rater == rater and not one.blind for run in one.runs)
    return any(map(is_of_it, chain(scored, ticked, voted)))


def is_blind(session: Session, request_ids: Sequence[str], rater: str) -> bool:
    """Whether what a rater says now of these requests' answers is said without knowing whose they are."""
    requests = [session.requests[key] for key in request_ids if key in session.requests]
    asked = {question_of(request) for request in requests}
    return bool(asked) and all(
        question in _shown_blind(session, rater) and not has_seen(session, question, rater) for question in asked
    )


def is_unrevealed(session: Session) -> bool:
    """Whether a session is in the middle of a blind review: there are answers shown blind to whoever asked, and nobody
    has had the models revealed. A list of sessions names no model of it, no host, and shows no figure, count of
    failures or text of an answer."""
    first = [one for one in session.orders if one.blind and not one.rater]
    raters = {one.rater for one in session.reveals} | {one.rater for one in first}
    return bool(first) and all(is_anything_hidden(session, rater) for rater in raters)


def is_hidden_from(session: Session, rater: str) -> bool:
    """Whether nothing may tell this rater which model gave which answer: nobody may know, or this one has not seen
    what others have."""
    return is_unrevealed(session) or is_anything_hidden(session, rater)


def why_not_named(session: Session, rater: str) -> BadInputError | None:
    """Why nothing that is made of a session for this rater may name its models; None where it may."""
    if not is_hidden_from(session, rater):
        return None
    hint = "`foundry-compare open` shows it, and V reveals the models; so does `sessions reveal`."
    know = sorted({one.rater for one in session.reveals if not is_hidden_from(session, one.rater)})
    if know and not _takes_part(session, rater):
        names = ", ".join(clean_line(one, 40) for one in know)
        one = clean_line(know[0], 40)
        hint = f"They were revealed to {names}: `--rater {one}` asks as {one}. {hint}"
    return BadInputError(
        f"The models of {session.id} are hidden from {clean_line(rater, 40)}",
        "It is scored blind, and names or figures would tell which model is which",
        hint,
    )


def _takes_part(session: Session, rater: str) -> bool:
    """Whether a rater was shown the answers in an order of their own, or has said something of them: a blind review
    that goes on is not to be told how it is gone around."""
    said = chain(
        (one.rater for one in session.orders),
        (one.rater for one in session.scores),
        (one.rater for one in session.votes),
        (one.rater for one in session.facets),
        (one.rater for one in session.notes),
    )
    return rater in said


def _shown_blind(session: Session, rater: str) -> list[PlanQuestion]:
    """The questions whose latest order for this rater is a blind one."""
    orders = {PlanQuestion(one.plan, one.prompt): one for one in session.orders if one.rater in ("", rater)}
    return [question for question, one in orders.items() if one.blind]


def _is_of(order: PaneOrder, question: PlanQuestion, rater: str) -> bool:
    return (order.plan, order.prompt) == question and order.rater in ("", rater)


def _covers(session: Session, reveal: Reveal, question: PlanQuestion) -> bool:
    if reveal.plan not in ("", question.plan) or reveal.prompt not in ("", question.prompt):
        return False
    first = next((one for one in session.orders if _is_of(one, question, "")), None)
    if first is not None:
        return reveal.entry > first.entry
    mine = [one.started for one in session.requests.values() if question_of(one) == question and one.started]
    return not mine or min(mine) <= reveal.at
