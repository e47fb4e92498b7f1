"""How models share a host while they are asked, and how many can be asked at once."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """`MEASURE`: one request in flight. `RACE`: all at once, every number contended."""

    MEASURE = "measure"
    RACE = "race"


MAX_MODELS = 8
"""How many models may be asked at once."""
