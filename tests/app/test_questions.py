"""The questions of a sitting: each stays in reach with its panes, scores and notes while others are asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support.loopback_server import LoopbackServer
from tests.support.recorded import CARDS, answered, looking_at, words
from tests.support.screens import asking
from tests.support.sessions import request
from tests.support.some import some
from tui.core.catalog.model_card import ModelCard
from tui.core.plans.mode import Mode
from tui.core.requests.request import Request, RequestState
from tui.hosts.openai.host import OpenAIHost


def asked_before(number: int, models: tuple[int, ...] = (1, 2, 3)) -> list[Request]:
    """The requests of question `number`, with answers that name it."""
    return [
        request(
            f"q{number}r{model}",
            model=f"m{model}",
            mode=Mode.RACE,
            plan=f"race{number}",
            prompt=f"q{number}",
            answer=words(f"Answer {number} of model {model}."),
        )
        for model in models
    ]


EARLIER = [asked_before(number) for number in (1, 2, 3, 4)]
NEWEST = [answered(number, f"The newest of model {number}.") for number in (1, 2, 3)]


@pytest.mark.parametrize("keys", [("{", "}"), ("K", "J")])
async def test_each_of_five_questions_is_reached_with_its_answers(keys: tuple[str, str]) -> None:
    older, newer = keys
    async with looking_at(NEWEST, earlier=EARLIER) as play:
        await play.sees("question 5 of 5", "3 unscored")
        await play.press("escape", "right")
        for number in (4, 3, 2, 1):
            await play.press(older)
            await play.sees(f"question {number} of 5", "3 unscored", f"› Question q{number}?")
            assert play.here == 2
            assert all(f"Answer {number} of model {pane}." in play.pane(pane) for pane in (1, 2, 3))
        await play.press(older)
        await play.sees("This is the oldest question.")
        await play.press(newer, newer, newer)
        await play.sees("question 4 of 5")
        await play.press(newer)
        await play.sees("question 5 of 5")
        assert "The newest of model 2." in play.pane(2) and play.here == 2
        await play.press(newer)
        await play.sees("This is the newest question.")


@pytest.mark.parametrize("size", [(80, 24), (60, 18), (160, 45)])
async def test_above_answers_stands_their_question_and_what_was_not_sent_waits_in_the_prompt(
    size: tuple[int, int],
) -> None:
    async with looking_at(NEWEST, earlier=EARLIER, size=size) as play:
        await play.type("And LoRA,", "ctrl+j", *"what is that?", "escape", "{")
        await play.sees("Question q4?")
        assert ("› Question q4?   next: And LoRA,␊what is that?" in play.shown) is (size[1] < 30)
        await play.press("{")
        await play.sees("Question q3?")
        await play.press("e")
        await play.sees("And LoRA,", "what is that?")
        assert "Question q3?" not in play.shown and play.prompt.text == "And LoRA,\nwhat is that?"
        await play.press("escape", "}")
        await play.sees("Question q4?")


async def test_in_the_score_pass_each_question_stands_above_its_answers() -> None:
    async with looking_at(NEWEST[:2], earlier=[asked_before(number, (1, 2)) for number in (1, 2)]) as play:
        await play.type("What is RAG?", "escape", "G", "enter")
        for number in (1, 2):
            await play.sees(f"Answer {number} of model 1.", f"› Question q{number}?")
            await play.press("4", "3")
        await play.sees("The newest of model 1.")
        assert "Question q" not in play.shown


@pytest.mark.parametrize(("burst", "number"), [("{{{", 2), ("{{{{{{{", 1), ("{{{}}", 4), ("{}{}", 5), ("KKJ", 4)])
async def test_keys_that_come_together_act_one_after_another(burst: str, number: int) -> None:
    async with looking_at(NEWEST, earlier=EARLIER) as play:
        await play.press("escape")
        await play.read(burst)
        last = "The newest" if number == 5 else f"Answer {number}"
        assert all(f"{last} of model {pane}." in play.pane(pane) for pane in (1, 2, 3))


async def test_in_the_prompt_braces_are_text() -> None:
    async with looking_at(NEWEST, earlier=EARLIER) as play:
        await play.type("{K}J")
        assert play.prompt.text == "{K}J"
        await play.sees("question 5 of 5")


async def test_scores_and_notes_go_to_the_question_that_is_shown_and_are_counted_there() -> None:
    async with looking_at(NEWEST, earlier=EARLIER) as play:
        await play.press("escape", "4", "{", "{")
        await play.sees("question 3 of 5", "3 unscored")
        await play.press("right", "2", "n")
        await play.type("vague", "enter")
        await play.sees("question 3 of 5", "2 unscored")
        assert "★★☆☆☆" in play.pane(2) and "✎ vague" in play.pane(2)
        await play.press("}")
        await play.sees("question 4 of 5", "3 unscored")
        assert "★" not in play.pane(2) and "✎" not in play.pane(2)
        await play.press("}")
        await play.sees("question 5 of 5", "2 unscored")
        assert "★★★★☆" in play.pane(1)
        session = play.runner.session
        assert [(score.run, score.value) for score in session.scores] == [("r1", 4), ("q3r2", 2)]
        assert [(note.run, note.text) for note in session.notes] == [("q3r2", "vague")]


async def test_burst_of_turning_and_scoring_scores_what_was_turned_to() -> None:
    async with looking_at(NEWEST, earlier=EARLIER) as play:
        await play.press("escape")
        await play.read("{3{2}}1")
        assert [(score.run, score.value) for score in play.runner.session.scores] == [
            ("q4r1", 3),
            ("q3r1", 2),
            ("r1", 1),
        ]


async def test_undo_on_another_question_shows_it_first() -> None:
    async with looking_at(NEWEST, earlier=EARLIER) as play:
        await play.press("escape", "{", "{", "right", "2", "}", "}", "left", "5")
        await play.press("u")
        await play.sees("Undone on 1 qwen2.5-0.5b: score 5 → no score")
        await play.press("u")
        await play.sees("Question 3: u takes back score 2 on phi-4-mini.")
        assert play.runner.ratings.score_of("q3r2") == 2, "nothing is taken back that was not shown"
        assert "Answer 3 of model 2." in play.pane(2) and "★★☆☆☆" in play.pane(2) and play.here == 2
        await play.press("u")
        await play.sees("Undone on 2 phi-4-mini: score 2 → no score")
        assert play.runner.ratings.score_of("q3r2") is None and "★" not in play.pane(2)
        await play.press("u")
        await play.sees("There is nothing to undo.")


async def test_undo_brings_the_page_of_the_answer_into_sight() -> None:
    everyone = (1, 2, 3, 4, 5)
    newest = [answered(number) for number in everyone]
    async with looking_at(newest, earlier=[asked_before(1, everyone)]) as play:
        await play.press("escape", "{", "]", "right", "3", "}", "[")
        assert play.page == [1, 2, 3]
        await play.read("uu")
        assert play.runner.ratings.score_of("q1r5") is None and play.page == [4, 5]
        await play.sees("Undone on 5 gpt-oss-20b: score 3 → no score")


async def test_g_leads_to_the_question_that_still_has_unscored_answers() -> None:
    async with looking_at(NEWEST, earlier=[asked_before(1)]) as play:
        await play.press("escape", "1", "right", "2", "right", "3", "g")
        await play.sees("Question 1 of 2: 3 unscored here.")
        assert "Answer 1 of model 1." in play.pane(1) and play.here == 1, "a digit scores what is seen"
        await play.press("1", "right", "2", "right", "3", "g")
        await play.sees("Every answer has a score.")


async def test_a_question_to_other_models_comes_with_their_panes() -> None:
    async with looking_at(NEWEST, earlier=[asked_before(1, (4, 5))]) as play:
        await play.press("escape", "right", "right", "{")
        await play.sees("question 1 of 2")
        assert len(play.panes) == 2 and "Answer 1 of model 5." in play.pane(2) and CARDS[4].alias in play.pane(2)
        assert play.here == 2, "there is no third pane"
        await play.press("}")
        assert len(play.panes) == 3 and "The newest of model 3." in play.pane(3)


async def test_questions_stay_in_reach_when_other_models_are_chosen() -> None:
    async with looking_at(NEWEST, earlier=[asked_before(1)], chosen=[CARDS[3].key]) as play:
        await play.press("escape")
        assert "The answer comes here." in play.pane(1) and " of 2" not in play.shown
        await play.press("{")
        await play.sees("question 2 of 2")
        assert "The newest of model 3." in play.pane(3)
        await play.press("}")
        assert len(play.panes) == 1 and "The answer comes here." in play.pane(1)


async def test_an_earlier_question_is_neither_asked_again_nor_stopped_and_names_no_key_for_it() -> None:
    broken = [*asked_before(1, (1, 2)), request("q1r3", model="m3", mode=Mode.RACE, plan="race1", prompt="q1",
                                                state=RequestState.FAILED, answer=())]  # fmt: skip
    async with looking_at(NEWEST, earlier=[broken]) as play:
        await play.press("escape", "{")
        assert "asks it again" not in play.pane(3)
        for key in ("r", "R", "x", "X"):
            await play.press(key)
            await play.sees("Only the newest question is asked again or stopped: } leads to it.")
        assert len(play.runner.session.requests) == 6


async def test_a_long_earlier_answer_is_shown_from_its_top() -> None:
    long = asked_before(1)
    long[0] = request("q1r1", model="m1", mode=Mode.RACE, plan="race1", prompt="q1",
                      answer=words("The very beginning. " + "And so on, and so forth. " * 60))  # fmt: skip
    async with looking_at(NEWEST, earlier=[long]) as play:
        await play.press("escape", "{")
        assert "The very beginning." in play.pane(1)
        await play.press("end")
        assert "The very beginning." not in play.pane(1)
        await play.press("}", "{")
        assert "The very beginning." in play.pane(1)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


@pytest.mark.slow
async def test_a_race_goes_on_undisturbed_while_an_earlier_question_is_read_and_scored(server: LoopbackServer) -> None:
    async with asking(OpenAIHost(server.url), ("good", "endless"), size=(120, 30)) as play:
        await play.sees("1 good", "2 endless")
        await play.type("First?", "enter")
        await play.until(lambda: "✓ done" in play.pane(1) and "more more" in play.pane(2))
        await play.press("X")
        await play.until(lambda: "■ stopped" in play.pane(2))
        await play.until(lambda: not play.runner.busy)
        await play.type("", "e", *"Second?", "enter")
        await play.until(lambda: "● streaming" in play.pane(2) and "more" in play.pane(2))
        await play.press("{")
        await play.sees("question 1 of 2", "running, 1 of 2 ended", "│ First?  ")
        assert "■ stopped" in play.pane(2)
        session = play.runner.session
        [running] = [one for one in session.requests.values() if not one.state.final]
        chunks = running.timestamps.chunks
        await play.press("4", "X")
        await play.sees("Only the newest question is asked again or stopped")
        await play.until(lambda: running.timestamps.chunks > chunks)
        first = next(iter(session.requests.values()))
        assert [score.run for score in session.scores] == [first.spec.id] and first.spec.plan != running.spec.plan
        assert "■ stopped" in play.pane(2), "what streams does not come into the panes of another question"
        await play.press("}")
        await play.until(lambda: "● streaming" in play.pane(2))
        await play.press("X")
        await play.until(lambda: "■ stopped" in play.pane(2) and not play.runner.busy)
        await play.press("{", "e")
        await play.type("", *"Third?", "enter")
        await play.sees("question 3 of 3")
        await play.until(lambda: "● streaming" in play.pane(2))
        assert len(session.plans) == 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"host": "demo"}, "was asked at another kind of host: demo"),
        ({"card": ModelCard(id="gone:1", alias="gone")}, "There is no model gone:1 on this host"),
    ],
)
async def test_no_answer_is_kept_as_that_of_a_model_which_the_host_does_not_have(
    change: dict[str, Any], says: str
) -> None:
    async with looking_at(NEWEST) as play:
        session = play.runner.session
        before = len(session.requests)
        session.models["m2"] = replace(session.models["m2"], **change)
        await play.press("escape")
        for key in some(("R", "F")):
            await play.press(key)
            if key == "F":
                await play.type("And now?", "enter")
            await play.sees_notice(says)
        assert len(session.requests) == before
