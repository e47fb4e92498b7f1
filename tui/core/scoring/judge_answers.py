"""What a model that judges has to answer, as a JSON Schema and as it is read: strictly, and nothing is guessed."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from tui.core.scoring.judge_questions import MAX_REASON, JudgeQuestion, ScoreQuestion

_STRICT = ConfigDict(strict=True, extra="forbid")


class _Compared(BaseModel):
    model_config = _STRICT
    reason: str
    better: Literal["A", "B", "neither"]


_FENCE = re.compile(r"\s*```(?:json)?[ \t]*\n(?P<inside>.*?)\n?```\s*", re.DOTALL | re.IGNORECASE)


def schema_of(question: JudgeQuestion) -> str:
    """The JSON Schema of an answer to this question."""
    return json.dumps(_form(question).model_json_schema())


def understood(question: JudgeQuestion, answer: str) -> tuple[int | str, str]:
    """The score, or the id of the better answer's request, empty for neither; and the reason. Raises ValueError with
    what is wrong, as a phrase."""
    try:
        found: Any = _form(question).model_validate_json(json_of(answer))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        given = f", not {first['input']}" if isinstance(first["input"], int) else ""
        raise ValueError(f"{where + ': ' if where else ''}{first['msg'].lower()}{given}"[:MAX_REASON]) from error
    reason = found.reason[:MAX_REASON]
    if isinstance(question, ScoreQuestion):
        return int(found.score), reason
    return {"A": question.first, "B": question.second, "neither": ""}[found.better], reason


def json_of(answer: str) -> str:
    """What of a judge's answer is to be read: without one block of code around it."""
    found = _FENCE.fullmatch(answer)
    return (found["inside"] if found is not None else answer).strip()


def _form(question: JudgeQuestion) -> type[BaseModel]:
    return _scored(question.criterion.scale) if isinstance(question, ScoreQuestion) else _Compared


# The reason comes first: what a model writes after a score is made for it.


@cache
def _scored(scale: int) -> type[BaseModel]:
    return create_model("Scored", __config__=_STRICT, reason=(str, ...), score=(int, Field(ge=1, le=scale)))
