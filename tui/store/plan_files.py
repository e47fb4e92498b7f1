"""Reads the files that name prompts and models: JSON, or TOML when their name ends so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tui.core.errors import BadInputError, reason_of
from tui.core.plan_files import models_from, prompts_from
from tui.core.prompt import Prompt
from tui.core.target import Overrides
from tui.files import read_json, read_toml

T = TypeVar("T")
MAX_BYTES = 4 << 20


def read_prompts(path: Path) -> tuple[Prompt, ...]:
    """The prompts of a file, in its order. Raises BadInputError, which names the file and what is wrong with it."""
    return _read(path, prompts_from, "prompts")


def read_models(path: Path) -> tuple[tuple[str, Overrides], ...]:
    """The models a file names, and how each is asked in its own way. Raises BadInputError likewise."""
    return _read(path, models_from, "models")


def _read(path: Path, understand: Callable[[Any], T], what: str) -> T:
    title = f"{path} cannot be read as a list of {what}"
    try:
        read = read_toml if path.suffix.casefold() == ".toml" else read_json
        return understand(read(path, MAX_BYTES))
    except OSError as error:
        raise BadInputError(title, reason_of(error)) from error
    except ValueError as error:
        raise BadInputError(title, f"{error}"[:1].upper() + f"{error}"[1:]) from error
