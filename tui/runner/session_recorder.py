"""Adds plans, models, prompts and requests to the session, and hands each to the writer at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from tui.core.dict_reader import Table
from tui.core.errors import CompareError
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests.events import Event, to_dict
from tui.core.requests.request import Request, RequestSpec
from tui.core.scoring.judgement import Judgement, rating_of
from tui.core.scoring.rating import Rater
from tui.core.scoring.rubric import Rubric
from tui.core.sessions.entry_dict import Entry, add_entry, copied, to_journal
from tui.core.sessions.plan_dict import model_to_dict, plan_to_dict, prompt_to_dict
from tui.core.sessions.rater_dict import rater_to_dict, rubric_to_dict
from tui.core.sessions.resumption import Resumption, after, changes, conditions
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import ARRAYS, END, about, session_to_dict, spec_to_dict
from tui.core.sessions.session_model import ModelChoice, SessionModel


class SessionWriter(Protocol):
    """What keeps a session on disk. No method blocks but `close`."""

    def record(self, entry: dict[str, Any]) -> None:
        """Add one thing that happened to the journal. May be called from any thread."""
        ...

    def save(self, snapshot: Session, *, soon: bool = False) -> None:
        """Rewrite the session's file."""
        ...

    def problems(self) -> Sequence[CompareError]:
        """What could not be kept since the last call."""
        ...

    def close(self, snapshot: Session | None, timeout: float = 10.0) -> bool:
        """Write the last of it. Returns whether everything is kept. Waits at most `timeout` seconds."""
        ...


def _tool() -> dict[str, str]:
    """This program on this machine. Finding that out takes longer than painting a screen."""
    import platform
    from importlib.metadata import version

    return {
        "version": version("foundry-compare"),
        "python": platform.python_version(),
        "os": platform.platform(),
        "measured_in": "engine",
    }


