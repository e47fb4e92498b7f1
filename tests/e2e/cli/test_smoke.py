"""`foundry-compare smoke`, `models` and the version: what a workshop runs first."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest
from junitparser import Failure, JUnitXml

from tests.hosts.models_server import as_json, serving
from tests.support.loopback_server import SCRIPTS, LoopbackServer
from tests.support.program import call
from tests.support.replay_service import replaying
from tests.support.some import some
from tui.core.plans.mode import MAX_MODELS

At = tuple[str, str]


def test_one_line_a_check_and_zero_when_all_is_well(at: At, server: LoopbackServer, tmp_path: Path) -> None:
    server.talks.clear()
    done = call("smoke", *at, "-m", "good", "-m", "burst", cwd=tmp_path)
    assert done.code == 0
    host, models, *answers = done.out.splitlines()
    assert host == f"ok    host: OpenAI-compatible server at 127.0.0.1:{server.port} answers"
    assert models == f"ok    models: {len(SCRIPTS)} listed"
    assert sorted(line.split()[1] for line in answers) == ["burst:", "good:"]
    told = re.compile(r"ok    .*: answered in [\d.]+ m?s, first text after [\d.]+ m?s")
    assert all(told.fullmatch(line) for line in some(answers))
    spans = [(talk.sends[0][0], talk.sends[-1][0]) for talk in server.talks]
    assert len(spans) == 2 and spans[0][1] < spans[1][0]


@pytest.mark.parametrize(
    ("args", "code", "lines"),
    [
        (("-m", "e500", "-m", "empty", "-m", "cut"), 5, {
            "FAIL  e500: The host refused with 500: boom.",
            "FAIL  empty: answered without any text",
            "FAIL  cut: The stream ended in the middle of the answer.",
        }),
        (("-m", "empty", "-m", "nosuch"), 4, {
            "FAIL  nosuch: There is no model nosuch on this host. It has: {listed}.",
            "FAIL  empty: answered without any text",
        }),
    ],
    ids=["failed", "missing"],
)  # fmt: skip
def test_every_trouble_has_its_line_and_the_lowest_code_wins(
    at: At, tmp_path: Path, args: tuple[str, ...], code: int, lines: set[str]
) -> None:
    done = call("smoke", *at, *args, cwd=tmp_path)
    assert done.code == code
    listed = ", ".join([*sorted(SCRIPTS)[:20], f"and {len(SCRIPTS) - 20} more"])
    expected = {line.format(listed=listed) for line in lines}
    assert {line for line in done.out.splitlines() if not line.startswith("ok    ")} == expected


def test_an_answer_that_takes_longer_than_the_limit_is_too_slow(at: At, tmp_path: Path) -> None:
    done = call("smoke", *at, "-m", "good", "--slow-ms", "1", cwd=tmp_path)
    assert done.code == 7
    assert done.out.splitlines()[-1].startswith("FAIL  good: answered in ")
    assert done.out.endswith("; the limit is 1 ms\n")


def test_for_machines_it_is_one_object(at: At, server: LoopbackServer, tmp_path: Path, own_folders: Path) -> None:
    done = call("smoke", *at, "-m", "good", "-m", "empty", "--json", cwd=tmp_path)
    assert done.code == 6
    data = done.json
    assert (data["ok"], data["exit_code"]) == (False, 6)
    assert data["host"] == f"OpenAI-compatible server at 127.0.0.1:{server.port}"
    checks = {check["check"]: check for check in data["checks"]}
    assert list(checks)[:2] == ["host", "models"] and set(checks) == {"host", "models", "good", "empty"}
    assert [checks[name]["ok"] for name in ("host", "models", "good", "empty")] == [True, True, True, False]
    assert 0 < checks["good"]["ttft_ms"] < checks["good"]["end_ms"]
    assert checks["empty"]["ttft_ms"] is None
    assert checks["empty"]["exit_code"] == 6
    assert not (own_folders / "sessions").exists()


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
def test_a_host_that_is_not_there_is_the_first_trouble(nobody: At, tmp_path: Path, form: tuple[str, ...]) -> None:
    done = call("smoke", *nobody, "-m", "good", *form, cwd=tmp_path)
    assert done.code == 3
    if form:
        (check,) = done.json["checks"]
        assert (check["check"], check["exit_code"]) == ("host", 3)
    else:
        (line,) = done.out.splitlines()
        assert line.startswith("FAIL  host: ") and nobody[1] in line


@pytest.mark.parametrize(
    "listed", [("good",), ("burst", "cut", "empty", "good", "late_text", "no_done", "reasoning", "split")]
)
def test_without_names_each_model_is_asked_where_few_are_listed(listed: tuple[str, ...], tmp_path: Path) -> None:
    with LoopbackServer().running() as server:
        server.listed = listed
        done = call("smoke", "--host", server.url, cwd=tmp_path)
        told = call("smoke", "--host", server.url, "--json", cwd=tmp_path)
    checks = {check["check"]: check["exit_code"] for check in told.json["checks"]}
    trouble = {"empty": 6, "cut": 5}
    assert checks == {"host": 0, "models": 0} | {name: trouble.get(name, 0) for name in some(listed)}
    assert {line.partition(":")[0].split()[1] for line in done.out.splitlines()} == set(checks)
    assert done.code == told.code == (5 if "cut" in listed else 0)


def test_without_names_none_of_many_models_is_asked(at: At, server: LoopbackServer, tmp_path: Path) -> None:
    server.talks.clear()
    done = call("smoke", *at, cwd=tmp_path)
    assert len(SCRIPTS) > MAX_MODELS and not server.talks
    assert done.code == 2
    assert f"Of more than {MAX_MODELS} models none is asked unless it is named. The host has: " in done.err
    assert done.err.endswith(f"Choose with -m MODEL; -m all-cached asks all {len(SCRIPTS)}.\n")
    assert f"more than {MAX_MODELS} none" in " ".join(call("smoke", "--help", cwd=tmp_path).out.split())


@pytest.mark.parametrize("args", [("--slow-ms", "0"), ("--host", "not a url"), ()], ids=["limit", "host", "no model"])
def test_what_makes_no_sense_is_usage(at: At, tmp_path: Path, args: tuple[str, ...]) -> None:
    done = call("smoke", *(() if "--host" in args else at), *args, cwd=tmp_path)
    assert done.code == 2
    assert "FAIL" not in done.out and done.err and "Traceback" not in done.err


def test_models_are_listed_in_columns(at: At, tmp_path: Path) -> None:
    done = call("models", *at, cwd=tmp_path)
    assert done.code == 0
    head, *rows = done.out.splitlines()
    assert head.split() == ["state", "id", "device", "ep", "size", "context", "licence", "task"]
    assert [row.split()[1] for row in rows] == sorted(SCRIPTS)
    assert {tuple(row.split()[2:]) for row in rows} == {("-",) * 6}


def test_models_are_listed_for_machines(tmp_path: Path) -> None:
    with serving(as_json({"data": [{"id": "a:1", "max_model_len": 4096}]})) as server:
        done = call("models", "--host", server.url, "--json", cwd=tmp_path)
    assert done.code == 0
    data = done.json
    assert data["host"]["endpoint"] == f"{server.url}/v1"
    (model,) = data["models"]
    assert (model["id"], model["context"], model["size_mb"], model["toy"]) == ("a:1", 4096, None, False)


def test_a_host_without_a_list_says_so_and_is_no_failure(tmp_path: Path) -> None:
    with serving(as_json({"data": []})) as server:
        done = call("models", "--host", server.url, cwd=tmp_path)
    assert done.code == 0
    assert len(done.out.splitlines()) == 1
    assert "lists no models" in done.err


def test_models_of_a_host_that_is_not_there(nobody: At, tmp_path: Path) -> None:
    done = call("models", *nobody, cwd=tmp_path)
    assert (done.code, done.out) == (3, "")
    assert nobody[1] in done.err


def test_the_version_is_the_distributions(tmp_path: Path) -> None:
    done = call("--version", cwd=tmp_path)
    assert (done.code, done.out) == (0, f"foundry-compare, version {version('foundry-compare')}\n")


def test_the_screen_without_a_terminal_is_refused_with_a_way_out(tmp_path: Path) -> None:
    done = call(cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "foundry-compare run" in done.err


def test_what_is_wanted_and_not_cached_is_a_check_of_its_own(tmp_path: Path) -> None:
    with replaying() as service:
        *here, absent = service.cached[:3]
        service.cached = here
        done = call("smoke", "--host", service.url, "-m", "all-cached", "-m", absent, "--junit", "s.xml", cwd=tmp_path)
        chat = call("smoke", "--host", service.url, "-m", "tag:chat", "--json", cwd=tmp_path)
        none = call("smoke", "--host", service.url, "-m", "tag:poems", cwd=tmp_path)
    lines = done.out.splitlines()
    assert done.code == 4
    assert f"FAIL  cached: 2 of 3 wanted models are here; not {absent}" in lines
    assert any(line.startswith(f"FAIL  {absent}: ") and "is not downloaded" in line for line in lines), lines
    assert {line.split()[1] for line in lines if "answered in" in line} == {f"{name}:" for name in here}
    (suite,) = JUnitXml.fromfile(str(tmp_path / "s.xml"))
    cases = {case.name: case for case in suite}
    assert list(cases)[:3] == ["host", "models", "cached"] and len(cases) == len(lines)
    assert isinstance(cases[absent].result[0], Failure) and "not downloaded" in cases[absent].result[0].message
    assert cases[here[0]].is_passed and cases[here[0]].time > 0
    assert {check["check"] for check in chat.json["checks"]} == {"host", "models", "cached", here[0]}, (
        "of others it says nothing"
    )
    assert none.code == 4 and "No model that is here has the tag poems. Tags are: chat." in none.out


def test_an_exact_name_wins_over_a_word_and_one_model_needs_none(tmp_path: Path) -> None:
    with serving(as_json({"data": [{"id": "all-cached"}, {"id": "tag:chat"}, {"id": "third"}]})) as server:
        named = call("smoke", "--host", server.url, "-m", "all-cached", "-m", "tag:chat", "--json", cwd=tmp_path)
    assert {check["check"] for check in named.json["checks"][2:]} == {"all-cached", "tag:chat"}
    with LoopbackServer().running() as one:
        one.listed = ("good",)
        done = call("smoke", "--host", one.url, cwd=tmp_path)
    assert done.code == 0 and done.out.splitlines()[-1].startswith("ok    good: answered in ")


def test_a_junit_file_that_is_there_is_not_replaced_unless_that_is_said(at: At, tmp_path: Path) -> None:
    (tmp_path / "s.xml").write_text("mine", "utf-8")
    ask = ("smoke", *at, "-m", "empty", "--junit", "s.xml")
    refused = call(*ask, cwd=tmp_path)
    assert (refused.code, refused.out) == (2, "") and (tmp_path / "s.xml").read_text("utf-8") == "mine"
    done = call(*ask, "--force", cwd=tmp_path)
    (suite,) = JUnitXml.fromfile(str(tmp_path / "s.xml"))
    assert (done.code, suite.tests, suite.failures) == (6, 3, 1)
