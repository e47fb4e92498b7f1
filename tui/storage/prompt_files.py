"""Reads the files that name prompts and models: JSON, or TOML when their name ends so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tui.core.errors import BadInputError, reason_of
from tui.core.plans.plan_files import models_from, prompts_from
from tui.core.plans.prompt import Prompt
from tui.core.sessions.session_model import Overrides
from tui.files import read_json, read_toml

T = TypeVar("T")
MAX_BYTES = 4 << 20
EXAMPLES = {
    "prompts": (
        '["What is RAG?", {"user": "Why fewer bits?", "system": "Be brief."}]',
        'prompts = ["What is RAG?", "Why fewer bits?"]',
    ),
    "models": (
        '["phi-4-mini", {"alias": "qwen2.5-0.5b", "temperature": 0.2}]',
        'models = ["phi-4-mini", "qwen2.5-0.5b"]',
    ),
}
"""What each kind of file may hold, in JSON and in TOML: for whoever gave something else."""


def read_prompts(path: Path) -> tuple[Prompt, ...]:
    """The prompts of a file, in its order. Raises BadInputError, which names the file and what is wrong with it."""
    return _read(path, prompts_from, "prompts")


def read_models(path: Path) -> tuple[tuple[str, Overrides], ...]:
    """The models a file names, and how each is asked in its own way. Raises BadInputError likewise."""
    return _read(path, models_from, "models")


def _read(path: Path, understand: Callable[[Any], T], what: str) -> T:
    title = f"{path} cannot be read as a list of {what}"
    toml = path.suffix.casefold() == ".toml"
    in_json, in_toml = EXAMPLES[what]
    hint = f"Write TOML like {in_toml}" if toml else f"Write JSON like {in_json}, or TOML in a file ending in .toml"
    try:
        return understand((read_toml if toml else read_json)(path, MAX_BYTES))
    except OSError as error:
        raise BadInputError(title, reason_of(error)) from error
    except ValueError as error:
        raise BadInputError(title, f"{error}"[:1].upper() + f"{error}"[1:], hint) from error
