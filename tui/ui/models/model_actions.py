"""What the host can be asked to do with a model: how it is called, what it takes, and why it cannot be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tui.core.catalog.download import Stage
from tui.core.catalog.host_info import Ability
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.ui.state import AppState


@dataclass(frozen=True, slots=True)
class ModelAction:
    """One action on a model, or on a folder that holds one."""

    ability: Ability | None
    """What the host must be able to do for it."""
    doing: str = ""
    """The word for it while the host is at it."""
    done: str = ""
    """The word for it afterwards."""


MODEL_ACTIONS = {
    "load": ModelAction(Ability.LOAD, "loading", "loaded"),
    "unload": ModelAction(Ability.UNLOAD, "unloading", "unloaded"),
    "download": ModelAction(Ability.DOWNLOAD),
    "cancel": ModelAction(None),
    "remove": ModelAction(Ability.REMOVE, "removing", "removed"),
    "register": ModelAction(Ability.REGISTER, "adding", "added"),
}
"""By the name of the action in `tui.ui.actions`, which needs `Need.POSSIBLE`."""
_NO_REASON = "It does not say that it can"


def why_unable(what: str, abilities: Mapping[Ability, str]) -> str:
    """Why the host can never do this, as a sentence; empty when it can."""
    ability = MODEL_ACTIONS[what].ability
    reason = abilities.get(ability, _NO_REASON) if ability is not None else ""
    kind = "folders" if what == "register" else "models"
    return f"This host cannot {what} {kind}. {reason.rstrip('.')}." if reason else ""


def why_pointless(what: str, card: ModelCard | None, app_state: AppState) -> str:
    """Why it makes no sense for this model as it is, as a sentence; empty when it does. None stands for no model."""
    if what == "register":
        return ""
    if card is None:
        return "There is no model under the cursor."
    name, state = card.key, card.state
    download = app_state.downloads.get(card.key)
    coming = download is not None and download.stage is not Stage.FAILED
    if what == "cancel":
        return "" if coming else f"{name} is not being downloaded."
    if card.key in app_state.working:
        return f"{name} is busy: {MODEL_ACTIONS[app_state.working[card.key]].doing}."
    if coming:
        return f"{name} is being downloaded; x stops it."
    here = state in (ModelState.CACHED, ModelState.LOADED)
    match what:
        case "load" if state is ModelState.LOADED:
            return f"{name} is loaded already."
        case "load" if state is ModelState.CATALOG:
            return f"{name} is not here yet; d downloads it."
        case "unload" if state in (ModelState.CACHED, ModelState.CATALOG):
            return f"{name} is not loaded."
        case "download" if here:
            return f"{name} is here already."
        case "remove" if state is ModelState.LOADED:
            return f"{name} is loaded; u frees its memory, then it can be removed."
        case "remove" if state is ModelState.CATALOG:
            return f"{name} is not in the cache."
    return ""
