"""The workshop's own files, from the command line: taken in, written, checked, and what is wrong with them named."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import click.testing
import pytest

from tests.support.loopback_server import LoopbackServer
from tests.support.some import some
from tui.cli.main import cli
from tui.hosts.embedded.bundle import bundle_root

WORKSHOP = Path(__file__).parents[2] / "data" / "workshop"
At = tuple[str, str]


def call(*args: str | Path) -> click.testing.Result:
    done = click.testing.CliRunner().invoke(cli, list(map(str, args)), prog_name="foundry-compare")
    assert "Traceback" not in done.output and not isinstance(done.exception, AssertionError), done.output
    return done


def as_json(*args: str | Path) -> Any:
    done = call(*args, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sessions: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def test_imported_figures_stand_below_the_reports_own_in_every_format(at: At, sessions: Path) -> None:
    assert call("run", *at, "-m", "burst", "-p", "hi").exit_code == 0
    done = call("import", *(WORKSHOP / name for name in ("benchmark_report.json", "comparison.json")))
    assert done.exit_code == 0 and "phi-4-mini    2.411" in done.stdout and str(sessions) in done.stdout
    text = call("report").stdout
    own, theirs = text.split("Reference figures, measured by another program")
    assert "burst" in own and "phi-4-mini" not in own, "they are never counted"
    assert "total tokens/s" in theirs and "not the rate of" in theirs and "Model is not in the catalog" in theirs
    for form, says in some([("md", "| total tokens/s |"), ("html", "total tokens/s")]):
        assert says in call("report", "--format", form).stdout
    data = json.loads(call("report", "--format", "json").stdout)
    assert [one["name"] for one in data["references"]] == ["benchmark_report.json", "comparison.json"]
    assert data["references"][0]["rows"][0]["tokens_per_sec_avg"] == 61.2
    done = call("report", "--format", "csv")
    assert "phi-4-mini" not in done.stdout and done.stderr == (
        "2 imported files left out: csv has own figures alone. --format references-csv has what was imported.\n"
    )
    done = call("report", "--format", "references-csv")
    first, second, *_, last = csv.DictReader(io.StringIO(done.stdout))
    assert (first["reference"], first["alias"], first["latency_avg"]) == (
        "benchmark_report.json",
        "phi-4-mini",
        "2.411",
    )
    assert first["reference_rate_of"] == "all tokens" and not second["tokens_per_sec_avg"]
    assert (last["reference"], last["error"]) == ("comparison.json", "Model is not in the catalog")
    assert not done.stderr and "burst" not in done.stdout
    assert "--no-save" not in done.output
    assert as_json("import", WORKSHOP / "benchmark_report.md", "--no-save")["kept"] == []


def test_imported_figures_are_reported_where_no_session_was_kept_yet() -> None:
    assert call("report").exit_code == 2
    assert call("import", WORKSHOP / "benchmark_report.json").exit_code == 0
    done = call("report")
    assert done.exit_code == 0 and "phi-4-mini" in done.stdout and "0 sessions" in done.stdout


def test_imported_figures_are_in_a_parquet_file_of_their_own(at: At, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    assert call("run", *at, "-m", "burst", "-p", "hi").exit_code == 0
    assert call("import", *(WORKSHOP / name for name in ("benchmark_report.json", "comparison.json"))).exit_code == 0
    done = call("report", "-o", "own.parquet")
    assert done.exit_code == 0 and "--format references-parquet has what was imported" in done.stderr
    assert call("report", "-o", "all.references.parquet").exit_code == 0
    assert call("report", "--format", "references-parquet", "-o", "apart").exit_code == 0
    assert duckdb.sql("SELECT DISTINCT model FROM 'own.parquet'").fetchall() == [("burst",)]
    asked = "SELECT reference, alias, latency_avg, rounds, latency_sec, error FROM '{}' ORDER BY ALL"
    every = duckdb.sql(asked.format("all.references.parquet")).fetchall()
    assert every == duckdb.sql(asked.format("apart/*.parquet")).fetchall()
    assert ("benchmark_report.json", "phi-4-mini", 2.411, 3, None, None) in every and len(every) == 4
    assert len(list(Path("apart").iterdir())) == 2


def test_nothing_is_kept_of_several_files_when_one_is_wrong(sessions: Path) -> None:
    Path("wrong.json").write_text('[{"alias": "phi", "latency_sex": 1}]', "utf-8")
    done = call("import", WORKSHOP / "comparison.json", "wrong.json")
    assert done.exit_code == 2 and not list(sessions.glob("*.reference.json"))
    assert done.stderr == (
        "foundry-compare: wrong.json cannot be read as a report of the workshop. Entry 1 (`phi`): `latency_sex` is not "
        'known; did you mean `latency_sec`? Right would be "latency_sec": 1.82.\n'
    )


def test_a_file_of_models_is_written_kept_up_and_asked_with_the_prompts_in_it(at: At, server: LoopbackServer) -> None:
    assert call("models", *at, "--write", "m.json").exit_code == 0
    written = json.loads(Path("m.json").read_text("utf-8"))
    assert "burst" in written and call("models", *at, "--write", "m.json").exit_code == 2
    mine = {"burst": {"tags": ["fast"], "params": {"temperature": 0.5}}, "gone": {}, "prompts": ["From the file?"]}
    Path("m.json").write_text(json.dumps(mine), "utf-8")
    done = call("models", *at, "--write", "m.json", "--force")
    assert "and 1 of that file that this host does not have" in done.stderr
    kept = json.loads(Path("m.json").read_text("utf-8"))
    assert kept["prompts"] == ["From the file?"] and kept["models"]["burst"]["tags"] == ["fast"]
    assert "fast 1" in call("models", "check", "m.json").stdout
    Path("m.json").write_text(json.dumps({"burst": mine["burst"], "prompts": mine["prompts"]}), "utf-8")
    server.talks.clear()
    done = call("run", *at, "--models", "m.json", "--no-save")
    assert done.exit_code == 0, done.output
    (talk,) = server.talks
    assert (talk.body["model"], talk.body["temperature"]) == ("burst", 0.5)
    assert talk.body["messages"][-1]["content"] == "From the file?"
    Path("m.json").write_text('["brust"]', "utf-8")
    done = call("run", *at, "--models", "m.json", "-p", "hi", "--no-save")
    assert done.exit_code == 4 and "m.json names it" in done.stderr and "Perhaps burst is meant" in done.stderr


def test_a_session_is_never_taken_for_another_file(at: At, sessions: Path) -> None:
    assert call("run", *at, "-m", "burst", "-p", "hi").exit_code == 0
    (session,) = sessions.glob("*.toml")
    before = session.read_bytes()
    assert call("models", *at, "--write", session, "--force").exit_code == 2
    assert call("prompts", "new", session, "--force").exit_code == 2
    assert session.read_bytes() == before


def test_a_file_of_prompts_is_begun_and_all_that_is_wrong_with_one_is_named() -> None:
    assert call("prompts", "new", "p.toml").exit_code == 0
    assert call("prompts", "new", "p.toml").exit_code == 2
    (facts,) = as_json("prompts", "check", "p.toml")["files"]
    assert (facts["prompts"], facts["with_facets"], facts["with_expected"], facts["notes"]) == (3, 1, 1, [])
    Path("w.json").write_text('[{"user": "a", "sytem": "s"}, "b", {"user": 3}, {"user": "b", "mood": 1}]', "utf-8")
    done = call("prompts", "check", "w.json", "p.toml", WORKSHOP / "prompts.json")
    assert done.exit_code == 1
    first, second, third, fourth = done.stdout.splitlines()
    assert first == (
        'w.json: Prompt 1: `sytem` is passed over; did you mean `system`? Right would be "system": "Be brief.".'
    )
    assert second == 'w.json: Prompt 3: `user` should be text. Right would be "user": "What is RAG?".'
    assert third.startswith("p.toml: 3 prompts") and "tags: quantization 1, privacy 1" in fourth
    Path("n.json").write_text('["Why {x}?", {"user": "b", "mood": 1}, "b"]', "utf-8")
    done = call("prompts", "check", "n.json")
    assert done.exit_code == 0
    assert all(note in done.stdout for note in ("Passed over: `mood`.", "`{x}` has no value", "'b' stands there 2"))


def test_all_that_is_wrong_with_a_file_of_models_is_named() -> None:
    rows = {"a": {"tagz": ["x"]}, "b": {"size_mb": "big"}, "c": {}, "d": {"params": {"temprature": 1}}, "e": 3}
    Path("m.json").write_text(json.dumps(rows), "utf-8")
    done = call("models", "check", "m.json")
    assert (done.exit_code, done.stderr) == (1, "")
    first, *others = done.stdout.splitlines()
    assert first == (
        "m.json: Model 1 (`a`): `tagz` is not a key of a model that is known; did you mean `tags`? Right would be "
        '"tags": ["small"].'
    )
    assert [line.partition(")")[0] for line in others] == [
        f"m.json: Model {n} (`{m}`" for n, m in ((2, "b"), (4, "d"), (5, "e"))
    ]
    data = json.loads(call("models", "check", "m.json", "--json").stdout)
    assert data["ok"] is False and [f"m.json: {problem}" for problem in data["problems"]] == [first, *others]
    Path("m.json").write_text("[1,2", "utf-8")
    done = call("models", "check", "m.json")
    assert done.exit_code == 1 and done.stdout.startswith("m.json cannot be read as a list of models. It is not JSON: ")


def test_a_models_folder_is_told_what_it_lacks(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(bundle_root() / "demo-small", folder)
    assert call("models", "check", folder).exit_code == 0
    (folder / "chat_template.jinja").unlink()
    (folder / "tokenizer.json").unlink()
    graph = folder / "model.onnx"
    graph.write_bytes(b"\x0a\x08location\x12\x0fmodel.onnx.data" + graph.read_bytes()[:100])
    done = call("models", "check", folder)
    assert done.exit_code == 1
    assert [line.split(":")[0] for line in done.stdout.splitlines() if line.startswith("FAIL")] == [
        "FAIL  weights", "FAIL  tokenizer", "FAIL  chat template",
    ]  # fmt: skip
    assert "model.onnx.data" in done.stdout
    register = call("models", "register", "--host", "embedded", folder)
    assert register.exit_code == 2 and "model.onnx.data" in register.stderr
    hugging_face = tmp_path / "as published"
    hugging_face.mkdir()
    for name in ("config.json", "model.safetensors"):
        (hugging_face / name).write_text("{}", "utf-8")
    parts = json.loads(call("models", "check", hugging_face, "--json").stdout)["parts"]
    assert parts[0]["missing"].startswith("This is a model as Hugging Face has it. Convert it: python -m ")
    assert call("models", "check", tmp_path / "nowhere").exit_code == 2
