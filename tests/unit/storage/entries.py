"""What a program records of its runs, for the tests of journal, writer and recovery."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.support.sessions import ASKED, MS, SENT, WHEN, spec
from tui.core.requests import events as ev
from tui.core.requests.request import Request
from tui.core.scoring.rating import Note, Score
from tui.core.sessions.entry_dict import note_to_dict, score_to_dict
from tui.core.sessions.plan_dict import model_to_dict, plan_to_dict
from tui.core.sessions.rater_dict import rater_to_dict
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import ARRAYS, END, session_to_dict, spec_to_dict

Entry = dict[str, Any]


def header(session: Session) -> list[Entry]:
    """What the session is, and what it is going to ask of whom."""
    tables = session_to_dict(session)
    return [
        {"session": {key: value for key, value in tables.items() if key not in (*ARRAYS, END)}},
        *({"rater": rater_to_dict(rater)} for rater in session.raters.values()),
        *({"plan": plan_to_dict(plan)} for plan in session.plans.values()),
        *({"model": model_to_dict(target)} for target in session.models.values()),
        *({"prompt": {"key": prompt.key, "user": prompt.user}} for prompt in session.prompts.values()),
    ]


def stream(run: str, words: Sequence[str], *, ended: bool) -> list[ev.Event]:
    """The events of a run that says `words`, 10 ms apart from the first at 100 ms."""
    heard: list[ev.Event] = [ev.Queued(run, ASKED), ev.Sent(run, SENT, 2 * MS), ev.Headers(run, SENT + MS)]
    heard += [
        ev.Delta(run, SENT + (90 + 10 * number) * MS, number, ev.Kind.ANSWER, word)
        for number, word in enumerate(words, 1)
    ]
    if ended:
        heard += [ev.Usage(run, 12, len(words)), ev.Ended(run, SENT + 500 * MS, "stop", done_marker=True)]
    return heard


def run_entries(run: str, events: Sequence[ev.Event], **facts: Any) -> list[Entry]:
    """The entries of one run."""
    return [
        {"request": spec_to_dict(spec(run, **facts))},
        {"started": {"run": run, "at": WHEN}},
        *(ev.to_dict(event) for event in events),
    ]


def folded(run: str, events: Sequence[ev.Event], **facts: Any) -> Request:
    """The request that the same events make."""
    request = Request(spec(run, **facts), started=WHEN)
    for event in events:
        request.fold(event)
    return request


def score_entry(score: Score) -> Entry:
    """A score, as it is recorded."""
    return {"score": score_to_dict(score)}


def note_entry(note: Note) -> Entry:
    """A note, as it is recorded."""
    return {"note": note_to_dict(note)}


def until(condition: Callable[[], bool]) -> None:
    """Wait for something another thread or process does; ten seconds mean that it never will."""
    give_up = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(0.005)
