"""The adapter's process, and what else may be sent to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from tests.hosts.adapter.conftest import (
    PATIENCE_S,
    POSIX,
    ROOT,
    SCRIPTED,
    gone,
    put,
    until,
)
from tui.core.catalog.model_card import ModelState
from tui.engine.engine_client import EngineClient
from tui.hosts.adapter.host import AdapterHost

pytestmark = pytest.mark.slow


def test_nothing_of_it_reaches_the_terminal_or_the_programs_pipe(
    own: AdapterHost, link: EngineClient, capfd: pytest.CaptureFixture[str]
) -> None:
    assert put(own, link, "noisy").answer == "quiet"
    assert put(own, link, "falls").answer == "half"
    own.close()
    assert capfd.readouterr() == ("", "")


def test_closing_unloads_what_is_loaded_and_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "note"
    monkeypatch.setenv("TEST_ADAPTER_NOTE", str(note))
    host = AdapterHost(SCRIPTED, folder=ROOT, environment=["TEST_ADAPTER_NOTE"])
    pid = host.connect().pid
    host.load("slow")
    host.close()
    assert gone(pid)
    assert note.read_text() == "unloaded slow"
    host.close()
    assert host.connect().pid != pid
    host.close()


def test_a_named_variable_that_is_not_set_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_ADAPTER_SET", "")
    monkeypatch.delenv("TEST_ADAPTER_NOTE", raising=False)
    host = AdapterHost(SCRIPTED, folder=ROOT, environment=["TEST_ADAPTER_SET", "TEST_ADAPTER_NOTE"])
    try:
        assert host.connect().title == f"Adapter {SCRIPTED}, without TEST_ADAPTER_NOTE: not set"
    finally:
        host.close()


@POSIX
def test_the_terminals_signals_do_not_end_it(own: AdapterHost) -> None:
    before = own.connect()
    assert before.pid is not None
    os.kill(before.pid, signal.SIGINT)
    os.kill(before.pid, signal.SIGHUP)
    assert own.catalogue()
    assert own.connect() == before


def test_a_stuck_process_is_ended_all_the_same(own: AdapterHost) -> None:
    process = psutil.Process(own.connect().pid)
    process.suspend()
    own.close()
    assert gone(process.pid)


def test_the_process_does_not_outlive_a_program_that_was_killed() -> None:
    program = (
        "import sys, time; from pathlib import Path; from tui.hosts.adapter.host import AdapterHost\n"
        "print(AdapterHost(sys.argv[1], folder=Path(sys.argv[2])).connect().pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, SCRIPTED, str(ROOT)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert not gone(pid)
        process.kill()
    until(lambda: gone(pid))


def test_run_by_hand_it_says_where_it_listens_and_shows_traces(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tui.hosts.adapter", SCRIPTED, str(ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    bearer = {"Authorization": f"Bearer {told['token']}"}
    url = f"{told['root']}/models/load"
    asked = httpx2.post(url, json={"model": "cannot_load"}, headers=bearer, trust_env=False)
    assert asked.status_code == 500
    out, err = process.communicate(timeout=PATIENCE_S)
    assert out == b""
    assert b"Traceback" in err and b"FileNotFoundError: no weights" in err
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("nowhere", {"model": "slow"}, 404, "There is nothing at /nowhere"),
        ("models/load", {"model": "x"}, 404, "There is no model called x"),
        ("models/load", {"model": ["slow"]}, 404, "There is no model called ['slow']"),
        ("models/load", ["slow"], 400, "The request is no JSON object"),
        ("v1/chat/completions", {}, 400, "There are no messages"),
        ("v1/chat/completions", {"messages": [{"role": "user"}]}, 400, "Each message has to have a role and a content"),
        ("v1/chat/completions", {"messages": "hi"}, 400, "There are no messages"),
        ("v1/chat/completions", {"max_tokens": "9"}, 400, "`max_tokens` is not what it should be"),
        ("v1/chat/completions", {"seed": True}, 400, "`seed` is not what it should be"),
        ("v1/chat/completions", {"stream": False}, 400, "Answers are streamed here"),
        ("v1/chat/completions", {"model": "number"}, 400, "number is not loaded"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_with_a_reason(
    slow_alone: AdapterHost, path: str, body: Any, status: int, words: str
) -> None:
    root = (slow_alone.connect().endpoint or "").removesuffix("/v1")
    if path.startswith("v1") and isinstance(body, dict):
        good = {"model": "slow", "messages": [{"role": "user", "content": "hi"}], "stream": True}
        body = {**good, **body} if body else {"model": "slow"}
    answer = httpx2.post(f"{root}/{path}", json=body, headers=bearer(slow_alone), trust_env=False)
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]


@pytest.fixture(scope="module")
def slow_alone() -> Iterator[AdapterHost]:
    """A process in which nothing is loaded but `slow`."""
    made = AdapterHost(SCRIPTED, folder=ROOT)
    made.load("slow")
    yield made
    made.close()


def bearer(host: AdapterHost) -> dict[str, str]:
    """The header that lets a request in."""
    return {"Authorization": f"Bearer {host.endpoint('slow').api_key}"}


CALLERS = {
    "without the token": ({}, 401, "has to bring the token"),
    "another token": ({"Authorization": "Bearer " + "x" * 43}, 401, "has to bring the token"),
    "the token in another scheme": ({"Authorization": "Basic {token}"}, 401, "has to bring the token"),
    "another name for this machine": (
        {"Host": "rebound.example:{port}", "Authorization": "Bearer {token}"}, 421, "and nothing else"
    ),
    "localhost": ({"Host": "localhost:{port}", "Authorization": "Bearer {token}"}, 421, "and nothing else"),
    "another port": ({"Host": "127.0.0.1:1", "Authorization": "Bearer {token}"}, 421, "and nothing else"),
    "a page of another origin": (
        {"Origin": "https://evil.example", "Authorization": "Bearer {token}"}, 403, "No web page"
    ),
    "a page without one": ({"Origin": "null", "Authorization": "Bearer {token}"}, 403, "No web page"),
    "a page of its own": (
        {"Origin": "http://127.0.0.1:{port}", "Authorization": "Bearer {token}"}, 403, "No web page"
    ),
}  # fmt: skip
PATHS = (
    ("GET", "v1/models"), ("GET", "models/loaded"), ("GET", "nowhere"), ("POST", "models/load"),
    ("POST", "models/unload"), ("POST", "v1/chat/completions"),
)  # fmt: skip


@pytest.mark.parametrize("caller", CALLERS)
def test_only_the_program_may_ask_it_anything(slow_alone: AdapterHost, caller: str) -> None:
    headers, status, words = CALLERS[caller]
    endpoint = slow_alone.endpoint("slow")
    root = endpoint.base_url.removesuffix("/v1")
    values = {"token": endpoint.api_key, "port": root.rpartition(":")[2]}
    filled = {name: value.format(**values) for name, value in headers.items()}
    for method, path in PATHS:
        body = {"model": "slow", "messages": [{"role": "user", "content": "hi"}], "stream": True}
        sent = {"json": body} if method == "POST" else {}
        answer = httpx2.request(method, f"{root}/{path}", headers=filled, trust_env=False, **sent)  # type: ignore[arg-type]
        assert (answer.status_code, words in answer.text) == (status, True)
        assert endpoint.api_key not in answer.text
    assert [card.id for card in slow_alone.catalogue() if card.state is ModelState.LOADED] == ["slow"]


def test_the_token_is_another_each_time_and_is_shown_nowhere(own: AdapterHost) -> None:
    first = own.endpoint("slow")
    own.close()
    second = own.endpoint("slow")
    assert first.api_key and second.api_key and first.api_key != second.api_key
    assert second.api_key not in repr(second) + repr(own.connect()) + repr(own.connect().to_dict())


def test_a_page_in_a_browser_cannot_ask_it_anything(shared: AdapterHost) -> None:
    root = (shared.connect().endpoint or "").removesuffix("/v1")
    for kind in ({"content-type": "text/plain"}, {}):
        headers = {**bearer(shared), **kind}
        answer = httpx2.post(f"{root}/models/load", content=b'{"model": "slow"}', headers=headers, trust_env=False)
        assert answer.status_code == 415
    preflight = httpx2.request("OPTIONS", f"{root}/models/load", trust_env=False)
    assert preflight.status_code == 501


def test_it_lists_its_models_as_openais_api_does(shared: AdapterHost) -> None:
    base, headers = shared.connect().endpoint, bearer(shared)
    answer = httpx2.get(f"{base}/models", headers=headers, trust_env=False)
    assert [row["id"] for row in answer.json()["data"]] == [card.id for card in shared.catalogue()]
    assert httpx2.get(f"{base}/other", headers=headers, trust_env=False).status_code == 404
