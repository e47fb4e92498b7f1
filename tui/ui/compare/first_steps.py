"""What stands where answers will be, as long as there are none: the few keys to begin with. It takes no key itself."""

from __future__ import annotations

from collections.abc import Sequence

from tui.ui import modes
from tui.ui.keymap import USUAL, Keymap
from tui.ui.state import AppState

_ASKING = (
    ("prompt.run", "asks the models"),
    ("prompt.later", "offers a sample"),
    ("app.models", "other models"),
    ("pane.score", "scores"),
    ("app.help", "every key"),
)
"""Ids of actions, and what their keys do for somebody who sees the screen for the first time."""
_CHOOSING = (
    ("app.models", "shows the models"),
    ("models.choose", "there chooses one"),
    ("models.compare", "there compares them"),
    ("app.host", "says where the host is"),
    ("app.help", "has every key"),
)
_NO_HOST = (
    ("app.host", "says where it was looked for"),
    ("app.models", "shows the models"),
    ("models.refresh", "there asks again"),
    ("app.help", "has every key"),
    ("app.quit", "leaves"),
)


def first_keys(app_state: AppState) -> str:
    """The keys for panes whose models have not been asked anything."""
    return _lines("The answer comes here.", _ASKING, app_state.keymap)


def why_no_panes(app_state: AppState) -> str:
    """Why there is no pane, and the keys that lead on."""
    if app_state.trouble is not None:
        toys = "`foundry-compare --host demo` has toy models that need none."
        return f"{_lines('There is no host.', _NO_HOST, app_state.keymap)}\n\n{toys}"
    if app_state.info is None:
        return "The host is being looked for. A question can be written meanwhile."
    return _lines("No model is chosen.", _CHOOSING, app_state.keymap)


def _lines(sentence: str, keys: Sequence[tuple[str, str]], keymap: Keymap | None) -> str:
    actions = {action.id: action for action in modes.all_actions()}
    shown = [((keymap or USUAL).shown(actions[id_]) or "-", does) for id_, does in keys]
    width = max(len(key) for key, _ in shown)
    return "\n".join((sentence, "", *(f"{key:<{width}}  {does}" for key, does in shown)))
