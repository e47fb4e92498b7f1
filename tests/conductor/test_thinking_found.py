"""Thinking of which only a closing tag tells: screen, journal, file, recovery and report agree on it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conductor.test_aftercare import CountingHost
from tests.support.conducting import conducting, to_the_end, until
from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import SCRIPTS, LoopbackServer
from tests.support.streams import CASES, script
from tui.conductor import Conductor
from tui.core.lane import Lane, LaneState
from tui.core.phase import Phase
from tui.core.phases import spans
from tui.core.session_dict import lane_to_dict
from tui.store.journal import read_entries
from tui.store.keeper import SessionKeeper
from tui.store.recovery import recover
from tui.store.sessions import load
from tui.ui.columns import column
from tui.ui.widgets.metrics_strip import lines

UNOPENED = CASES["never opened"]
EVENTS = UNOPENED.parts[0].decode().split("\n\n")[:-1]
SCRIPTS |= {
    "unopened": script(replace(UNOPENED, body=tuple(f"{event}\n\n".encode() for event in EVENTS))),
    "zeros": script(CASES["zeros at the end"]),
    "cached": script(CASES["prompt cache"]),
    "half_counted": script(CASES["half counted"]),
}


def asked(conductor: Conductor, host: LoopbackHost, model: str) -> Lane:
    conductor.begin([host.card(model)], "hi", warmup=0)
    (lane,) = to_the_end(conductor).lanes.values()
    return lane


def test_screen_file_and_recovered_session_agree(server: LoopbackServer, tmp_path: Path) -> None:
    host = LoopbackHost(server.port, ("unopened",))
    keeper = SessionKeeper(tmp_path / "kept", "20261122T110301Z-7f3a", tmp_path / "spare")
    with conducting(host, keeper) as conductor:
        lane = asked(conductor, host, "unopened")
        assert (lane.state, lane.reasoning, lane.answer) == (LaneState.DONE, "The user greets me.", "Hello!")
        shown = column(conductor, lane, "model", 1, 1.0, folded=True)
        assert (shown.reasoning, shown.answer) == (lane.reasoning, lane.answer)
        assert [span.phase for span in spans(lane, 0)][-2:] == [Phase.THINK, Phase.ANSWER]
        (tmp_path / "crashed").mkdir()
        (journal,) = (tmp_path / "kept").glob("*.journal.jsonl")
        until(conductor, lambda: any(entry.get("event") == "ended" for entry in read_entries(journal)))
        shutil.copy(journal, tmp_path / "crashed")
        table = lane_to_dict(lane)
    (recovered,) = recover(tmp_path / "crashed")
    assert recovered.problem is None
    for path in (keeper.path, recovered.path):
        (kept,) = load(path).lanes.values()
        assert lane_to_dict(kept) == table
        timing = kept.timing
        assert timing.ttft_ms is not None and timing.ttfo_ms is not None and timing.think_ms is not None
        assert timing.ttfo_ms > timing.ttft_ms and timing.think_ms == pytest.approx(timing.ttfo_ms - timing.ttft_ms)


def test_zeros_are_no_counts_and_the_tokenizer_is_asked(server: LoopbackServer) -> None:
    host = CountingHost(server)
    host._models = ("zeros",)
    with conducting(host) as conductor:
        lane = asked(conductor, host, "zeros")
        assert host.asked == ["Hello"]
        assert lane.usage is not None and lane.usage.source == "tokenizer"
        assert (lane.usage.prompt_tokens, lane.usage.completion_tokens) == (None, 1)


def test_what_the_host_said_of_the_prompt_stays_beside_what_its_tokenizer_counts(server: LoopbackServer) -> None:
    host = CountingHost(server)
    host._models = ("half_counted",)
    with conducting(host) as conductor:
        lane = asked(conductor, host, "half_counted")
        usage = lane.usage
        assert host.asked == ["Hello"] and usage is not None
        found = (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens, usage.source)
        assert found == (8000, 1, 7990, "tokenizer")


def test_a_cached_prompt_is_told_on_the_screen(server: LoopbackServer) -> None:
    host = LoopbackHost(server.port, ("cached",))
    with conducting(host) as conductor:
        lane = asked(conductor, host, "cached")
        shown = column(conductor, lane, "model", 1, 1.0, folded=True).reading
        assert shown is not None
        assert "cached 7990/8000" in lines(shown, 70)[0]
        assert any("cached" in line for line in lines(shown, 24))
