"""Reading answers: what they differ in, searching them, scrolling them together, copying, all figures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from textual.widgets import Static

from tests.app.widget_app import rows
from tests.support.recorded import answered, bundled_themes, looking_at, streaming, words
from tests.support.screens import Play, playing
from tests.support.sessions import request, session, target
from tests.support.some import some
from tui.app.app import CompareApp
from tui.app.opened import OpenedFile
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.requests.request import Request
from tui.runner.kept_session import open_kept_session
from tui.storage.session_files import save
from tui.ui.actions import READING
from tui.ui.compare.figures import figures
from tui.ui.terminal.clipboard import Way, osc52
from tui.ui.widgets.answer.highlights import CURRENT, MATCH

if TYPE_CHECKING:
    from tui.runner import Runner

OLD = "RAG looks passages up first. It hands them to the model.\n\nIt costs one search more, and so it takes longer."
NEW = "RAG looks passages up. It gives them to the model.\n\nIt costs a search more, and so it takes longer."
OTHER = "Bananas are yellow. Monkeys like them."
CODE = "Use this:\n\n```python\nprint('a')\nprint('b')\n```\n\nor `ls`:\n\n~~~\nls\n~~~\n"


def long(count: int, what: str = "Absatz") -> str:
    """An answer of paragraphs, each of three lines."""
    return "\n\n".join(f"{what} {number}\nzwei\ndrei" for number in range(count))


def again(text: str) -> Request:
    """The first model's answer, asked again."""
    return request("r9", model="m1", mode=Mode.RACE, answer=words(text))


def going_by(monkeypatch: pytest.MonkeyPatch, way: Way) -> None:
    """Have what is copied go this way."""
    for place in ("tui.ui.compare.copying", "tui.ui.terminal.clipboard"):
        monkeypatch.setattr(f"{place}.way_to_clipboard", lambda *_: way)


def foot(play: Play, number: int) -> str:
    """What stands in the lower edge of a pane."""
    return play.panes[number - 1].data.foot  # type: ignore[union-attr]


def painted(play: Play, number: int, style: object) -> list[str]:
    """The text of a pane that is highlighted so."""
    view = play.panes[number - 1].view
    assert style in (CURRENT, MATCH)
    wanted = "reverse" if style is CURRENT else "underline"
    pieces = [piece for strip in view.render_lines(view.outer_size.region) for piece in strip]
    return [piece.text for piece in pieces if piece.style is not None and getattr(piece.style, wanted)]


async def test_the_difference_stands_in_the_focused_pane_and_is_gone_through_until_esc() -> None:
    async with looking_at([answered(1, NEW), answered(2, OLD), answered(3, OTHER)]) as play:
        await play.press("escape", "d")
        await play.sees("= and a digit shows")
        await play.press("=")
        await play.sees("Compare with which? 2 phi-4-mini · 3 mistral-7b", "\nesc Leave ctrl+q Quit")
        await play.press("9")
        await play.sees("There is no answer 9 to compare with.")
        assert not play.runner.session.scores
        await play.type("=2d")
        await play.until(lambda: foot(play, 1).startswith("2 of 2"))
        assert "[-one-]{+a+}" in play.pane(1) and "{+only 1 qwen2.5-0.5b+} [-only 2 phi-4-mini-]" in play.pane(1)
        assert re.fullmatch(r"2 of 2 · \d\d % alike", foot(play, 1)) and foot(play, 1) in play.shown
        assert painted(play, 1, CURRENT) == ["[-one-]", "{+a+}"]
        assert "= 2 phi-4-mini · d D · esc" in play.shown
        await play.sees("\nd Next D Previous esc End 1-5 Score")
        await play.press("d")
        assert foot(play, 1).startswith("1 of 2")
        await play.press("D", "4")
        assert foot(play, 1).startswith("2 of 2")
        assert [one.run for one in play.runner.session.scores] == ["r1"], "a digit is a score again"
        await play.pilot.resize_terminal(120, 30)
        await play.settle()
        assert painted(play, 1, CURRENT) == ["[-one-]", "{+a+}"]
        await play.press("escape")
        assert not foot(play, 1) and "[-" not in play.pane(1)
        await play.sees("\n1-5 Score")


@pytest.mark.slow
async def test_texts_with_little_in_common_stay_beside_each_other_or_come_one_below_the_other() -> None:
    async with looking_at([answered(1, NEW), answered(2, OTHER), answered(3, NEW)]) as play:
        await play.type("")
        await play.press("escape", "=", "2")
        await play.sees("They have little in common.", "both are shown whole")
        assert "RAG looks" in play.pane(1) and "Bananas" not in play.pane(1) and "% alike" in foot(play, 1)
        await play.press("z", "=", "2")
        await play.until(lambda: "Monkeys like them." in play.pane(1))
        assert "RAG looks" in play.pane(1)
        await play.press("=", "3")
        await play.sees("The two are the same, word for word. (3 mistral-7b)")
        assert "only 1" not in play.pane(1), "what signs mean is not said where there are none"
        assert foot(play, 1) == "100 % alike"
        await play.press("escape")
        await play.sees("3 unscored")
        assert "The two are the same" not in play.shown, "it was about what has ended"


