"""The hosts that the contract is tested on."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.models_server import as_json, serving
from tui.hosts.embedded.host import EmbeddedHost
from tui.hosts.host import Host
from tui.hosts.openai_api import OpenAIHost


def why_no_runtime() -> str:
    """Why the embedded runtime cannot be tested here; empty when it can."""
    if importlib.util.find_spec("foundry_local_sdk") is None:
        return "no embedded runtime for this platform: foundry_local_sdk is not installed"
    return ""


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data directory for all tests that do not need their own, as on a user's machine."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def embedded(data_dir: Path) -> Iterator[EmbeddedHost]:
    """A host whose runtime is shared by a module's tests."""
    reason = why_no_runtime()
    if reason:
        pytest.skip(reason)
    host = EmbeddedHost(data_dir)
    yield host
    host.close()


@pytest.fixture(scope="module", params=["embedded", "openai"])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    """Each kind of host in turn, with at least two models."""
    if request.param == "embedded":
        yield request.getfixturevalue("embedded")
        return
    with serving(as_json({"data": [{"id": "a:1"}, {"id": "b:1"}]})) as server:
        yield OpenAIHost(server.url)
