"""`foundry-compare run` with several questions, parameters a model has of its own, and plans that are gone on with."""

from __future__ import annotations

import json
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.support.loopback_server import LoopbackServer
from tests.support.program import call, finish, start, until
from tests.support.sessions import request, session
from tests.support.some import some
from tests.support.system_words import NO_SUCH_FILE
from tui.core.requests.request import BROKEN_OFF, RequestState
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import Overrides, Parameters
from tui.storage.session_files import load, save

At = tuple[str, str]
BARE = dict.fromkeys(("BENCH_MODELS", "BENCH_PROMPT", "COMPARE_PROMPT", "SLM_ALIAS", "LLM_ALIAS"), "")


@pytest.fixture(autouse=True)
def nothing_asked_before(server: LoopbackServer) -> None:
    server.talks.clear()


def the_session(sessions: Path) -> Session:
    (file,) = sessions.glob("*.toml")
    return load(file)


def test_every_question_of_flags_and_files_is_put_to_every_model_in_every_round(
    at: At, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    (tmp_path / "prompts.json").write_text(
        json.dumps(["two", {"prompt": "three", "system": "Be kind.", "expected_facets": ["warmth"]}])
    )
    (tmp_path / "more.toml").write_text('[[prompt]]\nuser = "four"\ntags = ["last"]\n')
    files = ("--prompts", "prompts.json", "--prompts", "more.toml")
    plan = ("--mode", "measure", "--rounds", "2", "--warmup", "0", "--system", "Be brief.")
    done = call("run", *at, "-m", "burst", "-p", "one", *files, *plan, "--json", cwd=tmp_path)
    assert done.code == 0, done.err
    asked = [[message["content"] for message in talk.body["messages"]] for talk in server.talks]
    once = [["Be brief.", "one"], ["Be brief.", "two"], ["Be kind.", "three"], ["Be brief.", "four"]]
    assert asked == once * 2
    assert [(run["prompt"], run["round"]) for run in done.json["runs"]] == [
        (prompt, number) for number in (1, 2) for prompt in ("one", "two", "three", "four")
    ]
    assert "3 of 8 ended, " in done.err and "8 of 8 ended\n" in done.err
    session = the_session(sessions)
    (kept,) = session.plans.values()
    assert (kept.rounds, kept.warmup, len(kept.prompts)) == (2, 0, 4)
    third, fourth = list(session.prompts.values())[2:]
    assert (third.facets, fourth.tags) == (("warmth",), ("last",))


def test_parameters_of_a_model_of_its_own_are_sent_and_kept(
    at: At, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    (tmp_path / "models.json").write_text(
        json.dumps([
            "burst",
            {"alias": "burst", "temperature": 1.5, "system": "Be odd.", "stop": ["!"], "max_tokens": 5, "size_mb": 3},
        ])
    )  # fmt: skip
    options = ("--deterministic", "--top-p", "0.5", "--stop", ".", "--stop", "?", "--warmup", "0")
    done = call(
        "run", *at, "--models", "models.json", "-p", "hi", *options, "--mode", "measure", "--json", cwd=tmp_path
    )
    assert done.code == 0, done.err
    sent = {talk.body["temperature"]: talk.body for talk in server.talks}
    usual, own = sent[0.0], sent[1.5]
    assert (usual["seed"], usual["top_p"], usual["stop"], usual["max_tokens"]) == (42, 0.5, [".", "?"], 512)
    assert (own["seed"], own["top_p"], own["stop"], own["max_tokens"]) == (42, 0.5, ["!"], 5)
    assert [len(body["messages"]) for body in (usual, own)] == [1, 2]
    assert own["messages"][0] == {"role": "system", "content": "Be odd."}
    session = the_session(sessions)
    assert [target.own for target in session.models.values()] == [
        Overrides(),
        Overrides(system="Be odd.", max_tokens=5, temperature=1.5, stop=("!",)),
    ]
    asked = {request.spec.model: session.parameters_of(request) for request in session.requests.values()}
    assert asked == {
        "m1": Parameters(512, 0.0, 0.5, 42, (".", "?")),
        "m2": Parameters(5, 1.5, 0.5, 42, ("!",)),
    }


def test_a_marker_of_its_own_begins_each_prompt_and_is_kept(
    at: At, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    call("run", *at, "-m", "burst", "-p", "hi", "--rounds", "3", "--nonce", cwd=tmp_path)
    session = the_session(sessions)
    markers = [request.spec.nonce for request in session.requests.values()]
    assert len(set(markers)) == 3
    assert [talk.body["messages"][0]["content"] for talk in server.talks] == [f"[{marker}] hi" for marker in markers]
    assert [prompt.user for prompt in session.prompts.values()] == ["hi"]


def test_what_failed_is_asked_again_and_then_skipped(
    at: At, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    plan = ("--mode", "measure", "--rounds", "2", "--warmup", "0", "--retries", "2")
    done = call("run", *at, "-m", "e500", "-m", "burst", "-p", "hi", *plan, cwd=tmp_path)
    assert done.code == 5
    bad = [request for request in the_session(sessions).requests.values() if request.spec.model == "m1"]
    assert sorted((request.spec.round, request.spec.launch, request.state.value) for request in bad) == [
        (1, 1, "failed"), (1, 2, "failed"), (1, 3, "failed"), (2, 1, "skipped"),
    ]  # fmt: skip
    assert set(re.findall(r"of (\d+) ended", done.err)) == {"4"}, "a plan does not grow by what is asked again"
    assert sum(talk.body["model"] == "burst" for talk in server.talks) == 2


def test_the_workshops_variables_say_what_no_flag_says(at: At, server: LoopbackServer, tmp_path: Path) -> None:
    said = BARE | {"BENCH_MODELS": "burst, late_text", "BENCH_PROMPT": "from bench", "BENCH_ROUNDS": "2"}
    done = call("run", *at, "--no-save", "--json", cwd=tmp_path, environ=said)
    assert done.code == 0, done.err
    assert sorted(run["model"] for run in done.json["runs"]) == ["burst"] * 2 + ["late_text"] * 2
    assert {run["prompt"] for run in done.json["runs"]} == {"from bench"}
    said = BARE | {"SLM_ALIAS": "burst", "LLM_ALIAS": "late_text", "COMPARE_PROMPT": "from compare"}
    done = call("run", *at, "--no-save", "--json", cwd=tmp_path, environ=said)
    assert [(run["model"], run["prompt"]) for run in done.json["runs"]] == [
        ("burst", "from compare"), ("late_text", "from compare"),
    ]  # fmt: skip
    flags = ("-m", "good", "-p", "hi")
    done = call("run", *at, *flags, "--no-save", "--json", cwd=tmp_path, environ=said)
    assert [(run["model"], run["prompt"]) for run in done.json["runs"]] == [("good", "hi")]
    said = BARE | {"FOUNDRY_LOCAL_ALIAS": "burst", "COMPARE_PROMPT": "of run", "BENCH_PROMPT": "of bench"}
    done = call(
        "bench", *at, "--no-save", "--rounds", "1", "--junit", "b.xml", cwd=tmp_path,
        environ=said | {"BENCH_TEMPERATURE": "0.2", "BENCH_STREAM": "0"},
    )  # fmt: skip
    assert done.code == 0 and "BENCH_STREAM=0 changes nothing" in done.err
    assert (server.talks[-1].body["temperature"], server.talks[-1].body["model"]) == (0.2, "burst")
    assert "of bench, round 1" in (tmp_path / "b.xml").read_text("utf-8")
    done = call("run", *at, "--no-save", "--deterministic", cwd=tmp_path,
                environ=said | {"BENCH_TEMPERATURE": "0.2", "SHOW_USAGE": "1"})  # fmt: skip
    assert server.talks[-1].body["temperature"] == 0 and server.talks[-1].body["messages"][-1]["content"] == "of run"
    assert re.search(r"\[tokens as the host counts them: prompt (\d+|-), answer \d+, total (\d+|-)\]", done.out)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("p.json", "{", "It is not JSON"),
        ("p.json", "[]", "It should hold a list of prompts."),
        ("p.json", '["a", 3]', "Prompt 2: it should be text or a table."),
        ("p.json", '[{"facets": ["x"]}]', "Prompt 1: `user` is missing."),
        ("p.json", '[{"user": " "}]', "Prompt 1: `user` is empty."),
        ("p.json", "[" * 100_000, "It is nested too deeply."),
        ("p.toml", "x = [", "It is not TOML"),
        ("p.toml", "a" + ".a" * 60 + " = 1", "A key in line 1 has more than 50 parts."),
        ("gone.json", None, NO_SUCH_FILE),
    ],
)
def test_a_file_that_is_no_list_of_prompts_is_named(
    at: At, tmp_path: Path, name: str, text: str | None, says: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    done = call("run", *at, "-m", "good", "--prompts", name, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    said = done.err.splitlines()[-1]
    assert said.startswith(f"foundry-compare: {name} cannot be read as a list of prompts. ") and says in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[{"temperature": 1}]', "Model 1: `alias` is missing."),
        ('[{"alias": "good", "temprature": 1}]', "did you mean `temperature`? Right would be"),
        ('{"good": {"temperature": 3}}', "Model 1 (`good`): `temperature` should be from 0 to 2."),
        ('{"good": {"max_tokens": "many"}}', "Model 1 (`good`): `max_tokens` should be a whole number."),
    ],
)
def test_a_file_that_is_no_list_of_models_is_named(at: At, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "m.json").write_text(text)
    done = call("run", *at, "--models", "m.json", "-p", "hi", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    said = done.err.splitlines()[-1]
    assert said.startswith("foundry-compare: m.json cannot be read as a list of models. ") and says in said


def test_without_a_question_the_ways_to_give_one_are_named(at: At, tmp_path: Path) -> None:
    done = call("run", *at, "-m", "good", cwd=tmp_path, environ=BARE)
    assert (done.code, done.err) == (
        2, "foundry-compare: No question is given. Ask with -p, or with --prompts and a file.\n",
    )  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_plan_that_was_broken_off_is_gone_on_with_as_it_was_begun(
    at: At, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    plan = ("--mode", "measure", "--rounds", "2", "--warmup", "0", "--temperature", "0.25")
    process = start("run", *at, "-m", "good", "-m", "endless", "-p", "hi", *plan, cwd=tmp_path)
    until(lambda: any(talk.body["model"] == "endless" and len(talk.sends) > 3 for talk in server.talks))
    process.send_signal(signal.SIGTERM)
    assert finish(process).code == 143
    (file,) = sessions.glob("*.toml")
    begun = load(file)
    (was,) = begun.plans.values()
    answered = {run: request for run, request in begun.requests.items() if request.state is RequestState.DONE}
    assert len(answered) < 2 and any(request.state is RequestState.STOPPED for request in begun.requests.values())
    server.talks.clear()
    process = start("run", *at, "--resume", str(file), cwd=tmp_path)
    until(lambda: any(talk.body["model"] == "endless" and len(talk.sends) > 3 for talk in server.talks))
    process.send_signal(signal.SIGTERM)
    done = finish(process)
    assert f"going on with {file.name}, " in done.err
    assert server.talks[0].body["temperature"] == 0.25
    after = load(file)
    assert after.plans == {was.key: was}
    assert after.id == begun.id and answered.keys() <= after.requests.keys()
    assert [path.name for path in sessions.iterdir()] == [file.name]


def test_a_plan_whose_program_was_killed_is_gone_on_with_to_its_end(
    at: At, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    plan = ("--mode", "measure", "--rounds", "5", "--warmup", "0")
    process = start("run", *at, "-m", "good", "-m", "late_text", "-p", "hi", *plan, cwd=tmp_path)
    until(lambda: len(server.talks) >= 4)
    process.kill()
    finish(process)
    (file,) = sessions.glob("*.toml")
    resumed = call("run", *at, "--resume", str(file), "--json", cwd=tmp_path)
    assert resumed.json["session"] == str(file)
    session = load(file)
    requests = session.requests.values()
    done = [(request.spec.model, request.spec.round) for request in requests if request.state is RequestState.DONE]
    assert sorted(done) == [(model, number) for model in ("m1", "m2") for number in range(1, 6)]
    # The answer that the kill fell into is kept as far as it came, and was asked again; all others are whole.
    cut = [request for request in requests if request.state is not RequestState.DONE]
    assert [(request.state, request.fault and request.fault.kind) for request in cut] in (
        [],
        [(RequestState.CUT, BROKEN_OFF)],
    )
    assert session.state == "finished"
    assert [path.name for path in sessions.iterdir()] == [file.name]


def test_of_two_programs_that_go_on_with_one_session_at_once_only_one_asks(
    at: At, nobody: At, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    plan = ("--mode", "measure", "--rounds", "3", "--warmup", "0")
    process = start("run", *at, "-m", "endless", "-p", "hi", *plan, cwd=tmp_path)
    until(lambda: any(len(talk.sends) > 3 for talk in server.talks))
    process.kill()
    finish(process)
    (lock,) = sessions.glob("*.lock")
    file = lock.with_suffix(".toml")
    server.talks.clear()
    both = [start("run", *at, "--resume", str(file), cwd=tmp_path) for _ in range(2)]
    until(lambda: any(one.poll() is not None for one in both) or len(server.talks) > 1)
    until(lambda: any(len(talk.sends) > 3 for talk in server.talks))
    (refused,) = [one for one in both if one.poll() is not None]
    (asking,) = [one for one in both if one is not refused]
    done = finish(refused)
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[-1] == (
        f"foundry-compare: {file.name} cannot be gone on with. Another program has it open. "
        "Try again when it has ended."
    )
    assert len(server.talks) == 1
    asking.kill()
    finish(asking)
    done = call("run", *nobody, "--resume", str(file), "--no-save", cwd=tmp_path)
    assert done.code == 3
    answers = [request.answer for request in load(file).requests.values()]
    assert len(answers) == 2 and all(some(answers)), "the one that was killed first, and the one that asked"


def test_a_session_is_not_gone_on_with_on_another_kind_of_host_or_with_other_questions(
    at: At, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    assert call("run", *at, "-m", "burst", "-p", "hi", cwd=tmp_path).code == 0
    (file,) = sessions.glob("*.toml")
    done = call("run", *at, "--resume", str(file), "-p", "more", cwd=tmp_path)
    assert done.err == "foundry-compare: --resume goes without models and prompts. The session has them.\n"
    file.write_text(file.read_text("utf-8").replace('kind = "openai"', 'kind = "daemon"'), "utf-8")
    done = call("run", *at, "--resume", str(file), cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[-1] == (
        "foundry-compare: The session was held with another kind of host: daemon. This one is openai. "
        "Name the same one with --host."
    )


def test_a_session_says_when_it_goes_on_with_another_server(
    at: At, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    plan = ("--mode", "measure", "--rounds", "2", "--warmup", "0")
    process = start("run", *at, "-m", "endless", "-p", "hi", *plan, cwd=tmp_path)
    until(lambda: any(len(talk.sends) > 3 for talk in server.talks))
    process.send_signal(signal.SIGTERM)
    finish(process)
    (file,) = sessions.glob("*.toml")
    text = file.read_text("utf-8").replace('"endless', '"burst')
    said = "This session was begun at http://box:1/v1; it goes on at "
    for begun_at in ("http://box:1/v1", server.url):
        file.write_text(text.replace(f'endpoint = "{server.url}"', f'endpoint = "{begun_at}"'), "utf-8")
        done = call("run", *at, "--resume", str(file), cwd=tmp_path)
        assert done.code == 0
        assert (f"{said}{server.url}." in done.err) is (begun_at != server.url)


def test_what_a_session_has_of_its_own_is_not_given_once_more(at: At, tmp_path: Path) -> None:
    given = ("--rounds", "7", "--mode", "measure", "--sessions", "elsewhere", "--nonce")
    done = call("run", *at, "--resume", "s.toml", *given, cwd=tmp_path)
    assert done.code == 2
    assert done.err == (
        "foundry-compare: --resume goes without --mode, --rounds, --nonce, --sessions. The session has its own.\n"
    )


def test_nothing_is_left_to_ask_in_a_session_that_came_to_its_end(at: At, tmp_path: Path, sessions: Path) -> None:
    assert call("run", *at, "-m", "burst", "-p", "hi", cwd=tmp_path).code == 0
    (file,) = sessions.glob("*.toml")
    before = file.read_bytes()
    done = call("run", *at, "--resume", str(file), cwd=tmp_path)
    assert done.code == 2
    assert done.err.splitlines()[-1] == "foundry-compare: Nothing is left to ask in this session. Begin a new one."
    assert load(file).requests.keys() == {"r1"}, before


@pytest.mark.parametrize(("option", "value"), [("--seed", str(1 << 64)), ("--max-tokens", str(1 << 64))])
def test_a_number_that_no_file_can_hold_is_wrong_usage(option: str, value: str, at: At, tmp_path: Path) -> None:
    done = call("run", *at, "-m", "good", "-p", "hi", option, value, cwd=tmp_path)
    assert done.code == 2
    assert option in done.err


def test_a_further_file_of_a_session_is_not_gone_on_with(at: At, tmp_path: Path) -> None:
    part = session([request("r1")], session_id="20261122T110301Z-7f3a-2")
    part.extra = {"part_of": "20261122T110301Z-7f3a"}
    save(part, tmp_path / "s-2.toml")
    done = call("run", *at, "--resume", "s-2.toml", cwd=tmp_path)
    assert done.code == 2
    assert done.err.splitlines()[-1] == (
        "foundry-compare: s-2.toml is a further part of a session. Go on with 20261122T110301Z-7f3a.toml."
    )


def test_what_was_skipped_while_the_model_was_gone_is_asked_when_it_is_back(
    at: At, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    plan = ("--mode", "measure", "--rounds", "3", "--warmup", "1", "--json")
    server.unloaded.add("burst")
    done = call("run", *at, "-m", "burst", "-p", "hi", *plan, cwd=tmp_path)
    server.unloaded.clear()
    assert done.code == 5
    why = "The host refused with 400: Model burst is not loaded."
    assert (
        f"burst: failed while warming up: {why} Have the host load burst, then run it again." in done.err.splitlines()
    )
    assert [run["state"] for run in done.json["runs"]] == ["skipped"] * 3
    assert [run["error"]["message"] for run in done.json["runs"]] == [
        f"Not asked, because its warm-up failed: {why}"
    ] * 3
    (file,) = sessions.glob("*.toml")
    done = call("run", *at, "--resume", str(file), cwd=tmp_path)
    assert done.code == 0, done.err
    states = [request.state for request in load(file).requests.values()]
    assert states == [RequestState.FAILED, *[RequestState.DONE] * 4]
    done = call("run", *at, "--resume", str(file), cwd=tmp_path)
    assert done.err.endswith("Nothing is left to ask in this session. Begin a new one.\n")


def test_why_a_request_was_skipped_is_printed(at: At, tmp_path: Path) -> None:
    done = call("run", *at, "-m", "e500", "-p", "hi", "--mode", "measure", cwd=tmp_path)
    assert done.code == 5
    assert "skipped: Not asked, because its warm-up failed: The host refused with 500: boom." in done.out


def test_a_retry_says_that_it_waits_and_for_whom(at: At, tmp_path: Path) -> None:
    done = call("run", *at, "-m", "busy", "-m", "e500", "-p", "hi", "--retries", "1", cwd=tmp_path)
    assert done.code == 5
    assert "busy, e500: asked once more in 1 s, as the host wishes" in done.err.splitlines()


def test_it_closes_with_what_was_counted_and_the_verdict(at: At, tmp_path: Path) -> None:
    asked = ("-p", "one", "-p", "two", "--rounds", "2", "--mode", "measure")
    done = call("run", *at, "-m", "good", "-m", "late_text", "-m", "e500", *asked, cwd=tmp_path)
    _, title, closing = done.out.partition("\nWhat may be said, on the same prompts\n")
    assert title
    _, need, rounds, first, verdict, *others = closing.splitlines()
    assert f"{need} {rounds}" == (
        "Two models need 6 prompts at least for any verdict; further rounds of the same prompts do not count."
    )
    assert re.fullmatch(r"- first text: good faster than late_text in 4 of 4, [\d.]+ times;", first), first
    assert re.fullmatch(r"  too few \(about \d+ more prompts\): n 2, [\d.]+ times \(.+", verdict), verdict
    assert any(line.startswith("- whole answer: ") for line in others)
    assert "- failed: e500 4 of 4, good 0 of 4, late_text 0 of 4." in others
    speed = others[others.index("Speed, measured") + 4 :]
    assert [row.split()[:3] for row in speed[:3]] == [["1", "e500", "0"], ["2", "good", "4"], ["3", "late_text", "4"]]
    assert others[-1].startswith("Kept in ")
    assert all(len(line) <= 80 for line in (first, verdict, *others[:-1]))


def test_a_race_of_rounds_closes_with_a_table_and_no_verdict_on_speed(at: At, tmp_path: Path) -> None:
    ask = ("run", *at, "-m", "good", "-m", "burst", "-p", "hi", "--rounds", "2")
    done = call(*ask, cwd=tmp_path)
    _, title, closing = done.out.partition("\nSpeed, raced\n")
    assert title and "no verdict on speed from a race: --mode measure asks" in " ".join(closing.split())
    assert "faster" not in done.out and "1, 2: contended." in done.out
    assert "Speed" not in call(*ask, "--json", cwd=tmp_path).out
    assert "Speed" not in call(*ask[:-2], cwd=tmp_path).out, "one answer of each is its own table"


def test_a_report_of_the_file_has_the_numbers_that_it_closed_with(at: At, tmp_path: Path) -> None:
    asked = ("-m", "good", "-m", "late_text", "-p", "one", "-p", "two", "--mode", "measure")
    data = call("run", *at, *asked, "--json", cwd=tmp_path).json
    report = call("report", data["session"], "--format", "json", cwd=tmp_path).json
    assert data["comparisons"] == report["comparisons"] != []


def test_one_answer_of_each_is_compared_in_json_alone(at: At, tmp_path: Path) -> None:
    done = call("run", *at, "-m", "good", "-m", "burst", "-p", "hi", cwd=tmp_path)
    assert "What may be said" not in done.out
    data = call("run", *at, "-m", "good", "-m", "burst", "-p", "hi", "--json", cwd=tmp_path).json
    (first, *_) = data["comparisons"]
    assert (first["figure"], first["outcome"], first["n"], first["mode"]) == ("ttft_ms", "no verdict", 1, "race")
    assert {first["a"]["model"], first["b"]["model"]} == {"good", "burst"}
    assert first["sentence"] == f"first text: {first['counts_in_words']}; {first['verdict_in_words']}"


def test_each_answer_goes_into_a_file_and_none_is_replaced_unless_that_is_said(at: At, tmp_path: Path) -> None:
    ask = ("run", *at, "-m", "good", "-m", "cut", "-m", "e500", "-p", "one", "-p", "two", "--out-dir", "out/here")
    done = call(*ask, cwd=tmp_path)
    assert done.code == 5 and "4 answers written to " in done.err
    folder = tmp_path / "out" / "here"
    expected = ["cut-p1-cut.txt", "cut-p2-cut.txt", "p1-good.txt", "p2-good.txt"]
    assert sorted(file.name for file in folder.iterdir()) == expected, "what is not whole says so, what failed has none"
    answers = {run["answer"] for run in call(*ask[:-2], "--json", cwd=tmp_path).json["runs"] if run["model"] == "good"}
    assert answers == {(folder / "p1-good.txt").read_bytes().decode()}
    (folder / "p2-good.txt").write_text("mine", "utf-8")
    again = call(*ask, cwd=tmp_path)
    assert (again.code, again.out) == (2, "") and "is there already" in again.err and "--force" in again.err
    assert (folder / "p2-good.txt").read_text("utf-8") == "mine"
    assert call(*ask, "--force", cwd=tmp_path).code == 5
    assert (folder / "p2-good.txt").read_text("utf-8") != "mine"
    assert call(*ask[:-1], "out/here/p1-good.txt", cwd=tmp_path).code == 2
    assert call(*ask, "--blind", cwd=tmp_path).code == 2
