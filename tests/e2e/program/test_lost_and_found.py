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
from tui.core.plans.plan_run import PlanRun
from tui.core.requests.request import Request, RequestState
from tui.hosts.host_kind import Surroundings
from tui.hosts.openai.host import OpenAIHost
from tui.hosts.search.auto_host import AutoHost
from tui.hosts.ssh.tunnel_host import TunnelHost


def run_of(play: Play) -> PlanRun:
    assert play.runner.run is not None
    return play.runner.run


def requests(play: Play) -> list[Request]:
    return list(run_of(play).requests.values())


async def answered(play: Play, before: PlanRun | None = None) -> list[RequestState]:
    """Wait for the end of a run that is not the one before; how its requests ended."""
    await play.until(lambda: play.runner.run not in (None, before) and not play.runner.busy)
    await play.settle()
    return [request.state for request in requests(play)]


async def test_a_restarted_daemon_is_found_at_its_new_port_with_what_was_typed_and_received(tmp_path: Path) -> None:
    with daemon_in(tmp_path) as daemon:
        environ = {"PATH": f"{daemon.books.path.parent}{os.pathsep}{os.environ['PATH']}"}
        host = AutoHost(None, Surroundings(tmp_path / "data", environ, daemon.home, usual_root="http://127.0.0.1:9"))
        async with asking(host, (CPU, SMALL)) as play:
            await play.until(lambda: len(play.app.app_state.chosen) == 2)
            await play.type("What is RAG?", "enter")
            assert await answered(play) == [RequestState.DONE] * 2
            first, before = run_of(play), daemon.root
            await play.until(lambda: "Search first" in play.pane(1))
            await play.press("e", "end")  # keeps what was asked
            await play.type(" And why?")
            daemon.stop()
            daemon.start()
            assert daemon.root != before
            assert play.prompt.text == "What is RAG? And why?" and "Search first" in play.pane(1)
            await play.type("", "enter")
            assert await answered(play, first) == [RequestState.DONE] * 2
            assert [request.answer for request in requests(play)] == [ANSWER] * 2
            assert [request.answer for request in first.requests.values()] == [ANSWER] * 2
            assert (host.connect().endpoint or "").startswith(daemon.root)


@pytest.mark.skipif(bool(why_no_sshd()), reason=why_no_sshd() or "never")
async def test_a_line_that_drops_in_the_middle_of_an_answer_is_named_and_the_next_question_goes_through(
    tmp_path: Path,
) -> None:
    with LoopbackServer().running() as server, running_sshd(tmp_path) as sshd:
        host = TunnelHost(sshd.target, OpenAIHost, options=sshd.options, remote_port=server.port)
        try:
            async with asking(host, ("endless", "good")) as play:
                await play.until(lambda: len(play.app.app_state.chosen) == 2)
                await play.type("Why?", "enter")
                await play.until(lambda: RequestState.DONE in {request.state for request in requests(play)})
                sshd.drop_lines()
                assert await answered(play) == [RequestState.CUT, RequestState.DONE]
                broken = requests(play)[0]
                assert broken.answer.startswith("more more") and broken.fault is not None
                assert broken.fault.message.startswith("The line to 127.0.0.1 dropped")
                assert broken.fault.hint == "What arrived is kept. Run it again."
                await play.until(lambda: "The line to 127.0.0.1 dropped" in play.pane(1))
                await play.until(lambda: "One two three four five" in play.pane(2))
                await play.press("r")
                await play.until(
                    lambda: any(request.answer and request.state is RequestState.RUNNING for request in requests(play))
                )
                await play.press("X")
                await play.until(lambda: not play.runner.busy)
        finally:
            host.close()
