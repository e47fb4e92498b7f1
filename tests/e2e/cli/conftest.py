"""A server to name with `--host`, and a folder of the test's own to be in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.models_server import free_port
from tests.support.loopback_server import LoopbackServer


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


@pytest.fixture
def at(server: LoopbackServer) -> tuple[str, str]:
    """The options that name the server."""
    return ("--host", server.url)


@pytest.fixture
def nobody() -> tuple[str, str]:
    """The options that name an address where nobody is."""
    return ("--host", f"http://127.0.0.1:{free_port()}/v1")


@pytest.fixture
def sessions(own_folders: Path) -> Path:
    """Where this test's sessions are kept."""
    return own_folders / "sessions"
