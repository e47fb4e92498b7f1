"""How far one model seems to differ from itself: what an A/A measurement found, kept with the session."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

LARGEST_SHARE = 1e9
"""Beyond this a share says nothing but that it is large."""


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """The noise floor of one metric of a model. The latest of a plan and metric counts."""

    plan: str
    """The session's key of the plan whose two arms were the same model."""
    model: str
    """The session's key of the first arm."""
    metric: str
    share: float
    """0.04: differences of up to 4 % either way were seen where there is none."""
    pairs: int
    """How many pairs of answers it is of."""
    at: datetime
    """UTC."""
    entry: int = field(default=0, compare=False)
    """Its number among the session's entries, from 1; 0 when it has none yet."""
