"""How answers were put before a rater: in which order, with which names masked, and when the models were revealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PaneOrder:
    """In which order the panes of one prompt were shown. The latest of a prompt, and of a rater, counts."""

    plan: str
    """The session's key of the plan."""
    prompt: str
    """The session's key of the prompt."""
    models: tuple[str, ...]
    """The session's keys of the models, in reading order."""
    at: datetime
    """UTC."""
    seed: int | None = None
    """What the order was shuffled with; None when it was not shuffled."""
    blind: bool = False
    """Whether the names of the models were hidden."""
    rater: str = ""
    """Who was shown it; empty for everybody."""
    entry: int = field(default=0, compare=False)
    """Its number among the session's entries, from 1; 0 when it has none yet."""


@dataclass(frozen=True, slots=True)
class ScorePassOrder:
    """In which order a rater goes through the answers that lack a score. The latest of a rater counts.

    The order is worked out of the seed (`tui.core.scoring.score_pass`), so that answers that come later have a place
    in it too.
    """

    rater: str
    at: datetime
    """UTC."""
    seed: int | None = None
    """What the answers are shuffled with; None for the order in which they came."""
    entry: int = field(default=0, compare=False)
    """Its number among the session's entries, from 1; 0 when it has none yet."""


@dataclass(frozen=True, slots=True)
class Reveal:
    """A rater saw which model had answered. It cannot be taken back: what is rated after it is not blind."""

    rater: str
    at: datetime
    """UTC."""
    plan: str = ""
    """The session's key of the plan; empty for every one there was."""
    prompt: str = ""
    """The session's key of the prompt; empty for all of the plan's."""
    entry: int = field(default=0, compare=False)
    """Its number among the session's entries, from 1; 0 when it has none yet."""


@dataclass(frozen=True, slots=True)
class NameMask:
    """Where an answer names a model, which a blind rater must not read. The latest of an answer counts."""

    run: str
    """The request's id, called as in the session file."""
    ranges: tuple[tuple[int, int], ...]
    """Where each name begins and where it has ended, in characters of the answer, from 0; in order, and apart."""
    at: datetime
    """UTC."""
    entry: int = field(default=0, compare=False)
    """Its number among the session's entries, from 1; 0 when it has none yet."""
