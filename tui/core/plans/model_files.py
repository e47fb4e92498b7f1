"""What files say of models: the workshop's `models.json`, and the same in TOML.

A list of names or of objects with `alias` or `id`, or a table of objects by name; by itself or under `models` or
`model`. What an object may hold says `MODEL_KEYS`; sampling parameters stand in it or under `params`. Beside the models
may stand what a set of prompts holds, see `tui.core.plans.plan_files`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.core.catalog.model_card import MAX_MB, ModelCard, to_megabytes
from tui.core.catalog.model_filters import short_task
from tui.core.dict_reader import EntryError, Table, get, number, texts, without_none
from tui.core.sessions.plan_dict import overrides_from_dict
from tui.core.sessions.session_model import Overrides
from tui.core.text.nearest import unknown_name

_MODELS = ("models", "model")
_NAME = ("alias", "id", "model")
_BESIDE = ("prompts", "prompt", "variables", "criteria")
"""What a file may hold beside its models."""
_SAMPLING: dict[str, Any] = {
    "system": "Be brief.",
    "max_tokens": 120,
    "temperature": 0.2,
    "top_p": 0.9,
    "seed": 42,
    "stop": ["###"],
}
MODEL_KEYS: dict[str, Any] = {
    **dict.fromkeys(_NAME, "phi-4-mini"),
    **_SAMPLING,
    "params": {"temperature": 0.2},
    "capabilities": ["chat"],
    "size_mb": 2300,
    "tags": ["small"],
}
"""The keys of a model, each with a value that would be right."""
MAX_MODELS_IN_FILE = 1_000
MAX_TAGS = 40
"""The most tags, and the most capabilities, of one model."""
_MAX_TAG = 60


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of a file."""

    name: str
    """Its alias or id, as it stands there."""
    own: Overrides = field(default_factory=Overrides)
    """What it is asked in its own way."""
    capabilities: tuple[str, ...] = ()
    size_mb: float | None = None
    tags: tuple[str, ...] = ()
    params: str | None = None
    """How many parameters it has, in somebody's words, such as `3.8B`."""


def model_entries_from(data: Any) -> tuple[ModelEntry, ...]:
    """The models of a file, in its order.

    Raises ValueError that says what is wrong; EntryError, which is one, where it is known in which entry.
    """
    rows = _rows(data)
    if not isinstance(rows, list) or not rows:
        raise ValueError("it should hold a list of models")
    if len(rows) > MAX_MODELS_IN_FILE:
        raise ValueError(f"it holds {len(rows)} models; {MAX_MODELS_IN_FILE} are the most")
    return tuple(_model(row, place) for place, row in enumerate(rows, 1))


def wrong_models(data: Any) -> list[EntryError]:
    """What is wrong with each model of a file, in its order, where `model_entries_from` ends at the first."""
    rows, found = _rows(data), []
    for place, row in enumerate(rows if isinstance(rows, list) else (), 1):
        try:
            _model(row, place)
        except EntryError as error:
            found.append(error)
    return found


def _rows(data: Any) -> Any:
    """A file's models as a list, where it can be taken for one."""
    rows = data
    if isinstance(data, dict):
        listed = next((data[name] for name in _MODELS if isinstance(data.get(name), list | dict)), None)
        rows = {name: own for name, own in data.items() if name not in _BESIDE} if listed is None else listed
    if isinstance(rows, dict):
        rows = [{"alias": name, **own} if isinstance(own, dict) else (name, own) for name, own in rows.items()]
    return rows


def models_from(data: Any) -> tuple[tuple[str, Overrides], ...]:
    """The models of a file by name, and what is their own. Raises as `model_entries_from` does."""
    return tuple((entry.name, entry.own) for entry in model_entries_from(data))


def models_to_dict(entries: Sequence[ModelEntry]) -> Table:
    """Such models as a table by name, for `model_entries_from`."""
    return {entry.name: _to_dict(entry) for entry in entries}


def beside_models(data: Any) -> Table:
    """What a file holds beside its models."""
    return {key: data[key] for key in _BESIDE if key in data} if isinstance(data, dict) else {}


