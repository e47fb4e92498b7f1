"""The view of an answer: what it shows, and how it follows."""

from __future__ import annotations

import random
from typing import Self

import pytest
from rich.cells import cell_len
from textual.events import MouseScrollUp
from textual.geometry import Region
from textual.pilot import Pilot

from tests.app.widget_app import WidgetApp, rows, screen_text
from tests.support.some import some
from tui.ui.widgets.answer.rows import MARK, marked_rows
from tui.ui.widgets.answer.view import MAX_STEP, AnswerView


def numbered(count: int) -> str:
    return "\n".join(f"line {number}" for number in range(count))


def last_shown(view: AnswerView) -> str:
    return [row for row in rows(view) if row][-1]


def follows(view: AnswerView) -> bool:
    return view.following


async def focused(pilot: Pilot[None], view: AnswerView) -> None:
    view.focus()
    await pilot.pause()


async def test_the_tail_is_followed_until_somebody_scrolls_up_and_again_from_the_bottom() -> None:
    view = AnswerView()
    async with WidgetApp(view).run_test() as pilot:
        await focused(pilot, view)
        view.show(numbered(100))
        await pilot.pause()
        assert last_shown(view) == "line 99"
        await pilot.press("up")
        place = view.scroll_offset.y
        view.show(numbered(200))
        await pilot.pause()
        assert not follows(view)
        assert view.scroll_offset.y == place
        await pilot.press("end")
        assert follows(view)
        assert last_shown(view) == "line 199"
        view.show(numbered(300))
        await pilot.pause()
        assert last_shown(view) == "line 299"


async def test_paging_down_to_the_last_row_takes_up_the_tail_again() -> None:
    view = AnswerView()
    async with WidgetApp(view).run_test() as pilot:
        await focused(pilot, view)
        view.show(numbered(60))
        await pilot.press("home")
        assert rows(view)[0] == "line 0"
        assert not follows(view)
        for _ in range(4):
            await pilot.press("pagedown")
        assert follows(view)
        view.show(numbered(120))
        await pilot.pause()
        assert last_shown(view) == "line 119"


async def test_the_mouse_wheel_releases_the_tail_too() -> None:
    view = AnswerView()
    async with WidgetApp(view).run_test() as pilot:
        view.show(numbered(100))
        await pilot.pause()
        await pilot._post_mouse_events([MouseScrollUp], view, offset=(3, 3))
        assert not follows(view)


async def test_following_moves_in_steps_of_several_rows() -> None:
    view = AnswerView()
    async with WidgetApp(view).run_test() as pilot:
        tops = []
        for count in range(1, 61):
            view.show(numbered(count))
            await pilot.pause()
            tops.append(view.scroll_offset.y)
            assert f"line {count - 1}" in rows(view), "the newest row is always in sight"
        assert len(set(tops)) <= 60 // MAX_STEP + 1


async def test_an_answer_that_has_ended_fills_the_view() -> None:
    view = AnswerView()
    async with WidgetApp(view).run_test() as pilot:
        await focused(pilot, view)
        view.show(numbered(30))
        view.show(numbered(30), ended=True)
        await pilot.press("end")
        assert rows(view)[-1] == "line 29"


async def test_an_answer_that_has_ended_is_shown_from_its_top_unless_somebody_scrolled() -> None:
    view = AnswerView()
    async with WidgetApp(view).run_test() as pilot:
        await focused(pilot, view)
        view.show(numbered(100))
        await pilot.pause()
        assert last_shown(view) == "line 99"
        view.show(numbered(101), ended=True)
        await pilot.pause()
        assert rows(view)[0] == "line 0"
        await pilot.press("end")
        view.show_remark("A remark that comes later.")
        await pilot.pause()
        assert last_shown(view) == "A remark that comes later.", "the tail is kept to once a person is there"


