"""Models in the SDK's local catalogue: which are registered, from where, and which of them are loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import foundry_local_sdk as sdk
from foundry_local_sdk import Catalog, IModel

from tui.hosts.embedded.model_files import ModelFiles
from tui.hosts.embedded.protocol import RuntimeCommand, Step

TRIES = 3
CHAT = "chat-completion"
_T = TypeVar("_T")


def register_bundle(catalog: Catalog, models: tuple[ModelFiles, ...], *, exactly: bool) -> None:
    """See to it that these models are registered, from where they lie; with `exactly`, that no others are.

    Registrations outlive the process, with the paths they had.
    """
    _insistently(lambda: _register_once(catalog, models, exactly))


def load(catalog: Catalog, command: RuntimeCommand) -> None:
    """Load a model, registering it from its folder unless it is. By its id: one alias may mean several variants."""
    _insistently(lambda: _registered(catalog, command)).load()


def unload(catalog: Catalog, command: RuntimeCommand) -> None:
    """Unload a model; one that nobody registered is not loaded either."""
    variant = _find(catalog, command.model)
    if variant is not None and variant.is_loaded:
        variant.unload()


def forget(catalog: Catalog, command: RuntimeCommand) -> None:
    """Unload a model and drop its registration. Its files stay."""
    unload(catalog, command)
    if _find(catalog, command.model) is not None:
        catalog.unregister_model(command.model)


STEPS: dict[Step, Callable[[Catalog, RuntimeCommand], None]] = {
    Step.LOAD: load,
    Step.UNLOAD: unload,
    Step.FORGET: forget,
}


def _insistently(step: Callable[[], _T]) -> _T:
    """Another program may be registering the same model at this moment: whoever is second looks again."""
    for _ in range(TRIES - 1):
        try:
            return step()
        except sdk.FoundryLocalException:
            continue
    return step()


def _register_once(catalog: Catalog, models: tuple[ModelFiles, ...], exactly: bool) -> None:
    wanted = {model.card.id: model for model in models}
    known = _variants(catalog)
    right = {variant.id for variant in known if variant.id in wanted and _lies_in(variant, wanted[variant.id].folder)}
    for variant in known:
        if variant.id not in right and (exactly or variant.id in wanted):
            catalog.unregister_model(variant.id)
    for model in models:
        if model.card.id not in right:
            _register(catalog, model.card.id, str(model.folder), {"task": model.card.task or CHAT})


def _registered(catalog: Catalog, command: RuntimeCommand) -> IModel:
    known = _find(catalog, command.model)
    if known is not None:
        if _lies_in(known, Path(command.folder)):
            return known
        if known.is_loaded:
            known.unload()
        catalog.unregister_model(command.model)
    facts = {"task": command.task or CHAT}
    if command.ep is not None:
        facts["execution_provider"] = command.ep
    if command.device is not None:
        facts["device_type"] = command.device
    return _register(catalog, command.model, command.folder, facts)


def _register(catalog: Catalog, model: str, folder: str, facts: dict[str, str]) -> IModel:
    with sdk.ModelInfoBuilder() as metadata:
        for key, value in facts.items():
            metadata.set_string_property(key, value)
        return catalog.register_model(folder, model, metadata)


def _find(catalog: Catalog, model: str) -> IModel | None:
    # Asked for a single variant that it does not have, the SDK goes looking for it elsewhere.
    return next((variant for variant in _variants(catalog) if variant.id == model), None)


def _variants(catalog: Catalog) -> list[IModel]:
    return [variant for entry in catalog.list_models() for variant in entry.variants]


def _lies_in(variant: IModel, folder: Path) -> bool:
    # A path that no longer exists is reported as an empty one.
    return Path(variant.get_path()) == folder
