"""What the files say that name prompts and models: the workshop's JSON, and the same in TOML.

Prompts: a list of texts or of objects, by itself or under `prompts` or `prompt`. An object holds the question under
`user`, `prompt`, `question` or `text`, and may hold `system`, `facets` and `tags`; more is passed over.

Models: a list of names or of objects with `alias` or `id`, or a table of objects by name, by itself or under `models`
or `model`. An object may hold parameters that are the model's own: see `Overrides`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tui.core.dict_reader import Table, get, texts
from tui.core.plans.prompt import Prompt
from tui.core.sessions.plan_dict import overrides_from_dict
from tui.core.sessions.session_model import Overrides

_T = TypeVar("_T")
_QUESTION = ("user", "prompt", "question", "text")
_FACETS = ("facets", "expected_facets", "expected")
_NAME = ("alias", "id", "model")
_OWN = tuple(Overrides.__dataclass_fields__)
_FACTS = ("capabilities", "size_mb")
"""What the workshop's file says of a model and the host knows better."""


def prompts_from(data: Any) -> tuple[Prompt, ...]:
    """The prompts of a file, in its order, without keys. Raises ValueError that says what is wrong."""
    rows = _inner(data, "prompts", "prompt")
    if not isinstance(rows, list) or not rows:
        raise ValueError("it should hold a list of prompts")
    return _each("prompt", rows, _prompt)


def models_from(data: Any) -> tuple[tuple[str, Overrides], ...]:
    """The models of a file by name, and what is their own. Raises ValueError that says what is wrong."""
    rows = _inner(data, "models", "model")
    if isinstance(rows, dict):
        rows = [{"alias": name, **own} if isinstance(own, dict) else own for name, own in rows.items()]
    if not isinstance(rows, list) or not rows:
        raise ValueError("it should hold a list of models")
    return _each("model", rows, _model)


def _each(what: str, rows: list[Any], read: Callable[[Any], _T]) -> tuple[_T, ...]:
    """Every row, read by `read`; a failure names the row by its number."""
    found: list[_T] = []
    for number, row in enumerate(rows, 1):
        try:
            found.append(read(row))
        except ValueError as error:
            raise ValueError(f"{what} {number}: {error}") from error
    return tuple(found)


def _inner(data: Any, *names: str) -> Any:
    if isinstance(data, dict):
        return next((data[name] for name in names if isinstance(data.get(name), list | dict)), data)
    return data


def _prompt(row: Any) -> Prompt:
    if isinstance(row, str):
        row = {"user": row}
    if not isinstance(row, dict):
        raise ValueError("it should be text or a table")
    key = _first(row, _QUESTION)
    user = get(row, key, str)
    if not user.strip():
        raise ValueError(f"`{key}` is empty")
    facets = next((name for name in _FACETS if name in row), "facets")
    return Prompt(user, get(row, "system", str, None), texts(row, facets), texts(row, "tags"))


def _model(row: Any) -> tuple[str, Overrides]:
    if isinstance(row, str):
        row = {"alias": row}
    if not isinstance(row, dict):
        raise ValueError("it should be a name or a table")
    key = _first(row, _NAME)
    name = get(row, key, str)
    if not name.strip():
        raise ValueError(f"`{key}` is empty")
    unknown = sorted(row.keys() - {*_NAME, *_OWN, *_FACTS})
    if unknown:
        raise ValueError(f"`{unknown[0]}` is not known; a model may have {', '.join(_OWN)}")
    own = overrides_from_dict(row)
    _check(own)
    return name, own


def _check(own: Overrides) -> None:
    if own.max_tokens is not None and own.max_tokens < 1:
        raise ValueError("`max_tokens` should be 1 or more")
    if own.temperature is not None and not 0 <= own.temperature <= 2:
        raise ValueError("`temperature` should be from 0 to 2")
    if own.top_p is not None and not 0 < own.top_p <= 1:
        raise ValueError("`top_p` should be above 0 and at most 1")


def _first(row: Table, names: tuple[str, ...]) -> str:
    """The first of these keys that is there, else the first: it is the one that is missing then."""
    return next((name for name in names if name in row), names[0])
