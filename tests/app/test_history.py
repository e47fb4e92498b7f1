"""The History screen, and sessions that are opened, gone on with, scored and played again from it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from tests.support.loopback_server import LoopbackServer
from tests.support.screens import PATIENCE_S, Play
from tests.support.sessions import WHEN, request, score, session, target
from tests.support.sittings import sitting_over
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.requests.request import RequestState
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rating import Rater, RaterKind
from tui.core.sessions.presentation import PaneOrder
from tui.core.sessions.session import Session, SessionState
from tui.runner.sitting import Sitting
from tui.storage.index.catch_up import listing
from tui.storage.index.database import SessionIndex
from tui.storage.index.rows import Listing
from tui.storage.index.scan import Scan, scan
from tui.storage.session_files import load, save
from tui.ui.widgets.row_table import RowTable

MODELS = (target("m1", "good", id="good"), target("m2", "late_text", id="late_text"))
WIDE = (160, 45)


def kept(number: int, question: str, *, state: RequestState = RequestState.DONE) -> Session:
    """A race of two models that was held so many days after the first one."""
    answers = [
        request("r1", mode=Mode.RACE, model="m1", answer=("The left ", "answer.")),
        request("r2", mode=Mode.RACE, model="m2", answer=("The right ", "answer."), state=state),
    ]
    made = session(
        answers, session_id=f"2026112{number}T110301Z-000{number}", models=MODELS, prompts=[Prompt(question, key="p1")],
        plans=[Plan("race", Mode.RACE, ("m1", "m2"), ("p1",))], host={"kind": "loopback", "version": "0"},
    )  # fmt: skip
    return replace(made, created=WHEN + timedelta(days=number))


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sessions, one of which lacks an answer, and a file that is none."""
    kept_in = tmp_path / "kept"
    for made in (kept(1, "What is a quasar?"), kept(2, "What is a pulsar?", state=RequestState.STOPPED)):
        save(made, kept_in / f"{made.id}.toml")
    (kept_in / "broken.toml").write_text("schema = \n", encoding="utf-8")
    return kept_in


def sitting_before(
    folder: Path, server: LoopbackServer, size: tuple[int, int] = WIDE
) -> AbstractAsyncContextManager[tuple[Play, Sitting]]:
    return sitting_over(folder, server, ["good", "late_text", "endless"], size)


def own_file(folder: Path, *others: str) -> Path:
    """The only file that is none of the others."""
    (found,) = (file for file in folder.glob("*.toml") if file.name not in ("broken.toml", *others))
    return found


async def asked(play: Play, question: str) -> None:
    """Ask, and wait for the end of both answers."""
    if not play.prompt.has_focus:
        await play.press("e")
    await play.type(question, "enter")
    await play.until(lambda: len(play.panes) == 2 and all(pane.data is not None for pane in play.panes))
    await play.until(lambda: not play.app.compare.busy)


async def back(play: Play, sitting: Sitting) -> None:
    """From a session that was opened to that of the sitting: esc puts the notices away first, whenever they come."""

    def is_back() -> bool:
        return sitting.path is not None and sitting.path == sitting.own and not play.app.app_state.opened_file

    for _ in range(60):
        if is_back():
            return
        puts_away = bool(play.notices)
        await play.press("escape")
        if not puts_away:
            await play.until(lambda: is_back() or bool(play.notices))
    raise AssertionError(f"it never went back:\n{play.shown}")


