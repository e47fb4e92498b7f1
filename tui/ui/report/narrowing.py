"""What the Report screen is narrowed by besides conditions that are typed: one value of each of some dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from tui.core.conditions.filters import about_answer
from tui.core.conditions.names import DIMENSIONS
from tui.core.sessions.session import Session

_MOST = 1000
"""Values of a field that are kept: nobody steps through more."""
_DIMENSIONS = {dimension.name: dimension for dimension in DIMENSIONS}


class FilterBy(StrEnum):
    """Dimensions of conditions, by their names."""

    MODEL = "model"
    DEVICE = "device"
    MODE = "mode"
    RATER = "rater"
    TAG = "tag"


class KnownValues:
    """The values that answers have, of each field."""

    def __init__(self) -> None:
        self._found: dict[FilterBy, dict[str, None]] = {by: {} for by in FilterBy}

    def add(self, session: Session) -> None:
        """Take in those of a session."""
        for request in session.requests.values():
            about = about_answer(session, request)
            for by, found in self._found.items():
                texts = _DIMENSIONS[by].texts(about) or ()
                # Of a model these are all its names, the id first.
                if len(found) < _MOST:
                    found.update(dict.fromkeys(texts[:1] if by is FilterBy.MODEL else texts))
        self._found[FilterBy.RATER].update({score.rater: None for score in session.scores})

    @property
    def values(self) -> Mapping[FilterBy, tuple[str, ...]]:
        """By the alphabet."""
        return {by: tuple(sorted(found, key=lambda text: (text.casefold(), text))) for by, found in self._found.items()}


def condition(by: FilterBy, value: str) -> str:
    """That a dimension has this value, as a condition is written."""
    quoted = value.replace('"', '""')
    return f'{by.value} = "{quoted}"'
