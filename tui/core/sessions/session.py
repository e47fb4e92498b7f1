"""A session: everything that was asked, answered, measured and scored between one start of the program and its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from tui.core.catalog.model_card import ModelCard
from tui.core.displayed import Displayed, ShownTable
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests.question import Question
from tui.core.requests.request import Request
from tui.core.scoring.judgement import Judgement
from tui.core.scoring.rating import FacetTick, Note, Rater, Redo, Score, Undo, Vote
from tui.core.scoring.rubric import DEFAULT_RUBRIC, Rubric
from tui.core.sessions.noise_floor import NoiseFloor
from tui.core.sessions.presentation import NameMask, PaneOrder, Reveal, ScorePassOrder
from tui.core.sessions.resumption import Resumption, after
from tui.core.sessions.session_model import Parameters, SessionModel
from tui.core.text.clean import clean_line

SCHEMA = 2
"""The version of the session file's format that this program writes; it reads all before it."""
PART_OF = "part_of"
"""The key, in every further file of a session too large for one, with the id of the session."""


class SessionState(StrEnum):
    """Whether more is to come; `INTERRUPTED` means that the program ended before it could say so, or an error
    before everything was asked."""

    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"


@dataclass(slots=True)
class Session(Displayed):
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
    rubric: Rubric = DEFAULT_RUBRIC
    """What the answers are scored for."""
    requests: dict[str, Request] = field(default_factory=dict)
    scores: list[Score] = field(default_factory=list)
    """Which of the scores, votes, ticks and notes count: `tui.core.scoring.in_effect`."""
    notes: list[Note] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    """Top-level keys of the file that this version does not know; kept as they are."""
    title: str = ""
    """What a person calls the session; empty for nothing."""
    tags: tuple[str, ...] = ()
    raters: dict[str, Rater] = field(default_factory=dict)
    """What is known of those who rated, by the name in their ratings."""
    rubrics: dict[str, Rubric] = field(default_factory=dict)
    """All rubrics that plans or scores of the file name, by hash."""
    votes: list[Vote] = field(default_factory=list)
    facets: list[FacetTick] = field(default_factory=list)
    undos: list[Undo] = field(default_factory=list)
    redos: list[Redo] = field(default_factory=list)
    orders: list[PaneOrder] = field(default_factory=list)
    masks: list[NameMask] = field(default_factory=list)
    reveals: list[Reveal] = field(default_factory=list)
    pass_orders: list[ScorePassOrder] = field(default_factory=list)
    resumptions: list[Resumption] = field(default_factory=list)
    noises: list[NoiseFloor] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    """What models that judge said, and how that was got; their scores and votes are among those of everybody."""
    unknown: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """Keys that this version does not know, inside of the file's tables: by the table's name, and its key or number."""
    schema: int = SCHEMA
    """The version of the format that the session was read from. One of a newer version is only looked at, not written:
    see `read_only`."""

    def __repr__(self) -> str:
        counts = f"{len(self.models)} models, {len(self.prompts)} prompts, {len(self.requests)} requests"
        return f"<Session {clean_line(self.id, 60)}: {counts}>"

    def _tables(self) -> Sequence[ShownTable]:
        from tui.core.sessions.session_table import session_table  # only where somebody looks at it

        return (session_table(self),)

    @property
    def read_only(self) -> bool:
        """Whether a newer version of the program wrote it: what this one does not understand must not be lost."""
        return self.schema > SCHEMA

    @property
    def rubric_hash(self) -> str:
        """What plans and scores call the session's rubric; empty for the program's own."""
        return "" if self.rubric == DEFAULT_RUBRIC else self.rubric.hash

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
        """The chat messages that a request sends: of a follow-up the whole conversation."""
        first, *later = self.conversation_of(request)
        prompt = self.prompts[first.spec.prompt]
        messages = prompt.messages(self.model_of(request).own.system, request.spec.nonce)
        said = first
        for one in later:
            messages.append({"role": "assistant", "content": said.answer})
            messages.append({"role": "user", "content": self.prompts[one.spec.prompt].user})
            said = one
        return messages

    def conversation_of(self, request: Request) -> list[Request]:
        """The requests whose questions and answers a request's conversation has, from the first to itself.

        Raises KeyError when one of them is not in the session.
        """
        found = [request]
        while follows := found[0].spec.follows:
            found.insert(0, self.requests[follows])
        return found

    def system_of(self, request: Request) -> str | None:
        """The system prompt that a request sends; None for none."""
        own = self.model_of(request).own.system
        while request.spec.follows in self.requests:
            request = self.requests[request.spec.follows]
        return (self.prompts[request.spec.prompt].system if own is None else own) or None

    def question_of(self, request: Request) -> Question | None:
        """What a request asks, and of which model; None where the session does not have these."""
        prompt, model = self.prompts.get(request.spec.prompt), self.models.get(request.spec.model)
        if prompt is None or model is None:
            return None
        return Question(self.system_of(request) or "", prompt.user, model.card)

    def host_at(self, request: Request) -> dict[str, Any]:
        """What is known of the host that a request asked, when it asked it: a session may be resumed at another."""
        card = self.model_of(request).card
        return after(self.host_of(card), f"host.{card.host}." if card.host else "host.", self._resumed_before(request))

    def tool_at(self, request: Request) -> dict[str, str]:
        """What measured a request."""
        return after(self.tool, "tool.", self._resumed_before(request))

    def _resumed_before(self, request: Request) -> list[Resumption]:
        started = request.started
        return [one for one in self.resumptions if started is not None and one.at <= started]

    def host_of(self, card: ModelCard) -> dict[str, Any]:
        """What is known of a model's host."""
        return self.hosts.get(card.host, {}) if card.host else self.host


def newer_schema(session: Session) -> str:
    """Why a session of a newer schema is not written, as a sentence without its full stop."""
    return f"It has schema {session.schema}, and this version writes schema {SCHEMA}: some of it could be lost"
