"""What the files say that name prompts: the workshop's JSON, and the same in TOML. Of models: `model_files`.

Prompts: a list of texts or of objects, by itself or under `prompts` or `prompt`; in plain text one a line. An object
holds the question under `user`, `prompt`, `question` or `text`, and what else `PROMPT_KEYS` names; more is passed over.
Beside them may stand `variables`, a table of values, and the criteria that the answers are scored for: see
`tui.core.scoring.rubric_files`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tui.core.dict_reader import EntryError, Table, get, texts, without_none
from tui.core.plans.prompt import Prompt, PromptSet
from tui.core.scoring.rubric import Rubric
from tui.core.scoring.rubric_files import CRITERIA, RubricError, criteria_from
from tui.core.text.nearest import nearest

_PROMPTS = ("prompts", "prompt")
_QUESTION = ("user", "prompt", "question", "text")
_FACETS = ("facets", "expected_facets")
PROMPT_KEYS: dict[str, Any] = {
    **dict.fromkeys(_QUESTION, "What is RAG?"),
    "id": "rag",
    "system": "Be brief.",
    **{key: ["retrieval", "generation"] for key in _FACETS},
    "expected": "Retrieval augmented generation.",
    "tags": ["rag"],
}
"""The keys of a prompt, each with a value that would be right."""
VARIABLES = "variables"
"""The key of the values of variables, beside the prompts."""
_SLIP = 0.8
"""How alike a key that means nothing must be to one of a prompt, 0 to 1, to be taken for a slip of the finger."""
MAX_PROMPTS = 1_000
"""The most prompts of one file."""


def prompts_from(data: Any) -> PromptSet:
    """The prompts of a file, in its order, and what their answers are scored for, if it says so.

    Raises ValueError that says what is wrong; EntryError, which is one, where it is known in which entry. Its sentence
    for the criteria is a RubricError's.
    """
    rows = _inner(data, *_PROMPTS)
    if not isinstance(rows, list) or not rows:
        raise ValueError("it should hold a list of prompts")
    if len(rows) > MAX_PROMPTS:
        raise ValueError(f"it holds {len(rows)} prompts; {MAX_PROMPTS} are the most")
    return PromptSet(
        tuple(_prompt(row, number) for number, row in enumerate(rows, 1)), rubric_of_set(data), _variables(data)
    )


def wrong_prompts(data: Any) -> list[EntryError]:
    """What is wrong with each prompt of a file, in its order: all of it, where `prompts_from` ends at the first."""
    found = []
    rows = _inner(data, *_PROMPTS)
    for number, row in enumerate(rows if isinstance(rows, list) else (), 1):
        try:
            _prompt(row, number)
        except EntryError as error:
            found.append(error)
    return found


def unknown_prompt_keys(data: Any) -> tuple[str, ...]:
    """The keys of prompts that mean nothing here and are passed over, each once."""
    rows = _inner(data, *_PROMPTS)
    tables = (row for row in (rows if isinstance(rows, list) else ()) if isinstance(row, dict))
    return tuple(dict.fromkeys(key for row in tables for key in row if key not in PROMPT_KEYS))


def holds_prompts(data: Any) -> bool:
    """Whether a file that is about something else carries prompts, too."""
    return isinstance(data, dict) and any(isinstance(data.get(key), list) for key in _PROMPTS)


def prompts_of_lines(text: str) -> PromptSet:
    """The prompts of a plain text, one a line; empty lines are passed over. Raises ValueError when there is none."""
    lines = [line.strip() for line in text.splitlines()]
    if not any(lines):
        raise ValueError("it should hold a prompt in each line")
    return prompts_from([line for line in lines if line])


def prompts_to_dict(asked: Sequence[Prompt]) -> Table:
    """Such prompts as the table of a file, for `prompts_from`."""
    return {"prompts": [_prompt_table(prompt) for prompt in asked]}


def _prompt_table(prompt: Prompt) -> Table:
    return without_none(
        id=prompt.id or None,
        user=prompt.user,
        system=prompt.system,
        facets=list(prompt.facets) or None,
        expected=prompt.expected or None,
        tags=list(prompt.tags) or None,
    )


def _variables(data: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(data, dict) or VARIABLES not in data:
        return ()
    values = data[VARIABLES]
    right = {"topic": "RAG"}
    if not isinstance(values, dict):
        raise EntryError(f"`{VARIABLES}` should be a table of texts", VARIABLES, right)
    for name, value in values.items():
        if not isinstance(value, str):
            raise EntryError(f"`{VARIABLES}`: `{name[:40]}` should be text", VARIABLES, right)
    return tuple(values.items())


def rubric_of_set(data: Any) -> Rubric | None:
    """The criteria in a file of prompts; None where it has none. Raises RubricError."""
    if not isinstance(data, dict):
        return None
    if CRITERIA in data:
        return Rubric(criteria_from(data[CRITERIA]))
    for key in data:
        # Other keys are passed over, but scores for something else than was meant cannot be made good later.
        if key not in _PROMPTS and nearest(key, [CRITERIA]) is not None:
            raise RubricError(f"`{key}` is passed over; did you mean `{CRITERIA}`?")
    return None


def _inner(data: Any, *names: str) -> Any:
    if isinstance(data, dict):
        return next((data[name] for name in names if isinstance(data.get(name), list | dict)), data)
    return data


def _prompt(row: Any, number: int) -> Prompt:
    if isinstance(row, str):
        row = {"user": row}
    question = _first(row, _QUESTION) if isinstance(row, dict) else _QUESTION[0]
    if not isinstance(row, dict):
        raise EntryError(f"Prompt {number}: it should be text or a table", question, PROMPT_KEYS[question])
    name = row.get("id")
    here = f"Prompt {number}" + (f" (`{name[:40]}`)" if isinstance(name, str) and name else "")
    for key in row:
        # A key of somebody's own is passed over; a system prompt that is spelled wrong would be missed by nobody.
        if key not in PROMPT_KEYS and (meant := nearest(key, PROMPT_KEYS, _SLIP)) is not None:
            raise EntryError(f"{here}: `{key[:40]}` is passed over; did you mean `{meant}`?", meant, PROMPT_KEYS[meant])
    # The workshop's files have their facets under `expected`; a text there is an answer.
    listed = isinstance(row.get("expected"), list)
    facets = next((key for key in (*_FACETS, "expected") if key in row and (key in _FACETS or listed)), "facets")
    read: dict[str, Callable[[], Any]] = {
        question: lambda: get(row, question, str),
        "id": lambda: _id(row),
        "system": lambda: get(row, "system", str, None),
        facets: lambda: texts(row, facets),
        "tags": lambda: texts(row, "tags"),
    }
    if not listed:
        read["expected"] = lambda: get(row, "expected", str, "")
    values: dict[str, Any] = {}
    for key, value in read.items():
        try:
            values[key] = value()
        except ValueError as error:
            raise EntryError(f"{here}: {error}", key, PROMPT_KEYS[key]) from error
    if not values[question].strip():
        raise EntryError(f"{here}: `{question}` is empty", question, PROMPT_KEYS[question])
    return Prompt(
        values[question],
        values["system"],
        values[facets],
        values["tags"],
        id=values["id"],
        expected="" if listed else values["expected"],
    )


def _id(row: Table) -> str:
    found = row.get("id", "")
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    text: str = get(row, "id", str, "")
    return text


def _first(row: Table, names: tuple[str, ...]) -> str:
    """The first of these keys that is there, else the first: it is the one that is missing then."""
    return next((name for name in names if name in row), names[0])
