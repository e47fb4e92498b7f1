"""A second model that scores and compares what was kept, asked for real."""

from __future__ import annotations

import json
import re
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import foundry_compare
from tests.support.loopback_server import FINISH, SCRIPTS, LoopbackServer, Wire, text
from tests.support.program import call, finish, start, until
from tests.support.sessions import WHEN, request, score, session, target
from tests.support.some import some
from tui.core.blind.orders import is_unrevealed
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.judge_answers import json_of
from tui.core.scoring.judge_questions import PARAMETERS, instructions_hash
from tui.core.scoring.judgement import NO_JUDGES, JudgementState
from tui.core.scoring.rating import Rater, RaterKind
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.sessions.presentation import PaneOrder
from tui.runner.host_models import HostModels
from tui.runner.judging import judge_file
from tui.runner.open_session import connected_host
from tui.storage.session_files import load, save


def asked_of(wire: Wire) -> str:
    """The question as the judge reads it."""
    return str(wire.talk.body["messages"][-1]["content"])


def judging(decide: Callable[[str], str], *, takes_schema: str = "") -> Any:
    """A model that answers each question as `decide` says; `takes_schema` is how its server refuses a JSON schema."""

    async def script(wire: Wire) -> None:
        if takes_schema and "response_format" in wire.talk.body:
            await wire.answer(takes_schema, json.dumps({"error": "'response_format.type' must be 'text'"}))
            return
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
        assert (found["asked"], found["scores"], found["retried"], len(found["undecided"])) == (4, 3, 2, 1)
        assert "9" in next(iter(found["undecided"].values()))
        kept = load(file)
        rater = kept.raters["judge judge"]
        assert (rater.kind, rater.model) == (RaterKind.JUDGE, "judge")
        scores = {(run, criterion): one for (run, _, criterion), one in in_effect(kept).scores.items()}
        assert {key: one.value for key, one in scores.items()} == {
            ("r1", "accuracy"): 5, ("r1", "tone"): 3, ("r2", "tone"): 3,
        }  # fmt: skip
        assert all(one.blind and one.rubric == kept.rubric.hash for one in some(scores.values()))
        said = {(one.runs, one.criterion): one for one in kept.judgements}
        first, again_, lost = (said[(run,), of] for run, of in (("r1", "accuracy"), ("r2", "tone"), ("r2", "accuracy")))
        assert (first.value, first.reason, first.retried, first.schema) == (5, "It says so.", "", True)
        assert again_.value == 3 and again_.retried.startswith("invalid json")
        assert (lost.state, lost.value, "not 9" in lost.reason) == (JudgementState.UNUSABLE, None, True)
        assert (rater.parameters, rater.instructions) == (PARAMETERS, instructions_hash())
        assert not any("model-m1" in question for question in some(seen)), "names within answers are masked"
        assert any("5: all of it is true" in question for question in seen)
        again = call("judge", str(file), *at, cwd=tmp_path)
        assert (again.code, "0 of 1 scores" in again.out) == (6, True), "only what could not be used is asked again"
        assert "No verdict, after a second try: r2/accuracy" in again.err


def test_while_no_question_is_settled_it_is_said_what_came_of_those_that_were_answered(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCRIPTS, "judge", judging(lambda question: "A 3, I would say."))
    said: list[str] = []
    with LoopbackServer().running() as server, connected_host([server.url]) as (host, info):
        card = HostModels(host, info).find("judge")
        judge_file(file, host, info, card, on_progress=lambda far: said.append(far.in_words()))
    again = [f"0 of 4, {n} to ask again: no verdict" for n in (1, 2, 3, 4)]
    left = [f"{n} of 4, {4 - n} to ask again: no verdict" for n in (1, 2, 3)]
    assert said == ["0 of 4, waiting for the first answer", *again, *left, "4 of 4"]


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
        asked = len(server.talks)
        again = call("judge", str(file), "--pairs", "--host", server.url, "-m", "always-a", cwd=tmp_path)
        assert "nothing is left to judge" in again.out and len(server.talks) == asked, "a flip is known, too"
        report = call("report", str(file), cwd=tmp_path)
        assert report.code == 0
    said = " ".join(report.out.split())
    assert "judge by-length, a model: 1 of 1 pairs called, flips 0 of 1, by JSON schema; unproven" in said
    assert "judge always-a, a model: 0 of 1 pairs called, flips 1 of 1" in said
    kept = load(file)
    (vote,) = kept.votes
    assert (vote.rater, vote.winner, vote.blind) == ("judge by-length", "r1", True)
    orders = {one.runs: one.better for one in kept.judgements if one.rater == "judge always-a"}
    assert orders == {("r1", "r2"): "r1", ("r2", "r1"): "r2"}


