"""Whole runs, from the prompt to the end of the last answer, with a real engine and a server on loopback."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.loopback_server import FINISH, SCRIPTS, LoopbackServer, Wire, text, usage
from tests.support.odd_servers import UnlistingServer
from tests.support.screens import asking
from tests.support.some import some
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions
from tui.core.requests.request import RequestState
from tui.core.sessions.session_model import ModelChoice
from tui.hosts.openai.host import OpenAIHost
from tui.storage.prompt_files import read_models
from tui.ui.terminal.refresh_loop import RefreshLoop

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


async def test_answers_stream_side_by_side_and_a_failing_model_disturbs_nobody(server: LoopbackServer) -> None:
    async with asking(OpenAIHost(server.url), ("good", "e500", "endless"), size=(120, 30)) as play:
        await play.sees("1 good", "2 e500", "3 endless")
        await play.type("What is RAG?", "enter")
        await play.until(lambda: play.here == 1)
        await play.sees("running, 2 of 3 ended")
        await play.until(lambda: "● streaming" in play.pane(3) and "more more" in play.pane(3))
        assert "✗ The host refused with 500: boom." in play.pane(2)
        assert "✗ failed" in play.pane(2)
        assert "refused" not in play.pane(1) + play.pane(3)
        for part in ("✓ done", "One two three four five", "5 tok", " tok/s", "stop", "race"):
            assert part in play.pane(1)
        assert re.search(r"first [\d.]+m?s total [\d.]+m?s", play.pane(1))
        await play.press("right", "right", "4")
        await play.sees("Wait for the end of this answer")
        await play.press("x")
        await play.until(lambda: "■ stopped" in play.pane(3))
        assert "more more" in play.pane(3)
        await play.sees("2 unscored")
        assert server.talk("good").body["messages"] == [{"role": "user", "content": "What is RAG?"}]


async def test_a_run_begins_and_ends_without_any_beat(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RefreshLoop, "_schedule", lambda loop, now: None)
    async with asking(OpenAIHost(server.url), ("good", "e500"), size=(120, 30)) as play:
        await play.sees("1 good", "2 e500")
        await play.type("What is RAG?", "enter")
        # Frames that are not due yet would come with the next beat; what is told of the requests is there all the same.
        await play.until(lambda: play.runner.run is not None and not play.runner.busy)
        assert {talk.body["model"] for talk in server.talks} == {"good", "e500"}


async def test_models_are_stopped_and_asked_again_one_by_one_or_all_together(server: LoopbackServer) -> None:
    async with asking(OpenAIHost(server.url), ("good", "endless", "stall_before_text")) as play:
        await play.sees("3 stall_before")
        await play.type("What is RAG?", "enter")
        await play.until(lambda: play.here == 1)
        await play.press("right")
        await play.until(lambda: "more more" in play.pane(2) and "✓" in play.pane(1))
        await play.press("r", "r")
        await play.sees("This model is still answering. Stop it first.")
        await play.press("R")
        await play.sees("The last run is still going. Stop it, or wait for its end.")
        assert not play.notices, "nothing covers the answers"
        await play.press("left", "r")
        await play.until(lambda: len([talk for talk in server.talks if talk.body["model"] == "good"]) == 2)
        await play.press("R")
        await play.sees("The last run is still going.")
        await play.press("X")
        await play.until(lambda: not play.runner.busy)
        await play.until(lambda: "still going" not in play.shown and "Stopped before anything" in play.pane(3))
        assert "more more" in play.pane(2)
        assert [talk.body["model"] for talk in server.talks].count("endless") == 1
        await play.press("R")
        await play.until(lambda: [talk.body["model"] for talk in server.talks].count("stall_before_text") == 2)
        await play.press("X")
        await play.until(lambda: not play.runner.busy)
        await play.press("e")
        assert play.app.focused is play.prompt
        assert play.prompt.text == "What is RAG?"
        runs = play.runner.session.requests.values()
        assert sorted(request.spec.launch for request in runs if request.spec.model == "m1") == [1, 2, 3]


async def test_an_answer_that_is_asked_again_takes_no_score_and_no_note(server: LoopbackServer) -> None:
    async with asking(OpenAIHost(server.url), ("endless",)) as play:

        async def stop() -> None:
            await play.until(lambda: "more more" in play.pane(1))
            await play.press("x")
            await play.until(lambda: not play.runner.busy)

        await play.sees("1 endless")
        await play.type("Hi", "enter")
        await stop()
        await play.read("R3")
        await play.sees("Wait for the end of this answer, or stop it: then it can be scored.")
        await stop()
        await play.read("Rnabc\r")
        await stop()
        assert not play.runner.session.scores and not play.runner.session.notes
        await play.read("4")
        assert [score.run for score in play.runner.session.scores] == [list(play.runner.session.requests)[-1]]


async def test_a_measured_run_warms_up_and_asks_one_at_a_time(server: LoopbackServer) -> None:
    async with asking(OpenAIHost(server.url), ("good", "late_text")) as play:
        await play.sees("race: all at once", "1 good")
        await play.press("ctrl+r")
        await play.sees("measure: one at a time")
        await play.type("Hi", "enter")
        await play.until(lambda: play.runner.run is not None and play.runner.run.finished)
        await play.sees("2 unscored")
        run = play.runner.run
        assert run is not None
        assert run.plan.mode is Mode.MEASURE
        assert [request.spec.warmup for request in run.requests.values()] == [True, True, False, False]
        asked = [(talk.sends[0][0], talk.sends[-1][0]) for talk in server.talks]
        assert all(end < begin for (_, end), (begin, _) in some(pairwise(asked)))
        assert "race" not in play.pane(1) + play.pane(2)
        await play.press("ctrl+r")
        await play.sees("race: all at once")


async def test_what_is_thought_is_folded_until_it_is_asked_for(server: LoopbackServer) -> None:
    async with asking(OpenAIHost(server.url), ("reasoning", "cut", "empty"), size=(120, 30)) as play:
        await play.sees("1 reasoning")
        await play.type("Hi", "enter")
        await play.until(lambda: "✓ done" in play.pane(1) and not play.runner.busy)
        assert "Yes." in play.pane(1) and "Hm." not in play.pane(1)
        await play.press("t")
        await play.until(lambda: "Hm." in play.pane(1))
        assert "half of" in play.pane(2) and "r to ask again" in play.pane(2)
        assert "without a word" in play.pane(3)
        run = play.runner.run
        assert run is not None
        assert [request.state for request in run.requests.values()] == [
            RequestState.DONE,
            RequestState.CUT,
            RequestState.EMPTY,
        ]
        await play.press("right", "right", "3")
        await play.sees("no answer to score")
        assert play.runner.session.scores == []


async def test_the_models_of_a_host_that_lists_none_are_there_for_the_next_question_too() -> None:
    with UnlistingServer().running() as server:
        async with asking(OpenAIHost(server.url), ("good", "late_text"), size=(120, 30)) as play:
            await play.sees("1 good", "2 late_text")
            for number in (1, 2):
                play.app.screen.set_focus(play.prompt)
                await play.type(f"Question {number}")
                await play.press("enter")
                count = 2 * number
                await play.until(lambda count=count: len(play.runner.session.requests) == count)
                await play.until(lambda: not play.runner.busy)
                await play.sees("2 unscored")
            assert play.notices == []


async def test_a_pause_before_a_retry_is_shown_and_can_be_stopped(server: LoopbackServer) -> None:
    host = OpenAIHost(server.url)
    async with asking(host, ("busy_for_long",)) as play:
        await play.sees("1 busy_for_long")
        play.runner.begin(play.app.app_state.chosen_cards(), "hi", PlanOptions(retries=1))
        await play.sees("asks once more in 120 s")
        await play.sees("asks once more in 119 s")
        await play.press("escape", "X")
        await play.until(lambda: not play.runner.busy)
        await play.until(lambda: "asks once more" not in play.shown)


async def test_a_model_whose_warm_up_failed_says_why_it_was_not_asked(server: LoopbackServer) -> None:
    async with asking(OpenAIHost(server.url), ("e500", "good"), size=(120, 30)) as play:
        await play.sees("2 good")
        await play.press("ctrl+r")
        await play.type("hi", "enter")
        await play.until(lambda: play.here == 1 and not play.runner.busy)
        why = "Not asked, because its warm-up failed: The host refused with 500: boom."
        await play.until(lambda: why in play.pane(1))


async def warmth(wire: Wire) -> None:
    """How it was asked."""
    await wire.head()
    await wire.event(text(f"temperature is {wire.talk.body.get('temperature')}"))
    await wire.event(FINISH)
    await wire.event(usage(3))
    await wire.event("[DONE]")


async def test_two_parameter_sets_of_one_model_stand_side_by_side(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCRIPTS, "warmth", warmth)
    sets = [{"alias": "warmth", "temperature": heat} for heat in (0.2, 0.9)]
    (tmp_path / "models.json").write_text(json.dumps(sets), encoding="utf-8")
    async with asking(OpenAIHost(server.url), ("warmth", "good")) as play:
        await play.sees("1 warmth", "2 good")
        app_state = play.app.app_state
        choices = [
            ModelChoice(card, own)
            for name, own in read_models(tmp_path / "models.json")
            if (card := app_state.card(name)) is not None
        ]
        play.runner.begin([*choices, *app_state.chosen_cards()], "hi")
        await play.until(lambda: len(play.panes) == 4 and not play.runner.busy)
        await play.sees("4 unscored", "panes 1-2 of 4")
        assert "1 temperature 0.2 · w" in play.pane(1) and "2 temperature 0.9 · w" in play.pane(2)
        await play.until(lambda: "temperature is 0.2" in play.pane(1) and "temperature is 0.9" in play.pane(2))
        await play.press("escape", "'", "3")
        await play.until(lambda: "temperature is None" in play.pane(3))
        await play.press("'", "2", "5")
        assert "★★★★★" in play.pane(2) and "★" not in play.pane(1)
        await play.press("r")
        await play.until(lambda: len(play.runner.session.requests) == 5 and not play.runner.busy)
        assert [talk.body.get("temperature") for talk in server.talks].count(0.9) == 2
        await play.sees("4 unscored")
        await play.press("e")
        await play.type("Why?", "enter")
        await play.until(lambda: len(play.panes) == 2 and not play.runner.busy)
        await play.sees("1 warmth", "2 good", "2 unscored")


async def test_the_panes_stay_as_they_are_when_their_models_are_asked_for_the_first_time(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCRIPTS, "warmth", warmth)
    async with asking(OpenAIHost(server.url), ("warmth", "good")) as play:
        await play.sees("1 warmth", "2 good")
        before = play.panes
        await play.press("escape", "m", "e")
        for number in (1, 2):
            await play.type(f"Question {number}", "enter")
            await play.until(lambda: play.here == 1 and not play.runner.busy)
            assert play.panes == before
            assert [pane.view.markdown for pane in before] == [False, True], "what was chosen for a pane stays"
            await play.press("e")
