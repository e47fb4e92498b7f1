"""What somebody sees who has not asked anything: the keys to begin with, in the place of the answers."""

from __future__ import annotations

from tests.support.recorded import CARDS, answered, looking_at
from tui.core.errors import NoHostError
from tui.ui.keymap import keymap_of
from tui.ui.modes import placed_actions


async def test_the_first_pane_has_the_first_keys_until_something_has_been_asked() -> None:
    async with looking_at(chosen=[CARDS[0].id, CARDS[1].id]) as play:
        await play.sees("The answer comes here.", "enter  asks the models", "F1     other models", "?      every key")
        assert play.shown.count("asks the models") == 1
        # It takes no key: what is typed is the question.
        await play.type("why")
        assert play.prompt.text == "why"
        keymap = keymap_of(placed_actions(), {"app.models": "f6"})
        play.app.use_keymap(keymap)
        await play.app.compare.rebuild()
        await play.sees("F6     other models")
    async with looking_at([answered(1)]) as play:
        assert "other models" not in play.shown


async def test_without_panes_the_keys_lead_on() -> None:
    async with looking_at(chosen=["nobody"]) as play:
        await play.press("f2")
        await play.sees("No model is chosen.", "space  there chooses one", "enter  there compares them")
        play.app.app_state.trouble = NoHostError("Nobody answers")
        await play.app.compare.rebuild()
        await play.sees("There is no host.", "h       says where it was looked for", "foundry-compare --host demo")
        play.app.app_state.trouble = None
        await play.press("f1", "home", "space", "enter")
        await play.until(lambda: len(play.panes) == 1)
        assert "No model is chosen." not in play.shown
