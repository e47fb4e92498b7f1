"""Reads and writes the files that name prompts and models: JSON, or TOML when their name ends so.

It reads criteria and checks, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tui.core.answers.checks import Check, Search, checks_from
from tui.core.dict_reader import EntryError, Table
from tui.core.errors import BadInputError, prose, reason_of
from tui.core.plans.model_files import ModelEntry, beside_models, model_entries_from, models_from, models_to_dict
from tui.core.plans.plan_files import (
    VARIABLES,
    holds_prompts,
    prompts_from,
    prompts_of_lines,
    prompts_to_dict,
    rubric_of_set,
    wrong_prompts,
)
from tui.core.plans.prompt import Prompt, PromptSet
from tui.core.scoring.rubric import Rubric
from tui.core.scoring.rubric_files import CRITERIA, RubricError, rubric_from
from tui.core.sessions.session_model import Overrides
from tui.files import parse_toml, read_json, read_toml, text_of, text_of_file
from tui.storage.atomic_file import write_atomic
from tui.storage.toml_writer import emit, storable

T = TypeVar("T")
MAX_BYTES = 4 << 20
TEXT = ".txt"
"""How the name of a plain text ends."""
EXAMPLES = {
    "prompts": (
        '["What is RAG?", {"user": "Why fewer bits?", "system": "Be brief."}]',
        'prompts = ["What is RAG?", "Why fewer bits?"]',
    ),
    "models": (
        '["phi-4-mini", {"alias": "qwen2.5-0.5b", "temperature": 0.2}]',
        'models = ["phi-4-mini", "qwen2.5-0.5b"]',
    ),
    CRITERIA: (
        '["accuracy", {"id": "style", "weight": 0.5}]',
        'criteria = ["accuracy", {id = "style", weight = 0.5}]',
    ),
    "checks": (
        '{"check": [{"name": "cites", "contains": "[1]"}]}',
        '[[check]] and below it name = "cites" and contains = "[1]"',
    ),
}
"""What each kind of file may hold, in JSON and in TOML: for whoever gave something else."""


def read_prompts(path: Path) -> PromptSet:
    """The prompts of a file, in its order; of a `.txt` one a line. Raises BadInputError, which names the file and what
    is wrong with it."""
    if path.suffix.casefold() == TEXT:
        return _read_lines(path)
    return _read(path, prompts_from, "prompts")


def write_prompts(path: Path, prompts: Sequence[Prompt], values: Mapping[str, str] | None = None) -> None:
    """Write prompts, and values of their variables, as a file that `read_prompts` reads: TOML, or JSON when its name
    ends so. A file that is there is replaced. Raises StoreError."""

    def check(again: Any) -> None:
        if len(found := prompts_from(again).prompts) != len(prompts):
            raise ValueError(f"{len(found)} of {len(prompts)} prompts")

    _write(path, prompts_to_dict(prompts) | ({VARIABLES: dict(values)} if values else {}), check)


def write_models(path: Path, entries: Sequence[ModelEntry], beside: Table | None = None) -> None:
    """Write models, by name, as a file that `read_models` reads, and what stands beside them; likewise. In TOML they
    stand under `models`. Raises StoreError."""
    models = models_to_dict(entries)
    more = beside or {}

    def check(again: Any) -> None:
        if model_entries_from(again) != tuple(entries):
            raise ValueError("other models")

    _write(path, {**more, "models": models} if path.suffix.casefold() == ".toml" or more else models, check)


def _write(path: Path, table: Table, check: Callable[[Any], None]) -> None:
    in_json = path.suffix.casefold() == ".json"
    text = json.dumps(storable(table), ensure_ascii=False, indent=2) + "\n" if in_json else emit(table)

    def check_bytes(written: bytes) -> None:
        read = text_of(written)
        check(json.loads(read) if in_json else parse_toml(read))

    write_atomic(path, text.encode("utf-8"), check_bytes)


def carries_prompts(path: Path) -> bool:
    """Whether a file of models holds prompts, too; False for one that cannot be read."""
    try:
        return holds_prompts(parsed(path))
    except (OSError, ValueError):
        return False


def read_model_file(path: Path) -> tuple[tuple[ModelEntry, ...], Table]:
    """All that a file says of models, and what stands beside them. Raises BadInputError likewise."""
    return _read(path, lambda data: (model_entries_from(data), beside_models(data)), "models")


def read_models(path: Path) -> tuple[tuple[str, Overrides], ...]:
    """The models a file names, and how each is asked in its own way. Raises BadInputError likewise."""
    return _read(path, models_from, "models")


def read_tags(path: Path) -> dict[str, tuple[str, ...]]:
    """What a file calls its models: tags, then capabilities, by the names of those that have any, in small letters.
    Raises BadInputError likewise."""
    entries, _ = read_model_file(path)
    found = {one.name.casefold(): tuple(dict.fromkeys((*one.tags, *one.capabilities))) for one in entries}
    return {name: tags for name, tags in found.items() if tags}


def read_rubric(path: Path) -> Rubric:
    """The criteria of a file, which may be one of prompts that has criteria. Raises BadInputError likewise."""
    return _read(path, _rubric_from, CRITERIA)


def _rubric_from(data: Any) -> Rubric:
    if not holds_prompts(data):
        return rubric_from(data)
    if (found := rubric_of_set(data)) is None:
        raise RubricError("It holds prompts, and no criteria", CRITERIA)
    return found


def read_checks(path: Path, search: Search) -> tuple[Check, ...]:
    """The checks of a file, whose patterns `search` looks for. Raises BadInputError likewise."""
    return _read(path, lambda data: checks_from(data, search), "checks")


def _read(path: Path, understand: Callable[[Any], T], what: str) -> T:
    title = f"{path} cannot be read as a list of {what}"
    toml = path.suffix.casefold() == ".toml"
    in_json, in_toml = EXAMPLES[what]
    hint = f"Write TOML like {in_toml}" if toml else f"Write JSON like {in_json}, or TOML in a file ending in .toml"
    try:
        return understand(parsed(path))
    except OSError as error:
        raise BadInputError(title, reason_of(error)) from error
    except EntryError as error:
        whole = what == CRITERIA == error.key
        raise BadInputError(
            title, str(error), hint if whole else f"Right would be {right_line(error, path)}"
        ) from error
    except ValueError as error:
        raise BadInputError(title, f"{error}"[:1].upper() + f"{error}"[1:], hint) from error


def parsed(path: Path) -> Any:
    """What a file holds. Raises OSError or ValueError."""
    return (read_toml if path.suffix.casefold() == ".toml" else read_json)(path, MAX_BYTES)


def _read_lines(path: Path) -> PromptSet:
    title = f"{path} cannot be read as a list of prompts"
    try:
        return prompts_of_lines(text_of_file(path, MAX_BYTES))
    except OSError as error:
        raise BadInputError(title, reason_of(error)) from error
    except ValueError as error:
        raise BadInputError(title, f"{error}"[:1].upper() + f"{error}"[1:], "Write one question a line") from error


def wrong_in(path: Path, wrong: Callable[[Any], list[EntryError]] = wrong_prompts) -> list[str]:
    """What is wrong with each entry of a file, with a line that would be right; empty where it cannot be said of which
    entry. `wrong` finds it, in prompts unless something else is said."""
    try:
        found = [] if path.suffix.casefold() == TEXT else wrong(parsed(path))
    except (OSError, ValueError):
        return []
    return [prose(str(one), f"Right would be {right_line(one, path)}") for one in found]


def right_line(error: EntryError, path: Path) -> str:
    """A line of such a file that would be right in the place of one that is wrong."""
    toml = path.suffix.casefold() == ".toml"
    if toml and isinstance(error.right, dict):
        inner = ", ".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in error.right.items())
        return f"{error.key} = {{{inner}}}"
    value = json.dumps(error.right, ensure_ascii=False)
    return f"{error.key} = {value}" if toml else f'"{error.key}": {value}'
