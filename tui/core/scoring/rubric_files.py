"""What files say of criteria: a rubric by itself, or the rubric that a set of prompts brings.

Criteria: a list of ids or of tables with `id`, or a table of tables by id, by itself or under `criteria`. A table may
have `name`, `description`, `weight` and `scale`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tui.core.dict_reader import EntryError, Table, get, number
from tui.core.scoring.rubric import CRITERION_ID, DEFAULT_SCALE, MAX_SCALE, MIN_SCALE, Criterion, Rubric
from tui.core.text.nearest import unknown_name

CRITERIA = "criteria"
"""The key of the criteria, in a rubric's file and in that of a set of prompts."""
MAX_CRITERIA = 12
MAX_NAME = 60
MAX_DESCRIPTION = 2000
MAX_WEIGHT = 1000


class RubricError(EntryError):
    """What is wrong with a rubric, as a sentence that names the criterion and the key."""

    def __init__(self, reason: str, key: str = CRITERIA, right: Any = ("accuracy", "style")) -> None:
        super().__init__(reason, key, right)


@dataclass(frozen=True, slots=True)
class CriterionKey:
    """A key of a criterion's table."""

    name: str
    about: str
    """What it is, in Markdown."""
    right: Any
    """A value that would be right."""
    read: Callable[[Table], Any]
    """Its value in a table that has it. Raises ValueError."""


def rubric_from(data: Any) -> Rubric:
    """The rubric of a file. Raises RubricError."""
    if isinstance(data, dict):
        for key in data:
            if key != CRITERIA:
                raise RubricError(unknown_name(key, [CRITERIA], "a key of a rubric"))
        data = data.get(CRITERIA)
    return Rubric(criteria_from(data))


def criteria_from(rows: Any) -> tuple[Criterion, ...]:
    """The criteria under `criteria`, in their order. Raises RubricError."""
    if isinstance(rows, dict):
        rows = [{"id": name, **row} if isinstance(row, dict) else row for name, row in rows.items()]
    if not isinstance(rows, list) or not rows:
        raise RubricError("There should be a list of criteria")
    if len(rows) > MAX_CRITERIA:
        raise RubricError(f"There are {len(rows)} criteria; {MAX_CRITERIA} are the most")
    found: dict[str, Criterion] = {}
    for place, row in enumerate(rows, 1):
        one = _criterion(row, place)
        if one.id in found:
            raise RubricError(f"Criterion {place}: `id` is `{one.id}` once more", "id", f"{one.id[:30]}-2")
        found[one.id] = one
    return tuple(found.values())


def _criterion(row: Any, place: int) -> Criterion:
    if isinstance(row, str):
        row = {"id": row}
    if not isinstance(row, dict):
        raise RubricError(f"Criterion {place}: it should be text or a table")
    here = f"Criterion {place}" + (f" (`{row['id'][:32]}`)" if isinstance(row.get("id"), str) else "")
    values: dict[str, Any] = {}
    for key in ("id", *row):
        if key not in _BY_NAME:
            wrong = unknown_name(key, _BY_NAME, "a key of a criterion")
            near = next((one for one in KEYS if f"`{one.name}`?" in wrong), KEYS[0])
            raise RubricError(f"{here}: {wrong}", near.name, near.right)
        try:
            values[key] = _BY_NAME[key].read(row)
        except ValueError as error:
            raise RubricError(f"{here}: {error}", key, _BY_NAME[key].right) from error
    return Criterion(**values)


def _id(row: Table) -> str:
    found: str = get(row, "id", str)
    if not CRITERION_ID.fullmatch(found):
        raise ValueError("`id` should be up to 32 letters from a to z, digits, `-` and `_`; its `name` may be any text")
    return found


def _text(key: str, most: int) -> Callable[[Table], str]:
    def read(row: Table) -> str:
        found: str = get(row, key, str)
        if len(found) > most:
            raise ValueError(f"`{key}` has {len(found)} characters; {most} are the most")
        return found.strip()

    return read


def _weight(row: Table) -> float:
    found = number(row, "weight")
    if found is None or not math.isfinite(found) or not 0 < found <= MAX_WEIGHT:
        raise ValueError(f"`weight` should be a number above 0, and at most {MAX_WEIGHT}")
    return found


def _scale(row: Table) -> int:
    found: int = get(row, "scale", int)
    if not MIN_SCALE <= found <= MAX_SCALE:
        raise ValueError(f"`scale` should be a whole number from {MIN_SCALE} to {MAX_SCALE}: a score is one key")
    return found


KEYS = (
    CriterionKey("id", "names it in files, columns and conditions: up to 32 letters from a to z, digits, `-` and `_`",
                 "accuracy", _id),
    CriterionKey("name", "what people call it; its id, if not given", "Accuracy", _text("name", MAX_NAME)),
    CriterionKey("description", "when an answer deserves which score", "5: all of it is right. 1: nothing is",
                 _text("description", MAX_DESCRIPTION)),
    CriterionKey("weight", "how much it counts beside the others where several are joined into one figure; 1, if not "
                 "given", 2, _weight),
    CriterionKey("scale", f"the highest score, {MIN_SCALE} to {MAX_SCALE}; {DEFAULT_SCALE}, if not given", 5, _scale),
)  # fmt: skip
"""What a criterion's table may have."""
_BY_NAME = {key.name: key for key in KEYS}