class SessionRecorder:
    """A session and its writer; without a writer nothing is kept on disk."""

    def __init__(self, session: Session, writer: SessionWriter | None) -> None:
        self.session = session
        self._writer = writer
        self.host_titles: dict[str, str] = {}
        """What each host that takes part is called, by its name; under the empty name where there is one."""
        self.written = False
        """Whether anything was given to be kept."""
        self._number = 1
        self._removed: set[str] = set()
        self._unfinished = set(session.requests)
        """The requests that had not ended when the last snapshot was made."""

    def add_plan(self, plan: Plan) -> None:
        """Add a plan."""
        self.session.plans[plan.key] = plan
        self.record({"plan": plan_to_dict(plan)})

    def open(self) -> None:
        """Record what the session is, ahead of its first plan."""
        if not self.session.plans:
            self.session.tool = _tool() | self.session.tool
            header = session_to_dict(self.session)
            self.record({"session": {key: value for key, value in header.items() if key not in (*ARRAYS, END)}})

    def model(self, choice: ModelChoice) -> SessionModel:
        """The session's model for this choice; added at its first use."""
        card, own = choice.card, choice.own
        there = self.session.models.values()
        wanted = card.key, own, choice.arm
        known = next((model for model in there if (model.card.key, model.own, model.arm) == wanted), None)
        if known is None:
            host = str(self.session.host_of(card).get("kind", "unknown"))
            known = SessionModel(f"m{len(there) + 1}", card, host, own, choice.arm)
            self.session.models[known.key] = known
            self.record({"model": model_to_dict(known)})
        return known

    def prompt(self, asked: Prompt) -> Prompt:
        """The session's prompt that is the same but for its key; added at its first use."""
        there = self.session.prompts.values()
        known = next((prompt for prompt in there if replace(prompt, key="") == replace(asked, key="")), None)
        if known is None:
            known = replace(asked, key=f"p{len(there) + 1}")
            self.session.prompts[known.key] = known
            self.record({"prompt": prompt_to_dict(known)})
        return known

    def rubric(self) -> str:
        """What plans and scores call the session's rubric, which is added at its first use; empty for the program's
        own."""
        session, key = self.session, self.session.rubric_hash
        if key and key not in session.rubrics:
            session.rubrics[key] = session.rubric
            self.record({"rubric": rubric_to_dict(key, session.rubric)})
        return key

    def host_title(self, model: str) -> str:
        """What the host of a model is called, by the session's key of the model; empty when that is not known."""
        known = self.session.models.get(model)
        return "" if known is None else self.host_titles.get(known.card.host, "")

    def name(self, title: str, tags: Iterable[str]) -> None:
        """Give the session a title and tags, in place of those that it has."""
        self.session.title, self.session.tags = title, tuple(tags)
        self.record(about(self.session))
        self.save(soon=True)

    def add(self, entry: Entry) -> None:
        """Add an entry."""
        self.record(to_journal(add_entry(self.session, entry)))

    def judged(self, judge: Rater, rubric: Rubric, made: Judgement) -> None:
        """Add what a judge said to one question, and the score or vote that it makes. `rubric` is what it scores
        for."""
        session = self.session
        if session.raters.get(judge.id) != judge:
            session.raters[judge.id] = judge
            self.record({"rater": rater_to_dict(judge)})
        if made.rubric and made.rubric not in session.rubrics:
            session.rubrics[made.rubric] = rubric
            # The last one of a journal is the session's own.
            for key, one in ((made.rubric, rubric), (session.rubric.hash, session.rubric)):
                self.record({"rubric": rubric_to_dict(key, one)})
        rating = rating_of(session, made)
        self.add(made)
        if rating is not None:
            self.add(rating)
        self.save(soon=True)

    def add_resumption(
        self, plan: Plan, at: datetime, tool: Mapping[str, str], hosts: Mapping[str, Table]
    ) -> Resumption:
        """Record that the session goes on, and which conditions are other ones than before.

        `tool` is what the engine says of what measures, `hosts` are the tables of the hosts that answer, by name.
        """
        session = self.session
        began = conditions(session.tool, session.host, session.hosts)
        facts = dict(hosts)
        today = conditions(_tool() | dict(tool), facts.pop("", {}), facts)
        made = Resumption(at, plan.key, changes(after(began, "", session.resumptions), today))
        self.add(made)
        return made

    def next_request_id(self) -> str:
        """An id that no request of the session has or had: one that was removed may still be in the file."""
        while (key := f"r{self._number}") in self.session.requests or key in self._removed:
            self._number += 1
        return key

    def remove(self, request: Request) -> None:
        """Remove a request that was never sent, so that another can take its place."""
        del self.session.requests[request.spec.id]
        self._unfinished.discard(request.spec.id)
        self._removed.add(request.spec.id)

    def add_request(self, spec: RequestSpec) -> Request:
        """Add a request that has not begun."""
        request = Request(spec)
        request.question = self.session.question_of(request)
        self.session.requests[spec.id] = request
        self._unfinished.add(spec.id)
        self.record({"request": spec_to_dict(spec)})
        return request

    def started(self, request: Request, at: datetime) -> None:
        """Record the time of day at which a request was sent."""
        request.started = at
        self.record({"started": {"run": request.spec.id, "at": at}})

    def record_events(self, events: Iterable[Event]) -> None:
        """Record events, without folding them."""
        for event in events:
            self.record(to_dict(event))

    def record(self, entry: dict[str, Any]) -> None:
        """Hand one entry to the writer."""
        self.written = True
        if self._writer:
            self._writer.record(entry)

    def save(self, *, soon: bool = False) -> None:
        """Have the session's file rewritten."""
        if self._writer:
            self._writer.save(self._snapshot(), soon=soon)

    def problems(self) -> Sequence[CompareError]:
        """What could not be kept on disk since the last call."""
        return self._writer.problems() if self._writer else ()

    def close(self, timeout: float = 10.0) -> bool:
        """Write the last of it; whether everything is kept. Waits at most `timeout` seconds."""
        if self._writer is None:
            return True
        return self._writer.close(self._snapshot() if self.session.plans else None, timeout)

    def _snapshot(self) -> Session:
        """The session without its unfinished requests, which still change; safe to hand to another thread.

        Requests are shared, not copied: what is learnt of a final one is in the snapshot too, and raises its revision.
        """
        # Made on the screen's loop at every ending: of thousands of requests only the last few are looked at.
        requests = self.session.requests
        self._unfinished = {key for key in self._unfinished if not requests[key].state.final}
        ended = {key: request for key, request in requests.items() if key not in self._unfinished}
        return replace(copied(self.session), requests=ended)
