"""Every way in which servers were seen to stream, served to the real engine, becomes what `docs/servers.md` says."""

from __future__ import annotations

import pytest

from tests.support.loopback_server import SCRIPTS, LoopbackServer
from tests.support.requests import ask
from tests.support.streams import CASES, DONE, FAILED, MODELS, Case, script
from tui.core.requests.request import Request
from tui.core.sessions.session_dict import request_from_dict, request_to_dict
from tui.engine.engine_client import EngineClient

SCRIPTS |= {MODELS[name]: script(case) for name, case in CASES.items()}


def check(request: Request, case: Case) -> None:
    """The request, and what its session file keeps of it, are what the case wants."""
    message = request.fault.message if request.fault else ""
    assert (request.state, request.answer, request.reasoning) == (case.state, case.answer, case.reasoning), message
    assert case.says in message and bool(case.says) == (case.state is FAILED)
    if case.finish is not None:
        assert request.finish_reason == case.finish
    if case.counts is not None:
        usage = request.usage
        found = (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens) if usage else (None, None, None)
        assert found == case.counts
    if case.kinds is not None:
        assert request.timestamps.kinds.decode() == case.kinds
    assert (request.metrics.ttft_ms is None) == (not request.timestamps.chunks)
    kept = request_from_dict(request_to_dict(request))
    assert (kept.answer, kept.reasoning, kept.usage, kept.timestamps.kinds) == (
        request.answer, request.reasoning, request.usage, request.timestamps.kinds,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_a_server_sends_becomes_what_the_table_says(
    link: EngineClient, server: LoopbackServer, case: Case
) -> None:
    request = ask(link, server.url, MODELS[case.name])
    check(request, case)
    assert request.state.counts is (case.state is DONE)
