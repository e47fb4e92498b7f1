"""What is entered in the tables of modes and actions, or laid into the folder of themes, is seen wherever its like is.

No mode, action or theme is named here, and a second list of them in the program is found.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Static

import tui
from tests.support.recorded import answered, looking_at
from tests.support.screens import Play
from tests.support.some import some
from tools.docs import TOP, keys
from tui.api import report
from tui.core.scoring.rubric import DEFAULT_RUBRIC, Criterion, Rubric
from tui.storage.theme_files import bundled_folder, load_themes
from tui.ui import modes
from tui.ui.actions import Action, Need, bindings
from tui.ui.compare.parts import PARTS
from tui.ui.dialogs.help import HelpDialog
from tui.ui.mode_screen import ModeScreen
from tui.ui.modes import EVERYWHERE, MODES, ScreenMode, all_actions
from tui.ui.state import AppState
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.terminal.writer import TerminalWriter
from tui.ui.widgets.key_bar import KeyBar

TUI = Path(tui.__file__).parent
WIDE = (400, 45)
"""Columns in which the key bar has room for every key."""
by_name = pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)


def screen_of(mode: ScreenMode) -> ModeScreen:
    return mode.screen_class()(AppState(), RefreshRate(TerminalWriter(), over_ssh=False, low_bandwidth=False))


def own_actions(mode: ScreenMode) -> tuple[Action, ...]:
    """Those that its screen does; the others are done by its widgets."""
    return mode.screen_class().ACTIONS


def in_help(mode: ScreenMode) -> str:
    """Its words, wherever its rows end."""
    return " ".join(str(HelpDialog(mode.name)._text).split())


def pages() -> str:
    files = [TOP / "README.md", *(TOP / "docs").glob("*.md")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


# Modes


@by_name
async def test_every_mode_is_reached_by_its_key_and_has_its_tab(mode: ScreenMode) -> None:
    async with looking_at([answered(1)], size=WIDE) as play:
        await play.press(mode.key)
        assert play.app.current_mode == mode.name
        assert isinstance(play.app.screen, mode.screen_class()) and mode.name == play.app.screen.MODE
        tabs = str(play.app.screen.query_one("#top", Static).content)
        assert all(f" {other.tab} " in tabs for other in some(MODES))


@pytest.mark.slow
async def test_comma_and_full_stop_go_through_all_modes_in_their_order() -> None:
    async with looking_at([answered(1)]) as play:
        await play.press("escape")
        assert play.app.current_mode == modes.FIRST
        for key, step in ((".", 1), (",", -1)):
            seen = []
            for _ in MODES:
                await play.press(key)
                await play.until(lambda: play.app.screen.is_mounted)
                seen.append(play.app.current_mode)
            start = [mode.name for mode in MODES].index(modes.FIRST)
            assert seen == [MODES[(start + step * (n + 1)) % len(MODES)].name for n in range(len(MODES))]


@by_name
def test_every_mode_is_in_the_help_of_all_and_in_the_documents(mode: ScreenMode) -> None:
    for other in some(MODES):
        assert f"{mode.key.upper()} {mode.about}" in in_help(other)
    assert f"| `{mode.key.upper()}` | {mode.about} |" in keys()
    assert f"| `{mode.key.upper()}` | {mode.about} |" in pages()


@pytest.mark.slow
def test_a_mode_more_is_one_entry_in_the_table(tmp_path: Path) -> None:
    """In a program of its own, for the app's keys are bound when it is loaded."""
    (tmp_path / "toy.py").write_text(TOY_SCREEN, "utf-8")
    script = [sys.executable, "-c", TOY_PROGRAM, str(tmp_path)]
    done = subprocess.run(script, cwd=TOP, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "as the others\n"), done.stderr


TOY_SCREEN = """
from textual.widgets import Static
from tui.ui.actions import Action, Need
from tui.ui.mode_screen import ModeScreen

ACTIONS = (Action("toy.look", "l", "l", "look", "Look", "Look at it", True, needs=(Need.PANE,)),
           Action("toy.wind", "w", "w", "wind", "Wind", "Wind it up", True))

class ToyScreen(ModeScreen):
    MODE = "toy"
    ACTIONS = ACTIONS
    def body(self):
        yield Static("A toy.", id="toy")
    def meets(self, need, action):
        return None
"""
TOY_PROGRAM = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
import toy
from tui.ui import actions, modes
toy_mode = modes.ScreenMode("toy", "f12", "Toy", "Something to play with", "toy:ToyScreen",
                            (modes.KeyGroup("Toy", "on the Toy screen", "toy:ACTIONS"),))
modes.MODES = (*modes.MODES, toy_mode)
modes.EVERYWHERE = (*(mode.action for mode in modes.MODES), *actions.APP)
from tests.support.recorded import answered, looking_at
from tools.docs import keys
from textual.widgets import Static
from tui.ui.widgets.key_bar import KeyBar

