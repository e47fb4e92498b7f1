"""Where the prompt is written: which key does what."""

from __future__ import annotations

import pytest
from textual.events import Key, Paste

from tests.app.widget_app import WidgetApp, rows
from tui.core.plans.sample_prompts import SAMPLES
from tui.ui.widgets.prompt import PLACEHOLDER, PromptField


class Lettered(WidgetApp):
    """An app with a letter and a digit as shortcuts."""

    BINDINGS = [("x", "quit"), ("1", "quit"), ("question_mark", "quit")]  # noqa: RUF012 - Textual's way


async def test_enter_runs_and_ctrl_j_makes_a_new_line() -> None:
    box = PromptField()
    app = WidgetApp(box)
    async with app.run_test() as pilot:
        box.focus()
        await pilot.press("a", "ctrl+j", "b", "enter")
        await pilot.pause()
        assert [message.text for message in app.heard if isinstance(message, PromptField.Submitted)] == ["a\nb"]
        assert box.text == "a\nb", "the prompt stays where it is"


async def test_behind_a_backslash_enter_makes_a_new_line_where_ctrl_j_does_not_arrive() -> None:
    box = PromptField("a\\b")
    app = WidgetApp(box)
    async with app.run_test() as pilot:
        box.focus()
        await pilot.press("end", "left", "enter", "end", "backslash", "enter", "c", "enter")
        await pilot.pause()
        assert [message.text for message in app.heard if isinstance(message, PromptField.Submitted)] == ["a\nb\nc"]


async def test_what_is_cleared_comes_back_and_undo_brings_back_what_another_text_took_the_place_of() -> None:
    box = PromptField()
    app = WidgetApp(box)
    async with app.run_test() as pilot:
        box.focus()
        await pilot.press("ctrl+u", *"abc", "ctrl+j", "d", "up", "ctrl+u")
        assert box.text == ""
        await pilot.press("ctrl+u")
        assert box.text == "abc\nd"
        box.put("of a set")
        await pilot.press("ctrl+z")
        assert box.text == "abc\nd"


async def test_an_empty_prompt_is_handed_on_for_somebody_to_refuse() -> None:
    box = PromptField()
    app = WidgetApp(box)
    async with app.run_test() as pilot:
        box.focus()
        await pilot.press("enter", "space", "ctrl+j", "enter")
        await pilot.pause()
        texts = [message.text for message in app.heard if isinstance(message, PromptField.Submitted)]
        assert texts == ["", " \n"]


async def test_pasted_lines_stay_and_what_is_pasted_is_asked_as_it_is_and_painted_clean() -> None:
    box = PromptField()
    app = WidgetApp(box)
    async with app.run_test() as pilot:
        box.focus()
        await pilot.press("x", "y", "shift+left")
        app.post_message(Paste("one\r\ntwo \x1b[31m\u202e\nthree \ud800"))
        await pilot.pause()
        assert box.text == "xone\ntwo \x1b[31m\u202e\nthree \ufffd"
        assert [row.strip("│┃ ") for row in rows(box)[1:4]] == ["xone", "two ␛[31m<U+202E>", "three \ufffd"]
        app.copy_to_clipboard(" \x1b]0;t\x07")
        await pilot.press("ctrl+v")
        assert box.text.endswith("three \ufffd \x1b]0;t\x07")
        assert rows(box)[3].strip("│┃ ") == "three \ufffd ␛]0;t"
        assert app.heard == []


async def test_joiners_are_sent_and_painted_as_they_are_typed() -> None:
    box = PromptField()
    app = WidgetApp(box)
    async with app.run_test() as pilot:
        box.focus()
        persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
        for letter in persian:
            app.post_message(Key(letter, letter))
        await pilot.pause()
        assert box.text == persian


async def test_escape_hands_the_focus_on() -> None:
    box = PromptField()
    app = WidgetApp(box)
    async with app.run_test() as pilot:
        box.focus()
        await pilot.press("a", "escape")
        await pilot.pause()
        assert [type(message) for message in app.heard] == [PromptField.Left]


async def test_letters_and_digits_are_text() -> None:
    box = PromptField()
    app = Lettered(box)
    async with app.run_test() as pilot:
        box.focus()
        await pilot.press("x", "1", "question_mark")
        assert box.text == "x1?"
        assert app._exit is False


