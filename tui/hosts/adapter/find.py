"""From what the user wrote to the class that is meant, and to what it says of itself. Runs in the adapter's process."""

from __future__ import annotations

import importlib
import inspect
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from tui.core.errors import ModelFailedError, NoHostError, reason_of
from tui.hosts.adapter.guard import guarded
from tui.hosts.adapter.interface import Adapter
from tui.hosts.adapter.protocol import AdapterFacts

GROUP = "foundry_compare.adapters"
"""The entry points of installed adapters: name -> class."""
MAX_NAME = 200
MAX_MODELS = 500
_SHAPE = "It is a class with `generate(self, prompt, **params)`, which yields text"


def installed_adapters() -> tuple[str, ...]:
    """The names under which installed packages offer adapters."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def find_adapter(reference: str, folder: Path) -> type[Adapter]:
    """The class that `module:Class`, or the name of an entry point, means. `folder` is where a module may lie too.

    Raises NoHostError.
    """
    found = _in_module(reference, folder) if ":" in reference else _installed(reference)
    if not isinstance(found, type):
        raise NoHostError(f"{reference} is no class", f"It is of type {type(found).__name__}", _SHAPE)
    check_adapter(reference, found)
    return found


def check_adapter(reference: str, found: object) -> None:
    """Whether a class, or an object of one, can be an adapter. Raises NoHostError."""
    for name in ("generate", "load", "unload"):
        method = getattr(found, name, None)
        if not callable(method) and (method is not None or name == "generate"):
            raise NoHostError(f"{reference} has no method {name}", hint=_SHAPE)
    if isinstance(found, type):
        _check_made_without_arguments(reference, found)


def facts_of(reference: str, adapter: object) -> AdapterFacts:
    """What the class, or an object of it, says of its models. Raises NoHostError for what makes no sense."""
    try:
        with guarded():
            named = getattr(adapter, "models", class_name(adapter))
            names = (named,) if isinstance(named, str) else tuple(named)
    except ModelFailedError as error:
        raise NoHostError(f"`models` of {reference} is no list of names", error.title) from error
    for name in names:
        if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > MAX_NAME:
            raise NoHostError(f"`models` of {reference} holds {str(name)[:MAX_NAME]!r}, which is no name of a model")
    if len({name.casefold() for name in names}) < len(names) or not 0 < len(names) <= MAX_MODELS:
        raise NoHostError(f"`models` of {reference} should be 1 to {MAX_MODELS} different names")
    return AdapterFacts(
        names,
        context=_fact(reference, adapter, "context", int),
        licence=_fact(reference, adapter, "licence", str),
        device=_fact(reference, adapter, "device", str),
        version=_fact(reference, adapter, "version", str) or _packaged(reference),
    )


def class_name(adapter: object) -> str:
    """What an adapter's class is called."""
    return (adapter if isinstance(adapter, type) else type(adapter)).__name__


def _packaged(name: str) -> str | None:
    """The version of the installed package that offers an adapter by this name."""
    return next((point.dist.version for point in entry_points(group=GROUP, name=name) if point.dist is not None), None)


def _in_module(reference: str, folder: Path) -> Any:
    module_name, _, class_name = reference.partition(":")
    try:
        with guarded():
            module = importlib.import_module(module_name)
    except ModelFailedError as error:
        cause = error.__cause__
        if isinstance(cause, ModuleNotFoundError) and cause.name and f"{module_name}.".startswith(f"{cause.name}."):
            hint = f"It is looked for among the installed packages, and in {folder}"
            raise NoHostError(f"There is no module called {cause.name}", f"{reference} names it", hint) from error
        raise NoHostError(
            f"The module {module_name} cannot be imported", error.title, "Mend it and try again"
        ) from error
    if not hasattr(module, class_name):
        place = getattr(module, "__file__", None) or "the interpreter itself"
        raise NoHostError(f"There is no {class_name} in the module {module_name}", f"The module is {place}", _SHAPE)
    return getattr(module, class_name)


def _installed(name: str) -> Any:
    points = entry_points(group=GROUP, name=name)
    for point in points:
        try:
            with guarded():
                return point.load()
        except ModelFailedError as error:
            raise NoHostError(f"The adapter {name} ({point.value}) cannot be imported", error.title) from error
    there = ", ".join(installed_adapters())
    detail = f"Installed are {there}" if there else "No installed package offers one"
    raise NoHostError(f"There is no adapter called {name}", detail, "A class of your own is named module:Class")


def _check_made_without_arguments(reference: str, adapter: type) -> None:
    try:
        signature = inspect.signature(adapter)
    except (TypeError, ValueError):
        return  # some classes of compiled modules have none; making one will tell
    try:
        signature.bind()
    except TypeError as error:
        hint = "Give its parameters defaults; `load(self, model)` is told the model's name"
        raise NoHostError(f"{reference} cannot be made without arguments", reason_of(error), hint) from error


def _fact(reference: str, adapter: object, name: str, kind: type) -> Any:
    value = getattr(adapter, name, None)
    if value is None or (isinstance(value, kind) and not isinstance(value, bool)):
        return value
    wanted = "a whole number" if kind is int else "text"
    raise NoHostError(f"`{name}` of {reference} should be {wanted}", f"It is of type {type(value).__name__}")