async def test_an_earlier_answer_of_the_model_is_compared_with_by_its_own_digit() -> None:
    async with looking_at([answered(1, OLD), answered(2, OTHER), again(NEW)]) as play:
        await play.press("escape", "=")
        await play.sees("2 phi-4-mini · 1 its answer 1 of 2")
        await play.press("1")
        await play.until(lambda: "[-one-]{+a+}" in play.pane(1))


@pytest.mark.slow
async def test_what_cannot_be_compared_says_why() -> None:
    requests, now = streaming()
    async with looking_at(requests, at=now, size=(200, 45)) as play:
        await play.press("escape", "=")
        await play.sees("Wait for the end of this answer")
    async with looking_at([answered(1, NEW)]) as play:
        await play.press("escape", "=")
        await play.sees("There is no other answer to compare it with.")


async def test_all_panes_in_sight_are_searched_and_enter_goes_from_place_to_place() -> None:
    texts = (f"{long(9)}\n\nthe END\nend", f"no word of it\n\n{long(9)}", "The end.")
    async with looking_at([answered(number, text) for number, text in enumerate(texts, 1)]) as play:
        await play.press("escape", "right", "/")
        assert not play.app.screen.query_one("#status", Static).display
        await play.type("end")
        await play.sees("↑ Previous", "enter Next", "esc End")
        assert [foot(play, number) for number in (1, 2, 3)] == ["2 matches", "no match", "match 1 of 1"]
        assert painted(play, 3, CURRENT) == ["end"], "the first after where one was reading"
        await play.press("enter")
        assert foot(play, 1) == "match 1 of 2" and painted(play, 1, CURRENT) == ["END"]
        assert painted(play, 1, MATCH) == ["end"]
        await play.press("down", "up", "up")
        assert foot(play, 3) == "match 1 of 1"
        await play.press("up", "escape")
        assert play.here == 2, "a digit scores the answer that it did before"
        assert play.app.screen.query_one("#status", Static).display
        assert not foot(play, 1) and not painted(play, 1, CURRENT)
        assert "the END" in play.pane(1), "it stays where the search led"


async def test_panes_scroll_together_in_proportion_and_by_paragraph() -> None:
    texts = (long(40), long(20, "Ein wenig längerer Absatz als der andere"), "kurz")
    async with looking_at([answered(number, text) for number, text in enumerate(texts, 1)]) as play:
        await play.press("escape", "m", "right", "m", "left", "s")
        first, second, _ = (pane.view for pane in play.panes)
        await play.sees("together, in proportion · s")
        await play.press("end")
        assert second.scroll_offset.y == second.max_scroll_y > 0
        await play.press("home", "s")
        await play.sees("together, by paragraph · s")
        await play.press("pagedown")
        number = first.paragraph[0]
        assert number == second.paragraph[0] > 0
        assert rows(second)[0].startswith("Ein wenig") or first.paragraph[1] > 0
        await play.press("right", "home")
        assert first.scroll_offset.y == 0
        await play.press("s")
        await play.sees("Each pane scrolls by itself.")
        await play.press("end")
        assert first.scroll_offset.y == 0


async def test_copies_say_which_way_they_went_and_what_is_copied_is_what_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    going_by(monkeypatch, Way("OSC 52", sequence=osc52))
    monkeypatch.setattr("tui.ui.compare.status_row._SENTENCE_S", 600)  # A slow machine takes its time to look.
    monkeypatch.chdir(tmp_path)
    async with looking_at([answered(1, CODE + "\x1b]52;c;aGk=\x07"), answered(2, OLD)], notices=True) as play:
        await play.press("escape", "y")
        await play.sees("Copies go by OSC 52.", "1  copies block of code 1: python, 2 lines", "block of code 2: 1 line")
        await play.press("1")
        await play.sees_notice("21 characters sent to the terminal by OSC 52. Nobody can tell from here")
        assert play.app.clipboard == "print('a')\nprint('b')"
        await play.press("y", "y")
        await play.until(lambda: play.app.clipboard.startswith("Use this:"))
        assert "\x1b" not in play.app.clipboard and "␛]52;c;aGk=" in play.app.clipboard
        await play.press("y", "a")
        await play.until(lambda: "## 2 phi-4-mini · GPU" in play.app.clipboard and OLD in play.app.clipboard)
        assert play.app.clipboard.startswith("> Explain the principle")
        await play.press("y", "F")
        await play.sees("to which file?", "answers.md")
        await play.press("enter")
        await play.sees("Written to")
        assert (tmp_path / "answers.md").read_text(encoding="utf-8") == play.app.clipboard
        await play.press("y", "f")
        await play.type("", "ctrl+u", *"answers.md", "enter")
        await play.sees_notice("is there already")
        assert (tmp_path / "answers.md").read_text(encoding="utf-8").startswith("> Explain")


