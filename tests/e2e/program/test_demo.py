"""The command line on the embedded runtime with its bundled models, nothing put in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.program.conftest import needs_runtime
from tests.support.program import Done, call
from tests.support.some import some
from tui.core.requests.request import Request, RequestState
from tui.core.sessions.session import Session
from tui.hosts.embedded.bundle import bundle_root, read_bundle
from tui.storage.session_files import load

pytestmark = needs_runtime

MODELS = [model.card.id for model in read_bundle(bundle_root())]
TICK_MS = 0.1
"""A session file keeps instants to a tenth of a millisecond."""


def only(folder: Path) -> Session:
    """The one session in a folder, read back with every check of its format."""
    (file,) = folder.iterdir()
    return load(file)


def check_times(request: Request) -> None:
    """Sent, headers, first chunk, last chunk, end: in this order, and the gaps add up to the whole."""
    marks, metrics = request.timestamps, request.metrics
    assert marks.sent is not None and marks.headers is not None and marks.end is not None
    assert marks.sent <= marks.headers <= marks.at[0] <= marks.at[-1] <= marks.end
    assert list(marks.at) == sorted(marks.at) and list(marks.reads) == sorted(marks.reads)
    assert metrics.ttft_ms is not None and metrics.last_ms is not None and metrics.end_ms is not None
    gaps = [later - earlier for earlier, later in zip(marks.at, marks.at[1:], strict=False)]
    assert metrics.ttft_ms + sum(gaps) / 1e6 == pytest.approx(metrics.last_ms)
    assert metrics.ttft_ms <= metrics.last_ms <= metrics.end_ms


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
    for request in some(only(raced[1]).requests.values()):
        assert request.usage is not None and request.usage.source == "server"
        # One for the end of the answer may be counted that has no text.
        assert 0 <= (request.usage.completion_tokens or 0) - request.timestamps.chunks <= 2
        assert request.metrics.tokens_per_chunk == pytest.approx(1.0, abs=0.1)
        assert request.usage.prompt_tokens is not None and request.usage.prompt_tokens > 3


def test_the_times_of_a_kept_session_add_up(raced: tuple[Done, Path]) -> None:
    done, folder = raced
    session = only(folder)
    assert (session.state, session.host["kind"]) == ("finished", "demo")
    assert {request.state for request in session.requests.values()} == {RequestState.DONE}
    for request, run in some(zip(session.requests.values(), done.json["runs"], strict=True)):
        check_times(request)
        assert request.answer == run["answer"]
        for name in ("ttft_ms", "last_ms", "end_ms", "load_ms"):
            assert getattr(request.metrics, name) == pytest.approx(run["metrics"][name], abs=TICK_MS)
        assert all(value >= 0 for value in some(request.metrics.known().values()))


def test_measured_models_answer_one_after_another(tmp_path: Path, own_folders: Path) -> None:
    done = call("run", "-p", "What is RAG?", "--mode", "measure", "--temperature", "0", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "contended" not in done.out and done.err.count("warmed up") == len(MODELS)
    session = only(own_folders / "sessions")
    measured = [request for request in session.requests.values() if not request.spec.warmup]
    assert len(measured) == len(MODELS)
    for request in some(measured):
        check_times(request)
        assert request.metrics.load_ms is None
    report = call("report", "--format", "md", str(own_folders / "sessions"), cwd=tmp_path)
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
    assert [line[:4] for line in done.out.splitlines()] == ["ok  "] * (3 + len(MODELS))