def entries_of(cards: Sequence[ModelCard], known: Sequence[ModelEntry] = ()) -> tuple[ModelEntry, ...]:
    """The models of a host as entries of a file: named by their alias where it names one of them alone, else by id.

    What `known` says of tags, parameters and whatever else the host does not, is kept, and so are its models that the
    host does not have, at the end.
    """
    aliases = [card.alias for card in cards]
    left = {entry.name: entry for entry in known}
    found = []
    for card in cards:
        name = card.alias if aliases.count(card.alias) == 1 else card.id
        before = left.pop(name, None) or left.pop(card.id, None) or ModelEntry(name)
        size = to_megabytes(card.size_bytes)
        found.append(
            ModelEntry(
                name,
                before.own,
                tuple(dict.fromkeys((*_capabilities(card), *before.capabilities))),
                before.size_mb if size is None else round(size, 1),
                before.tags,
                before.params,
            )
        )
    return (*found, *left.values())


def _capabilities(card: ModelCard) -> tuple[str, ...]:
    task = short_task(card.task)
    return tuple(filter(None, (task, "tools" if card.tools else None)))


def _to_dict(entry: ModelEntry) -> Table:
    own = {key: list(value) if key == "stop" else value for key, value in entry.own.known().items()}
    return without_none(
        capabilities=list(entry.capabilities),
        size_mb=entry.size_mb,
        tags=list(entry.tags),
        params=own or entry.params,
    )


def _model(row: Any, place: int) -> ModelEntry:
    if isinstance(row, str):
        row = {"alias": row}
    if isinstance(row, tuple):
        name, _ = row
        raise EntryError(f"Model {place} (`{name[:40]}`): it should be a table", name[:60], {"temperature": 0.2})
    if not isinstance(row, dict):
        raise EntryError(f"Model {place}: it should be a name or a table", "alias", MODEL_KEYS["alias"])
    key = next((name for name in _NAME if name in row), _NAME[0])
    here = f"Model {place}" + (f" (`{row[key][:40]}`)" if isinstance(row.get(key), str) and row[key] else "")
    for name in row:
        if name not in MODEL_KEYS:
            _refuse_unknown(here, name, MODEL_KEYS)
    params = row.get("params")
    sampling = params if isinstance(params, dict) else {}
    for name in sampling:
        if name not in _SAMPLING:
            _refuse_unknown(f"{here}: `params`", name, _SAMPLING)
    values: dict[str, Any] = {key: "", "capabilities": (), "tags": ()}
    own: dict[str, Any] = {}
    readers = {key: _name, "capabilities": _words, "tags": _words, "size_mb": _size, "params": _params}
    for table in (row, sampling):
        for name in table if table is sampling else (key, *table):
            try:
                if name in _SAMPLING:
                    own[name] = getattr(_own({name: table[name]}), name)
                elif name in readers:
                    values[name] = readers[name](table, name)
            except ValueError as error:
                raise EntryError(f"{here}: {error}", name, MODEL_KEYS[name]) from error
    return ModelEntry(
        values[key], Overrides(**own), values["capabilities"], values.get("size_mb"), values["tags"],
        values.get("params"),
    )  # fmt: skip


def _refuse_unknown(here: str, name: str, keys: dict[str, Any]) -> None:
    wrong = unknown_name(name, keys, "a key of a model")
    meant = next((key for key in keys if wrong.endswith(f"`{key}`?")), "temperature")
    raise EntryError(f"{here}: {wrong}", meant, keys[meant])


def _name(row: Table, key: str) -> str:
    name: str = get(row, key, str)
    if not name.strip():
        raise ValueError(f"`{key}` is empty")
    return name


def _words(row: Table, key: str) -> tuple[str, ...]:
    words = texts(row, key)
    if len(words) > MAX_TAGS:
        raise ValueError(f"`{key}` has {len(words)} texts; {MAX_TAGS} are the most")
    if any(not word.strip() or len(word) > _MAX_TAG for word in words):
        raise ValueError(f"`{key}` has a text that is empty or longer than {_MAX_TAG} characters")
    return tuple(dict.fromkeys(word.strip() for word in words))


def _size(row: Table, key: str) -> float | None:
    size = number(row, key)
    if size is not None and not 0 <= size < MAX_MB:
        raise ValueError(f"`{key}` should be a number of megabytes")
    return size


def _params(row: Table, key: str) -> str | None:
    value = row[key]
    if value is None or isinstance(value, dict):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"`{key}` should be a table of sampling parameters, or the number of parameters")
    return str(value)[:_MAX_TAG]


def _own(row: Table) -> Overrides:
    own = overrides_from_dict(row)
    if own.max_tokens is not None and own.max_tokens < 1:
        raise ValueError("`max_tokens` should be 1 or more")
    if own.temperature is not None and not 0 <= own.temperature <= 2:
        raise ValueError("`temperature` should be from 0 to 2")
    if own.top_p is not None and not 0 < own.top_p <= 1:
        raise ValueError("`top_p` should be above 0 and at most 1")
    return own
