"""Other keys for actions: how keys are written, who has which, and what is said of it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.ui.actions import Action, bindings
from tui.ui.keymap import NO_KEY, Keymap, Placed, keymap_of, parse_key
from tui.ui.modes import placed_actions


def action(id_: str, keys: str, **more: bool) -> Action:
    return Action(id_, keys, keys, id_, id_.capitalize(), f"About {id_}", **more)


ZOOM = Placed(action("zoom", "z"), "compare", "in the panes")
NOTE = Placed(action("note", "n,f6"), "compare", "in the panes")
SCORE = Placed(Action("score", "1,2,3", "1-3", "scoring.score", "Score", "Score it"), "compare", "in the panes")
RUN = Placed(action("run", "enter"), "compare", "in the prompt", True)
LOAD = Placed(action("load", "l"), "models", "on the Models screen")
HOST = Placed(action("host", "h"))
RACE = Placed(action("race", "ctrl+r", priority=True), "compare")
QUIT = Placed(action("quit", "ctrl+q", priority=True, vital=True))
ALL = (ZOOM, NOTE, SCORE, RUN, LOAD, HOST, RACE, QUIT)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Z", "Z"), ("é", "é"), ("?", "question_mark"), (" { ", "left_curly_bracket"), ("shift+z", "Z"), (",", "comma"),
        ("Ctrl+K", "ctrl+k"), ("F12", "f12"), ("esc", "escape"), ("Page Up", "pageup"), ("←", "left"),
        ("shift+F3", "shift+f3"), ("ctrl+home", "ctrl+home"), ("question_mark", "question_mark"), ("ß", "ß"),
        ("space", "space"), ("+", "plus"), ("&", "ampersand"), ("´", "acute_accent"),
    ],
)  # fmt: skip
def test_keys_are_written_as_people_do(written: str, key: str) -> None:
    assert parse_key(written) == key


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("alt+x", "arrives as esc"), ("ctrl+i", "arrives as tab"), ("ctrl+m", "arrives as enter"),
        ("ctrl+enter", "does not arrive"), ("ctrl+1", "does not arrive"), ("ctrl+shift+k", "does not arrive"),
        ("cmd+k", "no terminal sends"), ("f25", "is not the name of a key"), ("zoom", "is not the name of a key"),
        ("", "is not the name of a key"), ("\x1b", "control character"),
    ],
)  # fmt: skip
def test_a_key_that_does_not_arrive_is_refused_with_the_reason(written: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_key(written)


@given(st.text(max_size=20))
def test_whatever_is_written_is_a_key_or_a_sentence(written: str) -> None:
    try:
        assert parse_key(written)
    except ValueError as error:
        assert str(error)


def said(wanted: dict[str, str]) -> list[str]:
    return [problem.reason for problem in keymap_of(ALL, wanted).problems]


def test_an_action_has_the_keys_of_its_entry_and_none_of_its_usual_ones() -> None:
    keymap = keymap_of(ALL, {"note": "N, ctrl+k"})
    assert (keymap.keys, keymap.problems) == ({"note": ("N", "ctrl+k")}, ())
    assert [keymap.shown(one.action) for one in (NOTE, ZOOM)] == ["N", "z"]
    assert keymap.bindings([one.action for one in ALL]) == {"note": "N,ctrl+k"}


def test_who_loses_a_key_is_named_with_what_it_keeps() -> None:
    assert said({"zoom": "n"}) == ["n is `zoom` and no longer `note` (Note), which keeps F6"]
    assert keymap_of(ALL, {"zoom": "n"}).keys == {"zoom": ("n",), "note": ("f6",)}
    assert said({"note": "z"}) == ["z is `note` and no longer `zoom` (Zoom), which has no key"]
    lost = keymap_of(ALL, {"note": "z"})
    assert lost.shown(ZOOM.action) == "" and lost.bindings([ZOOM.action]) == {"zoom": NO_KEY}
    # It says nothing when the other has been given a key too.
    assert said({"note": "z", "zoom": "n"}) == []


def test_of_two_that_are_given_one_key_the_first_has_it() -> None:
    wanted = {"zoom": "x", "note": "x"}
    assert said(wanted) == ["`note`: x is given to `zoom` too, which has it"]
    assert keymap_of(ALL, wanted).keys == {"zoom": ("x",)}
    assert said({"zoom": "x", "load": "x"}) == [], "they are on different screens"


def test_a_key_of_every_screen_gives_way_where_another_action_has_it() -> None:
    wanted = {"load": "h"}
    assert said(wanted) == ["h is `load` on the Models screen, and not `host` there"]
    assert keymap_of(ALL, wanted).keys == {"load": ("h",)}
    # The other way round the key is wanted everywhere.
    assert said({"host": "z"}) == ["z is `host` and no longer `zoom` (Zoom), which has no key"]


def test_a_letter_is_no_key_where_text_is_typed() -> None:
    assert said({"run": "r"}) == ["`run`: r is typed text where this works; give it a key such as F6 or ctrl+k"]
    assert said({"race": "é"}) == ["`race`: é is typed text where this works; give it a key such as F6 or ctrl+k"]
    assert said({"run": "f6"}) == [], "note has it where nothing is typed"
    assert said({"zoom": "tab"}) == ["`zoom`: tab moves the focus"]


def test_the_way_out_is_never_without_a_key() -> None:
    assert said({"zoom": "ctrl+q"}) == ["`zoom`: ctrl+q stays with `quit` (quit) as long as that has no other key"]
    assert said({"quit": "f10", "zoom": "ctrl+q"}) == []


def test_scores_have_their_keys_in_their_order() -> None:
    """On a French keyboard, without shift."""
    keymap = keymap_of(ALL, {"score": '&,é,"'})
    assert (keymap.shown(SCORE.action), keymap.problems) == ('& … "', ())
    assert keymap.bindings([SCORE.action]) == {"score.1": "ampersand", "score.2": "é", "score.3": "quotation_mark"}
    lost = keymap_of(ALL, {"zoom": "2"})
    assert lost.bindings([SCORE.action]) == {"score.1": "1", "score.2": NO_KEY, "score.3": "3"}
    assert said({"score": "a,b,c,d"}) == ["`score` has 4 keys; 3 are the most"]


def test_a_name_that_is_no_action_s_is_said_with_the_one_that_was_meant() -> None:
    assert said({"zom": "x"}) == ["`zom` is not an action that is known; did you mean `zoom`?"]
    assert said({"q" * 90: "x"})[0].endswith("the help (?) shows which there are")


def test_every_action_of_the_program_can_be_given_keys_and_its_usual_ones_are_known() -> None:
    placed = placed_actions()
    # Tab belongs to the focus, and where a path is written it completes it.
    usual = [one.action for one in placed if one.action.keys and one.action.keys != "tab"]
    wanted = {action.id: action.keys.replace("comma", ",") for action in usual}
    assert keymap_of(placed, wanted).problems == ()
    assert Keymap().bindings([one.action for one in placed]) == {}


def test_a_binding_has_the_id_of_its_action() -> None:
    found = [binding.id for one in ALL for binding in bindings([one.action]) if not isinstance(binding, tuple)]
    assert found == ["zoom", "note", "note", "score.1", "score.2", "score.3", "run", "load", "host", "race", "quit"]


def test_the_keymap_of_the_page_is_one_and_so_is_that_for_french_keyboards() -> None:
    docs = Path(__file__).resolve().parents[3] / "docs"
    text = (docs / "config.md").read_text("utf-8")
    example = text[text.index("```toml\n[keymap]") + len("```toml\n") :].partition("```")[0]
    keymap = keymap_of(placed_actions(), tomllib.loads(example)["keymap"])
    assert keymap.problems == () and keymap.keys["pane.score"][:2] == ("ampersand", "é")
    row = next(line for line in (docs / "keys.md").read_text("utf-8").splitlines() if line.startswith("| French"))
    scores = tomllib.loads(row.split("`")[1])
    wanted = {"pane.score": scores["pane"]["score"] if "pane" in scores else scores["pane.score"], "pane.jump": "j"}
    assert keymap_of(placed_actions(), wanted).problems == ()
