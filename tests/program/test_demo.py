"""The command line on the embedded runtime with its bundled models, nothing put in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program.conftest import needs_runtime
from tests.support.program import Done, call
from tests.support.some import some
from tui.core.lane import Lane, LaneState
from tui.core.session import Session
from tui.hosts.embedded.bundle import bundle_root, read_bundle
from tui.store.sessions import load

pytestmark = needs_runtime

MODELS = [model.card.id for model in read_bundle(bundle_root())]
TICK_MS = 0.1
"""A session file keeps instants to a tenth of a millisecond."""


def only(folder: Path) -> Session:
    """The one session in a folder, read back with every check of its format."""
    (file,) = folder.iterdir()
    return load(file)


def check_times(lane: Lane) -> None:
    """Sent, headers, first chunk, last chunk, end: in this order, and the gaps add up to the whole."""
    marks, timing = lane.marks, lane.timing
    assert marks.sent is not None and marks.headers is not None and marks.end is not None
    assert marks.sent <= marks.headers <= marks.at[0] <= marks.at[-1] <= marks.end
    assert list(marks.at) == sorted(marks.at) and list(marks.reads) == sorted(marks.reads)
    assert timing.ttft_ms is not None and timing.last_ms is not None and timing.end_ms is not None
    gaps = [later - earlier for earlier, later in zip(marks.at, marks.at[1:], strict=False)]
    assert timing.ttft_ms + sum(gaps) / 1e6 == pytest.approx(timing.last_ms)
    assert timing.ttft_ms <= timing.last_ms <= timing.end_ms


@pytest.fixture(scope="module")
def raced(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Path]:
    """All models at once, as JSON, and the folder where it is kept."""
    folder = tmp_path_factory.mktemp("raced")
    environ = {"FOUNDRY_COMPARE_DATA": str(data), "FOUNDRY_COMPARE_SESSIONS": str(folder / "sessions")}
    done = call("run", "--host", "demo", "-p", "What is RAG?", "--json", cwd=folder, environ=environ)
    return done, folder / "sessions"


def test_all_models_answer_at_once(raced: tuple[Done, Path]) -> None:
    done, _ = raced
    assert done.code == 0, done.err
    runs = done.json["runs"]
    assert [run["model"] for run in runs] == MODELS
    for run in some(runs):
        assert (run["state"], run["finish_reason"]) == ("done", "stop")
        assert len(run["answer"].split()) > 5
        assert run["metrics"]["contended"] is True


def test_the_server_counts_a_token_for_each_chunk(raced: tuple[Done, Path]) -> None:
    for lane in some(only(raced[1]).lanes.values()):
        assert lane.usage is not None and lane.usage.source == "server"
        # One for the end of the answer may be counted that has no text.
        assert 0 <= (lane.usage.completion_tokens or 0) - lane.marks.chunks <= 2
        assert lane.timing.tokens_per_chunk == pytest.approx(1.0, abs=0.1)
        assert lane.usage.prompt_tokens is not None and lane.usage.prompt_tokens > 3


def test_the_times_of_a_kept_session_add_up(raced: tuple[Done, Path]) -> None:
    done, folder = raced
    session = only(folder)
    assert (session.state, session.host["kind"]) == ("finished", "demo")
    assert {lane.state for lane in session.lanes.values()} == {LaneState.DONE}
    for lane, run in some(zip(session.lanes.values(), done.json["runs"], strict=True)):
        check_times(lane)
        assert lane.answer == run["answer"]
        for name in ("ttft_ms", "last_ms", "end_ms", "load_ms"):
            assert getattr(lane.timing, name) == pytest.approx(run["metrics"][name], abs=TICK_MS)
        assert all(value >= 0 for value in some(lane.timing.known().values()))


def test_measured_models_answer_one_after_another(tmp_path: Path, own_folders: Path) -> None:
    done = call("run", "-p", "What is RAG?", "--mode", "measure", "--temperature", "0", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "contended" not in done.out and done.err.count("warmed up") == len(MODELS)
    session = only(own_folders / "sessions")
    measured = [lane for lane in session.lanes.values() if not lane.spec.warmup]
    assert len(measured) == len(MODELS)
    for lane in some(measured):
        check_times(lane)
        assert lane.timing.load_ms is None
    report = call("report", str(own_folders / "sessions"), cwd=tmp_path)
    assert report.code == 0
    assert all(f"({model})" in report.out for model in some(MODELS))


def test_a_prompt_longer_than_the_context_is_a_sentence_for_each_model(tmp_path: Path) -> None:
    done = call("run", "-p", "-", "--no-save", "--json", cwd=tmp_path, stdin=b"word " * 6000)
    assert done.code == 5
    for run in some(done.json["runs"]):
        assert (run["state"], run["answer"]) == ("failed", "")
        assert run["error"]["message"].endswith(".") and "Traceback" not in run["error"]["message"]
        assert run["metrics"]["ttft_ms"] is None
    assert "Traceback" not in done.err


def test_a_model_that_is_not_in_the_bundle_is_missing(tmp_path: Path) -> None:
    done = call("run", "-m", "gpt-oss-20b", "-p", "hi", cwd=tmp_path)
    assert (done.code, done.out) == (4, "")
    assert all(model in done.err for model in some(MODELS))


def test_smoke_finds_everything_well(tmp_path: Path) -> None:
    done = call("smoke", cwd=tmp_path)
    assert done.code == 0, done.out
    assert [line[:4] for line in done.out.splitlines()] == ["ok  "] * (2 + len(MODELS))
