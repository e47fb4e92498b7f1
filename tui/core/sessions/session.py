"""A session: everything that was asked, answered, measured and scored between one start of the program and its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from tui.core.catalog.model_card import ModelCard
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import Request
from tui.core.scoring.rating import Note, Score
from tui.core.sessions.session_model import Parameters, SessionModel

SCHEMA = 1
PART_OF = "part_of"
"""The key, in every further file of a session too large for one, with the id of the session."""


class SessionState(StrEnum):
    """Whether more is to come; `INTERRUPTED` means that the program ended before it could say so."""

    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"


@dataclass(slots=True)
class Session:
    """The whole. Everything in it is kept in the order it came."""

    id: str
    created: datetime
    state: SessionState = SessionState.RUNNING
    tool: dict[str, str] = field(default_factory=dict)
    """Versions of what measured: program, openai, python, os."""
    host: dict[str, Any] = field(default_factory=dict)
    """Kind, version and endpoint of the host, without user, password or query."""
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The same of each host by its name, where several take part; `host` then says nothing."""
    plans: dict[str, Plan] = field(default_factory=dict)
    models: dict[str, SessionModel] = field(default_factory=dict)
    prompts: dict[str, Prompt] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    scores: list[Score] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    """Top-level tables of the file that this version does not know; kept as they are."""

    @property
    def whole_id(self) -> str:
        """The id of the session that this is a further file of; else its own."""
        return str(self.extra.get(PART_OF, self.id))

    def plan_of(self, request: Request) -> Plan:
        """The plan a request belongs to."""
        return self.plans[request.spec.plan]

    def model_of(self, request: Request) -> SessionModel:
        """The model a request asked."""
        return self.models[request.spec.model]

    def parameters_of(self, request: Request) -> Parameters:
        """How a request was asked: its plan's parameters, but for those that are its model's own."""
        return self.model_of(request).own.over(self.plan_of(request).parameters)

    def messages_of(self, request: Request) -> list[dict[str, str]]:
        """The chat messages that a request sends."""
        return self.prompts[request.spec.prompt].messages(self.model_of(request).own.system, request.spec.nonce)

    def system_of(self, request: Request) -> str | None:
        """The system prompt that a request sends; None for none."""
        own = self.model_of(request).own.system
        return (self.prompts[request.spec.prompt].system if own is None else own) or None

    def host_of(self, card: ModelCard) -> dict[str, Any]:
        """What is known of a model's host."""
        return self.hosts.get(card.host, {}) if card.host else self.host