async def test_a_session_is_found_opened_scored_left_named_reported_on_and_put_away(
    folder: Path, server: LoopbackServer
) -> None:
    one, other = (folder / f"{kept(number, '').id}.toml" for number in (1, 2))
    before = other.read_bytes()
    async with sitting_before(folder, server) as (play, sitting):
        own = sitting.path
        assert own is not None
        await play.press("escape", "f3")
        await play.sees("What is a pulsar?", "What is a quasar?", "broken.toml", "2 sessions · 1 damaged")
        rows = [row.cells[2] for row in play.app.screen.query_one(RowTable).rows]
        assert rows[:2] == ["What is a pulsar?", "What is a quasar?"], "the newest first"
        await play.press("end")
        await play.sees("This file cannot be read as a session", "sessions repair")
        await play.press("r", "p", "delete", "y")
        assert (folder / "broken.toml").read_text("utf-8") == "schema = \n"

        await play.press("/")
        await play.type("quas")
        await play.sees("1 of 3 shown", "prompt: What is a quasar?")
        await play.press("enter", "enter")
        await play.until(lambda: play.app.current_mode == "compare" and sitting.is_open(one))
        await play.sees(one.name, "2 unscored", "The left answer.", "The right answer.")
        assert play.prompt.text == "What is a quasar?" and play.here == 1
        await play.press("4")
        await play.sees("1 unscored")
        await back(play, sitting)
        await play.until(lambda: not play.prompt.text)
        assert {run: value.value for (run, _, _), value in in_effect(load(one)).scores.items()} == {"r1": 4}

        await play.press("escape", "f3", "escape")
        await play.sees("What is a pulsar?")
        await play.press("home", "e")
        await play.type("Stars", "enter")
        await play.sees("Stars")
        await play.press("t")
        await play.type("night, sky", "enter")
        await play.until(lambda: load(other).tags == ("night", "sky"))
        assert load(other).title == "Stars"
        await play.sees("tags: night, sky")

        await play.press("home", "space", "space", "y", "enter")
        await play.until(lambda: len(play.app.screen_stack) == 2)
        await play.press("escape")
        await play.sees("2 marked")
        await play.press("home", "space", "delete")
        await play.until(lambda: not one.exists() and other.exists())
        await play.sees("1 session · 1 damaged")
        await play.press("u")
        await play.until(one.exists)
        await play.sees("2 sessions · 1 damaged")
    assert not own.exists(), "nothing was asked in the sitting"
    assert load(other).requests.keys() == {"r1", "r2"} and other.read_bytes() != before


async def test_a_question_in_an_opened_file_goes_into_it_and_the_sitting_goes_on_in_its_own(
    folder: Path, server: LoopbackServer
) -> None:
    one = folder / f"{kept(1, '').id}.toml"
    async with sitting_before(folder, server, (80, 24)) as (play, sitting):
        await asked(play, "First of mine?")
        await play.press("f3")
        await play.until(lambda: "What is a quasar?" in play.shown)
        await play.press("end", "up", "enter")
        await play.until(lambda: sitting.is_open(one))
        mine = own_file(folder, *(f"{kept(number, '').id}.toml" for number in (1, 2)))
        assert [prompt.user for prompt in load(mine).prompts.values()] == ["First of mine?"], "it was written first"
        await play.sees("What is a quasar?")
        await asked(play, "And a blazar?")
        await play.sees("question 2 of 2")
        await back(play, sitting)
        assert sitting.is_open(mine)
        await play.sees("First of mine?")
        await asked(play, "Second of mine?")
        await play.press("f1")
        assert play.app.current_mode == "models"
    added = load(one)
    assert [prompt.user for prompt in added.prompts.values()] == ["What is a quasar?", "And a blazar?"]
    (resumption,) = added.resumptions
    assert {"host.version": ("0", "1")}.items() <= {
        one.name: (one.before, one.after) for one in resumption.changed
    }.items()  # fmt: skip
    assert [prompt.user for prompt in load(mine).prompts.values()] == ["First of mine?", "Second of mine?"]
    assert load(mine).state is SessionState.FINISHED


async def test_what_is_left_of_a_session_is_asked_and_nothing_is_opened_while_answers_come(
    folder: Path, server: LoopbackServer
) -> None:
    other = folder / f"{kept(2, '').id}.toml"
    async with sitting_before(folder, server) as (play, sitting):
        play.app.app_state.chosen[:] = ["endless"]
        await play.press("escape", "e")
        await play.type("Go on?", "enter")
        await play.until(lambda: play.app.compare.busy)
        await play.press("f3")
        await play.sees("What is a pulsar?")
        await play.press("r")
        await play.sees_notice("Answers are still coming")
        await play.press("f2", "X")
        await play.until(lambda: not play.app.compare.busy)
        await play.press("f3")
        await play.until(lambda: play.app.screen.query_one(RowTable).here is not None)
        await play.until(lambda: play.app.screen.query_one(RowTable).here.key == str(other))  # type: ignore[union-attr]
        await play.press("r")
        await play.until(lambda: sitting.is_open(other) and play.app.current_mode == "compare")
        await play.until(lambda: not play.app.compare.busy and "2 unscored" in play.shown)
    resumed = load(other)
    assert {one.spec.model: one.state for one in resumed.requests.values()} == dict.fromkeys(
        ("m1", "m2"), RequestState.DONE
    )


