"""Enters plans, models, prompts and requests into the session, and hands each to the writer at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from tui.core.errors import CompareError
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests.events import Event, to_dict
from tui.core.requests.request import Request, RequestSpec
from tui.core.sessions.plan_dict import plan_to_dict, prompt_to_dict, target_to_dict
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import session_to_dict, spec_to_dict
from tui.core.sessions.session_model import ModelChoice, SessionModel

_LISTS = ("plan", "model", "prompt", "run", "score", "note", "end")


class SessionWriter(Protocol):
    """Where a session is kept. Nothing here blocks but `close`."""

    def record(self, entry: dict[str, Any]) -> None:
        """Note one thing that happened. May be called from any thread."""
        ...

    def save(self, snapshot: Session, *, soon: bool = False) -> None:
        """Rewrite the session's file."""
        ...

    def problems(self) -> Sequence[CompareError]:
        """What could not be kept since the last call."""
        ...

    def close(self, snapshot: Session | None, timeout: float = 10.0) -> bool:
        """Write the last of it; whether everything is kept."""
        ...


def new_session(session_id: str, created: datetime) -> Session:
    """An empty session. What measures it is noted with its first plan."""
    return Session(session_id, created)


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
    """A session and its keeper; without a keeper nothing is kept."""

    def __init__(self, session: Session, keeper: SessionWriter | None) -> None:
        self.session = session
        self._keeper = keeper
        self._runs = 1
        self._left_out: set[str] = set()

    def add_plan(self, plan: Plan) -> None:
        """Enter a plan."""
        self.session.plans[plan.key] = plan
        self.record({"plan": plan_to_dict(plan)})

    def open(self) -> None:
        """Record what the session is, ahead of its first plan."""
        if not self.session.plans:
            self.session.tool = _tool() | self.session.tool
            header = session_to_dict(self.session)
            self.record({"session": {key: value for key, value in header.items() if key not in _LISTS}})

    def model(self, model_choice: ModelChoice) -> SessionModel:
        """The session's target for this model, asked in this way; entered at its first use."""
        card, own = model_choice.card, model_choice.own
        there = self.session.models.values()
        known = next((target for target in there if target.card.key == card.key and target.own == own), None)
        if known is None:
            host = str(self.session.host_of(card).get("kind", "unknown"))
            known = SessionModel(f"m{len(there) + 1}", card, host, own)
            self.session.models[known.key] = known
            self.record({"model": target_to_dict(known)})
        return known

    def prompt(self, asked: Prompt) -> Prompt:
        """The session's prompt that is the same but for its key, entered at its first use."""
        there = self.session.prompts.values()
        known = next((prompt for prompt in there if replace(prompt, key="") == replace(asked, key="")), None)
        if known is None:
            known = replace(asked, key=f"p{len(there) + 1}")
            self.session.prompts[known.key] = known
            self.record({"prompt": prompt_to_dict(known)})
        return known

    def next_run(self) -> str:
        """An id that no run of the session has, or had: one that is left out is in its file until that is rewritten."""
        while (run := f"r{self._runs}") in self.session.requests or run in self._left_out:
            self._runs += 1
        return f"r{self._runs}"

    def leave_out(self, request: Request) -> None:
        """Take out a request that was never asked, so that another can take its place."""
        del self.session.requests[request.spec.id]
        self._left_out.add(request.spec.id)

    def add_request(self, spec: RequestSpec) -> Request:
        """Enter a request that has not begun."""
        request = Request(spec)
        self.session.requests[spec.id] = request
        self.record({"request": spec_to_dict(spec)})
        return request

    def started(self, request: Request, at: datetime) -> None:
        """Note when, for people, a request's request was sent."""
        request.started = at
        self.record({"started": {"run": request.spec.id, "at": at}})

    def record_event(self, event: Event) -> None:
        """Record an event, without folding it."""
        self.record(to_dict(event))

    def record(self, entry: dict[str, Any]) -> None:
        """Hand one entry to the keeper."""
        if self._keeper:
            self._keeper.record(entry)

    def save(self, *, soon: bool = False) -> None:
        """Have the session's file rewritten."""
        if self._keeper:
            self._keeper.save(self._snapshot(), soon=soon)

    def problems(self) -> Sequence[CompareError]:
        """What could not be kept on disk since the last call."""
        return self._keeper.problems() if self._keeper else ()

    def close(self) -> bool:
        """Write the last of it; whether everything is kept."""
        if self._keeper is None:
            return True
        return self._keeper.close(self._snapshot() if self.session.plans else None)

    def _snapshot(self) -> Session:
        """The session without its unfinished requests, which still change; safe to hand to another thread.

        What is learnt of a final one comes to the snapshot too; its revision, which rises last, tells of it.
        """
        session = self.session
        return replace(
            session,
            tool=dict(session.tool),
            hosts=dict(session.hosts),
            plans=dict(session.plans),
            models=dict(session.models),
            prompts=dict(session.prompts),
            requests={key: request for key, request in session.requests.items() if request.state.final},
            scores=list(session.scores),
            notes=list(session.notes),
        )
