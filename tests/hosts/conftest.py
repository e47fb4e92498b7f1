"""The hosts that the contract is tested on."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.hosts.models_server import as_json, serving
from tests.support.catalogue_server import catalogue_of
from tests.support.replay_daemon import daemon_in
from tests.support.replay_service import replaying
from tests.support.sshd import running_sshd, why_no_sshd
from tests.support.wine import UNDER_WINE
from tui.hosts.adapter.host import AdapterHost
from tui.hosts.base import Host
from tui.hosts.embedded.bundle import bundle_root
from tui.hosts.embedded.host import EmbeddedHost
from tui.hosts.foundry.daemon import DaemonHost
from tui.hosts.foundry.sdk_web import SdkWebHost
from tui.hosts.foundry.service import ServiceHost
from tui.hosts.host_kind import Surroundings
from tui.hosts.openai.host import OpenAIHost
from tui.hosts.registry import KINDS
from tui.hosts.search.auto_host import AutoHost
from tui.hosts.ssh.tunnel_host import TunnelHost


def why_no_runtime() -> str:
    """Why the embedded runtime cannot be tested here; empty when it can."""
    if importlib.util.find_spec("foundry_local_sdk") is None:
        return "no embedded runtime for this platform: foundry_local_sdk is not installed"
    if UNDER_WINE:
        return "no embedded runtime under Wine: it hangs while it is initialised"
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


@pytest.fixture(scope="module")
def embedded_own(data_dir: Path) -> Iterator[EmbeddedHost]:
    """The same for the runtime that takes in models of the user's."""
    reason = why_no_runtime()
    if reason:
        pytest.skip(reason)
    host = EmbeddedHost(data_dir, demo_only=False)
    yield host
    host.close()


@pytest.fixture(scope="module")
def strange_service(data_dir: Path) -> Iterator[str]:
    """The address of a runtime's web service, to be met as a stranger would, with a public catalogue that is empty."""
    reason = why_no_runtime()
    if reason:
        pytest.skip(reason)
    host = EmbeddedHost(data_dir)
    with catalogue_of([], bundle_root() / "demo-small") as catalogue, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOUNDRY_COMPARE_CATALOGUE", catalogue.address)
        yield (host.connect().endpoint or "").removesuffix("/catalogs/local/v1")
        host.close()


@pytest.fixture(scope="module")
def tunnel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TunnelHost]:
    """A host that is reached through SSH."""
    if why_no_sshd():
        pytest.skip(why_no_sshd())
    with replaying() as service, running_sshd(tmp_path_factory.mktemp("sshd")) as sshd:
        port = int(service.url.rpartition(":")[2])
        host = TunnelHost(sshd.target, ServiceHost, options=sshd.options, remote_port=port)
        yield host
        host.close()


Makers = Callable[[pytest.FixtureRequest], AbstractContextManager[Host]]


@contextmanager
def _service(request: pytest.FixtureRequest) -> Iterator[Host]:
    with replaying() as service:
        yield ServiceHost(service.url)


@contextmanager
def _daemon(request: pytest.FixtureRequest) -> Iterator[Host]:
    with daemon_in(request.getfixturevalue("tmp_path_factory").mktemp("daemon")) as daemon:
        yield DaemonHost(daemon.root, cli=daemon.cli, home=daemon.home)


@contextmanager
def _openai(request: pytest.FixtureRequest) -> Iterator[Host]:
    with serving(as_json({"data": [{"id": "a:1"}, {"id": "b:1"}]})) as server:
        yield OpenAIHost(server.url)


@contextmanager
def _found(request: pytest.FixtureRequest) -> Iterator[Host]:
    with replaying() as service:
        yield AutoHost(None, Surroundings(Path("data"), {"PATH": ""}, Path("home"), usual_root=service.url))


@contextmanager
def _adapter(request: pytest.FixtureRequest) -> Iterator[Host]:
    adapter = AdapterHost("tests.support.adapters:Facts", folder=Path(__file__).parents[2])
    yield adapter
    adapter.close()


def _of(fixture: str, make: Callable[[Any], Host] = lambda host: host) -> Makers:
    return lambda request: nullcontext(make(request.getfixturevalue(fixture)))


MAKERS: dict[str, Makers] = {
    "service": _service,
    "daemon": _daemon,
    "sdk": _of("strange_service", SdkWebHost),
    "openai": _openai,
    "ssh": _of("tunnel"),
    "embedded": _of("embedded_own"),
    "demo": _of("embedded"),
    "adapter": _adapter,
}
"""How a host of each kind of the registry is had for the contract, with at least two models."""


@pytest.fixture(scope="module", params=[*(kind.name for kind in KINDS), "found"])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    """Each kind of host in turn, and one that a search found."""
    maker = MAKERS[request.param] if request.param != "found" else _found
    with maker(request) as made:
        yield made