async def test_somebody_else_scores_it_without_seeing_what_was_given(folder: Path, server: LoopbackServer) -> None:
    one = folder / f"{kept(1, '').id}.toml"
    save(replace(load(one), scores=[score("r1", 2, rater="ann", entry=1), score("r2", 5, rater="ann", entry=2)]), one)
    async with sitting_before(folder, server) as (play, sitting):
        await play.press("escape", "f3")
        await play.sees("What is a quasar?")
        await play.press("end", "up", "b")
        await play.sees("Who scores it blind?", "It was scored by ann.", "not you, ann: another name")
        await play.type("", "enter", "p")
        await play.sees("Nothing is typed yet; esc leaves.")
        assert play.app.current_mode == "history", "what is typed next is no key of the list"
        await play.press("backspace")
        await play.type("bea", "enter")
        await play.until(lambda: sitting.is_open(one) and play.app.current_mode == "compare")
        await play.sees("2 unscored")
        await play.press("3", "right", "3")
        await play.until(lambda: "2 unscored" not in play.shown)
        # What they differ about is decided together: of the session while it is open, and of its file.
        await play.press("f3")
        await play.sees("What is a quasar?")
        await play.press("end", "up", "a")
        await play.sees("2 raters, 2 answers to 1 prompt", "2 of 2 scores in common differ", "ann 5, bea 3", "The ")
        await play.sees("What is a quasar? · 1 of 2 that differ")
        await play.press("down")
        await play.sees("· 2 of 2 that differ")
        await play.press("up")
        assert "good" not in play.shown and "late_text" not in play.shown, "it is decided without knowing the models"
        await play.type("94")
        await play.sees_notice("9 is not on the scale of 1 to 5")
        await play.sees("1 of them decided")
        await play.press("escape", "f2")
        await back(play, sitting)
        assert (decided := in_effect(load(one)).scores["r2", "together", "overall"]).value == 4 and not decided.blind
        await play.press("escape", "f3")
        await play.sees("together")
        await play.press("end", "up", "a")
        await play.sees("1 of them decided")
        await play.type("0", "down")
        await play.type("3")
        await play.until(lambda: ("r1", "together", "overall") in in_effect(load(one)).scores)
        await play.sees("1 of them decided")
        await play.press("enter")
        await play.until(lambda: sitting.is_open(one) and play.app.current_mode == "compare")
        await back(play, sitting)
        await play.press("escape", "f3", "home", "a")
        await play.sees_notice("No answer was scored by two people")
    kept_now = load(one)
    found = {(run, rater): value.value for (run, rater, _), value in in_effect(kept_now).scores.items()}
    given = {("r1", "ann"): 2, ("r2", "ann"): 5, ("r1", "bea"): 3, ("r2", "bea"): 3}
    assert found == given | {("r1", "together"): 3}
    assert kept_now.raters["together"] == Rater("together", RaterKind.ADJUDICATED, settles=("ann", "bea"))


async def test_what_somebody_scores_blind_is_not_told_by_the_list_nor_played(
    folder: Path, server: LoopbackServer
) -> None:
    one = folder / f"{kept(1, '').id}.toml"
    async with sitting_before(folder, server) as (play, sitting):
        await play.press("escape", "f3")
        await play.sees("What is a quasar?")
        await play.press("end", "up")
        await play.sees("The left answer.", "good, late_text")
        await play.press("b")
        await play.type("bea", "enter")
        await play.until(lambda: sitting.is_open(one) and play.app.current_mode == "compare")
        await play.sees("2 unscored")
        await play.press("f3")
        await play.sees("It is scored blind", "concealed")
        assert "The left answer." not in play.shown
        await play.press("p")
        await play.sees_notice("This session is not replayed yet")
        await play.press("escape", "y", "enter")
        await play.sees_notice("There is no session to report on")
        await play.press("escape", "/")
        await play.type("left")
        # Whether its words are found depends on whether its file has it already that it is scored blind.
        await play.until(lambda: " of 3 shown" in play.shown and "searching" not in play.shown)
        rows = [" ".join(map(str, row.cells)) for row in play.app.screen.query_one(RowTable).rows]
        told = [row for row in rows if "answer: The left" in row]
        assert len(told) == 1 and "concealed" not in told[0], "of the other session, which nobody scores"
        await play.press("escape", "f2", "V", "y", "f3")
        await play.sees("The left answer.")


