"""A second model that scores and compares what was kept, asked for real."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.loopback_server import FINISH, SCRIPTS, LoopbackServer, Wire, text
from tests.support.program import call
from tests.support.sessions import request, session
from tests.support.some import some
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.judge_questions import called, json_of
from tui.core.scoring.rating import RaterKind
from tui.core.scoring.rubric import Criterion, Rubric
from tui.storage.session_files import load, save


def asked_of(wire: Wire) -> str:
    """The question as the judge reads it."""
    return str(wire.talk.body["messages"][-1]["content"])


def judging(decide: Callable[[str], str]) -> Any:
    """A model that answers each question as `decide` says."""

    async def script(wire: Wire) -> None:
        await wire.head()
        await wire.event(text(decide(asked_of(wire))))
        await wire.event(FINISH)
        await wire.event("[DONE]")

    return script


def shown(question: str, which: str) -> str:
    """The answer that stands under this heading."""
    found = re.search(rf"{which}:\n===== (\w+)\n(.*?)\n===== \1", question, re.DOTALL)
    assert found is not None, question
    return found[2]


def verdict(**facts: Any) -> str:
    return json.dumps({"reason": "It says so.", **facts})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two answers to one question, to be scored for two criteria."""
    rubric = Rubric((Criterion("accuracy", description="5: all of it is true"), Criterion("tone", scale=3)))
    requests = [
        request("r1", model="m1", answer=["Right, ", "says model-m1."]),
        request("r2", model="m2", answer=["Short."]),
    ]
    made = session(requests, session_id="20261127T093106Z-aaaa", rubric=rubric)
    path = tmp_path / "20261127T093106Z-aaaa.toml"
    save(made, path)
    return path


def test_a_judge_scores_what_it_has_not_scored_without_reading_names(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def decide(question: str) -> str:
        seen.append(question)
        if "tone" in question:  # Not JSON at first, then in a block of code.
            tried = "could not be used" in question
            return f"```json\n{verdict(score=3)}\n```" if tried else "A 3, I would say."
        if "Right" in shown(question, "The answer to be scored"):
            return verdict(score=5)
        return verdict(score=9)  # Twice beyond the scale.

    monkeypatch.setitem(SCRIPTS, "judge", judging(decide))
    with LoopbackServer().running() as server:
        at = ("--host", server.url, "-m", "judge")
        done = call("judge", str(file), *at, "--json", cwd=tmp_path)
        assert done.code == 0, done.err
        (found,) = done.json["sessions"]
        assert (found["asked"], found["scores"], found["retried"], len(found["unusable"])) == (4, 3, 2, 1)
        assert "9" in next(iter(found["unusable"].values()))
        kept = load(file)
        rater = kept.raters["judge judge"]
        assert (rater.kind, rater.model) == (RaterKind.JUDGE, "judge")
        scores = {(run, criterion): one for (run, _, criterion), one in in_effect(kept).scores.items()}
        assert {key: one.value for key, one in scores.items()} == {
            ("r1", "accuracy"): 5, ("r1", "tone"): 3, ("r2", "tone"): 3,
        }  # fmt: skip
        assert all(one.blind and one.rubric == kept.rubric.hash for one in some(scores.values()))
        notes = {note.run: note.text for note in kept.notes}
        assert "accuracy 5: It says so." in notes["r1"] and "temperature 0" in notes["r1"]
        assert "tone 3: It says so. (second answer)" in notes["r2"]
        assert not any("model-m1" in question for question in some(seen)), "names within answers are masked"
        assert any("5: all of it is true" in question for question in seen)
        again = call("judge", str(file), *at, cwd=tmp_path)
        assert (again.code, "0 of 1 scores" in again.out) == (6, True), "only what could not be used is asked again"
        assert "No verdict, after a second try: r2/accuracy" in again.err


def test_pairs_are_asked_in_both_orders_and_what_turns_with_the_order_is_not_called(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_length(question: str) -> str:
        return verdict(better=max("AB", key=lambda which: len(shown(question, f"Answer {which}"))))

    monkeypatch.setitem(SCRIPTS, "by-length", judging(by_length))
    monkeypatch.setitem(SCRIPTS, "always-a", judging(lambda question: verdict(better="A")))
    with LoopbackServer().running() as server:
        steady = call("judge", str(file), "--pairs", "--host", server.url, "-m", "by-length", cwd=tmp_path)
        assert "1 of 1 pairs called by judge by-length" in steady.out and "Unproven" in steady.out
        flipped = call("judge", str(file), "--pairs", "--host", server.url, "-m", "always-a", cwd=tmp_path)
        assert "0 of 1 pairs called by judge always-a, 0 without a preference, 1 not called" in flipped.out
        assert (steady.code, flipped.code) == (0, 0)
        report = call("report", str(file), cwd=tmp_path)
        assert report.code == 0
    (vote,) = load(file).votes
    assert (vote.rater, vote.winner, vote.blind) == ("judge by-length", "r1", True)


def test_a_judge_that_fails_or_is_one_of_the_judged_is_said(file: Path, tmp_path: Path) -> None:
    before = file.read_bytes()
    with LoopbackServer().running() as server:
        failed = call("judge", str(file), "--host", server.url, "-m", "e500", cwd=tmp_path)
        assert failed.code == 5 and "No answer: r1/accuracy" in failed.err
        assert call("judge", str(file), "--host", server.url, "-m", "nosuch", cwd=tmp_path).code in (4, 5)
    assert load(file).scores == [] and load(file).requests.keys() == {"r1", "r2"}
    assert before in (before, file.read_bytes())
    assert call("judge", str(file), "--host", "http://127.0.0.1:9/v1", "-m", "x", cwd=tmp_path).code == 3


@pytest.mark.parametrize(
    ("answer", "read"), [('{"a": 1}', '{"a": 1}'), ('```json\n{"a": 1}\n```', '{"a": 1}'), ("``` \n{}\n```\n", "{}"),
                         ('{"a": 1} ```x```', '{"a": 1} ```x```')],
)  # fmt: skip
def test_one_block_of_code_around_a_verdict_is_taken_off(answer: str, read: str) -> None:
    assert json_of(answer) == read


def test_a_pair_is_called_only_where_both_orders_agree() -> None:
    assert [called(pair) for pair in (("r1", "r1"), ("r1", "r2"), ("", ""), ("r1", ""))] == ["r1", None, "", None]
