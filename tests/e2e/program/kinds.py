"""One host of each kind, up and running, as the command line names it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.e2e.program.conftest import NO_RUNTIME
from tests.support.chatting import ANSWER
from tests.support.fake_foundry import install
from tests.support.loopback_server import LoopbackServer
from tests.support.replay_daemon import CPU, PHI, SMALL, daemon_in
from tests.support.replay_service import replaying
from tests.support.sshd import running_sshd, why_no_sshd
from tui.hosts.embedded.bundle import bundle_root, read_bundle
from tui.hosts.embedded.host import EmbeddedHost

DEMO = tuple(model.card.id for model in read_bundle(bundle_root()))
MODULE = """
class Echo:
    version = "7.1"
    models = ("one", "two", "three")

    def generate(self, prompt):
        yield from ("You ", "asked: ", prompt)
"""


@dataclass
class Place:
    """A host, and what to expect of it."""

    hosts: tuple[str, ...]
    """What stands after `--host`; nothing for one that is to be found."""
    kind: str
    models: tuple[str, str, str]
    version: str | None = None
    answer: str | None = None
    """What every model says; None where models say what they know."""
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def args(self) -> list[str]:
        """The options that name the host."""
        return [part for host in self.hosts for part in ("--host", host)]


@contextmanager
def service(folder: Path) -> Iterator[Place]:
    """One that the older `foundry` command leads to."""
    with service_at(folder) as place:
        books = install(folder / "bin", generation="0.8", root=place.hosts[0])
        environ = {"PATH": f"{books.path.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
        yield replace(place, hosts=(), environ=environ | {"USERPROFILE": str(folder)})


@contextmanager
def service_at(folder: Path) -> Iterator[Place]:
    """One whose address is given."""
    with replaying() as running:
        yield Place((running.url,), "service", _three(tuple(running.cached)), answer=ANSWER)


@contextmanager
def daemon(folder: Path) -> Iterator[Place]:
    with daemon_in(folder) as running:
        running.books.write(cached=[CPU, SMALL, PHI])
        running.write_file()
        path = f"{running.books.path.parent}{os.pathsep}{os.environ['PATH']}"
        environ = {"PATH": path, "HOME": str(running.home), "USERPROFILE": str(running.home)}
        yield Place((), "daemon", (CPU, SMALL, PHI), answer=ANSWER, environ=environ)


@contextmanager
def sdk(folder: Path) -> Iterator[Place]:
    host = EmbeddedHost(folder)
    try:
        address = (host.connect().endpoint or "").removesuffix("/catalogs/local/v1")
        yield Place((address,), "sdk", _three(DEMO))
    finally:
        host.close()


@contextmanager
def openai(folder: Path) -> Iterator[Place]:
    with LoopbackServer().running() as server:
        yield Place((server.url,), "openai", ("good", "burst", "reasoning"))


@contextmanager
def embedded(folder: Path) -> Iterator[Place]:
    yield Place(("embedded",), "embedded", _three(DEMO))


@contextmanager
def adapter(folder: Path) -> Iterator[Place]:
    (folder / "echoes.py").write_text(MODULE, encoding="utf-8")
    yield Place(("echoes:Echo",), "adapter", ("one", "two", "three"), answer="You asked: What is RAG?")


@contextmanager
def tunnel(folder: Path) -> Iterator[Place]:
    with service_at(folder) as place, running_sshd(folder) as sshd:
        port = int(place.hosts[0].rpartition(":")[2])
        ssh = folder / "here" / "ssh"
        ssh.parent.mkdir(exist_ok=True)
        options = " ".join(sshd.options)
        ssh.write_text(f'#!/bin/sh\nexec /usr/bin/ssh {options} "$@"\n', encoding="utf-8")
        ssh.chmod(0o755)
        (folder / "config").mkdir()
        config = f'[hosts.lab]\nssh = "{sshd.target}"\nremote_port = {port}\n'
        (folder / "config" / "config.toml").write_text(config, encoding="utf-8")
        environ = {
            "PATH": f"{ssh.parent}{os.pathsep}{os.environ['PATH']}",
            "FOUNDRY_COMPARE_CONFIG": str(folder / "config"),
        }
        yield Place(("lab",), "service", place.models, answer=ANSWER, environ=environ)


@contextmanager
def two(folder: Path) -> Iterator[Place]:
    """Two hosts in one comparison."""
    with ExitStack() as stack:
        first, second = stack.enter_context(service_at(folder)), stack.enter_context(openai(folder))
        (one,), (other,) = first.hosts, second.hosts
        names = [host.removeprefix("http://").partition("/")[0] for host in (one, other)]
        models = (f"{names[0]}/{first.models[0]}", f"{names[0]}/{first.models[1]}", f"{names[1]}/good")
        yield Place((one, other), "several", models)


def _three(names: tuple[str, ...]) -> tuple[str, str, str]:
    a, b, c = names[:3]
    return a, b, c


KINDS: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "service": service, "daemon": daemon, "sdk": sdk, "openai": openai, "embedded": embedded, "adapter": adapter,
    "ssh": tunnel, "several": two,
}  # fmt: skip
"""By the names of the registry; the demo has a file of tests of its own."""


def why_not(kind: str) -> str:
    """Why this kind cannot be tested here; empty when it can."""
    if kind in ("sdk", "embedded"):
        return NO_RUNTIME
    return why_no_sshd() if kind == "ssh" else ""


def skip_unless_possible(kind: str) -> None:
    """Skip the test where the kind cannot be had."""
    if why_not(kind):
        pytest.skip(why_not(kind))
