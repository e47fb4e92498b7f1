"""What raters say of answers, and which answers are undecided.

Entries are only ever added, and each has a number in its session: `in_effect.py` says which of them count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from tui.core.scoring.rubric import DEFAULT_SCALE, OVERALL, Criterion, Rubric

if TYPE_CHECKING:
    from tui.core.requests.request import Request
    from tui.core.sessions.session_model import Parameters

MAX_RATER = 40
"""Characters of a rater's name."""
JUDGE = "judge"
"""What the name of a judge begins with, before the model's."""


@dataclass(frozen=True, slots=True)
class Score:
    """One person's score of one answer. `value` None takes an earlier score back."""

    run: str
    """The request's id, called as in the session file."""
    rater: str
    value: int | None
    at: datetime
    """UTC."""
    criterion: str = OVERALL
    scale: int = DEFAULT_SCALE
    position: int | None = None
    """Which pane the answer was in, counted from 1: raters prefer some places to others."""
    blind: bool = False
    """Whether the rater could not see which model had answered."""
    took_ms: int | None = None
    """The time that the decision took, in milliseconds, from when the answer was there to be read."""
    rubric: str = ""
    """The hash of the rubric that has the criterion; empty for the program's own."""
    entry: int = field(default=0, compare=False)
    """Its number among the session's entries, from 1; 0 when it has none yet."""


@dataclass(frozen=True, slots=True)
class Note:
    """One person's note on an answer, on a model, or on the session. Empty text takes an earlier note back."""

    run: str
    """The request's id, called as in the session file; empty when the note is on a model or the session."""
    rater: str
    text: str
    at: datetime
    """UTC."""
    model: str = ""
    """The session's key of the model that the note is on; empty when it is on an answer or the session."""
    entry: int = field(default=0, compare=False)
    """Its number among the session's entries, from 1; 0 when it has none yet."""


class VoteChoice(StrEnum):
    """What a vote says of the answers it names."""

    WINNER = "winner"
    BOTH_GOOD = "both-good"
    BOTH_BAD = "both-bad"


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's choice between answers to the same prompt. `choice` None takes an earlier vote back."""

    runs: tuple[str, ...]
    """The ids of the requests whose answers were compared, in the order in which they were shown."""
    rater: str
    choice: VoteChoice | None
    at: datetime
    """UTC."""
    winner: str = ""
    """The id of the best answer's request, with `VoteChoice.WINNER`; else empty."""
    blind: bool = False
    """Whether the rater could not see which models had answered."""
    positions: tuple[int, ...] = ()
    """Which pane each of the answers was in, counted from 1; empty when that is not known."""
    took_ms: int | None = None
    """The time that the decision took, in milliseconds."""
    entry: int = field(default=0, compare=False)
    """Its number among the session's entries, from 1; 0 when it has none yet."""


@dataclass(frozen=True, slots=True)
class FacetTick:
    """Whether one answer speaks of one of its prompt's facets, in one person's opinion."""

    run: str
    """The request's id, called as in the session file."""
    facet: str
    """The facet, word for word as the prompt has it."""
    rater: str
    ticked: bool | None
    """None takes an earlier tick back: nothing is said of the facet."""
    at: datetime
    """UTC."""
    blind: bool = False
    """Whether the rater could not see which model had answered."""
    entry: int = field(default=0, compare=False)
    """Its number among the session's entries, from 1; 0 when it has none yet."""


Rating = Score | Note | Vote | FacetTick
"""What a rater can say, and take back with an `Undo`."""


@dataclass(frozen=True, slots=True)
class Undo:
    """A rater took back a rating of their own."""

    takes_back: int
    """The number of the rating's entry."""
    rater: str
    at: datetime
    """UTC."""
    entry: int = field(default=0, compare=False)
    """Its number among the session's entries, from 1; 0 when it has none yet."""


@dataclass(frozen=True, slots=True)
class Redo:
    """A rater brought back a rating that an `Undo` had taken back."""

    brings_back: int
    """The number of the rating's entry."""
    rater: str
    at: datetime
    """UTC."""
    entry: int = field(default=0, compare=False)
    """Its number among the session's entries, from 1; 0 when it has none yet."""


class RaterKind(StrEnum):
    """Whose opinion a rating is."""

    PERSON = "person"
    JUDGE = "judge"
    """A model, asked by a program."""
    ADJUDICATED = "adjudicated"
    """What several raters settled on."""


@dataclass(frozen=True, slots=True)
class Rater:
    """Who rates. A rater that a session says nothing else of is a person."""

    id: str
    """What ratings call the rater."""
    kind: RaterKind = RaterKind.PERSON
    model: str = ""
    """The model that a judge is, as its host calls it; empty for people."""
    settles: tuple[str, ...] = ()
    """The ids of the raters whose ratings an adjudicated one settles."""
    alias: str = ""
    """The alias of a judge's model, which its variants share; empty for people."""
    parameters: Parameters | None = None
    """How a judge is asked; None for people, and where it is not known."""
    instructions: str = ""
    """Names the words in which a judge is asked; empty for people, and where they are not known."""


@dataclass(frozen=True, slots=True)
class RatingChange:
    """A rating that replaced another; `old` and `new` say that there is none by None or an empty text."""

    request_id: str
    """The id of the request whose answer was rated; the first one's of a vote; empty for a note on anything else."""
    old: Rating
    new: Rating


def can_be_scored(request: Request) -> bool:
    """Whether a request has ended with an answer, or a part of one. A warm-up's answer is not scored."""
    return request.state.final and bool(request.answer) and not request.spec.warmup


def undecided(request: Request, scores: Mapping[str, Score], rubric: Rubric) -> tuple[Criterion, ...]:
    """The criteria for which a request's answer still lacks a score; none while, or where, it cannot be scored.

    `scores` are those that one rater gave the answer. Only scores decide: votes, notes and facets do not.
    """
    if not can_be_scored(request):
        return ()
    return tuple(criterion for criterion in rubric if criterion.id not in scores)


def next_criterion(scores: Mapping[str, Score], rubric: Rubric) -> Criterion:
    """What the next score is for: the first criterion without one; the last criterion when each has one."""
    return next((criterion for criterion in rubric if criterion.id not in scores), rubric.criteria[-1])


def last_criterion(scores: Mapping[str, Score], rubric: Rubric) -> Criterion:
    """Which score is taken back first: that of the last criterion that has one."""
    return next((criterion for criterion in reversed(rubric.criteria) if criterion.id in scores), rubric.criteria[0])
