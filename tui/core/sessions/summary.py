"""What is shown of a session in a list of many, and the texts that it can be found by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tui.core.sessions.session import Session

HIDDEN = "hidden"
"""What every model is called while nobody may know which one gave an answer."""
PROMPT_SHOWN = 200
"""Characters of the first prompt that a summary keeps."""


class SessionSummary(NamedTuple):
    """What is shown of a session without reading its file. Texts are raw: whoever shows them cleans them.

    A tuple, for lists make thousands of them.
    """

    id: str
    created: datetime
    state: str
    """`running`, `finished` or `interrupted`; see `SessionState`."""
    title: str
    tags: tuple[str, ...]
    prompt: str
    """The beginning of the first prompt; empty when there is none."""
    prompts: int
    """How many prompts there are."""
    models: tuple[str, ...]
    """Titles of the models, those of one name told apart; `hidden` for each while they are `concealed`."""
    hosts: tuple[str, ...]
    """What the hosts are called; none while the models are concealed."""
    modes: tuple[str, ...]
    """Of the plans: `race`, `measure`."""
    states: Mapping[str, int]
    """How many requests are in each state, none while the models are concealed; see `RequestState`. Warm-ups are not
    counted."""
    planned: int
    """How many requests the last plan has, without warm-ups."""
    made: int
    """How many of these need not be made again."""
    answers: int
    """How many answers can be scored: those that panes show, of a model that was asked again the newest."""
    raters: tuple[str, ...]
    """All who rated."""
    decided: Mapping[str, int]
    """By rater, how many of these answers have a score for each criterion."""
    part_of: str = ""
    """The id of the session that this is a further file of."""
    concealed: bool = False
    """Whether it is in the middle of a blind review: nothing may tell which model gave which answer."""
    hidden_from: Mapping[str, bool] = {}
    """Whether a rater must not learn that, though others may know it; of an empty name, who has done nothing yet."""

    @property
    def name(self) -> str:
        """Its title, else its first prompt."""
        return self.title or self.prompt

    @property
    def left(self) -> int:
        """How many requests of the last plan are still to be made."""
        return max(0, self.planned - self.made)

    def undecided(self, rater: str) -> int:
        """How many answers lack a score of this rater for one criterion or more."""
        return self.answers - self.decided.get(rater, 0)

    @property
    def which_answers(self) -> str:
        """Which of all complete answers `answers` counts, to be put behind a number of them; empty for all."""
        return " (of rounds and reruns the newest)" if self.states.get("done", 0) > self.answers else ""


def as_seen_by(rater: str, summary: SessionSummary) -> SessionSummary:
    """The summary, without what this rater must not learn."""
    hidden = summary.hidden_from
    return concealed(summary) if hidden.get(rater, hidden.get("", False)) else summary


def concealed(summary: SessionSummary) -> SessionSummary:
    """The summary, without what could tell which model gave which answer."""
    from tui.core.scoring.rating import JUDGE

    # A judge is called by a model's name, which may be that of one of the judged.
    called = {one: JUDGE if one.startswith(f"{JUDGE} ") else one for one in (*summary.raters, *summary.decided)}
    decided: dict[str, int] = {}
    for one, count in summary.decided.items():
        decided[called[one]] = max(count, decided.get(called[one], 0))
    return summary._replace(
        models=(HIDDEN,) * len(summary.models), hosts=(), states={}, decided=decided, concealed=True,
        raters=tuple(dict.fromkeys(called[one] for one in summary.raters)),
    )  # fmt: skip


class FoundText(NamedTuple):
    """A text of a session that a search looks through."""

    where: str
    """`title`, `tag`, `model`, `prompt`, `answer`, `thinking` or `note`."""
    run: str
    """The id of the request whose answer, thinking or note it is; else empty."""
    text: str


def summary_of(session: Session) -> SessionSummary:
    """The summary of a session, or of its part that is in one file."""
    from tui.core.blind.orders import is_anything_hidden, is_unrevealed
    from tui.core.catalog.model_names import titles
    from tui.core.plans.plan_run import count_made
    from tui.core.scoring.in_effect import RatingsOf
    from tui.core.scoring.rating import can_be_scored, undecided
    from tui.core.scoring.score_pass import shown_requests

    requests = [request for request in session.requests.values() if not request.spec.warmup]
    scorable = list(filter(can_be_scored, shown_requests(session)))
    decided: dict[str, int] = {}
    for rater in dict.fromkeys(score.rater for score in session.scores):
        ratings = RatingsOf(session, rater)
        waiting = (undecided(request, ratings.scores_of(request.spec.id), session.rubric) for request in scorable)
        decided[rater] = sum(not criteria for criteria in waiting)
    first = next(iter(session.prompts.values()), None)
    hidden = is_unrevealed(session)
    plan = next(reversed(session.plans.values()), None)
    every = SessionSummary(
        id=session.id,
        created=session.created,
        state=session.state.value,
        title=session.title,
        tags=session.tags,
        prompt="" if first is None else first.user[:PROMPT_SHOWN],
        prompts=len(session.prompts),
        models=tuple(titles([one.card for one in session.models.values()])),
        hosts=_hosts(session),
        modes=tuple(dict.fromkeys(plan.mode.value for plan in session.plans.values())),
        states=dict(Counter(request.state.value for request in requests)),
        planned=0 if plan is None else plan.size,
        made=0 if plan is None else count_made(plan, requests),
        answers=len(scorable),
        raters=tuple(session.raters),
        decided=decided,
        part_of=session.whole_id if session.whole_id != session.id else "",
        concealed=hidden,
        hidden_from={rater: is_anything_hidden(session, rater) for rater in ("", *_raters(session))}
        if session.orders
        else {},
    )
    return concealed(every) if hidden else every


def _raters(session: Session) -> Iterator[str]:
    """All who rated, or were shown something."""
    yield from session.raters
    yield from (one.rater for one in session.orders if one.rater)
    yield from (one.rater for one in session.reveals)


def _hosts(session: Session) -> tuple[str, ...]:
    return (
        tuple(session.hosts) or tuple(str(session.host[key]) for key in ("title", "kind") if session.host.get(key))[:1]
    )


def texts_of(session: Session) -> Iterator[FoundText]:
    """Every text of a session that a search looks through: none of a model while these are concealed."""
    from tui.core.blind.orders import is_unrevealed
    from tui.core.scoring.in_effect import in_effect

    hidden = is_unrevealed(session)
    if session.title:
        yield FoundText("title", "", session.title)
    for tag in session.tags:
        yield FoundText("tag", "", tag)
    if not hidden:
        for model in session.models.values():
            yield FoundText("model", "", model.name)
    for prompt in session.prompts.values():
        yield FoundText("prompt", "", prompt.user if not prompt.system else f"{prompt.user}\n{prompt.system}")
    for run, request in session.requests.items() if not hidden else ():
        if request.answer:
            yield FoundText("answer", run, request.answer)
        if request.reasoning:
            yield FoundText("thinking", run, request.reasoning)
    for note in in_effect(session).notes.values():
        if not hidden or not note.model:
            yield FoundText("note", note.run, note.text)


def summary_to_row(summary: SessionSummary) -> list[Any]:
    """The summary as a list that JSON can hold."""
    return [
        summary.id, summary.created.isoformat(), summary.state, summary.title, summary.tags, summary.prompt,
        summary.prompts, summary.models, summary.hosts, summary.modes, dict(summary.states), summary.planned,
        summary.made, summary.answers, summary.raters, dict(summary.decided), summary.part_of, summary.concealed,
        dict(summary.hidden_from),
    ]  # fmt: skip


def summary_from_row(row: list[Any]) -> SessionSummary:
    """The summary that such a list holds. Raises ValueError, TypeError or IndexError when it is none."""
    (session_id, created, state, title, tags, prompt, prompts, models, hosts, modes, states, planned, made, answers,
     raters, decided, part_of, concealed, hidden_from) = row  # fmt: skip
    return SessionSummary(
        session_id, datetime.fromisoformat(created), state, title, tuple(tags), prompt, prompts, tuple(models),
        tuple(hosts), tuple(modes), states, planned, made, answers, tuple(raters), decided, part_of, concealed,
        hidden_from,
    )  # fmt: skip
