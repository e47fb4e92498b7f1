"""Small sessions for tests, built from the same events as real ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from tui.core.catalog.model_card import ModelCard, from_megabytes
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests import events as ev
from tui.core.requests.events import Kind
from tui.core.requests.request import Request, RequestSpec, RequestState
from tui.core.scoring.rating import Note, Score
from tui.core.scoring.rubric import DEFAULT_RUBRIC, Rubric
from tui.core.sessions.entry_dict import complete_entries
from tui.core.sessions.session import Session, SessionState
from tui.core.sessions.session_model import SessionModel

MS = 1_000_000
"""Nanoseconds in a millisecond."""
ASKED = 7_000 * MS
"""When the requests built here are asked for; not 0, so that a forgotten subtraction shows."""
SENT = ASKED + 5 * MS
WHEN = datetime(2026, 11, 22, 11, 3, 1, tzinfo=UTC)


def fold(request: Request, *events: ev.Event) -> Request:
    """The request, after these events."""
    for event in events:
        request.fold(event)
    return request


def spec(run_id: str = "r1", **facts: Any) -> RequestSpec:
    """A request's identity; a race is contended, a measured run is not, unless said otherwise."""
    mode = facts.setdefault("mode", Mode.MEASURE)
    facts.setdefault("plan", mode.value)
    facts.setdefault("model", "m1")
    facts.setdefault("prompt", "p1")
    facts.setdefault("contended", mode is Mode.RACE)
    return RequestSpec(run_id, **facts)


def request(
    run_id: str = "r1",
    *,
    state: RequestState = RequestState.DONE,
    first_ms: float = 100,
    gap_ms: float = 10,
    thinking: Sequence[str] = (),
    answer: Sequence[str] = ("one", " two", " three"),
    usage: bool = True,
    tokens: int | None = None,
    source: str = "server",
    **facts: Any,
) -> Request:
    """A request in `state`. Its chunks come alone in their reads, the first after `first_ms`; the end is one gap later.

    With `usage` the host counted `tokens`, by default one a chunk.
    """
    made = Request(spec(run_id, **facts), started=WHEN)
    if state is RequestState.SKIPPED:
        return fold(made, ev.Skipped(run_id, ASKED))
    fold(made, ev.Queued(run_id, ASKED))
    if state is RequestState.QUEUED:
        return made
    if state is RequestState.LOADING:
        return fold(made, ev.Loading(run_id, ASKED + MS))
    fold(made, ev.Sent(run_id, SENT), ev.Headers(run_id, SENT + MS))
    pieces = [(Kind.REASONING, text) for text in thinking] + [(Kind.ANSWER, text) for text in answer]
    if state is RequestState.EMPTY:
        pieces = []
    at = SENT + round(first_ms * MS)
    for number, (kind, text) in enumerate(pieces, 1):
        fold(made, ev.Delta(run_id, at, number, kind, text))
        at += round(gap_ms * MS)
    if usage and pieces:
        fold(made, ev.Usage(run_id, 12, len(pieces) if tokens is None else tokens, source=source))
    return fold(made, *_ending(run_id, state, at))


def _ending(run_id: str, state: RequestState, at: int) -> tuple[ev.Event, ...]:
    match state:
        case RequestState.DONE | RequestState.EMPTY:
            return (ev.Ended(run_id, at, "stop", done_marker=True),)
        case RequestState.CUT:
            return (ev.Ended(run_id, at),)
        case RequestState.FAILED:
            return (ev.Failed(run_id, at, "stream", "The stream broke.", "Press r to run it again.", "ReadError"),)
        case RequestState.STOPPED:
            return (ev.Cancelled(run_id, at),)
        case _:
            return ()


def target(key: str = "m1", alias: str = "alpha", *, host: str = "openai", **facts: Any) -> SessionModel:
    """A model; `facts` are those of its card, its size in MB as in a session file."""
    facts["size_bytes"] = from_megabytes(facts.pop("size_mb", None))
    facts.setdefault("id", f"{alias}-generic-cpu:1")
    return SessionModel(key, ModelCard(alias=alias, **facts), host)


def score(run: str, value: int | None = 4, *, rater: str = "ann", **facts: Any) -> Score:
    """One person's score of one run."""
    return Score(run, rater, value, facts.pop("at", WHEN), **facts)


def session(
    requests: Iterable[Request],
    *,
    session_id: str = "20261122T110301Z-7f3a",
    models: Iterable[SessionModel] = (),
    plans: Iterable[Plan] = (),
    prompts: Iterable[Prompt] = (),
    scores: Iterable[Score] = (),
    notes: Iterable[Note] = (),
    host: dict[str, Any] | None = None,
    rubric: Rubric = DEFAULT_RUBRIC,
) -> Session:
    """A finished session of these requests; models, plans and prompts they name and nobody gave are made up."""
    made = Session(
        session_id,
        WHEN,
        SessionState.FINISHED,
        host={"kind": "openai", "version": "1.0"} if host is None else host,
        plans={plan.key: plan for plan in plans},
        models={target.key: target for target in models},
        prompts={prompt.key: prompt for prompt in prompts},
        requests={request.spec.id: request for request in requests},
        scores=list(scores),
        notes=list(notes),
        rubric=rubric,
    )
    for request in made.requests.values():
        what = request.spec
        made.plans.setdefault(what.plan, Plan(what.plan, what.mode, (what.model,), (what.prompt,)))
        made.models.setdefault(what.model, target(what.model, f"model-{what.model}"))
        made.prompts.setdefault(what.prompt, Prompt(f"Question {what.prompt}?", key=what.prompt))
        request.question = made.question_of(request)
    complete_entries(made)
    return made
