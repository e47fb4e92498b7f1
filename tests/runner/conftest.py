"""A server, a host that points at it, a writer that remembers, and a runner with a real engine.

Starting an engine takes most of a second, so `runner` is one for a whole module: its tests are runs of one session,
as they are on a screen. `fresh` is one of the test's own, with `memory` as its writer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.loopback_host import PATIENCE_S, LoopbackHost
from tests.support.loopback_server import SCRIPTS, LoopbackServer
from tests.support.running import RecordingWriter, new_runner, open_runner
from tui.core.catalog.model_card import ModelCard
from tui.runner import Runner

Cards = Callable[..., list[ModelCard]]


@pytest.fixture(scope="module")
def _server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


@pytest.fixture
def server(_server: LoopbackServer) -> LoopbackServer:
    """The server, with nothing asked of it yet."""
    _server.talks.clear()
    return _server


@pytest.fixture(scope="module")
def _host(_server: LoopbackServer) -> LoopbackHost:
    return LoopbackHost(_server.port, tuple(SCRIPTS))


@pytest.fixture
def host(_host: LoopbackHost) -> LoopbackHost:
    """The host, with nothing loaded."""
    _host.reset()
    return _host


@pytest.fixture(scope="module")
def writer() -> RecordingWriter:
    return RecordingWriter()


@pytest.fixture(scope="module")
def _running() -> Iterator[list[Runner]]:
    runners: list[Runner] = []
    yield runners
    for runner in runners:
        runner.close()


@pytest.fixture
def runner(
    _running: list[Runner], host: LoopbackHost, server: LoopbackServer, writer: RecordingWriter
) -> Iterator[Runner]:
    """The module's runner, idle. One that a test leaves at work is replaced, so that it spoils no other test."""
    if not _running:
        _running.append(new_runner(host, writer))
    yield _running[0]
    # What a stopped request had begun at the host comes to its end here, and not at the host of the next test.
    host.reset()
    _running[0]._host_worker._worker.submit(lambda: None).result(PATIENCE_S)
    if _running[0].busy:
        _running.pop().close()


@pytest.fixture
def memory() -> RecordingWriter:
    return RecordingWriter()


@pytest.fixture
def fresh(host: LoopbackHost, server: LoopbackServer, memory: RecordingWriter) -> Iterator[Runner]:
    """A runner that has done nothing yet."""
    with open_runner(host, memory) as running:
        yield running


@pytest.fixture
def cards(host: LoopbackHost) -> Cards:
    """The rows of some models, by name."""
    return lambda *names: [host.card(name) for name in names]
