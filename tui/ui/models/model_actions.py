"""What can be done with a model, and why not."""

from __future__ import annotations

from collections.abc import Mapping

from tui.core.catalog.download import Stage
from tui.core.catalog.host_info import Ability
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.ui.models.rows import DOING
from tui.ui.state import AppState

NEEDED = {
    "load": Ability.LOAD,
    "unload": Ability.UNLOAD,
    "download": Ability.DOWNLOAD,
    "remove": Ability.REMOVE,
    "register": Ability.REGISTER,
}
"""The ability that a deed asks of the host."""
DONE = {"load": "loaded", "unload": "unloaded", "remove": "removed", "register": "added"}
_SILENT = "It does not say that it can"


def lacking(what: str, abilities: Mapping[Ability, str]) -> str:
    """Why the host can never do this, as a sentence; empty when it can."""
    ability = NEEDED.get(what)
    reason = abilities.get(ability, _SILENT) if ability is not None else ""
    kind = "folders" if what == "register" else "models"
    return f"This host cannot {what} {kind}. {reason.rstrip('.')}." if reason else ""


def unfitting(what: str, card: ModelCard | None, app_state: AppState) -> str:
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
        return f"{name} is busy: {DOING[app_state.working[card.key]]}."
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
