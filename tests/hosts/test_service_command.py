"""A service of Foundry Local 0.3 to 0.8 beside the `foundry` command that manages it, on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_foundry import install
from tests.support.replay_service import ReplayService, replaying
from tui.core.errors import CompareError, ModelFailedError, NoModelError
from tui.hosts.base import Ability, Host
from tui.hosts.foundry.service import ServiceHost
from tui.hosts.host_kind import Surroundings
from tui.hosts.search.search import Search


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ReplayService]:
    with replaying() as running:
        running.books = install(tmp_path / "bin", generation="0.8", root=running.url)
        yield running


@pytest.fixture
def around(service: ReplayService, tmp_path: Path) -> Surroundings:
    assert service.books is not None
    environ = {"PATH": f"{service.books.path.parent}{os.pathsep}{os.environ['PATH']}"}
    return Surroundings(tmp_path / "data", environ, tmp_path / "home", usual_root=service.url)


@pytest.fixture
def host(around: Surroundings) -> ServiceHost:
    found = Search(None, around, lambda host: None).look(last_resort=False)
    assert isinstance(found.host, ServiceHost)
    return found.host


def why_not(host: Host, model: str) -> str:
    with pytest.raises(ModelFailedError) as caught:
        host.remove(model)
    return caught.value.sentence()


def test_the_command_tells_its_version_and_the_port_its_process(host: ServiceHost, service: ReplayService) -> None:
    info = host.connect()
    assert (info.version, info.pid) == ("0.8.113+70167233c5", os.getpid())
    assert info.title == f"Foundry Local service 0.8.113 at {service.url.removeprefix('http://')}"


def test_a_model_is_removed_by_the_command(host: ServiceHost, service: ReplayService) -> None:
    first, *others = [card.id for card in host.catalogue()]
    assert host.abilities[Ability.REMOVE] == ""
    host.remove(first)
    assert [card.id for card in host.catalogue()] == others
    with pytest.raises(CompareError, match=first):
        host.remove(first)
    with pytest.raises(NoModelError, match="no-such-model"):
        host.remove("no-such-model")


def test_a_model_in_memory_stays_and_one_that_is_not_let_go_of_is_told(
    host: ServiceHost, service: ReplayService
) -> None:
    model = host.catalogue()[0].id
    service.loaded = [model]
    assert why_not(host, model) == f"{model} could not be removed. It is loaded. Unload it first."
    service.loaded = []
    assert service.books is not None
    service.books.write(trouble="in use")
    assert "it is being used by another process" in why_not(host, model)


def test_what_answers_at_the_usual_port_need_not_be_what_the_command_manages(
    around: Surroundings, service: ReplayService
) -> None:
    assert service.books is not None
    service.books.write(root=None)
    found = Search(None, around, lambda host: None).look(last_resort=False)
    assert found.info.version is None
    assert "`foundry cache rm` on that machine does it" in why_not(found.host, found.host.catalogue()[0].id)