async def test_a_session_is_played_again_and_nothing_of_it_changes(folder: Path, server: LoopbackServer) -> None:
    one = folder / f"{kept(1, '').id}.toml"
    before = one.read_bytes()
    async with sitting_before(folder, server) as (play, sitting):
        await play.press("escape", "e")
        await play.type("A draft")
        await play.press("escape", "f3")
        await play.sees("What is a quasar?")
        await play.press("end", "up", "p")
        await play.sees("replay ended", "The left answer.", "only shown: nothing is asked or scored")
        assert "unscored" not in play.shown, "a replay shows no scores, and so none that is missing"
        assert play.app.current_mode == "compare" and not sitting.is_open(one)
        await play.press("4", "r", "+", "-", "+")
        replay = play.app.compare.replay
        assert replay is not None and replay.speed == 2 and play.prompt.text == "What is a quasar?"
        ended = replay.session.requests["r1"]
        await play.press("space")
        await play.until(lambda: replay.session.requests["r1"] is not ended and not replay.busy)
        assert not play.notices
        await play.press("escape")
        await play.until(lambda: play.app.current_mode == "history" and play.app.compare.replay is None)
        await play.press("f2")
        await play.until(lambda: play.prompt.text == "A draft")
    assert one.read_bytes() == before


async def test_whoever_scores_blind_comes_back_to_the_list_from_a_replay_of_something_else(
    folder: Path, server: LoopbackServer
) -> None:
    """What is typed there would else be asked on the Compare screen."""
    one = folder / f"{kept(1, '').id}.toml"
    async with sitting_before(folder, server) as (play, sitting):
        await play.press("escape", "f3")
        await play.sees("What is a quasar?")
        await play.press("end", "up", "b")
        await play.sees("enter: you, ann; or another name")
        await play.press("enter")
        await play.until(lambda: sitting.is_open(one) and play.app.app_state.sealed)
        assert play.app.compare.view.ratings.rater == "ann"
        await play.press("f3", "home", "p")
        await play.until(lambda: play.app.compare.replay is not None and play.app.current_mode == "compare")
        await play.press("escape")
        await play.until(lambda: play.app.compare.replay is None and play.app.app_state.sealed)
        await play.settle()
        await play.sees("concealed", "pulsar")
        assert play.app.current_mode == "history"


async def test_what_is_scored_blind_is_not_played_again_before_it_is_revealed(
    folder: Path, server: LoopbackServer
) -> None:
    one = folder / f"{kept(1, '').id}.toml"
    hidden = load(one)
    hidden.orders.append(PaneOrder("race", "p1", ("m2", "m1"), WHEN, blind=True, entry=1))
    save(hidden, one)
    async with sitting_before(folder, server) as (play, _):
        await play.press("escape", "f3")
        await play.sees("What is a quasar?")
        await play.press("end", "up")
        await play.sees("It is scored blind", "concealed")
        assert "The left answer." not in play.shown, "what a preview has of an answer may name its model"
        await play.press("p")
        await play.sees_notice("It is scored blind, hidden from ")


