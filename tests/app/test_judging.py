"""A second model that judges what is on the screen, or a session of the list."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import OptionList

from tests.support.loopback_server import FINISH, SCRIPTS, LoopbackServer, Wire, text
from tests.support.recorded import answered, looking_at
from tests.support.screens import Play
from tests.support.sessions import WHEN, request, score, session, target
from tests.support.sittings import sitting_over
from tests.support.some import some
from tui.core.catalog.model_card import ModelCard
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rating import RaterKind
from tui.core.sessions.presentation import PaneOrder
from tui.core.sessions.session import Session
from tui.runner.sitting import Sitting
from tui.storage.session_files import load, save
from tui.ui.compare.judge_dialog import Candidate, JudgeDialog

MODELS = (target("m1", "good", id="good"), target("m2", "late_text", id="late_text"))
KEPT = "20261121T110301Z-0001"
QUESTIONS = 3


class Judge:
    """The model that judges: it waits before each answer after the first `free` ones."""

    def __init__(self) -> None:
        self.free = 99
        self.go_on = threading.Event()
        self.asked: list[str] = []
        self.began = 0

    async def script(self, wire: Wire) -> None:
        question = str(wire.talk.body["messages"][-1]["content"])
        self.began += 1
        if len(self.asked) >= self.free and not self.go_on.is_set():
            await wire.head()
            await wire.stall()
            return
        self.asked.append(question)
        said: dict[str, Any] = {"reason": "It is so."}
        said |= {"better": "A"} if "Answer A:" in question else {"score": 2}
        await wire.head()
        await wire.event(text(json.dumps(said)))
        await wire.event(FINISH)
        await wire.event("[DONE]")


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Judge:
    made = Judge()
    monkeypatch.setitem(SCRIPTS, "judge", made.script)
    return made


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


def kept() -> Session:
    """Three questions to two models, of which one person has scored one answer."""
    answers = [
        request(f"r{2 * n + m}", mode=Mode.RACE, model=f"m{m}", prompt=f"p{n}", plan="race", answer=(f"{n} by {m}.",))
        for n in range(QUESTIONS)
        for m in (1, 2)
    ]
    return session(
        answers, session_id=KEPT, models=MODELS, scores=[score("r1", 5)],
        prompts=[Prompt(f"Question {n}?", key=f"p{n}") for n in range(QUESTIONS)],
        plans=[Plan("race", Mode.RACE, ("m1", "m2"), tuple(f"p{n}" for n in range(QUESTIONS)))],
        host={"kind": "loopback", "version": "0"},
    )  # fmt: skip


def sitting_before(
    folder: Path, server: LoopbackServer, size: tuple[int, int] = (100, 30)
) -> AbstractAsyncContextManager[tuple[Play, Sitting]]:
    return sitting_over(folder, server, ["good", "late_text", "endless", "judge"], size)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "kept"
    save(kept(), made / f"{KEPT}.toml")
    return made


@pytest.mark.slow
async def test_from_history_a_session_is_judged_in_parts_and_only_what_is_missing_is_asked(
    folder: Path, server: LoopbackServer, judge: Judge
) -> None:
    file, judge.free = folder / f"{KEPT}.toml", 2
    async with sitting_before(folder, server, (160, 45)) as (play, sitting):
        await play.press("escape", "f3")
        await play.sees("Question 0?")
        await play.press("v")
        await play.until(lambda: isinstance(play.app.screen, JudgeDialog))
        assert sitting.is_open(file)
        await play.sees("good", "one of the judged", "Scores: each answer")
        await choose(play, "judge")
        await play.sees("judge judge: 2 of 6")
        runner = sitting.runner
        assert runner is not None

        # Nothing is asked meanwhile, and no other session takes the place of this one.
        before = len(runner.session.plans)
        await play.press("R")
        await play.sees_notice("A judge reads the answers")
        await play.press("v")
        await play.sees("A judge is at work: esc stops it.")
        play.app.clear_notifications()
        await play.press("f3")
        await play.sees("1 session")
        await play.press("p")
        await play.sees_notice("esc on F2 stops it")
        await play.press("f2")
        assert len(runner.session.plans) == before and sitting.is_open(file)

        play.app.clear_notifications()
        await play.press("escape")
        await play.sees_notice("Stopped: v goes on with what is left. judge judge: 2 scores, by JSON schema")
        assert not runner.held and len(runner.session.judgements) == 2
        judge.go_on.set()
        play.app.clear_notifications()
        await play.press("v")
        await play.until(lambda: isinstance(play.app.screen, JudgeDialog))
        await choose(play, "judge")
        await play.sees_notice("judge judge: 6 scores, by JSON schema")
        assert len(judge.asked) == 6 and len(set(judge.asked)) == 6, "each is asked once"
        play.app.clear_notifications()

        # What it says is apart from what a person says, and not shown before the person has said something.
        await play.press("left")
        await play.sees("judged: shown after yours")
        await play.press("S")
        await play.sees(
            "Judges, apart from people", "judge judge, a model: 6 scores", "unproven", "people have scored 1"
        )
        await play.press("escape", "3")
        await play.sees("judge judge: 2")
        await play.press("f3")
        await play.sees("judged by judge judge, a model: 6 scores")
    held = load(file)
    assert held.raters["judge judge"].kind is RaterKind.JUDGE
    given = {(run, rater): one.value for (run, rater, _), one in in_effect(held).scores.items()}
    assert sum(rater == "judge judge" for _, rater in given) == 6
    assert {value for (_, rater), value in given.items() if rater == "judge judge"} == {2}
    assert not any("late_text" in question or "good" in question for question in some(judge.asked))


@pytest.mark.slow
async def test_before_the_first_verdict_it_is_said_what_is_waited_for(
    folder: Path, server: LoopbackServer, judge: Judge
) -> None:
    judge.free = 0
    async with sitting_before(folder, server) as (play, _):
        await play.press("escape", "f3")
        await play.sees("Question 0?")
        await play.press("v")
        await play.until(lambda: isinstance(play.app.screen, JudgeDialog))
        assert "cannot judge" not in play.shown
        await choose(play, "judge")
        await play.sees("judge judge: 0 of 6, waiting for the first answer")
        judge.go_on.set()
        await play.press("escape")
        await play.sees_notice("Stopped: v goes on with what is left. judge judge: 0 scores")


async def test_of_demo_models_the_choice_says_that_they_cannot_judge() -> None:
    toy, other = ModelCard("demo-large", "demo-large", toy=True), ModelCard("phi-4", "phi-4")
    async with looking_at([answered(1)]) as play:
        play.app.push_screen(JudgeDialog([Candidate(toy, ""), Candidate(other, "one of the judged")]))
        await play.sees("Which model judges?", "cannot judge: what they answer is no verdict")
        assert play.app.screen.query_one(OptionList).highlighted == 1


async def choose(play: Play, name: str) -> None:
    """The model of this name, of those that the dialog lists."""
    dialog = play.app.screen
    assert isinstance(dialog, JudgeDialog)
    place = next(at for at, one in enumerate(dialog._candidates) if one.card.id == name)
    await play.press("home", *["down"] * place, "enter")


@pytest.mark.slow
async def test_pairs_of_what_was_asked_here_are_judged_and_flips_are_counted(
    tmp_path: Path, server: LoopbackServer, judge: Judge
) -> None:
    async with sitting_before(tmp_path / "new", server, (80, 24)) as (play, sitting):
        await play.press("escape", "v")
        await play.sees("There is no answer to judge yet.")
        await play.press("e")
        await play.type("Why?", "enter")
        await play.until(lambda: len(play.panes) == 2 and not play.app.compare.busy)
        await play.sees("unscored")
        await play.press("v")
        await play.until(lambda: isinstance(play.app.screen, JudgeDialog))
        await play.press("tab")
        await play.sees("Pairs: which of each two answers")
        await choose(play, "judge")
        await play.sees_notice("judge judge: 0 of 1 pairs called, flips 1 of 1")
        assert sitting.runner is not None and sitting.runner.session.votes == []
        play.app.clear_notifications()
        await play.press("v")
        await play.until(lambda: isinstance(play.app.screen, JudgeDialog))
        await play.press("tab")
        await choose(play, "judge")
        await play.sees_notice("judge judge has decided all that there is to decide")
        assert len(judge.asked) == 2
        assert len(sitting.runner.session.requests) == 2, "what the judge was asked is in no session"


@pytest.mark.slow
async def test_while_something_is_asked_no_judge_is(tmp_path: Path, server: LoopbackServer, judge: Judge) -> None:
    async with sitting_before(tmp_path / "new", server) as (play, _):
        play.app.app_state.chosen = ["endless"]
        await play.type("Why?", "enter")
        await play.until(lambda: play.app.compare.busy)
        await play.press("v")
        await play.sees("Answers are still coming: a judge would take their processor")
        await play.press("X")
        await play.until(lambda: not play.app.compare.busy)
    assert judge.asked == []


@pytest.mark.slow
async def test_a_judge_that_fails_is_said_and_something_else_can_be_asked(
    folder: Path, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCRIPTS, "judge", SCRIPTS["e500"])
    async with sitting_before(folder, server) as (play, sitting):
        await play.press("escape", "f3")
        await play.sees("Question 0?")
        await play.press("v")
        await play.until(lambda: isinstance(play.app.screen, JudgeDialog))
        await choose(play, "judge")
        await play.sees_notice("6 questions have no answer")
        await play.until(lambda: sitting.runner is not None and not sitting.runner.held)
        assert sitting.runner is not None and sitting.runner.session.judgements == []


@pytest.mark.slow
async def test_in_a_blind_sitting_nobody_is_asked_to_judge_and_nothing_names_a_model(
    folder: Path, server: LoopbackServer, judge: Judge
) -> None:
    hidden = kept()
    hidden.scores = []
    hidden.orders = [
        PaneOrder("race", f"p{n}", ("m2", "m1"), WHEN, seed=7, blind=True, entry=n + 1) for n in range(QUESTIONS)
    ]
    save(replace(hidden, created=WHEN), folder / f"{KEPT}.toml")
    async with sitting_before(folder, server) as (play, sitting):
        await play.press("escape", "f3")
        await play.sees(KEPT[:4])
        await play.press("v")
        await play.until(lambda: sitting.is_open(folder / f"{KEPT}.toml"))
        await play.sees("Which models a judge is like is hidden: V reveals")
        await play.press("v")
        assert len(play.app.screen_stack) == 1
        assert "late_text" not in play.shown and "good" not in play.shown
    assert judge.asked == [] and load(folder / f"{KEPT}.toml").judgements == []
