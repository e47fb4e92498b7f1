"""Votes, criteria, the score pass, notes, undo and redo, and where the models stand, by keys alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.app.test_opened_file import opened
from tests.support.reviewed import OVERALL_ALONE, REVIEWED, to_review
from tests.support.screens import Play
from tests.support.some import some
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rating import VoteChoice
from tui.core.scoring.score_pass import pass_seed, score_items
from tui.core.sessions.session import Session
from tui.storage.journal import read_entries
from tui.storage.session_files import load, save


@asynccontextmanager
async def reviewing(
    folder: Path, session: Session | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Play, Path]]:
    """The screen with a session to be reviewed, which ann does."""
    path = folder / "kept" / f"{REVIEWED}.toml"
    if not path.exists():
        save(session or to_review(), path)
    async with opened(path, size=size) as play:
        yield play, path


def scores_in(path: Path) -> dict[tuple[str, str], int | None]:
    """What counts in the file, by request and criterion."""
    return {(run, criterion): one.value for (run, _, criterion), one in in_effect(load(path)).scores.items()}


async def test_a_vote_that_replaces_another_says_which_and_what_brings_it_back(tmp_path: Path) -> None:
    async with reviewing(tmp_path, size=(160, 45)) as (play, path):
        await play.press("w", "right", "w")
        await play.sees(
            "Replaced on 3 answers: winner qwen2.5-0.5b → winner phi-4-mini. u brings it back. phi-4-mini: best"
        )
        await play.press("u")
        await play.sees("Undone on 3 answers: winner phi-4-mini → winner qwen2.5-0.5b")
    first, second = load(path).votes
    assert [one.winner for one in in_effect(load(path)).votes.values()] == [first.winner] != [second.winner]


async def test_one_digit_is_one_decision_and_c_chooses_the_criterion(tmp_path: Path) -> None:
    async with reviewing(tmp_path, to_review(2)) as (play, path):
        await play.press("4")
        assert play.here == 1 and "····· Style acc4" in play.pane(1), "focus stays, the criterion goes on"
        await play.press("3")
        assert "★★★☆☆ Style acc4" in play.pane(1)
        await play.press("c")
        await play.sees("Next: Accuracy, 1-5. 5: all of it is right. 1: nothing is.")
        await play.press("5")
        assert "acc5" in play.pane(1)
        await play.sees("Replaced on 1 qwen2.5-0.5b: score 4 for Accuracy", "brings it back.")
        await play.press("right", "c", "2", "right", "0")
    assert scores_in(path) == {("r4", "accuracy"): 5, ("r4", "style"): 3, ("r5", "style"): 2}
    assert all(one.took_ms is not None and one.took_ms >= 0 for one in some(load(path).scores))
    assert [one.position for one in load(path).scores] == [1, 1, 1, 2]


async def test_a_vote_is_on_every_pane_in_sight_and_says_what_it_means(tmp_path: Path) -> None:
    async with reviewing(tmp_path, to_review(2)) as (play, path):
        await play.press("right", "w")
        await play.sees("phi-4-mini: best of 3. Nothing is said of qwen2.5-0.5b against mistral-7b.")
        assert "won" in play.pane(2) and "won" not in play.pane(1)
        await play.press("w")
        await play.sees("That is your vote already")
        await play.press("T")
        await play.sees("Replaced on 3 answers: winner of 3 → all 3 good. u brings it back.")
        assert "good" in play.pane(1) and "won" not in play.pane(2)
        await play.press("u")
        await play.sees("Undone on 3 answers: all 3 good → winner of 3")
        assert "won" in play.pane(2)
        await play.press("z", "B")
        await play.sees("A vote needs two answers in sight. z or [ ] bring more into sight.")
        await play.press("z", "{", "B")
        await play.sees("All 3 in sight are bad alike.")
    votes = load(path).votes
    assert [(one.runs, one.choice, one.winner, one.positions) for one in votes] == [
        (("r4", "r5", "r6"), VoteChoice.WINNER, "r5", (1, 2, 3)),
        (("r4", "r5", "r6"), VoteChoice.BOTH_GOOD, "", (1, 2, 3)),
        (("r1", "r2", "r3"), VoteChoice.BOTH_BAD, "", (1, 2, 3)),
    ]


async def test_facets_are_ticked_one_by_one_and_the_share_met_stands_beside_the_scores(tmp_path: Path) -> None:
    async with reviewing(tmp_path, to_review(2)) as (play, path):
        await play.press("4", "f")
        await play.sees("Facets: qwen2.5-0.5b", "1  [ ] search", "1-9 tick")
        await play.press("1", "2", "2")
        await play.sees("1  [x] search", "2  [-] sources", "3  [ ] freshness")
        await play.press("escape")
        assert "acc4 f1/3" in play.pane(1), "what nothing was said of is not met"
        await play.press("u")
        await play.sees("Undone on 1 qwen2.5-0.5b: facet not there: “sources” → facet there: “sources”")
        assert "acc4 f2/3" in play.pane(1)
        await play.press("S")
        await play.until(lambda: len(play.app.screen_stack) == 2)
        await play.press("pagedown", "end")
        await play.sees("Facets met", "2 of 3")
    ticks = {facet: one.ticked for (run, _, facet), one in in_effect(load(path)).facets.items() if run == "r4"}
    assert ticks == {"search": True, "sources": True}


async def test_the_score_pass_leads_from_one_decision_to_the_next(tmp_path: Path) -> None:
    async with reviewing(tmp_path, to_review(2)) as (play, path):
        await play.press("G")
        await play.sees("12 scores to give, of 6 answers.")
        await play.press("enter")
        await play.sees("12 left · Accuracy of 1 qwen2.5-0.5b, 1-5 · question 1/2 · G last")
        await play.sees("\ng Next G Last ten esc End pass 1-5 Score")
        await play.press("4", "3", "5")
        await play.sees("9 left · Style of 2 phi-4-mini")
        assert play.here == 2 and "acc5" in play.pane(2)
        await play.press("g")
        await play.sees("9 left · Accuracy of 3 mistral-7b")
        await play.press("2", "2", "1")
        await play.sees("6 left · Style of 1 qwen2.5-0.5b, 1-5 · question 2/2")
        await play.press("G")
        await play.sees("1  question 2 · qwen2.5-0.5b: score 1 for Accuracy", "6  question 1 · qwen2.5-0.5b: score 4")
        await play.press("6")
        await play.sees("6 left · a digit changes score 4: Accuracy of 1 qwen2.5-0.5b · question 1/2")
        await play.press("right")
        await play.sees("6 left · Style of 2 phi-4-mini, 1-5 · question 1/2 · g goes on")
        await play.press("left")
        await play.sees("6 left · a digit changes score 4: Accuracy of 1 qwen2.5-0.5b · question 1/2")
        await play.press("5")
        await play.sees("6 left · Style of 1 qwen2.5-0.5b, 1-5 · question 2/2")
        assert "Answer 2" in play.pane(1) and play.here == 1, "back to where the pass was"
        await play.press("u", "u")
        await play.sees("Undone on 1 qwen2.5-0.5b: score 5 for Accuracy → score 4 for Accuracy")
        await play.press("g", "escape")
        await play.sees("The pass is left: 6 scores given, 6 left. G goes on.")
    found = scores_in(path)
    assert found[("r1", "accuracy")] == 4 and len(found) == 6


async def test_a_pass_turns_the_pages_and_the_frame_is_that_of_the_focus(tmp_path: Path) -> None:
    async with reviewing(tmp_path, to_review(2, 4, OVERALL_ALONE)) as (play, _):
        await play.press("G", "enter")
        await play.sees("8 left · 1 qwen2.5-0.5b, 1-5 · question 1/2")
        for number, pages in enumerate([[1, 2], [3, 4], [3, 4], [1, 2]], 2):
            await play.press("3")
            await play.sees(f"{9 - number} left · ")
            assert play.page == pages
            sides = {row[40 * (number % 2 == 0)] for row in play.shown.splitlines()[4:22]}
            assert sides == {"┃"}, f"the frame of pane {number} is drawn in parts:\n{play.shown}"


async def test_the_end_of_a_pass_says_how_it_went_and_a_shuffled_order_is_kept(tmp_path: Path) -> None:
    async with reviewing(tmp_path, to_review(2, 2)) as (play, path):
        await play.press("G", "s", "3", "escape")
        await play.press("G")
        await play.sees("shuffled, in the order that is kept", "as they came")
        await play.press("enter", *"4523123")
        await play.sees("The score pass is done", "7 scores given, nothing is left to score.", "(median)")
        await play.press("escape")
        await play.sees("; too few")
        await play.press("G")
        await play.sees("Every answer that has ended is scored.", "the last ten decisions")
        await play.press("escape")
    session = load(path)
    seed = pass_seed(session, "ann")
    assert seed is not None and len(session.pass_orders) == 1
    assert [(one.run, one.criterion) for one in session.scores] == score_items(session, seed)
    assert [one.value for one in session.scores] == [3, 4, 5, 2, 3, 1, 2, 3]


async def test_notes_are_on_the_answer_the_model_and_the_session_and_it_has_a_title(tmp_path: Path) -> None:
    async with reviewing(tmp_path, to_review(1, 2), (160, 45)) as (play, path):
        await play.press("n")
        await play.type("no sources", "enter")
        await play.press("N")
        await play.sees("What is the note on?")
        await play.press("m")
        await play.type("long-winded", "enter")
        assert "no sources · model: long-winded" in play.pane(1)
        await play.press("N", "s")
        await play.type("on battery", "enter")
        await play.sees("✎ on battery")
        await play.press("N", "t")
        await play.type("Retrieval, first week", "enter")
        await play.sees("The session is called “Retrieval, first week”.")
        await play.press("S")
        await play.sees("Session: on battery", "qwen2.5-0.5b: long-winded", "Title: Retrieval, first week")
        await play.press("escape", "u")
        await play.sees("Undone on the session: note “on battery” → no note")
        await play.press("U")
        await play.sees("Redone on the session: no note → note “on battery”")
    session = load(path)
    assert session.title == "Retrieval, first week"
    assert [(one.run, one.model, one.text) for one in session.notes] == [
        ("r1", "", "no sources"), ("", "m1", "long-winded"), ("", "", "on battery")
    ]  # fmt: skip


async def test_undo_and_redo_reach_to_the_beginning_also_after_the_program_was_killed(tmp_path: Path) -> None:
    async with reviewing(tmp_path, to_review(2)) as (play, path):
        await play.press("4", "right", "2", "{", "left", "5", "U")
        await play.sees("There is nothing to redo.")
        (journal,) = path.parent.glob("*.jsonl")
        written = journal.read_bytes()
        assert sum("score" in json.dumps(entry) for entry in read_entries(journal)) >= 1
    before = to_review(2)
    save(before, path)
    journal.write_bytes(written)  # What a kill leaves: the file without the scores, and its journal.
    async with reviewing(tmp_path) as (play, _):
        await play.press("u")
        await play.sees("Question 1: u takes back score 5 for Accuracy on qwen2.5-0.5b.")
        await play.press("u")
        await play.sees("Undone on 1 qwen2.5-0.5b: score 5 for Accuracy → no score for Accuracy")
        await play.press("u", "u", "u")
        await play.sees("Undone on 1 qwen2.5-0.5b: score 4 for Accuracy → no score")
        await play.press("u")
        await play.sees("There is nothing to undo.")
        await play.press("U", "U", "U")
        await play.sees("Question 1: U brings back score 5 for Accuracy on qwen2.5-0.5b.")
        await play.press("U")
        await play.sees("Redone on 1 qwen2.5-0.5b: no score for Accuracy → score 5 for Accuracy")
    assert scores_in(path) == {("r4", "accuracy"): 4, ("r5", "accuracy"): 2, ("r1", "accuracy"): 5}


async def test_where_it_stands_is_a_row_and_a_page(tmp_path: Path) -> None:
    async with reviewing(tmp_path, to_review(2, 2), (160, 45)) as (play, _):
        await play.press("S")
        await play.sees("Nothing that compares two models is scored yet.", "Which should I take?", "Licence")
        await play.press("escape", "5", "right", "2")
        await play.sees("Accuracy: qwen2.5-0.5b higher than phi-4-mini on 1 of 1 prompt; too few")
        await play.press("S")
        await play.sees("Accuracy: qwen2.5-0.5b 5.00, phi-4-mini 2.00 of 5 on average. Too few prompts to say")
        await play.sees("which is better: 5 more at least.")
        await play.sees("Which should I take?", "Quality", "2 qwen2.5-0.5b")
        await play.press("end")
        await play.sees("go on: qwen2.5-0.5b ahead on 1 of 1 decisive prompt")
    async with reviewing(tmp_path) as (play, _):
        await play.sees("question 2/2 · 2 unscored · Accuracy: qwen2.5-0.5b 1:0 phi-4-mini; too few")
