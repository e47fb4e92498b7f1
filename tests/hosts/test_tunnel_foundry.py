"""Foundry Local behind SSH, with the `foundry` command of its own machine for what REST lacks."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fake_foundry import install
from tests.support.replay_daemon import CPU, PHI, SMALL, ReplayDaemon, daemon_in
from tests.support.replay_service import replaying
from tests.support.sshd import Sshd, running_sshd, why_no_sshd
from tui.core.catalog.model_card import ModelState
from tui.core.errors import CompareError, ModelFailedError
from tui.core.host_spec import HostSpec
from tui.hosts.base import Ability, Host
from tui.hosts.host_kind import Surroundings
from tui.hosts.search.search import Search

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_no_sshd()), reason=why_no_sshd() or "never")]


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    """A machine to which `ssh` gets without options."""
    (tmp_path / "machine").mkdir()
    (tmp_path / "here").mkdir()
    with running_sshd(tmp_path / "machine") as running:
        ssh = tmp_path / "here" / "ssh"
        ssh.write_text(f'#!/bin/sh\nexec /usr/bin/ssh {" ".join(running.options)} "$@"\n', "utf-8")
        ssh.chmod(0o755)
        monkeypatch.setenv("PATH", f"{ssh.parent}{os.pathsep}{os.environ['PATH']}")
        yield running


@pytest.fixture
def daemon(sshd: Sshd, tmp_path: Path) -> Iterator[ReplayDaemon]:
    with daemon_in(tmp_path / "daemon") as running:
        sshd.install("foundry", f'exec {running.books.path.parent / "foundry"} "$@"')
        yield running


@pytest.fixture
def opened(sshd: Sshd, tmp_path: Path) -> Iterator[list[Host]]:
    hosts: list[Host] = []
    yield hosts
    for host in hosts:
        host.close()


def found(sshd: Sshd, opened: list[Host], tmp_path: Path, remote_port: int | None = None) -> Host:
    around = Surroundings(tmp_path / "data", {"PATH": "/nowhere"}, tmp_path / "home")
    spec = HostSpec("ssh", sshd.target.removeprefix("ssh://"), remote_port=remote_port)
    opened.append(Search(spec, around, lambda host: None).look(last_resort=False).host)
    return opened[-1]


def test_a_daemon_tells_its_catalogue_and_downloads_and_removes_over_there(
    sshd: Sshd, daemon: ReplayDaemon, opened: list[Host], tmp_path: Path
) -> None:
    host = found(sshd, opened, tmp_path)
    info = host.connect()
    assert (info.kind, info.version, info.local, info.pid) == ("daemon", "0.10.3+da50cfea8a", False, None)
    assert info.title.endswith(f"127.0.0.1 via ssh:{daemon.root.rpartition(':')[2]}")
    assert {card.id: card.state for card in host.catalogue()} == dict.fromkeys((CPU, SMALL), ModelState.CACHED)
    offers = host.offers()
    assert offers.stale == "" and {card.id: card.size_bytes for card in offers.cards}[PHI] == 3_809_000_000
    told: list[float] = []
    assert host.download(PHI, told.append, threading.Event()) and told[-1] == 100.0
    host.load(PHI)
    assert next(card for card in host.catalogue() if card.id == PHI).state is ModelState.LOADED
    with pytest.raises(ModelFailedError, match=PHI):
        host.remove(PHI)
    host.unload(PHI)
    host.remove(PHI)
    assert {card.id for card in host.catalogue()} == {CPU, SMALL}
    assert host.abilities[Ability.REGISTER] == "It would have to lie on 127.0.0.1"


def test_a_daemon_that_moved_over_there_is_not_looked_for_here(
    sshd: Sshd, daemon: ReplayDaemon, opened: list[Host], tmp_path: Path
) -> None:
    host = found(sshd, opened, tmp_path)
    before = host.connect().title
    daemon.stop()
    with pytest.raises(CompareError):
        host.catalogue()
    daemon.start()
    assert host.connect().title != before
    assert {card.id for card in host.catalogue()} == {CPU, SMALL}


def test_the_older_service_tells_its_version_and_removes_over_there(
    sshd: Sshd, opened: list[Host], tmp_path: Path
) -> None:
    with replaying() as service:
        service.books = install(tmp_path / "bin", generation="0.8", root=service.url)
        sshd.install("foundry", f'exec {service.books.path.parent / "foundry"} "$@"')
        host = found(sshd, opened, tmp_path)
        info = host.connect()
        assert (info.kind, info.version, info.pid) == ("service", "0.8.113+70167233c5", None)
        first, *others = [card.id for card in host.catalogue()]
        host.remove(first)
        assert [card.id for card in host.catalogue()] == others
        port = int(service.url.rpartition(":")[2])
        assert found(sshd, opened, tmp_path, port).abilities[Ability.REMOVE]


def test_a_machine_without_the_command_is_used_as_far_as_rest_goes(
    sshd: Sshd, daemon: ReplayDaemon, opened: list[Host], tmp_path: Path
) -> None:
    daemon.write_file()
    sshd.write_daemon_json((daemon.home / ".foundry" / "daemon.json").read_text("utf-8"))
    (sshd.folder / "bin" / "foundry").unlink()
    host = found(sshd, opened, tmp_path)
    assert host.connect().version is None
    assert [card.state for card in host.catalogue()] == [ModelState.UNKNOWN] * 2
    assert "foundry" in host.offers().stale
    with pytest.raises(CompareError, match=PHI):
        host.download(PHI, lambda percent: None, threading.Event())
