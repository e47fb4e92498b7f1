"""Adds plans, models, prompts and requests to the session, and hands each to the writer at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from tui.core.errors import CompareError
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests.events import Event, to_dict
from tui.core.requests.request import Request, RequestSpec
from tui.core.sessions.plan_dict import model_to_dict, plan_to_dict, prompt_to_dict
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import ARRAYS, END, session_to_dict, spec_to_dict
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
        self._number = 1
        self._removed: set[str] = set()

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
        known = next((model for model in there if model.card.key == card.key and model.own == own), None)
        if known is None:
            host = str(self.session.host_of(card).get("kind", "unknown"))
            known = SessionModel(f"m{len(there) + 1}", card, host, own)
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

    def next_request_id(self) -> str:
        """An id that no request of the session has or had: one that was removed may still be in the file."""
        while (key := f"r{self._number}") in self.session.requests or key in self._removed:
            self._number += 1
        return key

    def remove(self, request: Request) -> None:
        """Remove a request that was never sent, so that another can take its place."""
        del self.session.requests[request.spec.id]
        self._removed.add(request.spec.id)

    def add_request(self, spec: RequestSpec) -> Request:
        """Add a request that has not begun."""
        request = Request(spec)
        self.session.requests[spec.id] = request
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
        if self._writer:
            self._writer.record(entry)

    def save(self, *, soon: bool = False) -> None:
        """Have the session's file rewritten."""
        if self._writer:
            self._writer.save(self._snapshot(), soon=soon)

    def problems(self) -> Sequence[CompareError]:
        """What could not be kept on disk since the last call."""
        return self._writer.problems() if self._writer else ()

    def close(self) -> bool:
        """Write the last of it; whether everything is kept."""
        if self._writer is None:
            return True
        return self._writer.close(self._snapshot() if self.session.plans else None)

    def _snapshot(self) -> Session:
        """The session without its unfinished requests, which still change; safe to hand to another thread.

        Requests are shared, not copied: what is learnt of a final one is in the snapshot too, and raises its revision.
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