async def test_where_osc_52_is_swallowed_printing_and_files_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    going_by(monkeypatch, Way("OSC 52", sequence=osc52, swallowed=True))
    async with looking_at([answered(1, NEW)]) as play:
        await play.press("escape", "y")
        await play.sees("The Windows console is known to drop")
        keys = re.findall(r"^\W*│ +(\w+)  \w", play.shown, re.MULTILINE)
        assert keys == ["p", "f", "y", "a", "esc"]


async def test_all_figures_are_on_one_page_with_the_reason_where_one_is_not_known() -> None:
    one = answered(1, NEW)
    every = {name: (value, meaning) for name, value, meaning in figures(one)}
    assert every["loading"] == ("-", "not known: nothing had to be loaded for it")
    assert every["thinking"] == ("-", "not known: the answer does not begin with thinking")
    assert all(meaning.startswith("not known: ") for value, meaning in some(every.values()) if value[0] == "-")
    uncounted = {name: (value, why) for name, value, why in figures(answered(1, NEW, usage=False))}
    assert uncounted["end to end"] == ("- tok/s", "not known: nobody counted its tokens")
    async with looking_at([one]) as play:
        await play.press("escape", "i")
        await play.sees("first text", "0.10 s", "time to first text of any kind")
        await play.press("i")
        assert "time to first text" not in play.shown


async def test_an_ended_answer_is_shown_from_its_top_with_its_blocks_of_code_numbered() -> None:
    async with looking_at([answered(1, CODE + long(20)), answered(2, NEW)]) as play:
        await play.until(lambda: "code 1 · python" in play.pane(1) and "code 2" in play.pane(1))
        assert play.panes[0].view.scroll_offset.y == 0


async def test_at_80x24_an_answer_has_fifteen_rows_while_somebody_reads() -> None:
    async with looking_at([answered(number, long(20)) for number in (1, 2, 3)]) as play:
        await play.press("escape")
        assert {pane.view.size.height for pane in play.panes} == {15}
        await play.sees("› ")
        await play.press("e")
        assert play.prompt.size.height == 1 and play.prompt.outer_size.height == 3
        await play.pilot.resize_terminal(160, 45)
        await play.press("escape")
        assert {pane.view.size.height for pane in play.panes} == {33}


@pytest.mark.parametrize("theme", ["sixteen", "high-contrast"])
async def test_the_signs_of_a_difference_differ_without_any_colour(theme: str) -> None:
    async with looking_at([answered(1, NEW), answered(2, OLD)]) as play:
        play.app.theme = theme
        await play.press("escape", "=", "2")
        await play.until(lambda: "[-one-]{+a+}" in play.pane(1))
        strips = play.panes[0].view.render_lines(play.panes[0].view.outer_size.region)
        by_text = {piece.text.strip(): piece.style for strip in strips for piece in strip if piece.style}
        one, other = by_text["[-one-]"], by_text["{+a+}"]
        assert (one.strike, one.underline) != (other.strike, other.underline)


@pytest.mark.slow
async def test_in_a_blind_review_nothing_of_it_names_a_model(tmp_path: Path) -> None:
    aliases = ("qwen2.5-0.5b", "phi-4-mini")
    plan = Plan("race", Mode.RACE, ("m1", "m2"), ("p1",))
    answers = (NEW, f"I am phi-4-mini. {OLD}")
    requests = [
        request(f"r{number}", model=f"m{number}", plan="race", mode=Mode.RACE, answer=words(text))
        for number, text in enumerate(answers, 1)
    ]
    models = [target(f"m{number}", alias, device="GPU") for number, alias in enumerate(aliases, 1)]
    path = tmp_path / "20261122T110301Z-7f3a.toml"
    save(session(requests, plans=[plan], models=models), path)
    found = open_kept_session(path, "bob", blind=True)
    opened = OpenedFile(path.name, found.view, found.ratings, found.close, found.notices)
    app = CompareApp(lambda: opened, themes=bundled_themes(), theme="dark")
    async with playing(app, cast("Runner", None), notices=True) as play:
        await play.until(lambda: bool(play.panes) and all(pane.data is not None for pane in play.panes))
        seen = []
        for keys in some([("=",), ("2",), ("i",), ("/", *"phi", "escape"), ("y",), ("a",)]):
            await play.press(*keys)
            await play.pilot.pause(0.3)
            seen.append(play.shown)
        assert "Compare with which? 2 answer 2" in seen[0] and "{+only 1 answer 1+}" in " ".join(seen[1].split())
        assert "The figures are hidden." in seen[2]
        await play.until(lambda: "answer" in app.clipboard or "name hidden" in app.clipboard)
        assert not any(alias in text for alias in some(aliases) for text in some([*seen, app.clipboard]))
        assert "## 1 name hidden" in app.clipboard
    assert found.close()


@pytest.mark.slow
async def test_every_key_of_reading_is_taken_and_esc_leads_back() -> None:
    async with looking_at([answered(1, NEW), answered(2, CODE)]) as play:
        await play.press("escape")
        for action in some(READING):
            for key in some(action.key_list):
                await play.press(key)
                assert play.app.is_running and play.app.return_code in (None, 0), action.id
                await play.press("escape", "escape")
                assert len(play.app.screen_stack) == 1 and play.page == [1, 2], action.id
