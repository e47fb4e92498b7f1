"""The help of whichever screen is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.ui import modes
from tui.ui.actions import Action
from tui.ui.dialogs.help import HelpDialog
from tui.ui.mode_screen import ModeScreen

if TYPE_CHECKING:
    from tui.app.app import CompareApp


def open_help(app: CompareApp) -> None:
    """Show every key of the screen; what is chosen there is done."""
    screen = app.screen
    owners: dict[str, CompareApp | ModeScreen] = {action.id: app for action in modes.EVERYWHERE}
    own = screen.ACTIONS if isinstance(screen, ModeScreen) else ()
    if isinstance(screen, ModeScreen):
        owners |= {action.id: screen for action in own}
    actions = {action.id: action for action in (*modes.EVERYWHERE, *own)}

    def why_not(action: Action) -> str | None:
        if action.id not in owners or action.by_place:
            return None
        return owners[action.id].why_not(action.action)

    async def do(chosen: str | None) -> None:
        if chosen is not None:
            action, owner = actions[chosen], owners[chosen]
            possible = not owner.why_not(action.action)
            # The key itself may say more of why not.
            bound = action.bound(next(iter(action.key_list), "")) if possible else f"why({action.action!r})"
            await app.run_action(bound, owner)

    app.push_screen(HelpDialog(app.current_mode, why_not, app.app_state.keymap), do)
