"""Blind review on the screen: live, of a kept session by one more rater, and what it closes meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from tests.support.loopback_server import FINISH, SCRIPTS, LoopbackServer, Wire, text
from tests.support.recorded import bundled_themes
from tests.support.screens import Play, asking, playing
from tests.support.sessions import WHEN, request, score, session, target
from tests.support.some import some
from tui.app.app import CompareApp
from tui.app.opened import OpenedFile
from tui.core.blind.masks import MASK
from tui.core.blind.orders import blind_orders, hidden_questions
from tui.core.errors import BadInputError, ModelFailedError, StoreError
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.questions import PlanQuestion, questions_of
from tui.core.sessions.entry_dict import add_entry
from tui.core.sessions.session import Session
from tui.hosts.openai.host import OpenAIHost
from tui.runner.kept_session import open_kept_session
from tui.storage.session_files import load, save
from tui.ui.widgets.answer.pane import AnswerPane, PaneData

if TYPE_CHECKING:
    from tui.runner import Runner

HEAVY = str.maketrans("┏━┓┃", "╭─╮│")
"""The frame of the pane that has the focus, as that of the others."""
ALIASES = ("qwen2.5-0.5b", "phi-4-mini", "mistral-7b")
NAME = "20261122T110301Z-7f3a"


def kept(*, blind: bool = False, questions: int = 4) -> Session:
    """Questions put to three models, which have answered."""
    prompts = tuple(f"p{number}" for number in range(1, questions + 1))
    keys = ("m1", "m2", "m3")
    plan = Plan("race", Mode.RACE, keys, prompts)
    requests = [
        request(f"{prompt}{key}", model=key, prompt=prompt, mode=Mode.RACE, answer=(f"{key} to {prompt}.",))
        for prompt in prompts
        for key in keys
    ]
    made = session(
        requests,
        session_id=NAME,
        plans=[plan],
        models=[target(key, alias, device="GPU") for key, alias in zip(keys, ALIASES, strict=True)],
    )
    for order in blind_orders(made, plan, 5, WHEN, "ann") if blind else ():
        add_entry(made, order)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kept" / f"{NAME}.toml"
    save(kept(), path)
    return path


@asynccontextmanager
async def opened(path: Path, rater: str, *, blind: bool = False) -> AsyncIterator[Play]:
    found = open_kept_session(path, rater, blind=blind)
    shown = OpenedFile(path.name, found.view, found.ratings, found.close, found.notices)
    app = CompareApp(lambda: shown, themes=bundled_themes(), theme="dark")
    try:
        async with playing(app, cast("Runner", None)) as play:
            await play.until(lambda: bool(play.panes) and all(pane.data is not None for pane in play.panes))
            yield play
    finally:
        assert found.close()


def names_nobody(play: Play) -> bool:
    return not any(alias in play.shown for alias in ALIASES) and NAME not in play.shown and "GPU" not in play.shown


async def test_a_second_rater_goes_through_a_kept_session_blind_and_reveals_it(file: Path) -> None:
    before = load(file)
    add_entry(before, score("p1m1", 5, rater="ann"))
    save(before, file)
    places = []
    async with opened(file, "bob", blind=True) as play:
        session = load(file)
        for number in some([4, 3, 2, 1]):
            await play.sees(f"question {number}", f"3 unscored here, {8 + number} in all · blind")
            assert names_nobody(play) and "★" not in play.shown
            answers = [play.pane(place) for place in (1, 2, 3)]
            assert all("name hidden" in one for one in some(answers))
            places.append([one.split(f" to p{number}")[0][-2:] for one in answers])
            await play.press("'", "2", str(number), "{")
        for key in some(["V", "escape", "V", "x"]):
            await play.press(key)
        assert names_nobody(play)
        await play.press("S")
        await play.sees("Names are hidden: S shows where the models stand once V has revealed them.")
        await play.press("f3", "f4")
        await play.sees_notice("That screen tells models apart: first V, on F2, reveals whose the answers are.")
        await play.press("f2", "f4")
        await play.sees("That screen tells models apart: first V, on F2, reveals whose the answers are.")
        await play.press("V")
        await play.sees("Reveal the models? Scores from then on are not blind. y reveals, esc leaves.")
        await play.press("y")
        await play.until(lambda: sum(alias in play.shown for alias in ALIASES) >= 2)
        assert "Names are hidden" not in play.shown
        await play.press("'", "1", "5")
        await play.press("V")
        await play.sees("Nothing is hidden.")
    session = load(file)
    orders = {one.prompt: list(one.models) for one in session.orders}
    assert [orders[f"p{number}"] for number in (4, 3, 2, 1)] == places
    assert {(one.rater, one.blind) for one in session.orders} == {("bob", True)}
    mine = [one for one in session.scores if one.rater == "bob"]
    assert [(one.run[:2], one.value, one.position, one.blind) for one in mine] == [
        ("p4", 4, 2, True), ("p3", 3, 2, True), ("p2", 2, 2, True), ("p1", 1, 2, True), ("p1", 5, 1, False),
    ]  # fmt: skip
    assert [one.run[2:] for one in mine[:4]] == [place[1] for place in places], "a score is of what was in its pane"
    (reveal,) = session.reveals
    assert (reveal.rater, reveal.plan) == ("bob", "")


async def test_a_question_for_the_next_key_is_not_asked_any_more_once_another_screen_was_there(file: Path) -> None:
    """`y` and digits mean something else to whoever comes back, and a reveal cannot be taken back."""
    async with opened(file, "bob", blind=True) as play:
        for key, asks, then in some(
            [("V", "Reveal the models?", "y"), ("'", "Which pane?", "4"), ("=", "Compare with which?", "5")]
        ):
            await play.press(key)
            await play.sees(asks)
            await play.press("f3")
            await play.until(lambda: play.app.current_mode == "history")
            await play.press("f2")
            await play.until(lambda: play.app.current_mode == "compare")
            await play.settle()
            assert not play.app.compare.next_key_answers and asks not in play.shown
            await play.press(then)
            await play.settle()
            assert names_nobody(play)
            if then == "y":
                await play.press("escape")
    session = load(file)
    assert not session.reveals
    assert [one.value for one in session.scores if one.rater == "bob"] == [4, 5]


async def test_who_has_seen_the_names_is_told_so_and_hides_nothing(file: Path) -> None:
    async with opened(file, "bob", blind=True) as play:
        await play.press("V", "y")
    async with opened(file, "bob", blind=True) as play:
        await play.sees_notice("Nothing is hidden. bob has seen which model answered.")
        assert not names_nobody(play)
    assert len(load(file).reveals) == 1


async def test_an_unrevealed_session_opens_blind_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "kept" / f"{NAME}.toml"
    save(kept(blind=True), path)
    async with opened(path, "ann") as play:
        await play.sees("blind: models and host hidden", "name hidden")
        assert names_nobody(play)
    assert hidden_questions(load(path), "ann") == {PlanQuestion("race", f"p{n}") for n in range(1, 5)}


def test_what_cannot_be_kept_is_not_reviewed_blind(file: Path) -> None:
    with open_kept_session(file, "ann").view and pytest.raises(BadInputError) as refused:
        open_kept_session(file, "bob", blind=True)
    assert refused.value.title == "It cannot be reviewed blind"


async def slowly(wire: Wire) -> None:
    await wire.head()
    for word in ("I am Mistral", ", a model. ", "Yes."):
        await wire.event(text(word))
    await wire.event(FINISH)
    await wire.event("[DONE]")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    monkeypatch.setitem(SCRIPTS, "phi-4-mini", SCRIPTS["good"])
    monkeypatch.setitem(SCRIPTS, "mistral-7b", slowly)
    monkeypatch.setitem(SCRIPTS, "qwen2.5-0.5b", SCRIPTS["endless"])
    with LoopbackServer().running() as running:
        yield running


@pytest.mark.slow
async def test_b_holds_from_the_next_question_on_and_what_tells_is_closed(server: LoopbackServer) -> None:
    async with asking(OpenAIHost(server.url), ("phi-4-mini", "mistral-7b"), size=(120, 30)) as play:
        await play.sees("1 phi-4-mini", "2 mistral-7b")
        await play.type("What is RAG?", "enter")
        await play.sees("2 unscored")
        await play.press("b")
        await play.sees("Blind from the next question on; what is here has been seen.")
        assert "1 phi-4-mini" in play.shown, "what was seen is not hidden"
        await play.type("", "e", *"And LoRA?", "enter")
        await play.sees("question 2 of 2", "2 unscored", "blind", f"I am {MASK}, a model. Yes.")
        assert not any(alias in play.shown for alias in ALIASES) and server.url not in play.shown
        for key, why in some(
            [
                ("r", "One answer asked again alone would tell"),
                ("t", "What the models thought is hidden"),
                ("f1", "That screen tells models apart"),
                ("h", "That would name the host"),
            ]
        ):
            await play.press(key)
            await play.sees(why)
        assert play.app.current_mode == "compare"
        await play.press("{")
        await play.sees("question 1 of 2")
        assert not any(alias in play.shown for alias in ALIASES), "figures of another question tell as well"
        await play.press("}", "4")
        play.app.show_error(ModelFailedError("phi-4-mini could not be loaded", "It is damaged", "Try another."))
        play.app.say_of_model("mistral-7b: loaded in 2.0 s.")
        play.app.show_error(StoreError("The session of phi-4-mini is not kept", "The disk is full"))
        await play.sees("2 notices held until V")
        await play.sees_notice(f"The session of {MASK} is not kept. The disk is full.")
        assert len(play.notices) == 1
        await play.press("V", "y")
        await play.sees("phi-4-mini", "I am Mistral, a model. Yes.")
        await play.sees_notice("phi-4-mini could not be loaded. It is damaged. Try another.")
        assert not play.app.app_state.held
        scores = [(one.value, one.blind) for one in play.runner.session.scores]
        assert scores == [(4, True)]
        (order,) = play.runner.session.orders
        assert order.blind and order.plan == "plan2"
        assert [mask.ranges for mask in play.runner.session.masks] == [((5, 12),)]


@pytest.mark.slow
async def test_a_blind_run_that_never_ends_is_stopped_as_a_whole(server: LoopbackServer) -> None:
    async with asking(OpenAIHost(server.url), ("phi-4-mini", "qwen2.5-0.5b"), blind=True) as play:
        await play.sees("blind", "name hidden")
        assert names_nobody(play)
        await play.press("f1")
        await play.until(lambda: play.in_models)
        await play.sees("2 chosen")
        await play.press("f2")
        await play.sees("name hidden")
        await play.type("What is RAG?", "enter")
        await play.sees("race: all at once  ·  running  ·  blind", "Shown when all answers are there.")
        ended = play.runner.session
        await play.until(lambda: any(one.state.final for one in ended.requests.values()))
        one, other = (play.pane(place).replace(str(place), "").translate(HEAVY) for place in (1, 2))
        assert one == other
        await play.press("x")
        await play.sees("Which answer still comes is hidden. X stops all.")
        await play.press("V")
        await play.sees("Wait until all answers are there, or stop them with X")
        await play.press("X")
        await play.sees("2 unscored", "This answer ended early.")
        assert names_nobody(play) and len(questions_of(ended.requests.values())) == 1
        await play.press("R")
        await play.until(lambda: len(ended.requests) == 4)
        await play.press("X")
        await play.until(lambda: not play.app.compare.busy)
        assert names_nobody(play)


@pytest.mark.slow
async def test_on_a_slow_line_too_all_answers_are_painted_at_once(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[tuple[int, bool]] = []
    show = AnswerPane.show

    def noted(pane: AnswerPane, data: PaneData, *, counters: bool = True) -> None:
        painted.append((data.position, bool(data.answer)))
        show(pane, data, counters=counters)

    monkeypatch.setattr(AnswerPane, "show", noted)
    models = ("phi-4-mini", "mistral-7b", "burst")
    async with asking(OpenAIHost(server.url), models, blind=True, low_bandwidth=True) as play:
        await play.sees("name hidden")
        await play.type("What is RAG?", "enter")
        await play.sees("3 unscored")
        first = painted.index(next(one for one in painted if one[1]))
        assert painted[first : first + 3] == [(1, True), (2, True), (3, True)]
