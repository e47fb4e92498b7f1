"""What answers are scored for: a rubric has one criterion or more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass

OVERALL = "overall"
"""The id of the one criterion that answers are scored for where there is no rubric."""
CRITERION_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
"""What a criterion may be called in files, columns and conditions."""
DEFAULT_SCALE = 5
MIN_SCALE, MAX_SCALE = 2, 9
"""A score is one digit, so that it is one key."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that an answer is scored for, from 1 to `scale`, where more is better."""

    id: str
    """Names it in files, columns and conditions."""
    name: str = ""
    """What people call it; empty when that is its id."""
    description: str = ""
    """When an answer deserves which score, for whoever scores."""
    weight: float = 1.0
    """How much it counts beside the other criteria where several are joined into one figure."""
    scale: int = DEFAULT_SCALE
    """The highest score."""

    @property
    def title(self) -> str:
        """What to call it on a screen: its name, else its id."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Rubric:
    """The criteria of a session or a prompt set, in the order in which scores are given.

    Raises ValueError when there is no criterion, or when two have the same id.
    """

    criteria: tuple[Criterion, ...]

    def __post_init__(self) -> None:
        if not self.criteria:
            raise ValueError("a rubric should have a criterion")
        ids = [criterion.id for criterion in self.criteria]
        twice = next((one for one in ids if ids.count(one) > 1), None)
        if twice is not None:
            raise ValueError(f"the criterion `{twice}` occurs twice")

    def __iter__(self) -> Iterator[Criterion]:
        return iter(self.criteria)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the criteria, in their order."""
        return tuple(criterion.id for criterion in self.criteria)

    def get(self, criterion_id: str) -> Criterion | None:
        """The criterion of this id; None when there is none."""
        return next((criterion for criterion in self.criteria if criterion.id == criterion_id), None)

    @property
    def hash(self) -> str:
        """16 hexadecimal digits of the SHA-256 of everything in it: two rubrics with the same hash ask for the same."""
        import hashlib
        import json

        rows = [asdict(criterion) | {"weight": float(criterion.weight)} for criterion in self.criteria]
        text = json.dumps(rows, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


DEFAULT_RUBRIC = Rubric((Criterion(OVERALL),))
"""What answers are scored for when nobody says otherwise."""
