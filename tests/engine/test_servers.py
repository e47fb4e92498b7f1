"""Every way in which servers were seen to stream, served to the real engine, becomes what `docs/servers.md` says."""

from __future__ import annotations

import pytest

from tests.support.lanes import ask
from tests.support.loopback_server import SCRIPTS, LoopbackServer
from tests.support.streams import CASES, DONE, FAILED, MODELS, Case, script
from tui.core.lane import Lane
from tui.core.session_dict import lane_from_dict, lane_to_dict
from tui.engine.link import EngineLink

SCRIPTS |= {MODELS[name]: script(case) for name, case in CASES.items()}


def check(lane: Lane, case: Case) -> None:
    """The lane, and what its session file keeps of it, are what the case wants."""
    message = lane.fault.message if lane.fault else ""
    assert (lane.state, lane.answer, lane.reasoning) == (case.state, case.answer, case.reasoning), message
    assert case.says in message and bool(case.says) == (case.state is FAILED)
    if case.finish is not None:
        assert lane.finish_reason == case.finish
    if case.counts is not None:
        usage = lane.usage
        found = (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens) if usage else (None, None, None)
        assert found == case.counts
    if case.kinds is not None:
        assert lane.marks.kinds.decode() == case.kinds
    assert (lane.timing.ttft_ms is None) == (not lane.marks.chunks)
    kept = lane_from_dict(lane_to_dict(lane))
    assert (kept.answer, kept.reasoning, kept.usage, kept.marks.kinds) == (
        lane.answer, lane.reasoning, lane.usage, lane.marks.kinds,
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_a_server_sends_becomes_what_the_table_says(link: EngineLink, server: LoopbackServer, case: Case) -> None:
    lane = ask(link, server.url, MODELS[case.name])
    check(lane, case)
    assert lane.state.counts is (case.state is DONE)
