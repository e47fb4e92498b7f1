"""One engine process, and one server that keeps a log, for each module of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import odd_servers
from tests.support.loopback_server import SCRIPTS, LoopbackServer
from tui.engine.engine_client import EngineClient


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    assert set(odd_servers.THINKING) <= set(SCRIPTS)
    with LoopbackServer().running() as running:
        yield running


@pytest.fixture(scope="module")
def link() -> Iterator[EngineClient]:
    engine = EngineClient()
    yield engine
    engine.close()
