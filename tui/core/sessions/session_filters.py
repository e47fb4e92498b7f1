"""Narrowing a list of sessions: one value of each field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tui.core.requests.request import RequestState
from tui.core.sessions.session import SessionState
from tui.core.sessions.summary import SessionSummary

NONE = "-"
"""The value of a session that has none."""
DAMAGED = "damaged"
_STATES = ("undecided", "decided", "no answer", "unfinished", DAMAGED)
_STILL_TO_ASK = (RequestState.STOPPED.value, RequestState.SKIPPED.value)


class FilterBy(StrEnum):
    """What sessions can be told apart by."""

    MODEL = "model"
    MODE = "mode"
    RATER = "rater"
    TAG = "tag"
    STATE = "state"


def is_unfinished(summary: SessionSummary) -> bool:
    """Whether something of its plans may still be asked: it was broken off, or requests were stopped or skipped."""
    broken_off = summary.state != SessionState.FINISHED.value
    return broken_off or any(summary.states.get(state, 0) for state in _STILL_TO_ASK)


def values_of(summary: SessionSummary | None, by: FilterBy, rater: str) -> tuple[str, ...]:
    """A session's values of a field, as they are shown; None stands for a file that is damaged.

    `rater` is who looks: what is undecided is so for them.
    """
    if summary is None:
        return (DAMAGED,) if by is FilterBy.STATE else (NONE,)
    match by:
        case FilterBy.MODEL:
            return summary.models or (NONE,)
        case FilterBy.MODE:
            return summary.modes or (NONE,)
        case FilterBy.RATER:
            return summary.raters or (NONE,)
        case FilterBy.TAG:
            return summary.tags or (NONE,)
        case FilterBy.STATE:
            scored = "no answer" if not summary.answers else "undecided" if summary.undecided(rater) else "decided"
            return (scored, "unfinished") if is_unfinished(summary) else (scored,)


def values(summaries: Iterable[SessionSummary | None], by: FilterBy, rater: str) -> tuple[str, ...]:
    """The values that occur, each once: states in an order of their own, the rest by the alphabet, none last."""
    found = {value for summary in summaries for value in values_of(summary, by, rater)}
    if by is FilterBy.STATE:
        return tuple(state for state in _STATES if state in found)
    return tuple(sorted(found, key=lambda name: (name == NONE, name.casefold(), name)))


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """The values that are wanted, by field."""

    picked: Mapping[FilterBy, str] = field(default_factory=dict)

    def admits(self, summary: SessionSummary | None, rater: str) -> bool:
        """Whether a session is to be shown."""
        return all(value in values_of(summary, by, rater) for by, value in self.picked.items())
