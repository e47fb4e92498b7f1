"""`foundry-compare bench` as a process, against a server on loopback."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from junitparser import JUnitXml

from tests.support.program import call, finish, start, until
from tests.support.some import some
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Order
from tui.core.requests.request import RequestState
from tui.report.noise import shown_share
from tui.storage.session_files import load

pytestmark = pytest.mark.slow
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
At = tuple[str, str]
TWO = ("-m", "good", "-m", "burst")


def test_it_measures_in_rounds_and_reports_in_every_way_that_is_asked_for(
    at: At, tmp_path: Path, sessions: Path
) -> None:
    files = ("-o", "r.csv", "-o", "r.workshop.json", "--junit", "j.xml")
    done = call("bench", *at, *TWO, "-p", "hi", "-p", "why", "--order", "abba", *files,
                "--fail-if", "ttft_ms > 0", "--fail-if", "ttft_ms > 60000", cwd=tmp_path)  # fmt: skip
    assert done.code == 8, done.err
    lines = done.out.splitlines()
    answers = [line for line in lines if " · round " in line]
    assert len(answers) == 2 * 2 * 3 and max(map(len, answers)) <= 80
    assert re.fullmatch(r"good · hi · round 1: [\d.]+ tok/s · first [\d.]+ m?s · total [\d.]+ m?s", answers[0])
    assert [line.split()[0] for line in answers[:4]] == ["good", "burst", "burst", "good"]
    assert sum(line.endswith("warm-up: ") or " · warm-up: " in line for line in lines) == 2
    for part in ("What may be said", "\nSpeed, measured\n", "--fail-if ttft_ms > 0 holds", "does not hold for any"):
        assert part in done.out
    (file,) = sessions.glob("*.toml")
    assert lines[-1] == f"Kept in {file}"
    (plan,) = load(file).plans.values()
    assert (plan.mode, plan.rounds, plan.order) == (Mode.MEASURE, 3, Order.ABBA)
    assert (tmp_path / "r.csv").read_text("utf-8").count("\n") == 3
    assert [line["rounds"] for line in json.loads((tmp_path / "r.workshop.json").read_text("utf-8"))] == [6, 6]
    cases = Xml.parse(tmp_path / "j.xml").findall("./testsuite/testcase")
    assert len(cases) == 12 + 2
    failed = {case.get("name"): case.find("failure") for case in some(cases)}
    assert [name for name, failure in failed.items() if failure is not None] == ["ttft_ms > 0"]
    said = [line for line in lines if line.startswith("--fail-if ttft_ms > 0 holds for")]
    assert failed["ttft_ms > 0"].get("message") == " ".join(said) and len(said) == 2


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--order", "abba", "-m", "reasoning"), "3 models cannot take turns as ABBA"),
        (("--order", "abba", "--mode", "race"), "The order `abba` goes with the mode `measure`"),
        (("--blind",), "bench goes without --blind"),
        (("--aa",), "2 models cannot be measured as one"),
        (("--aa", "--mode", "race"), "--aa goes with --mode measure"),
        (("--same-as", "nowhere.toml"), "There is no nowhere.toml to compare with"),
        (("--baseline", "nowhere.toml"), "There is no nowhere.toml to compare with"),
        (("-o", "report.xyz"), "does not say which format is meant"),
        (("--fail-if", "speed > 1"), "speed"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(
    at: At, tmp_path: Path, sessions: Path, more: tuple[str, ...], why: str
) -> None:
    done = call("bench", *at, *TWO, "-p", "hi", *more, cwd=tmp_path)
    assert done.code == 2 and why in done.err
    assert not list(sessions.glob("*.toml")) and done.out == ""


def test_one_model_cannot_take_turns(at: At, tmp_path: Path) -> None:
    done = call("bench", *at, "-m", "good", "-p", "hi", "--order", "abba", cwd=tmp_path)
    assert done.code == 2
    assert done.err.endswith("One model cannot take turns as ABBA. Name two, or use --order shuffle.\n")


def begun(sessions: Path) -> bool:
    return any('"text"' in file.read_text("utf-8") for file in sessions.glob("*.journal.jsonl"))


@POSIX
def test_a_first_interrupt_ends_after_the_answer_and_reports_what_there_is(
    at: At, tmp_path: Path, sessions: Path
) -> None:
    plan = ("--rounds", "16", "--pause", "0.1", "--warmup", "0")
    process = start("bench", *at, "-m", "good", "-p", "hi", *plan, cwd=tmp_path)
    until(lambda: begun(sessions))
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert done.code == 130, done.err
    assert "Ends after this answer, then reports" in done.err and "\nSpeed, measured\n" in done.out
    assert "stopped" not in done.out, "what was not asked has no line"
    (file,) = sessions.glob("*.toml")
    assert f"The rest is asked by: foundry-compare bench --resume {file}" in done.err
    states = Counter(request.state for request in load(file).requests.values())
    assert states[RequestState.DONE] >= 1 and states[RequestState.STOPPED] >= 8
    assert states.total() == 16, "each has an end"
    rest = call("bench", *at, "--resume", str(file), cwd=tmp_path)
    assert rest.code == 0 and " 16 " in rest.out.partition("\nSpeed, measured\n")[2], rest.err
    assert RequestState.STOPPED not in {one.state for one in load(file).requests.values()}


@POSIX
def test_a_second_interrupt_does_not_wait(at: At, tmp_path: Path, sessions: Path) -> None:
    process = start("bench", *at, "-m", "endless", "-p", "hi", "--rounds", "2", "--warmup", "0", cwd=tmp_path)
    until(lambda: begun(sessions))
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert any(b"Ends after this answer" in line for line in iter(process.stderr.readline, b""))
    process.send_signal(signal.SIGINT)
    done = finish(process)
    assert done.code == 130 and done.err.splitlines()[-1] == "foundry-compare: Interrupted."


def test_one_model_as_two_arms_gives_a_noise_floor_that_is_kept(at: At, tmp_path: Path, sessions: Path) -> None:
    done = call("bench", *at, "-m", "good", "-p", "hi", "--aa", "--order", "abba", "--junit", "j.xml", cwd=tmp_path)
    assert done.code == 0, done.err
    arms = [line.split(" · ")[0] for line in done.out.splitlines() if " · round " in line]
    assert arms[:4] == ["good (arm A)", "good (arm B)", "good (arm B)", "good (arm A)"] and len(arms) == 12
    said = next(line for line in done.out.splitlines() if line.startswith("A/A of good, 6 pairs: "))
    (file,) = sessions.glob("*.toml")
    held = load(file)
    assert [model.arm for model in held.models.values()] == ["A", "B"]
    floors = {noise.metric: noise for noise in held.noises}
    assert floors.keys() >= {"ttft_ms", "end_ms"} and {noise.pairs for noise in floors.values()} == {6}
    assert f"first text {shown_share(floors['ttft_ms'].share)}" in said
    (suite,) = JUnitXml.fromfile(str(tmp_path / "j.xml"))
    assert (suite.tests, suite.failures, suite.errors) == (12, 0, 0)
    assert call("sessions", "check", str(file), cwd=tmp_path).code == 0


def test_answers_are_compared_with_an_earlier_session(at: At, tmp_path: Path, sessions: Path) -> None:
    ask = ("bench", *at, "-m", "good", "-p", "hi", "-p", "why", "--rounds", "1", "--warmup", "0", "--deterministic")
    assert call(*ask, cwd=tmp_path).code == 0
    (first,) = sessions.glob("*.toml")
    same = call(*ask, "--same-as", str(first), "--junit", "j.xml", cwd=tmp_path)
    assert same.code == 0 and "\n- good, hi: same\n- good, why: same\n" in same.out, same.out
    text, answer = first.read_text("utf-8"), next(iter(load(first).requests.values())).answer
    first.write_text(text.replace(answer, f"{answer} Indeed.", 1), "utf-8")
    changed = call(*ask, "--same-as", str(first), "--junit", "k.xml", cwd=tmp_path)
    assert changed.code == 8 and "- good, hi: changed\n" in changed.out and "[-Indeed.-]" in changed.out, changed.out
    (suite,) = JUnitXml.fromfile(str(tmp_path / "k.xml"))
    assert [case.name for case in suite if not case.is_passed] == ["good: hi"] and suite.tests == 4
    none = call(*ask, "-m", "burst", "--same-as", str(first), cwd=tmp_path)
    assert none.code == 8 and "- burst, hi: nothing to compare with" in none.out
    other = call(*ask[:-1], "--same-as", str(first), cwd=tmp_path)
    assert other.code == 9
    assert ": nothing to compare with: it was asked with other parameters there" in " ".join(other.out.split())