@pytest.mark.parametrize("keys", [["up"], ["pageup", "end"], ["home", "down"]])
async def test_whoever_scrolled_stays_where_they_are_when_the_answer_ends(keys: list[str]) -> None:
    view = AnswerView()
    async with WidgetApp(view).run_test() as pilot:
        await focused(pilot, view)
        view.show(numbered(100))
        await pilot.pause()
        await pilot.press(*keys)
        seen = [row for row in rows(view) if row]
        view.show(numbered(100), ended=True)
        await pilot.pause()
        assert set(seen) <= set(rows(view))
        assert seen[0] != "line 0"


@pytest.mark.parametrize("first", ["", numbered(50)])
async def test_the_next_answer_is_followed_again(first: str) -> None:
    view = AnswerView()
    async with WidgetApp(view).run_test() as pilot:
        view.show(first, ended=True)
        await pilot.pause()
        view.show("")
        view.show(numbered(100))
        await pilot.pause()
        assert last_shown(view) == "line 99"


async def test_a_new_answer_is_shown_from_its_start() -> None:
    view = AnswerView()
    async with WidgetApp(view).run_test() as pilot:
        await focused(pilot, view)
        view.show(numbered(100))
        await pilot.press("up", "up")
        view.show("again")
        await pilot.pause()
        assert rows(view)[:2] == ["again", ""]
        assert follows(view)


async def test_control_characters_are_pictures_and_markup_is_text() -> None:
    text = "\x1b[31mred\x1b]0;title\x07 \x9b1m [@click=app.quit]quit[/] [/] [b]bold[/b] \u202eevil \ud83d tail\r\nend"
    view = AnswerView()
    app = WidgetApp(view)
    async with app.run_test(size=(120, 10)) as pilot:
        view.show(text)
        view.show_error("[/] \x1b[2J", "[@click=app.quit]")
        await pilot.pause()
        shown = screen_text(app)
        await pilot.click(view, offset=(shown.splitlines()[0].index("quit[/]") + 1, 0))
        assert app.is_running
        assert app._exit is False
    assert "␛[31mred␛]0;title␇ <U+009B>1m [@click=app.quit]quit[/] [/] [b]bold[/b] <U+202E>evil \ufffd tail" in shown
    assert "✗ [/] ␛[2J" in shown
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in some(shown.replace("\n", "")))


@pytest.mark.slow
async def test_resizing_keeps_every_character_and_the_place() -> None:
    text = "Retrieval 检索增强生成 augmented e\u0301 👩\u200d👩\u200d👧 verylongwordwithoutanyspaceinit\tend\n" * 40
    view = AnswerView()
    app = WidgetApp(view)
    async with app.run_test(size=(60, 24)) as pilot:
        view.show(text, ended=True)
        await pilot.pause()
        bare = "".join(text.split())
        await pilot.press("tab", "home")
        for width in (60, 27, 100, 33):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            assert "".join("".join(view._text.answer.rows).split()) == bare
            assert all(cell_len(row) <= width - 1 for row in some(rows(view)))
        await pilot.resize_terminal(60, 24)
        view.scroll_to(y=31, animate=False)
        here = rows(view)[0]
        for width in (30, 90, 60):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
        assert rows(view)[0] == here