async def main():
    async with looking_at([answered(1)], size=(160, 45)) as play:
        await play.sees("F12 Toy")
        await play.press("f12")
        await play.sees("A toy.", "F12 Toy")
        words = [(hint.word, hint.possible) for hint in play.app.screen.query_one(KeyBar)._hints]
        assert ("Wind", True) in words and ("Look", False) in words, words
        await play.press("?")
        await play.sees("Something to play with", "Look at it")
        await play.press("escape", ".")
        assert play.app.current_mode == modes.MODES[0].name, play.app.current_mode
        await play.press(",")
        assert play.app.current_mode == "toy", play.app.current_mode
    table = keys()
    assert "| `F12` | Something to play with | everywhere | a session |" in table, table
    assert "| `l` | Look at it | on the Toy screen | a pane |" in table, table
asyncio.run(main())
print("as the others")
"""


# Actions


@by_name
def test_every_action_is_in_the_help_and_in_the_documents(mode: ScreenMode) -> None:
    table = keys()
    groups = [action for group in mode.groups for action in group.actions]
    for action in some([*groups, *EVERYWHERE]):
        twins = f" ({', '.join(action.twins)})" if action.twins else ""
        about = action.about if action.shown else f"{action.label}: {action.about}"
        assert f"{action.shown or '-'} {about}{twins}" in in_help(mode)
        row = (
            f"| `{action.shown}` | {about} |"
            if action.shown
            else f"| in the palette | *{action.label}*: {action.about} |"
        )
        assert row in table and row in pages()


@by_name
async def test_the_key_bar_shows_the_actions_of_the_table_and_greys_what_cannot_be_done(mode: ScreenMode) -> None:
    async with looking_at([answered(1)], size=WIDE) as play:
        await play.press(mode.key)
        await play.press("escape", "home")
        await play.until(lambda: bool(hints(play)))
        of_screen = {action.id: action for action in (*own_actions(mode), *EVERYWHERE)}
        for action in some(of_screen.values()):
            owner: Any = play.app if action in EVERYWHERE else play.app.screen
            possible = owner.check_action(action.name, ())
            greyed = possible is None and action.explains
            assert ((action.shown, action.label) in hints(play)) is (action.footer and possible is True), action.id
            assert ((action.shown, action.label) in hints(play, possible=False)) is (action.footer and greyed), (
                action.id
            )


async def test_a_greyed_key_says_why_and_has_its_place_once_it_can_be_done() -> None:
    async with looking_at([answered(1), answered(2)], size=WIDE) as play:
        await play.press("escape")
        bar = play.app.screen.query_one(KeyBar)
        await play.until(lambda: bool(hints(play)))
        words = [hint.word for hint in bar._hints]
        stop = next(hint for hint in bar._hints if hint.word == "Stop")
        assert not stop.possible and words.index("Rerun") + 1 == words.index("Stop")
        assert f"({stop.shown} Stop)" in play.shown
        await play.pilot.click(KeyBar, offset=(stop.start + 1, 0))
        await play.sees("Nothing is being asked.")
        await play.pilot.resize_terminal(80, 24)
        await play.settle()
        # What can be done has the room first.
        left_out = {hint.word for hint in bar._hints} ^ set(words)
        assert left_out and all(hint.possible for hint in some(bar._hints))
        await play.press("/")
        await play.until(lambda: ("esc", "End") in hints(play))
        assert len(set(hints(play))) == len(hints(play)), "of several keys for one action the first"


async def test_the_keys_that_are_always_there_are_there_however_narrow_it_is() -> None:
    always = [(action.shown, action.label) for action in EVERYWHERE if action.always]
    async with looking_at([answered(1)], size=(60, 18)) as play:
        await play.press("escape")
        await play.until(lambda: bool(hints(play)))
        assert set(always) <= set(hints(play)) and len(always) == 2
        footers = [action for mode in MODES for action in own_actions(mode) if action.footer]
        assert len(hints(play)) < len(footers)


def hints(play: Play, *, possible: bool = True) -> list[tuple[str, str]]:
    """Key and word of each that can be done, or of each that is greyed."""
    bar = play.app.screen.query_one(KeyBar)
    return [(hint.shown, hint.word) for hint in bar._hints if hint.possible is possible]


@by_name
def test_a_screen_asks_for_what_an_action_needs_and_for_nothing_else(
    mode: ScreenMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = screen_of(mode)
    asked: list[tuple[Need, str]] = []
    monkeypatch.setattr(screen, "meets", lambda need, action: asked.append((need, action)))
    for action in some(own_actions(mode)):
        asked.clear()
        possible = screen.check_action(action.name, ())
        assert (possible, asked) == (None if action.needs else True, [(need, action.name) for need in action.needs])


@by_name
def test_a_screen_binds_the_actions_of_the_table_and_has_a_method_for_each(mode: ScreenMode) -> None:
    screen = mode.screen_class()
    assert bindings(own_actions(mode)) == screen.BINDINGS
    grouped = [action for group in mode.groups for action in group.actions]
    assert [action for action in grouped if action in own_actions(mode)] == list(own_actions(mode))
    for action in some(own_actions(mode)):
        assert callable(method_of(screen, action))
        assert not action.explains or callable(screen.action_why)  # type: ignore[attr-defined]


def method_of(screen: type[ModeScreen], action: Action) -> object:
    part, _, method = action.name.rpartition(".")
    return getattr(PARTS[part], method) if part else getattr(screen, f"action_{action.name}")


@by_name
def test_no_key_reaches_two_actions_of_a_screen(mode: ScreenMode) -> None:
    """A widget may take a key for itself where it has the focus alone: its group is then a place of its own."""
    shared = [group.place for group in mode.groups if set(group.actions) & set(own_actions(mode))]
    actions = [action for group in mode.groups if group.place in shared for action in group.actions]
    assert repeated(key for action in [*some(actions), *EVERYWHERE] for key in action.keys.split(",") if key) == []


def repeated(found: Iterable[str]) -> list[str]:
    return [one for one, times in Counter(found).items() if times > 1]


def test_an_action_that_needs_the_host_is_off_until_it_has_been_opened() -> None:
    from tui.app.app import CompareApp
    from tui.app.opened import Opened

    def never() -> Opened:
        raise AssertionError

    app = CompareApp(never)
    for action in some(EVERYWHERE):
        assert app.check_action(action.name, ()) is (None if action.needs else True)
        assert action.needs in ((), (Need.HOST,), (Need.VIEW,))


def test_ids_are_given_once_and_every_need_is_somebody_s() -> None:
    ids = [action.id for action in all_actions()]
    assert len(set(ids)) == len(ids)
    assert {need for action in all_actions() for need in action.needs} == set(Need)


# Criteria of scores


@pytest.mark.slow
async def test_a_criterion_more_is_one_entry_of_the_rubric() -> None:
    """It is scored behind the others with the same keys, shown, taken back, and reported on."""
    rubric = Rubric((*DEFAULT_RUBRIC, Criterion("tone", "Tone of voice", scale=3)))
    async with looking_at([answered(1), answered(2)], size=(160, 45), rubric=rubric) as play:
        await play.sees("2 unscored")
        assert play.pane(1).endswith("····· overall ·/3 Tone of voice")
        await play.press("escape", "4")
        await play.sees("2 unscored")
        await play.press("5")
        await play.sees("Tone of voice is scored from 1 to 3.")
        await play.press("3")
        await play.sees("1 unscored")
        assert play.pane(1).endswith("★★★★☆ overall 3/3 Tone of voice")
        await play.press("ctrl+z")
        await play.sees("score 3 for Tone of voice → no score for Tone of voice")
        await play.press("2", "0", "3")
        assert play.pane(1).endswith("★★★★☆ overall 3/3 Tone of voice")
        assert [score.scale for score in play.runner.session.scores if score.criterion == "tone"] == [3] * 4
        text = report([play.runner.session], "csv")
        assert "score_tone_of_3_mean" in text.splitlines()[0].split(",")


# Themes


def test_every_theme_of_the_folder_is_in_the_documents_and_offered_by_its_key() -> None:
    files, errors = load_themes([bundled_folder()])
    assert not errors
    for file in some(files):
        assert f"`{file.name}`" in pages()


async def test_every_theme_of_the_folder_is_offered() -> None:
    async with looking_at() as play:
        assert sorted(play.app.available_themes) == [file.name for file in load_themes([bundled_folder()])[0]]


# No second list


def literal_lists(file: Path) -> Iterator[tuple[int, set[str]]]:
    """The texts that stand together in one tuple, list, set, or among the keys of one dictionary."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        parts: list[Any] = []
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            parts = list(node.elts)
        elif isinstance(node, ast.Dict):
            parts = list(node.keys)
        yield (
            getattr(node, "lineno", 0),
            {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)},
        )


