"""What the Report screen is narrowed by besides conditions that are typed: one value of each of some dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from tui.report.session_record import AboutSession

_MOST = 1000
"""Values of a field that are kept: nobody steps through more."""


class FilterBy(StrEnum):
    """Dimensions of conditions, by their names: those of `FILTERED_BY`."""

    MODEL = "model"
    DEVICE = "device"
    MODE = "mode"
    RATER = "rater"
    TAG = "tag"


class KnownValues:
    """The values that answers have, of each field."""

    def __init__(self) -> None:
        self._found: dict[FilterBy, dict[str, None]] = {by: {} for by in FilterBy}

    def add(self, session: AboutSession) -> None:
        """Take in those of a session."""
        for by, found in self._found.items():
            if len(found) < _MOST:
                found.update(dict.fromkeys(session.values[by.value]))

    @property
    def values(self) -> Mapping[FilterBy, tuple[str, ...]]:
        """By the alphabet."""
        return {by: tuple(sorted(found, key=lambda text: (text.casefold(), text))) for by, found in self._found.items()}


def condition(by: FilterBy, value: str) -> str:
    """That a dimension has this value, as a condition is written."""
    quoted = value.replace('"', '""')
    return f'{by.value} = "{quoted}"'
