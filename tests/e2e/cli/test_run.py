"""`foundry-compare run` as a process, against a server on loopback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import sessions as make
from tests.support.loopback_server import SCRIPTS, WORDS, LoopbackServer
from tests.support.odd_servers import UnlistingServer
from tests.support.program import Done, call
from tests.support.replay_service import replaying
from tests.support.some import some
from tests.support.streams import CASES, script
from tests.unit.storage.entries import folded, header, run_entries, stream
from tui.cli.run import summary
from tui.core.metrics.registry import METRICS
from tui.core.requests.request import RequestState
from tui.storage.journal import Journal
from tui.storage.session_files import load

At = tuple[str, str]
ANSWER = "".join(WORDS)
SCRIPTS["cached"] = script(CASES["prompt cache"])


def kept(folder: Path) -> list[str]:
    """The names of the files in a folder that need not exist."""
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


def a_sentence(done: Done) -> str:
    """What the program says of its failure: one line that says what happened, and no trace."""
    *_, line = done.err.strip().splitlines()
    assert line.startswith("foundry-compare: ") and line.endswith((".", "!", "?"))
    assert "Traceback" not in done.err
    return line


def test_the_answers_come_as_text_with_their_numbers(at: At, tmp_path: Path, sessions: Path) -> None:
    done = call("run", *at, "-m", "good", "-m", "reasoning", "-p", "hi", cwd=tmp_path)
    assert done.code == 0
    blocks = done.out.split("\n── ")[1:]
    names = [block.split()[0] for block in blocks]
    assert sorted(names) == ["good", "reasoning"]
    good = next(block for block in blocks if block.startswith("good"))
    assert good.splitlines()[1] == ANSWER
    assert re.search(r"\[5 tokens · [\d.]+ tok/s · first [\d.]+ m?s · total [\d.]+ m?s · stop · contended\]", good)
    (name,) = kept(sessions)
    assert done.out.splitlines()[-1] == f"Kept in {sessions / name}"
    session = load(sessions / name)
    assert {request.state for request in session.requests.values()} == {RequestState.DONE}
    assert session.state == "finished"


def test_json_is_one_object_of_the_promised_shape(at: At, tmp_path: Path, sessions: Path) -> None:
    done = call("run", *at, "-m", "good", "-m", "reasoning", "-m", "e500", "-p", "hi", "--json", cwd=tmp_path)
    assert done.code == 5
    data = done.json
    assert set(data) == {"session", "runs", "comparisons", "orders", "failures_compared", "not_comparable"}
    assert data["session"] == str(sessions / kept(sessions)[0])
    good, thinking, failed = data["runs"]
    promised = {"model", "prompt", "round", "state", "finish_reason", "answer", "metrics"}
    for run in some(data["runs"]):
        assert set(run) == promised | {
            "reasoning", "error", "adjusted", "device", "system", "parameters", "launch", "conversation",
        }  # fmt: skip
        assert {metric.name for metric in METRICS} <= set(run["metrics"])
    assert {key: good[key] for key in promised - {"metrics"}} == {
        "model": "good", "prompt": "hi", "round": 1, "state": "done", "finish_reason": "stop", "answer": ANSWER,
    }  # fmt: skip
    metrics = good["metrics"]
    assert metrics["completion_tokens"] == len(WORDS)
    assert 0 < metrics["ttft_ms"] <= metrics["last_ms"] <= metrics["end_ms"]
    assert (metrics["think_ms"], metrics["load_ms"]) == (None, None)
    assert (metrics["cached_tokens"], metrics["ttft_from_cache"]) == (None, None)
    assert metrics["contended"] is True
    assert (thinking["reasoning"], thinking["answer"]) == ("Hm.", "Yes.")
    assert thinking["metrics"]["think_ms"] > 0
    assert failed["error"]["message"] == "The host refused with 500: boom."
    assert failed["metrics"]["ttft_ms"] is None
    assert "good: done" in done.err and "e500: failed" in done.err


def test_a_prompt_that_came_from_a_cache_is_told_as_that(at: At, tmp_path: Path) -> None:
    told = call("run", *at, "-m", "cached", "-p", "hi", cwd=tmp_path)
    assert "s · 7990 of 8000 prompt tokens from a cache · total " in told.out
    (run,) = call("run", *at, "-m", "cached", "-p", "hi", "--json", cwd=tmp_path).json["runs"]
    metrics = run["metrics"]
    assert (metrics["prompt_tokens"], metrics["cached_tokens"], metrics["ttft_from_cache"]) == (8000, 7990, True)
    assert metrics["prefill_tps"] == pytest.approx(10_000 / metrics["ttft_ms"])


def test_a_measured_run_tells_of_its_warm_up_on_stderr_only(at: At, tmp_path: Path, sessions: Path) -> None:
    done = call("run", *at, "-m", "burst", "-p", "hi", "--mode", "measure", "--json", cwd=tmp_path)
    assert done.code == 0
    warmed, ahead, ended, at_end = done.err.splitlines()[1:]
    assert (warmed, ended) == ("burst: warmed up", "burst: done")
    assert ahead.startswith("1 of 2 ended, ") and ahead.endswith(" left") and at_end == "2 of 2 ended"
    assert "asking burst" in done.err
    (told,) = done.json["runs"]
    assert (told["round"], told["metrics"]["contended"]) == (1, False)
    requests = load(sessions / kept(sessions)[0]).requests.values()
    assert [(request.spec.round, request.spec.warmup) for request in requests] == [(0, True), (1, False)]


def test_prompt_parameters_and_key_reach_the_server_and_the_key_is_kept_nowhere(
    at: At, server: LoopbackServer, tmp_path: Path, sessions: Path
) -> None:
    keys = {"FOUNDRY_COMPARE_API_KEY": "sk-secret-1", "OPENAI_API_KEY": "sk-other-2"}
    options = ("--max-tokens", "7", "--temperature", "0.5", "--seed", "3")
    prompt = "Grüße می\u200cخواهم क्\u200dष 👨\u200d👩\u200d👧 e\u0301\t\u202e\n"
    done = call("run", *at, "-m", "burst", "-p", "-", *options, cwd=tmp_path, stdin=prompt.encode(), environ=keys)
    assert done.code == 0
    talk = server.talk("burst")
    assert (talk.body["max_tokens"], talk.body["temperature"], talk.body["seed"]) == (7, 0.5, 3)
    assert talk.body["messages"] == [{"role": "user", "content": prompt}]
    assert talk.headers["authorization"] == "Bearer sk-secret-1"
    for text in (done.out, done.err, (sessions / kept(sessions)[0]).read_text("utf-8")):
        assert "sk-" not in text


@pytest.mark.parametrize(
    ("models", "code"),
    [(("cut",), 5), (("burst", "empty"), 6), (("empty", "e500"), 5)],
    ids=["cut", "empty", "empty and failed"],
)
def test_the_exit_code_names_the_worst_answer(at: At, tmp_path: Path, models: tuple[str, ...], code: int) -> None:
    chosen = [part for model in models for part in ("-m", model)]
    assert call("run", *at, *chosen, "-p", "hi", "--no-save", cwd=tmp_path).code == code


@pytest.mark.parametrize(
    ("args", "stdin", "says"),
    [
        (("-m", "good", "-p", ""), b"", "The prompt is empty."),
        (("-m", "good", "-p", "-"), b" \n", "The prompt is empty."),
        (("-m", "good", "-p", "-"), b"caf\xe9", "The prompt is not text."),
        (("-m", "good", "-p", "caf\udce9"), b"", "The prompt is not text."),
        (("-p", "hi"), b"", "No model is chosen."),
        (("-m", "good", "-p", "hi", "--host", "ftp://127.0.0.1"), b"", "A host is http://127.0.0.1:8000/v1, "),
        (("-m", "good", "-p", "hi", "--host", "not a url"), b"", "A host is http://127.0.0.1:8000/v1, "),
        (("-m", "good", "-p", "hi", "--host", "http://"), b"", "A host is http://"),
    ],
    ids=[
        "empty",
        "blank",
        "stdin in another encoding",
        "argument in another encoding",
        "no model",
        "another scheme",
        "no address",
        "no place",
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(
    at: At, tmp_path: Path, args: tuple[str, ...], stdin: bytes, says: str
) -> None:
    done = call("run", *(() if "--host" in args else at), *args, cwd=tmp_path, stdin=stdin)
    assert done.code == 2
    assert done.out == ""
    assert says in a_sentence(done)


@pytest.mark.parametrize("args", [(), ("-p", "hi", "--mode", "dance"), ("-p", "hi", "--max-tokens", "0")])
def test_wrong_options_are_usage(at: At, tmp_path: Path, args: tuple[str, ...]) -> None:
    done = call("run", *at, "-m", "good", *args, cwd=tmp_path)
    assert done.code == 2
    assert done.out == "" and "Traceback" not in done.err


def test_a_host_that_is_not_there_is_named(nobody: At, tmp_path: Path, sessions: Path) -> None:
    done = call("run", *nobody, "-m", "good", "-p", "hi", cwd=tmp_path)
    assert done.code == 3
    assert nobody[1] in a_sentence(done)
    assert kept(sessions) == []


def test_a_model_that_is_not_listed_is_missing_and_the_others_are_named(at: At, tmp_path: Path) -> None:
    done = call("run", *at, "-m", "good", "-m", "nosuch", "-p", "hi", cwd=tmp_path)
    assert done.code == 4
    said = a_sentence(done)
    first = min(SCRIPTS)
    assert f"There is no model nosuch on this host. It has: {first}, " in said and said.endswith(" more.")


def test_what_a_host_refused_to_be_asked_is_said(tmp_path: Path) -> None:
    with LoopbackServer().running() as server:
        said = "seed: refused by the host and left out."
        ask = ("run", "--host", server.url, "-m", "no_seed", "-p", "hi", "--seed", "4")
        assert said in call(*ask, cwd=tmp_path).out.splitlines()
        (run,) = call(*ask, "--json", cwd=tmp_path).json["runs"]
        assert (run["state"], run["adjusted"]) == ("done", ["seed"])


def test_a_host_that_lists_nothing_is_asked_all_the_same(tmp_path: Path) -> None:
    with UnlistingServer().running() as server:
        done = call("run", "--host", server.url, "-m", "good", "-p", "hi", "--no-save", cwd=tmp_path)
    assert done.code == 0
    assert ANSWER in done.out


def test_nothing_is_written_when_nothing_is_to_be_kept(at: At, tmp_path: Path, own_folders: Path) -> None:
    done = call("run", *at, "-m", "burst", "-p", "hi", "--no-save", "--json", cwd=tmp_path)
    assert done.code == 0
    assert done.json["session"] is None
    assert kept(own_folders / "sessions") == kept(own_folders / "state") == kept(tmp_path) == []


def test_a_session_that_cannot_be_kept_costs_no_answer(at: At, tmp_path: Path, own_folders: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    where = tmp_path / "file" / "sessions"
    done = call("run", *at, "-m", "good", "-p", "hi", "--sessions", str(where), cwd=tmp_path)
    assert done.code == 1
    assert ANSWER in done.out
    assert "Kept in" not in done.out
    assert f"foundry-compare: The session cannot be kept in {where}. " in done.err
    assert "Traceback" not in done.err
    (journal,) = (own_folders / "state").glob("*.journal.jsonl")
    assert done.err.splitlines()[-1] == (
        f"foundry-compare: The session is not in {where / journal.name.replace('journal.jsonl', 'toml')}. "
        f"All of it is noted in {journal}, and taken in at the next start."
    )


def test_where_nothing_can_be_written_no_folder_is_named_as_having_it(
    at: At, tmp_path: Path, own_folders: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    (own_folders / "state").write_text("in the way")
    where = tmp_path / "file" / "sessions"
    done = call("run", *at, "-m", "good", "-p", "hi", "--json", "--sessions", str(where), cwd=tmp_path)
    assert done.code == 1
    assert done.json["session"] is None
    assert done.json["runs"][0]["answer"] == ANSWER
    assert done.err.splitlines()[-1].endswith("Nothing of it is kept.")
    assert "noted in" not in done.err


def test_behind_the_name_of_a_host_an_alias_and_a_device_mean_what_they_mean_without_it(
    server: LoopbackServer, own_folders: Path, tmp_path: Path
) -> None:
    here = "Phi-4-mini-instruct-generic-cpu"
    (own_folders / "config").mkdir()
    with replaying() as service:
        (own_folders / "config" / "config.toml").write_text(f'[hosts.lab]\nurl = "{service.url}"\n', encoding="utf-8")
        hosts = ("--host", "lab", "--host", server.url)
        box = f"127.0.0.1:{server.port}/good"
        for name in ("lab/phi-4-mini", "Lab/Phi-4-Mini@CPU", f"lab/{here}", f"{here}@cpu"):
            done = call("run", *hosts, "-m", name, "-m", box, "-p", "hi", "--no-save", "--json", cwd=tmp_path)
            assert done.code == 0, done.err
            assert [run["model"] for run in done.json["runs"]] == [f"lab/{here}", box]
        loaded = call("models", "load", *hosts, "lab/phi-4-mini", cwd=tmp_path)
        absent = call("run", *hosts, "-m", "lab/phi-4-mini@tpu", "-p", "hi", cwd=tmp_path)
    assert loaded.code == 0, loaded.err
    assert absent.code == 4 and "There is no model lab/phi-4-mini@tpu on any of these hosts." in absent.err


def test_one_model_on_two_hosts_is_told_apart(server: LoopbackServer, tmp_path: Path) -> None:
    with LoopbackServer().running() as other:
        places = [f"127.0.0.1:{one.port}" for one in (server, other)]
        hosts = [part for one in (server, other) for part in ("--host", one.url)]
        models = [part for place in places for part in ("-m", f"{place}/good")]
        done = call("run", *hosts, *models, "-p", "hi", "--no-save", cwd=tmp_path)
    assert done.code == 0, done.err
    assert sorted(re.findall(r"── (\S+)", done.out)) == sorted(f"{place}/good" for place in places)
    assert all(f"{place}/good" in done.err for place in some(places))


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("cut", "cut: The stream ended in the middle of the answer."),
        ("empty", "empty: The model ended without a word."),
        ("e500", "failed: The host refused with 500: boom."),
    ],
)
def test_every_end_but_the_usual_has_its_sentence(at: At, model: str, told: str, tmp_path: Path) -> None:
    asked = ("run", *at, "-m", model, "-p", "hi", "--no-save")
    done = call(*asked, cwd=tmp_path)
    assert any(line.startswith(told) for line in done.out.splitlines()), done.out
    done = call(*asked, "--json", cwd=tmp_path)
    (run,) = done.json["runs"]
    assert told == f"{run['state']}: {run['error']['message']}"
    assert any(told in line for line in done.err.splitlines())


def test_a_rate_that_is_not_known_has_its_reason(at: At, tmp_path: Path) -> None:
    asked = ("run", *at, "-m", "cut", "-p", "hi", "--no-save")
    assert " · - tok/s (the host did not count the tokens) · " in call(*asked, cwd=tmp_path).out
    (run,) = call(*asked, "--json", cwd=tmp_path).json["runs"]
    assert run["metrics"]["decode_tps"] is None
    assert run["metrics"]["decode_tps_unknown"] == "the host did not count the tokens"


def test_what_a_program_that_died_left_is_completed_beside_a_run(at: At, tmp_path: Path, sessions: Path) -> None:
    whole = make.session([folded("r1", stream("r1", ["All of it."], ended=True))], session_id="20261122T110301Z-dead")
    journal = Journal(sessions / f"{whole.id}.journal.jsonl")
    for entry in [*header(whole), *run_entries("r1", stream("r1", ["All of it."], ended=True))]:
        journal.append(entry)
    journal.close()
    damaged = sessions / "damaged.journal.jsonl"
    damaged.write_text('{"session": {}}\n')
    done = call("run", *at, "-m", "burst", "-p", "hi", "--no-save", cwd=tmp_path)
    assert done.code == 0 and journal.path.exists(), "nothing is kept: nothing is looked at"
    done = call("run", *at, "-m", "burst", "-p", "hi", cwd=tmp_path)
    assert done.code == 0
    assert (
        "A session whose file was not complete has been completed from its journal (answers: 1, scores: 0): "
        f"{whole.id}.toml." in done.err.splitlines()
    )
    assert f"The journal {damaged.name} cannot be understood." in done.err
    assert not journal.path.exists() and damaged.exists()
    assert load(sessions / f"{whole.id}.toml").requests["r1"].answer == "All of it."


def test_what_was_never_asked_has_no_numbers_and_one_chunk_is_one() -> None:
    assert summary(make.request("r1", state=RequestState.SKIPPED)) == "skipped"
    assert summary(make.request("r1", answer=["all"], usage=False)).startswith("1 chunk · ")
    assert summary(make.request("r1", usage=False)).startswith("3 chunks · ")
    assert summary(make.request("r1", state=RequestState.FAILED)).endswith(" · failed")


def test_the_only_model_of_a_host_need_not_be_named(tmp_path: Path) -> None:
    with LoopbackServer().running() as server:
        server.listed = ("burst",)
        done = call("run", "--host", server.url, "-p", "hi", cwd=tmp_path)
        assert done.code == 0 and "── burst " in done.out
        done = call("smoke", "--host", server.url, cwd=tmp_path)
        assert done.code == 0 and "ok    burst: answered in " in done.out