def second_lists(names: Collection[str], most: int, packages: tuple[str, ...], *homes: str) -> list[str]:
    """Where these packages name more than `most` of them together, outside of their homes."""
    return [
        f"{path}:{line}: {sorted(found & set(names))}"
        for file in sorted(TUI.rglob("*.py"))
        if (path := file.relative_to(TUI).as_posix()).startswith(packages) and path not in homes
        for line, found in literal_lists(file)
        if len(found & set(names)) > most
    ]


@pytest.mark.slow
def test_no_part_of_the_program_lists_modes_actions_or_themes_a_second_time() -> None:
    themes = [file.name for file in load_themes([bundled_folder()])[0]]
    assert not second_lists(themes, 1, ("",))
    # Commands and functions that are called like modes are none.
    assert not second_lists([mode.name for mode in MODES], 1, ("",), "ui/modes.py", "api/__init__.py", "cli/main.py")
    # The actions on models have a table of their own: which ability each takes.
    names = {action.name for mode in MODES for action in own_actions(mode)}
    homes = ("ui/actions.py", "ui/models/model_actions.py", "app/host_questions.py")
    assert not second_lists(names, 2, ("ui/", "app/"), *homes)


def test_the_check_sees_a_second_list(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text("KEYS = {'score', 'note', 'zoom'}\nTITLES = {'a': 1, 'b': 2}\n")
    assert [found for _, found in literal_lists(tmp_path / "x.py") if found] == [{"score", "note", "zoom"}, {"a", "b"}]
