"""A session: everything that was asked, answered, measured and scored between one start of the program and its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from tui.core.lane import Lane
from tui.core.model_card import ModelCard
from tui.core.plan import Plan
from tui.core.prompt import Prompt
from tui.core.rating import Note, Score
from tui.core.target import Parameters, Target

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
    targets: dict[str, Target] = field(default_factory=dict)
    prompts: dict[str, Prompt] = field(default_factory=dict)
    lanes: dict[str, Lane] = field(default_factory=dict)
    scores: list[Score] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    """Top-level tables of the file that this version does not know; kept as they are."""

    @property
    def whole_id(self) -> str:
        """The id of the session that this is a further file of; else its own."""
        return str(self.extra.get(PART_OF, self.id))

    def plan_of(self, lane: Lane) -> Plan:
        """The plan a lane belongs to."""
        return self.plans[lane.spec.plan]

    def target_of(self, lane: Lane) -> Target:
        """The model a lane asked."""
        return self.targets[lane.spec.model]

    def parameters_of(self, lane: Lane) -> Parameters:
        """How a lane was asked: its plan's parameters, but for those that are its model's own."""
        return self.target_of(lane).own.over(self.plan_of(lane).parameters)

    def messages_of(self, lane: Lane) -> list[dict[str, str]]:
        """The chat messages that a lane sends."""
        return self.prompts[lane.spec.prompt].messages(self.target_of(lane).own.system, lane.spec.nonce)

    def system_of(self, lane: Lane) -> str | None:
        """The system prompt that a lane sends; None for none."""
        own = self.target_of(lane).own.system
        return (self.prompts[lane.spec.prompt].system if own is None else own) or None

    def host_of(self, card: ModelCard) -> dict[str, Any]:
        """What is known of a model's host."""
        return self.hosts.get(card.host, {}) if card.host else self.host
