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
from tui.engine.link import EngineLink
from tui.hosts.adapter.host import AdapterHost


def test_nothing_of_it_reaches_the_terminal_or_the_programs_pipe(
    own: AdapterHost, link: EngineLink, capfd: pytest.CaptureFixture[str]
) -> None:
    assert put(own, link, "noisy").answer == "quiet"
    assert put(own, link, "falls").answer == "half"
    own.close()
    assert capfd.readouterr() == ("", "")


def test_closing_unloads_what_is_loaded_and_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = tmp_path / "note"
    monkeypatch.setenv("TEST_ADAPTER_NOTE", str(note))
    host = AdapterHost(SCRIPTED, folder=ROOT)
    pid = host.connect().pid
    host.load("slow")
    host.close()
    assert gone(pid)
    assert note.read_text() == "unloaded slow"
    host.close()
    assert host.connect().pid != pid
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
    root = json.loads(process.stdout.readline())["root"]
    asked = httpx2.post(f"{root}/models/load", json={"model": "cannot_load"}, trust_env=False)
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
    answer = httpx2.post(f"{root}/{path}", json=body, trust_env=False)
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]


@pytest.fixture(scope="module")
def slow_alone() -> Iterator[AdapterHost]:
    """A process in which nothing is loaded but `slow`."""
    made = AdapterHost(SCRIPTED, folder=ROOT)
    made.load("slow")
    yield made
    made.close()


def test_a_page_in_a_browser_cannot_ask_it_anything(shared: AdapterHost) -> None:
    root = (shared.connect().endpoint or "").removesuffix("/v1")
    for headers in ({"content-type": "text/plain"}, {}):
        answer = httpx2.post(f"{root}/models/load", content=b'{"model": "slow"}', headers=headers, trust_env=False)
        assert answer.status_code == 415
    preflight = httpx2.request("OPTIONS", f"{root}/models/load", trust_env=False)
    assert preflight.status_code == 501


def test_it_lists_its_models_as_openais_api_does(shared: AdapterHost) -> None:
    answer = httpx2.get(f"{shared.connect().endpoint}/models", trust_env=False)
    assert [row["id"] for row in answer.json()["data"]] == [card.id for card in shared.catalogue()]
    assert httpx2.get(f"{shared.connect().endpoint}/other", trust_env=False).status_code == 404