@pytest.mark.parametrize("status", ["400 Bad Request", "500 Internal Server Error"])
def test_a_server_that_refuses_a_schema_is_asked_in_words_alone_from_then_on(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setitem(SCRIPTS, "judge", judging(lambda question: verdict(score=2), takes_schema=status))
    with LoopbackServer().running() as server:
        done = call("judge", str(file), "--host", server.url, "-m", "judge", "--json", cwd=tmp_path)
        asked = [talk.body for talk in server.talks if "messages" in talk.body]
    assert (done.code, done.json["sessions"][0]["scores"], done.json["sessions"][0]["schema"]) == (0, 4, 0)
    first, *others = ["response_format" in body for body in asked]
    assert first and len(others) == 4 and not any(some(others)), "it is tried once"
    form = asked[0]["response_format"]["json_schema"]
    assert form["strict"] is True and form["schema"]["additionalProperties"] is False
    assert form["schema"]["required"] == ["reason", "score"] and form["schema"]["properties"]["score"]["maximum"] == 5
    assert not any(one.schema for one in some(load(file).judgements))
    assert "4 scores, by prompt; unproven" in " ".join(call("report", str(file), cwd=tmp_path).out.split())


def test_refusals_and_retries_are_counted_and_said_in_the_report(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide(question: str) -> str:
        if "tone" in question:
            return "I'm sorry, but I can't help with that."
        return verdict(score=4) if "could not be used" in question else "Four of five."

    monkeypatch.setitem(SCRIPTS, "judge", judging(decide))
    with LoopbackServer().running() as server:
        done = call("judge", str(file), "--host", server.url, "-m", "judge", cwd=tmp_path)
    assert done.code == 0 and "No verdict, after a second try: r1/tone: it declined to judge" in done.err
    report = call("report", str(file), "--format", "json", cwd=tmp_path)
    (judge,) = report.json["judges"]
    assert (judge["scores"], judge["retried"], judge["refused"], judge["unusable"]) == (2, 2, 2, 0)
    assert "2 scores, 2 after a retry, 2 refused, by JSON schema; unproven" in judge["sentence"]
    states = {one.criterion: one.state for one in load(file).judgements}
    assert states == {"accuracy": JudgementState.DECIDED, "tone": JudgementState.REFUSED}


def test_the_same_model_asked_in_other_words_is_another_judge(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = load(file)
    kept.raters["judge judge"] = Rater("judge judge", RaterKind.JUDGE, "judge", instructions="of-old")
    save(kept, file)
    monkeypatch.setitem(SCRIPTS, "judge", judging(lambda question: verdict(score=2)))
    with LoopbackServer().running() as server:
        call("judge", str(file), "--host", server.url, "-m", "judge", cwd=tmp_path)
    assert {one.rater for one in load(file).scores} == {"judge judge 2"}


def test_from_judge_to_report_a_partial_judge_is_marked_and_proven_by_thirty_answers_shared_with_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked, written, read again and reported, in one go."""
    count = 31
    models = [target("m1", "phi-3-mini", id="phi-3-mini-cpu:2"), target("m2", "qwen", id="qwen:1")]
    requests = [request(f"r{n}", prompt=f"p{n}", model=f"m{1 + n % 2}", answer=[f"{n}"]) for n in range(count)]
    people = [score(f"r{n}", 1 + n % 5, rater="ann") for n in range(count)]
    path = tmp_path / "20261127T093106Z-aaaa.toml"
    save(session(requests, models=models, scores=people[:29], session_id=path.stem), path)

    def decide(question: str) -> str:
        return verdict(score=1 + int(shown(question, "The answer to be scored")) % 5)

    monkeypatch.setitem(SCRIPTS, "phi-4", judging(decide))

    def said() -> str:
        return " ".join(call("report", str(path), cwd=tmp_path).out.split())

    with LoopbackServer().running() as server:
        done = call("judge", str(path), "--host", server.url, "-m", "phi-4", cwd=tmp_path)
    assert done.code == 0 and f"{count} of {count} scores" in done.out
    assert "phi-4 judges phi-3-mini, of its own family: a judge prefers what is like itself" in done.out
    before = said()
    how = "judge phi-4, a model: 31 scores, by JSON schema; phi-4 judges phi-3-mini, of its own family"
    assert f"{how}; unproven: people have scored 29 answers" in before
    assert "judge phi-4 and people, 29 answers" in before and "unproven below 30" in before
    kept = load(path)
    kept.scores += [replace(one, entry=900 + n) for n, one in enumerate(people[29:])]
    save(kept, path)
    after = said()
    assert "judge phi-4 and people, 31 answers" in after and "same score 100 %" in after
    assert "alpha 1.00 (1.00 to 1.00)" in after, "the agreement, with its interval"
    assert "unproven" not in after and "phi-4 judges phi-3-mini, of its own family" in after


def test_of_a_session_that_is_scored_blind_no_name_is_told_to_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither to whoever asks nor to the judge, who is of the family of one of the hidden models."""
    names = ("phi-3-mini", "qwenda", "acmehost")
    models = [target("m1", "phi-3-mini", id="phi-3-mini-cpu:2"), target("m2", "qwenda", id="qwenda-gpu:1")]
    requests = [
        request("r1", model="m1", answer=["I am phi-3-mini, from acmehost."]),
        request("r2", model="m2", answer=["Ask qwenda-gpu:1, or Qwenda."]),
    ]
    made = session(requests, models=models, session_id="20261127T093106Z-aaaa", host={"title": "acmehost"})
    made.orders = [PaneOrder("measure", "p1", ("m2", "m1"), WHEN, seed=7, blind=True)]
    path = tmp_path / "20261127T093106Z-aaaa.toml"
    save(made, path)
    assert is_unrevealed(load(path))
    monkeypatch.setitem(SCRIPTS, "phi-4", judging(lambda question: verdict(score=2) if "from 1" in question else "No."))
    with LoopbackServer().running() as server:
        at = (str(path), "--host", server.url, "-m", "phi-4")
        ways = [
            call("judge", *at, cwd=tmp_path),
            call("judge", *at, "--json", "--again", cwd=tmp_path),
            call("judge", *at, "--pairs", cwd=tmp_path),
            call("judge", str(path), "--host", server.url, "-m", "e500", cwd=tmp_path),
        ]
        sent = [json.dumps(talk.body["messages"]).casefold() for talk in server.talks if "messages" in talk.body]
    assert [way.code for way in ways] == [0, 0, 6, 5]
    for way in some(ways):
        assert not any(name in (way.out + way.err).casefold() for name in some(names))
    assert len(sent) >= 8
    for body in some(sent):
        assert not any(name in body for name in some(names))
    assert ways[1].json["sessions"][0]["partial"] == []


@pytest.mark.parametrize("how", ["interrupted", "killed"])
def test_left_in_the_middle_what_was_judged_is_kept_and_only_the_rest_is_asked(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    gate = threading.Event()
    answered: list[str] = []

    async def judge(wire: Wire) -> None:
        if len(answered) == 2 and not gate.is_set():
            await wire.head()
            await wire.stall()
            return
        answered.append(asked_of(wire))
        await judging(lambda question: verdict(score=2))(wire)

    monkeypatch.setitem(SCRIPTS, "judge", judge)
    with LoopbackServer().running() as server:
        at = (str(file), "--host", server.url, "-m", "judge")
        process = start("judge", *at, cwd=tmp_path)
        until(lambda: sum("messages" in talk.body for talk in server.talks) == 3)
        if how == "killed":
            process.kill()
            process.communicate()
        else:
            process.send_signal(signal.SIGINT)
            assert finish(process).code == 130
            assert len(load(file).judgements) == 2
        gate.set()
        done = call("judge", *at, "--json", cwd=tmp_path)
    assert (done.code, done.json["sessions"][0]["asked"]) == (0, 2)
    kept = load(file)
    assert (len(kept.judgements), len(in_effect(kept).scores)) == (4, 4)


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


def test_python_has_a_model_judge_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCRIPTS, "judge", judging(lambda question: verdict(score=2)))
    with LoopbackServer().running() as server:
        found = foundry_compare.judge(file, "judge", host=server.url)
        again = foundry_compare.judge(file, "judge", host=server.url)
    assert (found.rater, found.asked, found.counts.scores, found.undecided) == ("judge judge", 4, 4, {})
    assert (again.asked, again.failed, len(load(file).judgements)) == (0, {}, 4)


@pytest.mark.slow
def test_of_a_demo_model_it_is_said_that_it_cannot_judge(tmp_path: Path) -> None:
    file = tmp_path / "one.toml"
    save(session([request("r1", answer="Yes.")]), file)
    done = call("judge", str(file), "--host", "demo", "-m", "demo-small", cwd=tmp_path)
    assert done.code == 6 and done.err.startswith(NO_JUDGES), done.err
