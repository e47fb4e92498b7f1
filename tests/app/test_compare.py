"""The screen of a comparison, with runs as they were recorded: panes, pages, scores and notes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.events import AppBlur, AppFocus, Resize

from tests.support.recorded import CARDS, answered, looking_at, many_cards, streaming
from tests.support.sessions import WHEN
from tests.support.some import some
from tui.core.plans.plan_run import PlanRun
from tui.core.requests.request import RequestState
from tui.core.scoring.rating import Note
from tui.core.sessions.view import StoredComparison
from tui.ui.layout_limits import EASY_PANE_WIDTH, PANE_WIDTH, pages
from tui.ui.widgets.pane_grid import PaneGrid

THREE = [answered(number) for number in (1, 2, 3)]


async def test_digits_are_text_in_the_prompt_and_scores_on_a_pane() -> None:
    async with looking_at(THREE) as play:
        await play.type("12 apples? n")
        assert play.prompt.text == "12 apples? n"
        assert not play.runner.session.scores
        await play.press("escape", "4")
        assert play.here == 1
        assert "★★★★☆" in play.pane(1)
        await play.press("right", "3", "right", "1", "5")
        assert play.here == 3
        assert "★★★☆☆" in play.pane(2) and "★★★★★" in play.pane(3)
        kept = [(score.run, score.value, score.position, score.rater) for score in play.runner.session.scores]
        assert kept == [("r1", 4, 1, "ann"), ("r2", 3, 2, "ann"), ("r3", 1, 3, "ann"), ("r3", 5, 3, "ann")]
        assert play.prompt.text == "12 apples? n"


@pytest.mark.slow
@pytest.mark.parametrize("back", ["e", "enter"])
@pytest.mark.parametrize("given", [True, False], ids=["on the command line", "typed"])
async def test_the_next_question_takes_the_place_of_the_one_that_was_asked(back: str, given: bool) -> None:
    async with looking_at(THREE) as play:
        if given:
            play.app.compare.prompt.fill("What is RAG?")
            await play.app.compare.ask("What is RAG?")
            await play.settle()
        else:
            await play.type("What is RAG?", "enter")
        assert play.here == 1 and not play.prompt.border_subtitle
        await play.type("", back, *"And LoRA?", "enter")
        assert play.prompt.text == "And LoRA?"
        assert play.runner.begun == ["What is RAG?", "And LoRA?"]  # type: ignore[attr-defined]
        await play.press(back)
        assert play.prompt.border_subtitle == "asked before · ↑↓ others · enter runs"
        await play.type("", "right", *" and GPTQ?")
        assert play.prompt.text == "And LoRA? and GPTQ?"
        await play.press("escape", back)
        await play.type(" ", "f7", *"new")
        assert play.prompt.text == "new"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("burst", "prompt"),
    [("eWhy?", "Why?"), ("\rWhy?", "Why?"), ("e\x1b[C So?", "What is RAG? So?"), ("\x1bOP \rWhy?", "Why?")],
    ids=["e", "enter", "kept by an arrow", "other models chosen"],
)
async def test_in_a_burst_too_the_next_question_takes_its_place(burst: str, prompt: str) -> None:
    async with looking_at(THREE) as play:
        await play.type("What is RAG?", "enter")
        await play.read(burst)
        assert play.prompt.text == prompt and play.app.focused is play.prompt


async def test_a_look_elsewhere_selects_nothing_that_was_asked() -> None:
    async with looking_at(THREE) as play:
        await play.type("What is RAG?", "enter", "e", "end")
        play.app.post_message(AppBlur())
        await play.settle()
        play.app.post_message(AppFocus())
        await play.settle()
        await play.type("!")
        assert play.prompt.text == "What is RAG?!"


async def test_an_empty_prompt_gets_a_sentence_and_asks_nobody() -> None:
    async with looking_at(THREE) as play:
        await play.press("enter")
        await play.sees_notice("The prompt is empty. Type a question first.")
        assert set(play.runner.session.requests) == {"r1", "r2", "r3"}


async def test_a_score_is_cleared_and_each_step_can_be_taken_back() -> None:
    async with looking_at(THREE) as play:
        await play.sees("3 unscored")
        await play.press("escape", "2")
        await play.sees("2 unscored", "★★☆☆☆")
        await play.press("0")
        await play.sees("3 unscored")
        assert "·····" in play.pane(1)
        await play.press("right", "ctrl+z")
        assert "★★☆☆☆" in play.pane(1)
        await play.sees("Undone on 1 qwen2.5-0.5b: no score → score 2")
        assert play.here == 2
        await play.press("u")
        assert "·····" in play.pane(1)
        await play.sees("Undone on 1 qwen2.5-0.5b: score 2 → no score")
        await play.press("ctrl+z")
        await play.sees("There is nothing to undo.")
        assert not play.notices
        session = play.runner.session
        assert [score.value for score in session.scores] == [2, None]
        assert [undo.takes_back for undo in session.undos] == [2, 1]


async def test_a_digit_that_takes_the_place_of_a_score_says_which_one_it_was() -> None:
    async with looking_at(THREE) as play:
        await play.press("escape", "right", "4")
        assert "Replaced" not in play.shown
        await play.press("4")
        assert "Replaced" not in play.shown, "nothing has changed"
        await play.press("3")
        await play.sees("Replaced on 2 phi-4-mini: score 4 → score 3. u brings it back.")
        await play.press("u")
        await play.sees("Undone on 2 phi-4-mini: score 3 → score 4", "★★★★☆")
        await play.press("0")
        assert "Replaced" not in play.shown, "0 says itself what it does"


async def test_a_note_is_kept_with_enter_left_with_escape_and_taken_back_when_empty() -> None:
    async with looking_at(THREE) as play:
        await play.press("escape", "right", "n")
        await play.sees("Note on phi-4-mini")
        await play.type("too short, 2/5?")
        await play.press("enter")
        note_of = play.runner.ratings.note_of
        assert note_of("r2") == "too short, 2/5?"
        assert "✎ too short, 2/5?" in play.pane(2) and "✎" not in play.pane(1)
        assert play.here == 2
        await play.press("n")
        await play.sees("too short, 2/5?")
        await play.type(" or not")
        await play.press("escape")
        assert note_of("r2") == "too short, 2/5?"
        await play.press("n", "ctrl+u", "enter")
        assert note_of("r2") == ""
        assert "✎" not in play.pane(2)
        await play.press("ctrl+z")
        await play.sees("Undone on 2 phi-4-mini: no note → note “too short, …”")
        assert note_of("r2") == "too short, 2/5?"
        assert not play.runner.session.scores


@pytest.mark.slow
async def test_g_goes_to_the_next_answer_without_a_score_and_round_to_the_first() -> None:
    requests = [*THREE, answered(4, "", state=RequestState.EMPTY), answered(5, "Half", state=RequestState.STOPPED)]
    async with looking_at(requests) as play:
        await play.press("escape", "right", "3", "g")
        assert play.here == 3
        await play.press("4", "g")
        assert play.here == 5
        assert play.page == [4, 5]
        await play.press("1", "g")
        assert play.here == 1
        await play.press("5", "g")
        assert play.here == 1
        await play.sees("Every answer has a score.")


async def test_panes_are_reached_by_arrows_and_by_their_numbers() -> None:
    async with looking_at(THREE) as play:
        await play.press("escape", "left")
        assert play.here == 3
        await play.press("right")
        assert play.here == 1
        await play.press("'")
        await play.sees("Which pane? Press its number.")
        await play.press("2")
        assert play.here == 2
        assert "Which pane" not in play.shown
        await play.press("'", "8")
        await play.sees("There is no pane 8.")
        await play.press("'", "right")
        assert play.here == 2
        await play.press("right")
        assert play.here == 3
        assert not play.runner.session.scores
        await play.press("2")
        assert [(score.run, score.value) for score in play.runner.session.scores] == [("r3", 2)]
        await play.press("tab", "x")
        assert play.prompt.text == "x"


async def test_the_key_after_a_jump_does_nothing_else() -> None:
    async with looking_at(THREE) as play:
        await play.press("escape", "4")
        for key in ("0", "5", "9", "r", "n", "x", "escape"):
            await play.press("'")
            await play.sees("Which pane? Press its number.")
            await play.press(key)
            assert "Which pane" not in play.shown
        assert [score.value for score in play.runner.session.scores] == [4]
        assert play.here == 1 and len(play.app.screen_stack) == 1 and not play.notices


async def test_what_happens_next_takes_the_place_of_what_was_said() -> None:
    async with looking_at(THREE) as play:
        for key, shown in (("ctrl+r", "next question: measure"), ("ctrl+r", "race: all at once")):
            await play.press("escape", "4", "ctrl+z")
            await play.sees("Undone on 1 qwen2.5-0.5b")
            await play.press(key)
            await play.sees(shown)
            assert "Undone" not in play.shown
        await play.press("4", "ctrl+z", "e")
        await play.type("Why?", "enter")
        await play.sees("race: all at once")
        assert "Undone" not in play.shown


async def test_a_pane_is_zoomed_and_the_zoom_follows_the_focus() -> None:
    async with looking_at(THREE) as play:
        await play.press("escape", "right", "z")
        assert play.page == [2]
        assert play.panes[1].outer_size.width == 80
        await play.press("right")
        assert (play.page, play.here) == ([3], 3)
        await play.pilot.resize_terminal(160, 45)
        assert play.page == [3]
        await play.press("z")
        assert (play.page, play.here) == ([1, 2, 3], 3)


@given(st.integers(1, 8), st.integers(60, 400))
def test_pages_hold_every_pane_once_are_balanced_and_squeeze_none(count: int, width: int) -> None:
    found = pages(count, width)
    assert [index for page in some(found) for index in page] == list(range(count))
    assert max(map(len, found)) - min(map(len, found)) <= 1
    most = max(map(len, found))
    assert width // most >= (PANE_WIDTH if most <= 3 else EASY_PANE_WIDTH)


def test_pages_at_the_usual_sizes() -> None:
    assert [[len(page) for page in pages(count, 80)] for count in (3, 4, 5, 8)] == [[3], [2, 2], [3, 2], [3, 3, 2]]
    assert [[len(page) for page in pages(count, 160)] for count in (4, 5, 6, 8)] == [[4], [3, 2], [3, 3], [4, 4]]


@pytest.mark.slow
@pytest.mark.parametrize("count", [5, 8])
async def test_many_panes_come_in_pages_and_none_is_too_narrow(count: int) -> None:
    async with looking_at([answered(n) for n in range(1, count + 1)], cards=many_cards(count)) as play:
        pages = {5: [[1, 2, 3], [4, 5]], 8: [[1, 2, 3], [4, 5, 6], [7, 8]]}[count]
        await play.sees(f"panes 1-3 of {count} · [ ]")
        await play.press("escape", "[")
        for page in some(pages):
            assert (play.page, play.here) == (page, page[0])
            assert all(play.panes[number - 1].outer_size.width >= PANE_WIDTH for number in some(page))
            assert all(f"{number} model-{number}" in play.pane(number) for number in some(page))
            assert all("Retrieval augmented" in play.pane(number) for number in some(page))
            await play.press("]")
        assert play.page == pages[-1]
        await play.press("'", "3", "right", "4")
        assert (play.page, play.here) == (pages[1], 4)
        assert [(score.run, score.position) for score in play.runner.session.scores] == [("r4", 4)]
        await play.press("'", str(count))
        await play.pilot.resize_terminal(60, 18)
        assert (len(play.page), play.here) == (2 - count % 2, count)
        await play.pilot.resize_terminal(EASY_PANE_WIDTH * count, 40)
        assert (play.page, play.here) == (list(range(1, count + 1)), count)
        await play.until(lambda: all("as the documents." in play.pane(number) for number in play.page))


@pytest.mark.slow
async def test_a_wider_terminal_shows_more_panes_while_they_stream_though_the_row_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests, now = streaming()
    async with looking_at(requests, at=now) as play:
        await play.sees("panes 1-3 of 5")
        row = play.app.screen.query_one(PaneGrid)
        post = row.post_message
        # As after a layout that somebody looked up before it was due.
        monkeypatch.setattr(row, "post_message", lambda message: isinstance(message, Resize) or post(message))
        await play.pilot.resize_terminal(5 * EASY_PANE_WIDTH, 45)
        await play.until(lambda: play.page == [1, 2, 3, 4, 5] and "panes 1-3" not in play.shown)
        for number, part in enumerate(("first", "RAG lets", "thinking", "Loading the model", "Waiting for its"), 1):
            await play.until(lambda number=number, part=part: part in play.pane(number))
            assert play.pane(number) and play.panes[number - 1].outer_size.width == EASY_PANE_WIDTH
        await play.pilot.resize_terminal(80, 24)
        await play.until(lambda: play.page == [1, 2, 3])
        await play.sees("panes 1-3 of 5")


async def test_a_terminal_too_small_says_so_and_loses_neither_text_nor_place() -> None:
    async with looking_at(THREE) as play:
        await play.type("half a quest")
        await play.pilot.resize_terminal(50, 12)
        await play.sees("This terminal is 50x12. At least 60x18 is")
        assert "qwen" not in play.shown
        await play.type("ion")
        await play.pilot.resize_terminal(80, 24)
        await play.sees("half a question", "1 qwen2.5-0.5b")
        assert "This terminal" not in play.shown
        await play.press("escape", "right")
        await play.pilot.resize_terminal(59, 24)
        await play.sees("This terminal is 59x24")
        await play.pilot.resize_terminal(80, 24)
        assert play.here == 2


async def test_keys_before_the_first_run_do_nothing_but_say_so() -> None:
    async with looking_at(chosen=[card.id for card in CARDS[:3]]) as play:
        await play.sees("The answer comes here.")
        await play.press("escape", "n")
        await play.sees("There can be no note yet", "There is no answer to score in this pane.")
        await play.press("enter", "4", "x", "X", "t", "r", "g", "ctrl+z", "R")
        assert play.here == 1
        assert len(play.app.screen_stack) == 1
        await play.sees_notice("Nothing has been run yet. Type a question first.")
        assert not play.runner.session.scores and not play.runner.session.requests
        await play.press("e", "a")
        assert play.prompt.text == "a"


async def test_an_empty_prompt_is_answered_with_a_sentence() -> None:
    async with looking_at(THREE) as play:
        await play.press("enter")
        await play.sees_notice("The prompt is empty. Type a question first.")
        assert play.app.focused is play.prompt
        assert len(play.runner.session.plans) == 1


@pytest.mark.slow
async def test_every_phase_of_a_run_has_its_words_and_its_place_on_the_bar() -> None:
    requests, now = streaming()
    async with looking_at(requests, at=now, size=(200, 45)) as play:
        await play.sees("running, 0 of 5 ended")
        assert "●" in play.pane(1) and "answer█" in play.pane(1) and "~38 tok" in play.pane(1)
        assert "thinking · 104 chars" in play.pane(2) and "▒" in play.pane(2) and "answer 1.40s" in play.pane(2)
        assert "● thinking" in play.pane(3) and "▓" in play.pane(3) and "░" in play.pane(3)
        assert "Loading the model …" in play.pane(4) and "▒load" in play.pane(4) and "- tok - tok/s" in play.pane(4)
        assert "Waiting for its turn …" in play.pane(5) and "·····›" in play.pane(5)
        await play.press("escape", "4")
        await play.sees("Wait for the end of this answer")
        assert len(play.app.screen_stack) == 1 and not play.notices
        await play.press("n")
        await play.sees("There can be no note yet")
        await play.press("escape")
        await play.press("right", "t")
        assert "Which words are plain" in play.pane(2)


async def test_ratings_that_were_there_before_are_shown() -> None:
    async with looking_at(THREE, notes=[Note("r3", "ann", "mine", WHEN), Note("r1", "bob", "his", WHEN)]) as play:
        await play.sees("3 unscored")
        assert "✎" in play.pane(3) and "✎" not in play.pane(1)


async def test_prompts_that_keep_models_warm_are_counted_on_the_screen() -> None:
    async with looking_at(THREE) as play:
        play.runner.session.tool["keep_warm"] = "2 prompts, every 5 min"
        await play.sees("kept warm: 2 prompts, every 5 min")


async def test_what_the_host_refused_to_be_asked_stands_below_its_answer() -> None:
    adjusted = answered(1)
    adjusted.adjusted = ("seed",)
    async with looking_at([adjusted]) as play:
        await play.sees("seed: refused by the host and left out.")


async def test_nothing_is_taken_back_that_is_not_in_sight() -> None:
    requests = [answered(number) for number in range(1, 9)]
    async with looking_at(requests, cards=many_cards(8)) as play:
        await play.press("escape", "]", "4", "[")
        assert play.page == [1, 2, 3]
        await play.press("ctrl+z")
        await play.sees("Question 1: u takes back score 4 on model-4.")
        assert play.runner.ratings.score_of("r4") == 4 and play.here == 4, "its page is shown first"
        await play.press("z", "right", "ctrl+z")
        assert play.runner.ratings.score_of("r4") == 4 and play.here == 4, "the zoom hid it"
        await play.press("ctrl+z")
        await play.sees("Undone on 4 model-4: score 4 → no score")
        assert play.runner.ratings.score_of("r4") is None


@pytest.mark.slow
async def test_what_was_said_of_an_answer_that_was_asked_again_is_told_before_it_is_taken_back() -> None:
    async with looking_at(THREE) as play:
        await play.press("escape", "4", "right", "n")
        await play.type("mine", "enter")
        session = play.runner.session
        again = [answered(number, launch=2) for number in (1, 2, 3)]
        for number, request in enumerate(again, 4):
            request.spec = replace(request.spec, id=f"r{number}")
            session.requests[request.spec.id] = request
        view = play.app.compare.view._view
        assert isinstance(view, StoredComparison) and view.run is not None
        view.run = PlanRun(view.run.plan, {request.spec.id: request for request in again})
        await play.press("ctrl+z")
        await play.sees("Question 1: u takes back note “mine” on phi-4-mini, since asked again.")
        await play.press("2", "ctrl+z", "ctrl+z")
        assert [(score.run, score.value) for score in session.scores] == [("r1", 4), ("r5", 2)]
        assert [undo.takes_back for undo in session.undos] == [3]
        assert play.runner.ratings.note_of("r2") == "mine", "it was spoken of, and stays until the next key"
        await play.press("u")
        await play.sees("Undone on phi-4-mini: note “mine” → no note")
        assert play.runner.ratings.note_of("r2") == ""