async def test_the_tail_stays_in_sight_when_the_terminal_changes() -> None:
    view = AnswerView()
    app = WidgetApp(view)
    async with app.run_test(size=(80, 24)) as pilot:
        view.show("some words that wrap when it gets narrow\n" * 80 + "the very end")
        for size in ((30, 12), (120, 40), (26, 8)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert last_shown(view) == "the very end"


@pytest.mark.parametrize("sizes", [[(120, 45)], [(80, 45)], [(40, 12)], [(160, 60), (30, 10)]])
async def test_a_resize_in_mid_stream_is_nobody_s_move(sizes: list[tuple[int, int]]) -> None:
    view = AnswerView()
    app = WidgetApp(view)
    async with app.run_test(size=(80, 24)) as pilot:
        view.show(numbered(40))
        await pilot.pause()
        for size in (*sizes, (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert follows(view)
        assert not [message for message in app.heard if isinstance(message, AnswerView.Scrolled)]
        view.show(numbered(60))
        await pilot.pause()
        assert last_shown(view) == "line 59"
        view.show(numbered(61), ended=True)
        await pilot.pause()
        assert rows(view)[0] == "line 0", "nobody has scrolled"


async def test_a_place_near_the_end_outlives_a_larger_terminal() -> None:
    view = AnswerView()
    app = WidgetApp(view)
    async with app.run_test(size=(80, 24)) as pilot:
        await focused(pilot, view)
        view.show(numbered(60))
        await pilot.press("up", "up")
        here = rows(view)[0]
        for size in ((80, 50), (100, 70), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert rows(view)[0] == here
        assert not follows(view)


def test_the_mark_stands_where_the_view_is() -> None:
    assert marked_rows(0, 10, 10) == range(0)
    assert marked_rows(0, 10, 50) == range(2)
    assert marked_rows(40, 10, 50) == range(8, 10)
    assert marked_rows(10**6, 10, 2 * 10**6) == range(5, 6)


@pytest.mark.parametrize("sizes", [[(160, 45), (80, 24)], [(80, 45), (80, 24)], [(40, 12), (80, 24)], [(80, 120)]])
async def test_an_answer_that_ends_after_other_sizes_is_shown_from_its_top(sizes: list[tuple[int, int]]) -> None:
    view = AnswerView()
    text = "\n".join(f"line {number}" for number in range(35))
    async with WidgetApp(view).run_test(size=(80, 24)) as pilot:
        view.show(text)
        await pilot.pause()
        for size in some(sizes):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            text += "\nmore"
            view.show(text)
            await pilot.pause()
            assert view.following
        view.show(text, ended=True)
        await pilot.pause()
        assert rows(view)[0] == "line 0"


async def test_a_click_on_the_column_of_the_mark_goes_there() -> None:
    view = AnswerView()
    app = WidgetApp(view)
    async with app.run_test(size=(40, 21)) as pilot:
        view.show(numbered(200), ended=True)
        await pilot.pause()
        view.go(200)
        await pilot.pause()
        assert screen_text(app).splitlines()[-1].endswith(MARK)
        await pilot.click(view, offset=(39, 0))
        assert rows(view)[0] == "line 0"
        await pilot.click(view, offset=(39, 10))
        assert rows(view)[0] == "line 90"


async def test_only_rows_that_changed_are_painted_again() -> None:
    view = AnswerView()
    async with WidgetApp(view).run_test() as pilot:
        view.show("one\ntwo\nthree")
        await pilot.pause()
        view._repaint_regions.clear()
        view.show("one\ntwo\nthree and\nfour")
        painted = {y for region in view._repaint_regions for y in region.line_range}
        assert painted == {2, 3}
        view._repaint_regions.clear()
        view.show("one\ntwo\nthree and\nfour")
        assert not view._repaint_regions


class Watched(AnswerView):
    """Keeps what a terminal would show: of each refresh, only the rows it names are read again."""

    def __init__(self) -> None:
        super().__init__()
        self.stale: set[int] = set()
        self.terminal: dict[int, str] = {}

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        if repaint:
            everything = range(self.outer_size.height)
            self.stale |= {y for region in regions for y in region.line_range} if regions else set(everything)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def repaint_part(self, region: Region) -> None:
        self.stale |= set(region.line_range)
        super().repaint_part(region)

    def look(self) -> list[str]:
        strips = self.render_lines(self.outer_size.region)
        self.terminal |= {y: strips[y].text for y in self.stale if 0 <= y < len(strips)}
        self.stale.clear()
        # Not the lines that are kept, which are what is to be held against these.
        return [self.render_line(y).text for y in range(self.outer_size.height)]


async def test_what_is_painted_again_is_enough_whatever_happens() -> None:
    view = Watched()
    chance = random.Random(7)
    async with WidgetApp(view).run_test(size=(30, 12)) as pilot:
        await pilot.pause()
        view.refresh()
        view.look()
        text = thought = ""
        for _ in range(600):
            match chance.randrange(12):
                case 0:
                    thought += chance.choice(["hm ", "so be it\n", "x" * 40])
                    view.show_reasoning(thought, view._text.folded)
                case 1:
                    view.show_reasoning(thought, not view._text.folded)
                case 2:
                    view.show_error(
                        chance.choice(["", "It failed.", "It failed badly and at some length."]), "Press r."
                    )
                case 3:
                    view.set_placeholder(chance.choice(["Waiting.", "Loading the model, which takes a while."]))
                case 4:
                    view.action_scroll_up()
                case 5:
                    view.action_page_down()
                case 6 if chance.random() < 0.3:
                    text = thought = ""
                    view.show_reasoning("", folded=True)
                    view.show(text)
                case 7:
                    view.show(text, ended=chance.random() < 0.5)
                case _:
                    text += chance.choice(["word ", "漢字 ", "\n", "a longer piece of text ", "e\u0301", "\n\n\n"])
                    view.show(text)
            assert view.look() == list(dict(sorted(view.terminal.items())).values())


async def test_thinking_is_one_line_that_counts_until_it_is_opened() -> None:
    view = AnswerView()
    async with WidgetApp(view).run_test() as pilot:
        view.show_reasoning("First I think.\nThen I think again.")
        view.show("The answer.")
        await pilot.pause()
        assert rows(view)[:3] == ["thinking · 34 chars (t shows it)", "", "The answer."]
        view.show_reasoning("First I think.\nThen I think again.", folded=False)
        await pilot.pause()
        assert rows(view)[:4] == ["First I think.", "Then I think again.", "", "The answer."]
        view.show_reasoning("First I think.\nThen I think again.", folded=True)
        await pilot.pause()
        assert rows(view)[:4] == ["thinking · 34 chars (t shows it)", "", "The answer.", ""]


async def test_an_error_stands_below_what_arrived_and_a_placeholder_only_where_nothing_did() -> None:
    view = AnswerView()
    async with WidgetApp(view).run_test() as pilot:
        view.set_placeholder("Waiting for its turn.")
        await pilot.pause()
        assert rows(view)[:2] == ["Waiting for its turn.", ""]
        view.show("So far so")
        view.show_error("The connection was lost.", "Press r to ask again.")
        await pilot.pause()
        assert rows(view)[:5] == ["So far so", "", "✗ The connection was lost.", "Press r to ask again.", ""]
        view.show_error("")
        view.show("")
        await pilot.pause()
        assert rows(view)[:3] == ["Waiting for its turn.", "", ""]


async def test_a_remark_stands_below_everything_else_and_goes_again() -> None:
    view = AnswerView()
    async with WidgetApp(view).run_test() as pilot:
        view.show("So far so")
        view.show_remark("seed: refused by the host and left out.")
        view.show_error("The connection was lost.")
        await pilot.pause()
        assert rows(view)[:6] == [
            "So far so", "", "✗ The connection was lost.", "", "seed: refused by the host and left out.", "",
        ]  # fmt: skip
        view.show_error("")
        view.show_remark("")
        await pilot.pause()
        assert rows(view)[:2] == ["So far so", ""]


async def test_the_screen_hears_where_a_person_went_and_not_what_the_tail_did() -> None:
    view = AnswerView()
    app = WidgetApp(view)
    async with app.run_test() as pilot:
        await focused(pilot, view)
        view.show(numbered(100))
        await pilot.pause()
        assert app.heard == []
        await pilot.press("home")
        await pilot.pause()
        assert [message.fraction for message in app.heard if isinstance(message, AnswerView.Scrolled)] == [0.0]
        view.scroll_to_fraction(1.0)
        await pilot.pause()
        assert len(app.heard) == 1
        assert follows(view)


async def test_text_selected_with_the_mouse_has_its_own_line_ends() -> None:
    text = "a sentence that is longer than its pane and wraps\nanother line"
    view = AnswerView()
    app = WidgetApp(view)
    async with app.run_test(size=(30, 12)) as pilot:
        view.show(text, ended=True)
        await pilot.pause()
        assert len([row for row in rows(view) if row]) > 2
        await pilot.mouse_down(view, offset=(2, 0))
        await pilot.hover(view, offset=(11, 2))
        await pilot.mouse_up(view, offset=(11, 2))
        assert app.screen.get_selected_text() == text[2:]
