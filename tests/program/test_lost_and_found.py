"""A host that goes away in the middle of the work and comes back: on the screen nothing that was there is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.chatting import ANSWER
from tests.support.loopback_server import LoopbackServer
from tests.support.replay_daemon import CPU, SMALL, daemon_in
from tests.support.screens import Play, asking
from tests.support.sshd import running_sshd, why_no_sshd
from tui.core.lane import Lane, LaneState
from tui.core.run import Run
from tui.hosts.discovery import Surroundings
from tui.hosts.found import FoundHost
from tui.hosts.openai_api import OpenAIHost
from tui.hosts.tunnel import TunnelHost


def run_of(play: Play) -> Run:
    assert play.conductor.run is not None
    return play.conductor.run


def lanes(play: Play) -> list[Lane]:
    return list(run_of(play).lanes.values())


async def answered(play: Play, before: Run | None = None) -> list[LaneState]:
    """Wait for the end of a run that is not the one before; how its lanes ended."""
    await play.until(lambda: play.conductor.run not in (None, before) and not play.conductor.busy)
    await play.settle()
    return [lane.state for lane in lanes(play)]


async def test_a_restarted_daemon_is_found_at_its_new_port_with_what_was_typed_and_received(tmp_path: Path) -> None:
    with daemon_in(tmp_path) as daemon:
        environ = {"PATH": f"{daemon.books.path.parent}{os.pathsep}{os.environ['PATH']}"}
        host = FoundHost(None, Surroundings(tmp_path / "data", environ, daemon.home, usual_root="http://127.0.0.1:9"))
        async with asking(host, (CPU, SMALL)) as play:
            await play.until(lambda: len(play.app.shelf.chosen) == 2)
            await play.type("What is RAG?", "enter")
            assert await answered(play) == [LaneState.DONE] * 2
            first, before = run_of(play), daemon.root
            await play.press("e", "end")  # keeps what was asked
            await play.type(" And why?")
            daemon.stop()
            daemon.start()
            assert daemon.root != before
            assert play.prompt.text == "What is RAG? And why?" and "Search first" in play.pane(1)
            await play.type("", "enter")
            assert await answered(play, first) == [LaneState.DONE] * 2
            assert [lane.answer for lane in lanes(play)] == [ANSWER] * 2
            assert [lane.answer for lane in first.lanes.values()] == [ANSWER] * 2
            assert (host.connect().endpoint or "").startswith(daemon.root)


@pytest.mark.skipif(bool(why_no_sshd()), reason=why_no_sshd() or "never")
async def test_a_line_that_drops_in_the_middle_of_an_answer_is_named_and_the_next_question_goes_through(
    tmp_path: Path,
) -> None:
    with LoopbackServer().running() as server, running_sshd(tmp_path) as sshd:
        host = TunnelHost(sshd.target, OpenAIHost, options=sshd.options, remote_port=server.port)
        try:
            async with asking(host, ("endless", "good")) as play:
                await play.until(lambda: len(play.app.shelf.chosen) == 2)
                await play.type("Why?", "enter")
                await play.until(lambda: LaneState.DONE in {lane.state for lane in lanes(play)})
                sshd.drop_lines()
                assert await answered(play) == [LaneState.CUT, LaneState.DONE]
                broken = lanes(play)[0]
                assert broken.answer.startswith("more more") and broken.fault is not None
                assert broken.fault.message.startswith("The line to 127.0.0.1 dropped")
                assert broken.fault.hint == "What arrived is kept. Run it again."
                assert "The line to 127.0.0.1 dropped" in play.pane(1) and "One two three four five" in play.pane(2)
                await play.press("r")
                await play.until(lambda: any(lane.answer and lane.state is LaneState.RUNNING for lane in lanes(play)))
                await play.press("X")
                await play.until(lambda: not play.conductor.busy)
        finally:
            host.close()