async def test_a_folder_is_listed_once_and_again_only_when_something_in_it_has_changed(
    folder: Path, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ten thousand sessions that takes half a second, and everybody comes back to the screen all the time."""
    lists: list[int] = []

    def counted(index: SessionIndex, at: Scan) -> Listing:
        found = listing(index, at)
        lists.append(len(found.sessions))
        return found

    monkeypatch.setattr("tui.app.history_controller.listing", counted)
    monkeypatch.setattr("tui.app.history_controller._SHOW_EVERY", 600.0)
    async with sitting_before(folder, server) as (play, _):
        await play.press("f3")
        await play.sees("2 sessions")
        before = len(lists)
        await play.press("f2", "f3", "f2", "f3")
        save(kept(3, "What is a blazar?"), folder / "another.toml")
        await play.press("f2", "f3")
        await play.sees("3 sessions", "blazar")
        assert lists[before:] == [3]


async def test_the_cursor_begins_at_the_newest_session_and_stays_with_its_own(
    folder: Path, server: LoopbackServer
) -> None:
    async with sitting_before(folder, server) as (play, _):
        await play.press("escape", "f3")
        await play.sees("What is a quasar?", "What is a pulsar?")
    newest, newer = kept(3, "What is a nova?"), kept(4, "What is a comet?")
    save(newest, folder / f"{newest.id}.toml")
    async with sitting_before(folder, server) as (play, _):
        await play.press("escape", "f3")
        await play.sees("What is a nova?", "1 damaged")
        table = play.app.screen.query_one(RowTable)

        def here() -> str:
            return "" if table.here is None else Path(table.here.key).stem

        await play.until(lambda: "reading" not in play.shown)
        assert here() == newest.id, "though what was known before it was shown first"
        await play.press("f2")
        save(newer, folder / f"{newer.id}.toml")
        await play.press("f3")
        await play.sees("What is a comet?")
        assert here() == newest.id and table.rows[0].key.endswith(f"{newer.id}.toml")


async def test_what_is_marked_and_not_in_sight_is_not_put_away(folder: Path, server: LoopbackServer) -> None:
    one, other = (folder / f"{kept(number, '').id}.toml" for number in (1, 2))
    async with sitting_before(folder, server) as (play, _):
        await play.press("escape", "f3")
        await play.sees("What is a pulsar?", "What is a quasar?")
        await play.press("home", "space", "/")
        await play.type("quas", "enter")
        await play.sees("1 of 3 shown")
        await play.press("delete")
        await play.sees_notice("1 of 1 marked sessions are not in this list")
        await play.press("escape", "escape")
        await play.sees("What is a pulsar?")
        await play.press("delete")
        await play.sees_notice(f"{other.name} is in the trash")
        assert one.exists() and not other.exists()


async def test_whoever_is_quicker_than_the_list_is_told_so(
    folder: Path, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_look = Event()

    def slow(places: Sequence[Path]) -> Scan:
        may_look.wait(PATIENCE_S)
        return scan(places)

    monkeypatch.setattr("tui.app.history_controller.scan", slow)
    async with sitting_before(folder, server) as (play, _):
        await play.press("escape", "f3", "enter")
        await play.sees_notice("still being looked for")
        await play.press("delete")
        assert play.app.current_mode == "history"
        may_look.set()
        await play.sees("2 sessions")
    assert len(list(folder.glob("2*.toml"))) == 2


async def test_whoever_goes_to_the_list_while_an_opened_session_is_left_stays_there(
    folder: Path, server: LoopbackServer
) -> None:
    async with sitting_before(folder, server) as (play, sitting):
        come_back = sitting.come_back

        def slowly() -> object:
            time.sleep(0.3)
            return come_back()

        sitting.come_back = slowly  # type: ignore[method-assign]
        await play.press("escape", "f3")
        await play.sees("What is a quasar?")
        await play.press("end", "up", "enter")
        await play.until(lambda: play.app.current_mode == "compare" and bool(play.app.app_state.opened_file))
        play.app.clear_notifications()
        await play.press("escape", "f3")
        await play.until(lambda: not play.app.app_state.opened_file)
        await play.settle()
        assert play.app.current_mode == "history"


async def test_what_is_found_in_a_question_opens_at_it(folder: Path, server: LoopbackServer) -> None:
    made = kept(1, "What is a quasar?")
    later = [
        request(f"r{number}", mode=Mode.RACE, model=f"m{number - 2}", prompt="p2", answer=(f"{number}",))
        for number in (3, 4)
    ]
    both = replace(
        made,
        prompts={**made.prompts, "p2": Prompt("And a magnetar?", key="p2")},
        requests={**made.requests, **{one.spec.id: one for one in later}},
        plans={"race": Plan("race", Mode.RACE, ("m1", "m2"), ("p1", "p2"))},
    )
    save(both, folder / f"{made.id}.toml")
    async with sitting_before(folder, server) as (play, _):
        await play.press("escape", "f3", "/")
        await play.type("left quas", "enter")
        await play.sees("prompt: What is a quasar?", "1 of 3 shown")
        await play.until(lambda: "searching" not in play.shown)
        await play.press("enter")
        await play.until(lambda: play.app.current_mode == "compare")
        await play.sees("The left answer.", "question 1 of 2")


async def test_a_judge_has_no_name_on_the_page_of_agreement_while_models_are_hidden(
    folder: Path, server: LoopbackServer
) -> None:
    made = kept(1, "What is a quasar?")
    judge = Rater("judge good", RaterKind.JUDGE, "good", alias="good")
    given = [("ann", 2), ("bob", 4), (judge.id, 3)]
    scored = replace(
        made,
        orders=[PaneOrder("race", "p1", ("m2", "m1"), WHEN, 7, blind=True)],
        raters={name: judge if name == judge.id else Rater(name) for name, _ in given},
        scores=[score(run, value, rater=name, blind=True) for run in ("r1", "r2") for name, value in given],
    )
    file = folder / f"{made.id}.toml"
    save(scored, file)
    async with sitting_before(folder, server) as (play, _):
        await play.press("escape", "f3")
        await play.sees("What is a quasar?")
        await play.press("end", "up", "a")
        await play.sees("2 raters, 2 answers", "judge and people, 2 answers", "ann 2, bob 4")
        assert "judge good" not in play.shown
