"""Keys that come faster than the program acts: on every screen they do what they do one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.events import Key, Paste
from textual.widgets import Input, TextArea

from tests.app.widget_app import WidgetApp
from tests.support.recorded import CARDS, answered, looking_at, many_cards, streaming
from tests.support.screens import Play, acted
from tui.ui.compare.scoring import NoteDialog
from tui.ui.compare.screen import CompareScreen
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.help import HelpDialog
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.terminal import keys_in_turn
from tui.ui.terminal.key_sequences import KeyParser, KeysRead
from tui.ui.widgets.answer.pane import PaneBody
from tui.ui.widgets.line_field import LineField
from tui.ui.widgets.pane_grid import PaneGrid
from tui.ui.widgets.prompt import PromptField

THREE = [answered(number) for number in (1, 2, 3)]
ESC, UP, DOWN, LEFT, RIGHT = "\x1b", "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"
ENTER, BACK, DELETE, HOME, END, CLEAR, F1, F2, UNDO = (
    "\r",
    "\x7f",
    "\x1b[3~",
    "\x1b[H",
    "\x1b[F",
    "\x15",
    "\x1bOP",
    "\x1bOQ",
    "\x1a",
)


@dataclass(frozen=True)
class Came:
    """What has come of some keys."""

    prompt: str
    cursor: tuple[int, int]
    scores: list[tuple[str, int | None]]
    notes: list[tuple[str, str]]
    mode: str
    screens: list[str]
    focus: str
    typed: list[str]
    chosen: list[str]


def came(play: Play) -> Came:
    """Everything that keys can change here."""
    session, stack, focused = play.runner.session, play.app.screen_stack, play.app.focused
    prompt = play.app.compare.query_one(PromptField)
    return Came(
        prompt.text,
        prompt.cursor_location,
        [(score.run, score.value) for score in session.scores],
        [(note.run, note.text) for note in session.notes],
        f"{play.app.current_mode} {play.app.compare.next_run.mode}",
        [type(screen).__name__ for screen in stack],
        f"{type(focused).__name__} {play.here if play.app.current_mode == 'compare' and len(stack) == 1 else ''}",
        [field.value for field in play.app.screen.query(Input)],
        list(play.app.app_state.chosen),
    )


@pytest.mark.parametrize("kind", [PromptField, LineField, TextArea, Input])
@pytest.mark.parametrize(
    ("keys", "text"),
    [
        (f"abc{CLEAR}Echo", "Echo"),
        (f"abc{BACK}{BACK}X", "aX"),
        (f"abc{LEFT}{LEFT}X", "aXbc"),
        (f"abc{HOME}X{END}Y", "XabcY"),
        (f"one two\x17X{HOME}{DELETE}", "ne X"),
        (f"é中{LEFT}{BACK}\u200c", "\u200c中"),
    ],
)
async def test_keys_of_one_read_edit_a_text_in_their_order(kind: type[TextArea | Input], keys: str, text: str) -> None:
    if "\u200c" in keys and kind in (TextArea, Input):
        keys, text = keys.replace("\u200c", "x"), text.replace("\u200c", "x")  # No text to Textual's own.
    field = kind()
    app = WidgetApp(field)
    async with app.run_test() as pilot:
        field.focus()
        await pilot.pause()
        app.post_message(KeysRead(KeyParser().take(keys), at_once=False))  # type: ignore[arg-type]
        await acted(app)
        assert (field.text if isinstance(field, TextArea) else field.value) == text


BURSTS = {
    "clear and type": [CLEAR, *"Echo"],
    "score, note, score": [ESC, *"3n4 bits", ENTER, "5"],
    "note left": [ESC, *"n4 bits", ESC, "2", RIGHT, "1"],
    "note edited": [ESC, *"nabc", BACK, LEFT, "X", ENTER, RIGHT, "4"],
    "help and a score": [ESC, "?", ESC, "1"],
    "edit and leave": [ESC, RIGHT, "e", *"What is 3", ESC, "3"],
    "enter edits": [ESC, ENTER, *"12", ESC, RIGHT, "5"],
    "models and choose": [F1, " ", DOWN, " "],
    "models, filter, choose": [F1, "/", *"phi", ENTER, " "],
    "filter left": [F1, "/", *"qwen", ESC, "1"],
    "filter, down": [F1, "/", *"phi", DOWN, " "],
    "to and fro": [F1, F2, *"abc", ESC, "4"],
    "jump": [ESC, "'", "3", "5", "'", "1", "2"],
    "measure": ["\x12", ESC, "1", "\x12", "2"],
    "undo": [ESC, "4", "2", UNDO, RIGHT, "5"],
    "quit asked": ["\x03", "\x03", "n", ESC, *"abc"],
    "three notes": [ESC, *"na", ENTER, RIGHT, *"nb", ENTER, RIGHT, *"nc", ENTER],
    "samples": [DOWN, DOWN, UP, ESC, "1"],
    "theme left": [ESC, "\x1b[20~", ESC, "1"],
    "host told": [ESC, "h", ESC, "1"],
    "zoom": [ESC, "z", RIGHT, "3", "z", "4"],
}


@pytest.mark.slow
@pytest.mark.parametrize("burst", BURSTS)
async def test_a_burst_does_what_its_keys_do_one_at_a_time(burst: str) -> None:
    keys = BURSTS[burst]
    async with looking_at(THREE) as play:
        for key in keys:
            await play.read(key)
        expected = came(play)
    async with looking_at(THREE) as play:
        await play.read("".join(keys))
        assert came(play) == expected


@pytest.mark.slow
async def test_the_way_out_waits_for_no_queue_of_keys_and_for_what_is_soon_done() -> None:
    async with looking_at(THREE) as play:
        keys = KeyParser().take(f"{ESC}4{RIGHT * 20_000}\x11")
        play.app.post_message(KeysRead([key for key in keys if isinstance(key, Key)], at_once=False))
        await play.until(lambda: play.app._exit)
        assert play.app._reads, "keys are left that nobody waits for"
        assert [(score.run, score.value) for score in play.runner.session.scores] == [("r1", 4)]


@pytest.mark.slow
async def test_what_a_burst_does_is_what_was_meant() -> None:
    async with looking_at(THREE) as play:
        await play.read(f"{ESC}3n4 bits{ENTER}5{RIGHT}2e{CLEAR}Why?{ESC}")
        here = came(play)
        assert here.scores == [("r1", 3), ("r1", 5), ("r2", 2)]
        assert here.notes == [("r1", "4 bits")]
        assert (here.prompt, here.screens, here.focus) == ("Why?", ["CompareScreen"], "AnswerPane 1")


PRESSED = st.sampled_from(
    [
        *"abn3 5egz?'",
        ESC,
        ESC,
        LEFT,
        RIGHT,
        UP,
        DOWN,
        BACK,
        DELETE,
        HOME,
        END,
        CLEAR,
        ENTER,
        F1,
        F2,
        UNDO,
        "/",
        "\x0a",
        "\x17",
    ]
)


async def outcome(reads: Sequence[Sequence[str]], *, alone: bool) -> Came | None:
    """What comes of the keys, each by itself or read by read; None where an enter in the prompt comes before another
    key."""
    async with looking_at(THREE) as play:
        keys = [key for read in reads for key in read]
        if not alone:
            await play.read(*("".join(read) for read in reads))
            return came(play)
        for key in keys:
            if key == ENTER and isinstance(play.app.focused, PromptField):
                return None
            await play.read(key)
        return came(play)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(st.lists(PRESSED, min_size=1, max_size=8), min_size=1, max_size=4))
async def test_however_keys_are_split_over_reads_the_same_comes_of_them(reads: list[list[str]]) -> None:
    expected = await outcome(reads, alone=True)
    assume(expected is not None)
    assert await outcome(reads, alone=False) == expected


# A terminal that does not say what is pasted


@pytest.mark.parametrize(
    ("read", "text"),
    [
        ("one\rtwo", "one\ntwo"),
        ("one\rtwo\r", "one\ntwo\n"),
        ("\r\rone", "\n\none"),
        ("one\r\n\r\ntwo\r\n", "one\n\ntwo\n"),
        (f"one\r{ESC}1{F1} two", "one\n1 two"),
        (f"{CLEAR}one\r5", "one\n5"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\rb\tc",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\nb\tc",
        ),
    ],
)
async def test_text_behind_a_line_end_makes_a_read_a_paste_in_the_prompt(read: str, text: str) -> None:
    async with looking_at(THREE) as play:
        await play.read(read)
        assert play.prompt.text == text
        assert play.app.focused is play.prompt
        assert not play.runner.session.scores and play.runner.begun == []


@pytest.mark.slow
async def test_the_rest_of_a_paste_that_comes_at_once_runs_nothing_either() -> None:
    async with looking_at(THREE) as play:
        for text, at_once in (("one\rtwo", False), (" and\rthree\r", True), ("4\r", True)):
            play.app.post_message(KeysRead(KeyParser().take(text), at_once=at_once))  # type: ignore[arg-type]
        await play.settle()
        assert play.prompt.text == "one\ntwo and\nthree\n4\n"
        assert play.runner.begun == []
        await play.read("\r")
        assert play.runner.begun == ["one\ntwo and\nthree\n4\n"]


async def test_a_read_that_ends_with_its_only_line_end_is_typed() -> None:
    async with looking_at(THREE) as play:
        await play.read("Echo this\r")
        assert play.runner.begun == ["Echo this"]


async def test_in_notes_and_panes_keys_are_keys() -> None:
    async with looking_at(THREE) as play:
        await play.read(f"{ESC}nfirst{ENTER}3{RIGHT}nsecond{ENTER}4")
        here = came(play)
        assert (here.notes, here.scores) == ([("r1", "first"), ("r2", "second")], [("r1", 3), ("r2", 4)])


# What is refused, and what cannot be answered


async def test_text_behind_a_refused_note_scores_nothing_and_asks_nobody() -> None:
    requests, at = streaming()
    async with looking_at(requests, cards=[*CARDS, *many_cards(2)][:5], at=at) as play:
        await play.read(f"{ESC}{RIGHT}")
        await play.read("n4 bits, good x R")
        assert isinstance(play.app.screen, ChoiceDialog)
        await play.sees("There can be no note yet", "Wait for the end of this answer")
        assert not play.runner.session.scores and not play.runner.session.notes
        await play.read(ENTER)
        assert [type(screen).__name__ for screen in play.app.screen_stack] == ["CompareScreen"]


async def test_a_path_behind_a_refused_folder_is_no_keys() -> None:
    async with looking_at(THREE, unable="not here") as play:
        await play.read(f"{F1}a/models/x d l{ENTER}")
        assert play.in_models and play.app.screen.query_one("#words", Input).value == ""
        assert play.app.screen is play.app.screen_stack[0]
        await play.read("a")
        await play.sees("No folder can be added here")


async def test_ctrl_c_asks_once_and_can_be_answered() -> None:
    async with looking_at(THREE) as play:
        await play.read("\x03\x03\x03")
        assert [type(screen) for screen in play.app.screen_stack][1:] == [ChoiceDialog]
        assert not play.notices
        await play.read(ESC)
        assert len(play.app.screen_stack) == 1
        await play.read("\x03")
        play.app.post_message(KeysRead(KeyParser().take("y"), at_once=False))  # type: ignore[arg-type]
        await play.until(lambda: not play.app.is_running)


async def test_the_key_bar_of_the_filter_speaks_of_the_filter() -> None:
    async with looking_at(THREE, size=(120, 30)) as play:
        await play.read(F1)
        await play.sees("enter Compare", "space Choose")
        await play.read("/")
        await play.sees("enter To the list")
        assert not {"Compare", "Choose", "Load"} & set(play.shown.splitlines()[-1].split())
        await play.read("phi\r")
        await play.sees("enter Compare")


async def test_the_way_out_within_a_pasted_text_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys_in_turn, "_LEAVE_WITHIN", 0.01)
    async with looking_at(THREE) as play:
        await play.read("one\rtwo\x11three")
        assert play.prompt.text == "one\ntwothree"
        await play.pilot.pause(0.1)
        assert not play.app._exit


@pytest.mark.slow
async def test_what_is_typed_before_the_way_out_is_kept_on_a_slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    decided = CompareScreen.decided

    async def decided_slowly(self: CompareScreen) -> None:
        await asyncio.sleep(0.6)
        await decided(self)

    monkeypatch.setattr(CompareScreen, "decided", decided_slowly)
    async with looking_at(THREE) as play:
        for text in (f"{ESC}3n4 bits{ENTER}{RIGHT}2", "\x11"):
            play.app.post_message(KeysRead(KeyParser().take(text), at_once=False))  # type: ignore[arg-type]
        await play.until(lambda: not play.app.is_running)
        session = play.runner.session
        assert [note.text for note in session.notes] == ["4 bits"]
        assert [score.value for score in session.scores] == [3, 2]


async def test_a_focus_key_lays_nothing_out_and_styles_no_more_than_frames() -> None:
    async with looking_at([answered(number) for number in range(1, 6)], cards=many_cards(5)) as play:
        await play.read(ESC)
        styled: list[object] = []
        laid_out: list[object] = []
        apply, lay_out = Stylesheet.apply, PaneGrid.lay_out

        def seen(self: Stylesheet, node: DOMNode, **more: Any) -> None:
            styled.append(node)
            apply(self, node, **more)

        def heard(self: PaneGrid, width: int | None = None) -> None:
            laid_out.append(self)
            lay_out(self, width)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Stylesheet, "apply", seen)
            patch.setattr(PaneGrid, "lay_out", heard)
            await play.read(RIGHT)
            assert play.here == 2 and not laid_out
            frames = [pane.query_one(PaneBody) for pane in play.panes]
            assert set(frames[:2]) <= set(styled)
            assert not [node for pane in play.panes for node in pane.walk_children() if node in {*styled} - {*frames}]
            await play.read(RIGHT * 2)
            assert play.here == 4 and laid_out, "another page"
            assert 4 in play.page


@pytest.mark.parametrize("screen", [NoteDialog, HelpDialog, ChoiceDialog])
async def test_keys_go_on_when_the_screen_they_opened_is_closed_at_once(screen: type) -> None:
    opening = {NoteDialog: f"{ESC}n", HelpDialog: f"{ESC}?", ChoiceDialog: f"{F1}a"}[screen]
    async with looking_at(THREE) as play:
        await play.read((opening + ESC) * 3 + F2)
        assert len(play.app.screen_stack) == 1 and play.app.current_mode == "compare"


# What is painted of pasted text

HOSTILE = "a\x1b[31m\x1b]0;t\x07\x9b2J\u202eb\u2066\ud800\x7fz"


@pytest.mark.slow
@pytest.mark.parametrize("where", ["prompt", "note", "filter", "folder", "theme"])
async def test_pasted_text_is_painted_harmlessly_in_every_field(where: str) -> None:
    way = {"prompt": "", "note": f"{ESC}n", "filter": f"{F1}/", "folder": F1, "theme": f"{ESC}\x1b[20~"}[where]
    async with looking_at(THREE) as play:
        await play.read(way)
        if where == "folder":
            play.app.push_screen(TextInputDialog("A folder", "", "its path"))
            await play.settle()
        play.app.post_message(Paste(HOSTILE))
        await play.settle()
        await play.sees("␛", "<U+202E>")
        assert not set(play.shown) & set("\x1b\x07\x9b\u202e\u2066\ud800\x7f")
        raw = HOSTILE.replace("\ud800", "\ufffd")
        focused = play.app.focused
        if isinstance(focused, PromptField):
            assert focused.text == raw
        elif isinstance(focused, LineField):
            assert focused.value == raw
        if where == "note":
            await play.read(ENTER)
            assert play.runner.ratings.note_of("r1") == raw
            assert not set(play.shown) & set("\x1b\x07\x9b\u202e\u2066\ud800\x7f")


async def test_the_lines_of_a_text_pasted_into_a_note_are_all_kept() -> None:
    async with looking_at(THREE) as play:
        await play.read(f"{ESC}n")
        play.app.post_message(Paste("one\r\ntwo\rthree"))
        await play.read(ENTER)
        assert play.runner.ratings.note_of("r1") == "one two three"
