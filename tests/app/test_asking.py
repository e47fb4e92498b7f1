"""Asking from the keyboard: parameters, prompt sets, follow-ups, facets, a pause, prompts of earlier sittings."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tests.support.recorded import LookedAtHost, RecordedRunner, answered, bundled_themes, looking_at
from tests.support.running import open_runner
from tests.support.screens import Play, playing
from tests.support.sessions import session
from tui.app.app import CompareApp
from tui.app.opened import Opened
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import RequestState
from tui.hosts.openai.host import OpenAIHost
from tui.storage.prompt_files import read_prompts
from tui.storage.prompt_library import PromptLibrary
from tui.ui.compare.facets import FacetsDialog
from tui.ui.compare.parameters import ParametersDialog

SET = """
[variables]
language = "English"
[[prompts]]
id = "rag"
user = "What is {topic}? In {language}."
facets = ["retrieval", "generation"]
tags = ["basics"]
[[prompts]]
user = "Why fewer bits?"
system = "Be odd."
[[prompts]]
user = "How?"
"""


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


async def settled(play: Play) -> None:
    await play.until(lambda: play.runner.run is not None and not play.runner.busy)


def asked(server: LoopbackServer) -> list[list[str]]:
    """The messages of each request, in the order in which they came."""
    return [[message["content"] for message in talk.body["messages"]] for talk in server.talks]


class SlowLibrary(PromptLibrary):
    """On a disk that takes its time."""

    def completions(self, typed: str) -> list[str]:
        time.sleep(0.3)
        return super().completions(typed)


async def test_enter_and_tab_mean_what_is_typed_though_its_files_are_still_being_looked_for(
    server: LoopbackServer, tmp_path: Path
) -> None:
    (tmp_path / "workshop.toml").write_text(SET, "utf-8")
    (tmp_path / "other.txt").write_text("Else?", "utf-8")
    host, library = OpenAIHost(server.url), SlowLibrary(tmp_path / "state", tmp_path / "own")
    with open_runner(host) as runner:
        app = CompareApp(lambda: Opened(host, runner, library=library), models=["good"])
        async with playing(app, runner, (80, 24)) as play:
            await play.sees("1 good")
            await play.press("ctrl+o")
            await play.type(f"{tmp_path}/ot", "enter")
            await play.sees("Else?", "set other · 1 of 1")
            await play.press("ctrl+o")
            await play.read(f"{tmp_path}/wo", "\t")
            await play.until(lambda: app.screen.query_one(Input).value.endswith("workshop.toml"))
            await play.press("enter")
            await play.sees("{topic} in workshop.toml, 1 of 2")


@pytest.mark.slow
async def test_arrows_go_from_field_to_field_and_what_was_wrong_is_said_while_it_is_there(
    server: LoopbackServer,
) -> None:
    host = OpenAIHost(server.url)
    with open_runner(host) as runner:
        app = CompareApp(lambda: Opened(host, runner), models=["good"])
        async with playing(app, runner, (80, 24)) as play:
            await play.sees("1 good")
            await play.press("escape", "p")
            await play.sees("Parameters of the next run")

            def given() -> dict[str, str]:
                return {one.id or "": one.value for one in play.app.screen.query(Input) if one.value}

            await play.press("down", "0", "down", "9", "enter")
            await play.sees("Top p should be")
            assert given() == {"temperature": "0", "top_p": "9"}
            await play.press("f8")
            await play.until(lambda: "Top p should be" not in play.shown and not given())
            await play.press("f9")
            assert given() == {"temperature": "0", "seed": "42"}
            await play.press("up", "up")
            await play.press(*"One", "ctrl+j", *"two", "up", "!", "down", "down", "1", "f8")
            assert not given(), "within the text the arrows move the cursor"
            await play.press("escape", ":")
            await play.type("determin", "enter")
            await play.sees("Temperature 0 and seed 42 from the next run on.")
            await play.press("e")
            await play.type("Same?", "enter")
            await settled(play)
            assert [server.talks[-1].body[name] for name in ("temperature", "seed")] == [0, 42]


async def test_a_set_is_opened_gone_through_asked_followed_up_and_written(
    server: LoopbackServer, tmp_path: Path
) -> None:
    (tmp_path / "workshop.toml").write_text(SET, "utf-8")
    (tmp_path / "broken.json").write_text('["a", {"prompt": "b", "sytem": "c"}]', "utf-8")
    (tmp_path / "many").mkdir()
    for number in range(10, 23):
        (tmp_path / "many" / f"set {number}.txt").touch()
    host, library = OpenAIHost(server.url), PromptLibrary(tmp_path / "state", tmp_path / "own")
    with open_runner(host) as runner:
        app = CompareApp(lambda: Opened(host, runner, library=library), models=["good", "e500"])
        async with playing(app, runner, (80, 24)) as play:
            await play.sees("1 good", "2 e500")
            # A file that is wrong is told in the dialog, and another can be named there.
            await play.press("ctrl+o")
            await play.sees("Open a set of prompts", "No set has been opened yet")
            await play.type(f"{tmp_path}/br", "enter")
            await play.sees("did you mean `system`?", 'Right would be "system"')
            # What is not in sight is counted.
            await play.press("ctrl+u")
            await play.type(f"{tmp_path}/many{os.sep}")
            await play.sees("10 of 13", "set 10.txt")
            assert "set 22.txt" not in play.shown
            await play.press(*["down"] * 13)
            await play.sees("13 of 13", "set 22.txt")
            await play.press("ctrl+u")
            await play.type(f"{tmp_path}/wo")
            await play.sees("workshop.toml")
            await play.press("tab", "enter")
            await play.sees("{topic} in workshop.toml, 1 of 2")
            await play.type("RAG", "enter")
            await play.sees("{language} in workshop.toml, 2 of 2", "English")
            await play.press("enter")
            await play.sees("What is RAG? In English.", "set workshop · 1 of 3", "3 left")
            # What is set holds for what has none of its own, and stands in the status.
            await play.press("escape", "p")
            await play.sees("Parameters of the next run")
            await play.type("Be brief.", "tab", "tab", "tab")
            await play.type("many", "enter")
            await play.sees("Max tokens should be a whole number")
            assert isinstance(play.app.screen, ParametersDialog), "it stays until it can be kept"
            await play.press("ctrl+u")
            await play.type("64", "enter")
            await play.sees("system “Be brief.”", "max 64")
            await play.press("e")
            await play.press("enter")
            await settled(play)
            await play.sees("set workshop 1/3", "2 left")
            assert asked(server) == [["Be brief.", "What is RAG? In English."]] * 2
            assert server.talks[0].body["max_tokens"] == 64
            await play.press("f")
            await play.sees("Name      rag", "Tags      basics", "1  [ ] retrieval", "2  [ ] generation")
            await play.press("escape", ">")
            await play.sees("Why fewer bits?", "set workshop 2/3")
            await play.press("<", "<")
            await play.sees("This is the first prompt of workshop.")
            await play.press("ctrl+g")
            await settled(play)
            await play.sees("set workshop 3/3")
            # The model that failed is skipped for the rest of the plan.
            assert asked(server)[2:] == [["Be odd.", "Why fewer bits?"]] * 2 + [["Be brief.", "How?"]]
            await play.press("ctrl+g")
            await play.sees("Every prompt of workshop was asked in this session.")
            # Of two models one has an answer to go on from.
            await play.press("F")
            await play.sees("1 model is not asked: no answer to go on from")
            await play.type("Sure?", "enter")
            await settled(play)
            conversation = ["Be brief.", "How?", "One two three four five", "Sure?"]
            assert asked(server)[5:] == [conversation]
            await play.until(lambda: "Follows question 3." in play.pane(1))
            await play.press("r")
            await settled(play)
            assert asked(server)[5:] == [conversation] * 2, "asked again, it is the same conversation"
            await play.sees("answer 2/2")
            await play.press("{")
            await play.sees("question 3/4")
            assert "Follows" not in play.pane(1)
            await play.app.screen.run_action("part('prompts.save')")
            await play.sees("Write 4 prompts of this session as a set")
            await play.type("mine", "enter")
            written = tmp_path / "own" / "mine.toml"
            await play.until(written.exists)
            assert read_prompts(written).prompts[0].user == "What is RAG? In English."
    assert library.recent()[0] == written and library.values()["topic"] == "RAG"


async def test_a_set_or_a_follow_up_that_there_is_not_is_told_and_disturbs_nothing() -> None:
    async with looking_at([answered(1), answered(2)]) as play:
        await play.press("escape", ">")
        await play.sees("No set is open: o opens one.")
        await play.press("ctrl+g")
        await play.sees("No set is open: o opens one.")
        await play.press("f")
        await play.sees("No file says anything of this question")
        await play.press("space")
        await play.sees("Nothing is being asked.")
        await play.press("F")
        await play.sees("next follows question 1")
        assert play.app.focused is play.prompt
        await play.press("escape", "escape")
        await play.sees("The next question stands for itself again.")
        await play.press("o")
        await play.sees("Open a set of prompts")
        await play.press("escape", "p", "escape")
        assert "follows" not in play.shown and "system" not in play.shown


async def test_a_follow_up_waits_for_the_end_of_the_answers() -> None:
    async with looking_at([answered(1), answered(2, state=RequestState.RUNNING)]) as play:
        await play.press("escape", "F")
        await play.sees("Wait for the end of the answers, or stop them")


async def test_facets_that_can_be_ticked_are_by_their_digits() -> None:
    prompt, marks = Prompt("Why?", facets=("one", "two")), {"one": True, "two": False}
    async with looking_at() as play:
        ticked: list[str] = []

        def tick(facet: str) -> None:
            ticked.append(facet)
            marks[facet] = not marks[facet]

        play.app.push_screen(FacetsDialog(prompt, "alpha", lambda: marks, tick))
        await play.sees("1  [x] one", "2  [-] two", "1-9 tick")
        await play.press("2", "3", "1")
        assert ticked == ["two", "one"]
        await play.sees("1  [-] one", "2  [x] two")
        await play.press("f")
        assert "two" not in play.shown


async def test_what_was_asked_is_offered_in_the_next_sitting_and_what_was_cleared_comes_back(tmp_path: Path) -> None:
    host, library = LookedAtHost(), PromptLibrary(tmp_path)
    library.remember("First?")
    library.remember("Second?\nwith lines")
    runner = RecordedRunner(host, session([]), None)
    app = CompareApp(lambda: Opened(host, runner, library=library), themes=bundled_themes())
    try:
        async with playing(app, runner) as play:
            await play.until(lambda: "mistral" in play.shown or play.in_models)
            await play.press("f2")
            await play.until(lambda: len(play.prompt._asked) == 2)
            await play.press("up")
            assert play.prompt.text == "Second?\nwith lines"
            await play.press("up", "up")
            assert play.prompt.text == "First?"
            await play.type("!", "ctrl+u")
            assert play.prompt.text == ""
            await play.press("ctrl+u")
            assert play.prompt.text == "First?!"
    finally:
        runner.close()


@pytest.mark.slow
async def test_a_measured_plan_is_paused_with_the_time_that_is_left_in_sight_and_models_that_answer_count_as_loaded(
    server: LoopbackServer,
) -> None:
    host = LoopbackHost(server.port, ("good", "late_text"))
    with open_runner(host) as runner:
        app = CompareApp(lambda: Opened(host, runner), models=["good", "late_text"])
        async with playing(app, runner, (80, 24)) as play:
            await play.sees("1 good", "0/2 loaded")
            await play.press("ctrl+r")
            await play.type("Hi", "enter")
            await play.until(lambda: len(server.talks) == 1)
            await play.press("space")
            await play.sees("paused", "1 of 4 ended", " left")
            await play.press("p")
            await play.type("Be brief.", "tab")
            await play.type("0.2", "tab", "tab")
            await play.type("64", "enter")
            await play.sees("paused 1/4", " left", "system", "temp 0.2", "max 64")
            await play.sees("1/2 loaded")
            await play.press("space")
            await play.until(lambda: not runner.busy)
            await play.sees("2/2 loaded")
            assert [talk.body["model"] for talk in server.talks][:2] == ["good", "late_text"]