@pytest.mark.slow
async def test_the_box_grows_from_three_rows_to_eight() -> None:
    box = PromptField()
    async with WidgetApp(box).run_test() as pilot:
        box.focus()
        heights = []
        for _ in range(10):
            heights.append(box.outer_size.height)
            await pilot.press("ctrl+j")
            await pilot.pause()
        assert heights == [3, 4, 5, 6, 7, 8, 8, 8, 8, 8]


async def test_an_empty_box_says_what_it_is_for_and_a_filled_one_is_clean() -> None:
    box = PromptField()
    async with WidgetApp(box).run_test() as pilot:
        await pilot.pause()
        assert PLACEHOLDER in rows(box)[1]
        box.fill("from a\x07 file")
        await pilot.press("tab", "!")
        assert box.text == "from a\x07 file!"
        assert "from a file!" in rows(box)[1]


@pytest.mark.slow
async def test_down_in_the_empty_box_offers_the_samples_and_up_leads_back() -> None:
    box = PromptField()
    app = WidgetApp(box)
    async with app.run_test() as pilot:
        box.focus()
        seen = []
        for _ in range(len(SAMPLES) + 1):
            await pilot.press("down")
            seen.append(box.text)
        assert seen == [*SAMPLES, SAMPLES[-1]], "the last one stays"
        assert box.border_subtitle == f"sample {len(SAMPLES)} of {len(SAMPLES)} · ↑↓ others · enter runs"
        await pilot.press(*["up"] * len(SAMPLES))
        assert box.text == ""
        assert not box.border_subtitle


async def test_what_is_edited_is_not_replaced_by_an_offer() -> None:
    box = PromptField()
    app = WidgetApp(box)
    async with app.run_test() as pilot:
        box.focus()
        await pilot.press("down", "x", "down", "up")
        assert box.text == f"{SAMPLES[0]}x"
        assert not box.border_subtitle


@pytest.mark.slow
async def test_up_goes_back_through_what_was_asked() -> None:
    box = PromptField()
    app = WidgetApp(box)
    async with app.run_test() as pilot:
        box.focus()
        await pilot.press("a", "enter", "b", "enter", "enter")
        assert box.text == "ab"
        await pilot.press("up")
        assert box.text == "a"
        await pilot.press("up", "down")
        assert box.text == "ab"
        await pilot.press("down")
        assert box.text == ""
        await pilot.press("down")
        assert box.text == SAMPLES[0]


@pytest.mark.slow
async def test_the_lines_of_an_earlier_prompt_can_be_walked_before_it_is_left() -> None:
    box = PromptField()
    app = WidgetApp(box)
    async with app.run_test() as pilot:
        box.focus()
        await pilot.press("a", "enter", "ctrl+j", "b", "enter")
        await pilot.press("up")
        assert (box.text, box.cursor_location[0]) == ("a\nb", 0)
        await pilot.press("up")
        assert box.text == "a"


async def test_a_long_text_is_wrapped_at_the_width_that_it_has_and_not_again_for_another_height() -> None:
    box = PromptField()
    app = WidgetApp(box)
    async with app.run_test(size=(60, 20)) as pilot:
        box.focus()
        await pilot.pause()
        widths: list[int] = []
        wrap = box.wrapped_document.wrap

        def counted(width: int, tab_width: int | None = None) -> None:
            if box.text:
                widths.append(width)
            wrap(width, tab_width)

        box.wrapped_document.wrap = counted  # type: ignore[method-assign]
        app.post_message(Paste("sixteen letters. " * 20 + "a line\n" * 50))
        await pilot.pause()
        assert box.size.height > 1
        assert widths == [], "what was pasted is wrapped once, where it is put"
        box.move_cursor((0, 0))
        await pilot.pause()
        assert rows(box)[1].strip("│┃▅▄▇▁▃▂█▆ ") == "sixteen letters. sixteen letters. sixteen letters."
        await pilot.resize_terminal(40, 20)
        await pilot.pause()
        assert set(widths) == {box.wrap_width}
        assert rows(box)[1].strip("│┃▅▄▇▁▃▂█▆ ") == "sixteen letters. sixteen letters."
        await pilot.press("ctrl+u", "x")
        assert (box.show_vertical_scrollbar, rows(box)[1].strip("│┃ ")) == (False, "x")


async def test_a_text_that_is_painted_narrower_than_it_is_stands_in_a_field_that_takes_none_as_well() -> None:
    box = PromptField("What?" + "\u1100" * 60)
    box.disabled = True
    app = WidgetApp(box)
    async with app.run_test() as pilot:
        await pilot.pause()
        assert any("What?" in row for row in rows(box))
