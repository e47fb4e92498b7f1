"""Keys of the configuration, and the list of keys from which actions are done."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

from textual.binding import Binding
from textual.dom import DOMNode
from textual.widgets import Static

from tests.support.recorded import answered, looking_at
from tests.support.screens import Play
from tests.support.some import any_number_of, some
from tools.docs import TOP
from tui import ui
from tui.core.plans.mode import Mode
from tui.ui.actions import COMPARE, Need, bound_ids
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.help import HelpDialog
from tui.ui.keymap import keymap_of
from tui.ui.modes import all_actions, placed_actions
from tui.ui.widgets.key_bar import KeyBar


def hints(play: Play) -> dict[str, str]:
    """The keys in the key bar, by their words."""
    return {hint.word: hint.shown for hint in play.app.screen.query_one(KeyBar)._hints}


async def test_keys_of_the_configuration_act_and_are_shown_in_place_of_the_usual_ones() -> None:
    wanted = {
        "pane.zoom": "Z,f6", "pane.note": "z", "pane.score": '&,é,"', "app.quit": "f10", "run.mode": "ctrl+k",
        "prompt.run": "f8", "question.older": "$",
    }  # fmt: skip
    keymap = keymap_of(placed_actions(), wanted)
    assert keymap.problems == ()
    async with looking_at([answered(1), answered(2)], size=(100, 30)) as play:
        play.app.use_keymap(keymap)
        await play.press("escape")
        await play.until(lambda: hints(play).get("Zoom") == "Z" and hints(play)["Note"] == "z")
        assert hints(play)["Quit"] == "F10" and hints(play)["Score"] == '& … "'
        await play.press("é")
        assert play.runner.ratings.scores_of("r1")["overall"].value == 2
        await play.press("4")
        assert play.runner.ratings.scores_of("r1")["overall"].value == 2, "a digit scores no more"
        await play.press("Z")
        assert play.page == [1]
        await play.press("f6")
        assert play.page == [1, 2]
        assert play.app.compare.next_run.mode is Mode.RACE
        await play.press("ctrl+r")
        assert play.app.compare.next_run.mode is Mode.RACE
        await play.press("ctrl+k")
        assert play.app.compare.next_run.mode is Mode.MEASURE
        await play.press("?")
        await play.sees("find an action")
        listed = " ".join(str(play.app.screen.query_one(Static).content).split())
        assert "Z The focused pane alone, and back" in listed and "F10 Leave" in listed
        # In the prompt a letter is a letter, whatever it is a key for.
        await play.press("escape", "e", "Z", "z", "f8")
        await play.until(lambda: play.runner.begun == ["Zz"])  # type: ignore[attr-defined]
        await play.pilot.press("f10")
        await play.until(lambda: not play.app.is_running or play.app._exit)


async def test_an_action_is_found_by_its_words_and_done() -> None:
    async with looking_at([answered(1), answered(2)]) as play:
        await play.press("escape", ":")
        await play.sees("find an action", "type to find · enter does it")
        await play.type("alone pane")
        await play.sees("▸ z             The focused pane alone, and back")
        assert "The pane to the left" not in play.shown
        await play.press("enter")
        await play.until(lambda: play.page == [1])
        # A key that is typed finds what it does; the arrows go through what was found.
        await play.press("ctrl+p", "m")
        await play.sees("▸ m             The answer as Markdown")
        await play.press("down", "down", "up", "up", "escape", "?", "?")
        assert not isinstance(play.app.screen, HelpDialog)
        # What belongs to a field is pressed there, and what asks something asks it.
        await play.type("?", *"begin a new line", "enter")
        await play.sees_notice("ctrl+j does it where it works: begin a new line")
        await play.press("ctrl+u")
        await play.type("ctrl+c", "enter")
        await play.until(lambda: isinstance(play.app.screen, ChoiceDialog))


async def test_what_the_pages_lead_to_by_its_name_is_found_first_and_no_rating_is_ahead_of_it() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in (TOP / "docs").glob("*.md"))
    named = re.findall(r"`:` (?:and|with) \*([^*]+)\*", pages)
    async with looking_at([answered(1), answered(2)]) as play:
        await play.press("escape", ":")
        for name in some([*named, *(action.label for action in COMPARE if not action.keys)]):
            await play.press("ctrl+u")
            await play.type(name.casefold())
            await play.sees(f"▸ -             {name}: ")
        # What fits alike: enter must not change a rating because nothing else was meant.
        for words in ("answers", "in sight", "answer", "all"):
            await play.press("ctrl+u")
            await play.type(words)
            marked = next(line for line in play.shown.splitlines() if "▸" in line)
            assert not [action for action in COMPARE if Need.RATINGS in action.needs and action.about[:30] in marked]


async def test_what_cannot_be_done_is_greyed_with_its_reason_and_its_key_says_why() -> None:
    async with looking_at(chosen=["nobody"]) as play:
        await play.press("f2", "escape", "z")
        await play.sees("There is no pane: choose models on the Models screen.")
        await play.press("X")
        await play.sees("Nothing is being asked.")
        await play.press("?", "z", "o", "o", "m")
        await play.sees("not now: there is no")
        await play.press("enter")
        await play.sees("There is no pane: choose models on the Models screen.")
        assert "Stop" not in hints(play)


def test_every_binding_has_the_id_of_an_action_and_so_can_be_given_another_key() -> None:
    for module in pkgutil.walk_packages(ui.__path__, f"{ui.__name__}."):
        importlib.import_module(module.name)
    known = {id_ for action in all_actions() for id_ in bound_ids(action)}
    found = [
        (cls, binding)
        for cls in subclasses(DOMNode)
        if cls.__module__.startswith("tui.")
        for binding in cls.__dict__.get("BINDINGS", ())
    ]
    for cls, binding in some(found):
        assert isinstance(binding, Binding) and binding.id in known, f"{cls.__name__}: {binding}"


def subclasses(cls: type) -> Iterator[type]:
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


def test_no_key_has_two_meanings_in_one_place() -> None:
    placed = placed_actions()
    seen: dict[tuple[str, str, str], str] = {}
    for one in some(placed):
        for key in any_number_of(one.action.key_list):
            other = seen.setdefault((one.mode, one.place, key), one.action.id)
            assert other == one.action.id, f"{key} in {one.place or 'all places'}"
