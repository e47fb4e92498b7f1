"""Every action of the registry is done once, as a person does it: each is seen to do something, or says why not."""

from __future__ import annotations

import pytest

from tests.support.recorded import answered, looking_at, words
from tests.support.screens import Play
from tests.support.sessions import request
from tests.support.some import some
from tui.core.plans.mode import Mode
from tui.ui.actions import Action
from tui.ui.mode_screen import ModeScreen
from tui.ui.modes import EVERYWHERE, MODES, ScreenMode

UNSEEN = {"app.quiet", "history.all", "models.all", "history.refresh", "report.all", "report.refresh"}
"""What changes nothing where nothing is to be closed, taken back or found."""
LEAVES = "app.quit"
"""What ends the program has tests of its own (`tests/e2e/terminal/test_leaving.py`)."""


async def at_rest(play: Play, mode: ScreenMode) -> None:
    """The screen of the mode, with nothing over it, nothing said, and the keys not in a field."""
    for _ in range(4):
        play.app.clear_notifications()
        if len(play.app.screen_stack) > 1:
            await play.press("escape")
    assert len(play.app.screen_stack) == 1, "esc closes whatever lies over the screen"
    if play.app.current_mode != mode.name:
        await play.press(mode.key)
    # What narrows a list down is for the action that does it.
    await play.press("escape", *(["0"] if mode.name != "compare" else ["escape"]))
    play.app.clear_notifications()
    play.app.compare.say("")
    await play.settle()


def seen(play: Play) -> tuple[object, ...]:
    return play.app.current_mode, len(play.app.screen_stack), play.shown, tuple(play.notices)


async def do(play: Play, action: Action) -> None:
    """Press its key; of what has none, do what the palette does."""
    if action.key_list:
        await play.press(action.key_list[0])
    else:
        assert isinstance(play.app.screen, ModeScreen)
        await play.app.screen.run_action(action.bound(""))
        await play.settle()


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
async def test_every_action_does_something_that_is_seen_or_says_why_not(mode: ScreenMode) -> None:
    earlier = [
        request(f"q{model}", model=f"m{model}", mode=Mode.RACE, plan="race1", prompt="q1", answer=words("**Earlier.**"))
        for model in (1, 2)
    ]
    unseen: list[str] = []
    async with looking_at([answered(1), answered(2)], earlier=[earlier], unable="It is only looked at.") as play:
        await play.sees("question 2 of 2")
        for action in some([*mode.screen_class().ACTIONS, *EVERYWHERE]):
            if action.id in (LEAVES, mode.action.id):
                continue
            await at_rest(play, mode)
            before = seen(play)
            await do(play, action)
            for _ in range(0 if action.id in UNSEEN else 1_000):  # A busy machine takes its time.
                if seen(play) != before:
                    break
                await play.pilot.pause(0.02)
            else:
                unseen.append(action.id)
    assert sorted(unseen) == sorted(UNSEEN & {action.id for action in (*mode.screen_class().ACTIONS, *EVERYWHERE)})
