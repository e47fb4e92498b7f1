"""Thinking of which only a closing tag tells: screen, journal, file, recovery and report agree on it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.runner.test_post_processing import CountingHost
from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import SCRIPTS, LoopbackServer
from tests.support.running import open_runner, to_the_end, until
from tests.support.streams import CASES, script
from tui.core.plans.plan import PlanOptions
from tui.core.requests.phase import Phase
from tui.core.requests.phases import spans
from tui.core.requests.request import Request, RequestState
from tui.core.sessions.session_dict import request_to_dict
from tui.runner import Runner
from tui.storage.journal import read_entries
from tui.storage.session_files import load
from tui.storage.session_recovery import recover
from tui.storage.session_writer import TomlSessionWriter
from tui.ui.compare.presenter import pane_data
from tui.ui.widgets.metrics import lines

pytestmark = pytest.mark.slow

UNOPENED = CASES["never opened"]
EVENTS = UNOPENED.parts[0].decode().split("\n\n")[:-1]
SCRIPTS |= {
    "unopened": script(replace(UNOPENED, body=tuple(f"{event}\n\n".encode() for event in EVENTS))),
    "zeros": script(CASES["zeros at the end"]),
    "cached": script(CASES["prompt cache"]),
    "half_counted": script(CASES["half counted"]),
}


def asked(runner: Runner, host: LoopbackHost, model: str) -> Request:
    runner.begin([host.card(model)], "hi", PlanOptions(warmup=0))
    (request,) = to_the_end(runner).requests.values()
    return request


def test_screen_file_and_recovered_session_agree(server: LoopbackServer, tmp_path: Path) -> None:
    host = LoopbackHost(server.port, ("unopened",))
    writer = TomlSessionWriter(tmp_path / "kept", "20261122T110301Z-7f3a", tmp_path / "spare")
    with open_runner(host, writer) as runner:
        request = asked(runner, host, "unopened")
        assert (request.state, request.reasoning, request.answer) == (
            RequestState.DONE,
            "The user greets me.",
            "Hello!",
        )
        shown = pane_data(runner, request, "model", 1, 1.0, now=runner.now(), folded=True)
        assert (shown.reasoning, shown.answer) == (request.reasoning, request.answer)
        assert [span.phase for span in spans(request, 0)][-2:] == [Phase.THINK, Phase.ANSWER]
        (tmp_path / "crashed").mkdir()
        (journal,) = (tmp_path / "kept").glob("*.journal.jsonl")
        until(runner, lambda: any(entry.get("event") == "ended" for entry in read_entries(journal)))
        shutil.copy(journal, tmp_path / "crashed")
        table = request_to_dict(request)
    (recovered,) = recover(tmp_path / "crashed")
    assert recovered.problem is None
    for path in (writer.path, recovered.path):
        (kept,) = load(path).requests.values()
        assert request_to_dict(kept) == table
        metrics = kept.metrics
        assert metrics.ttft_ms is not None and metrics.ttfo_ms is not None and metrics.think_ms is not None
        assert metrics.ttfo_ms > metrics.ttft_ms and metrics.think_ms == pytest.approx(
            metrics.ttfo_ms - metrics.ttft_ms
        )


def test_zeros_are_no_counts_and_the_tokenizer_is_asked(server: LoopbackServer) -> None:
    host = CountingHost(server)
    host._models = ("zeros",)
    with open_runner(host) as runner:
        request = asked(runner, host, "zeros")
        assert host.asked == ["Hello"]
        assert request.usage is not None and request.usage.source == "tokenizer"
        assert (request.usage.prompt_tokens, request.usage.completion_tokens) == (None, 1)


def test_what_the_host_said_of_the_prompt_stays_beside_what_its_tokenizer_counts(server: LoopbackServer) -> None:
    host = CountingHost(server)
    host._models = ("half_counted",)
    with open_runner(host) as runner:
        request = asked(runner, host, "half_counted")
        usage = request.usage
        assert host.asked == ["Hello"] and usage is not None
        found = (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, usage.source)
        assert found == (8000, 1, 7990, "tokenizer")


def test_a_cached_prompt_is_told_on_the_screen(server: LoopbackServer) -> None:
    host = LoopbackHost(server.port, ("cached",))
    with open_runner(host) as runner:
        request = asked(runner, host, "cached")
        shown = pane_data(runner, request, "model", 1, 1.0, now=runner.now(), folded=True).reading
        assert shown is not None
        assert "cached 7990/8000" in lines(shown, 70)[0]
        assert any("cached" in line for line in lines(shown, 24))
