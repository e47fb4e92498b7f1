"""A host on another machine, reached through SSH and used as if it were here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from tui.core.catalog.machine import Gpu, Machine
from tui.core.errors import CompareError, NoHostError
from tui.hosts.base import Ability, Host, HostInfo, lacks
from tui.hosts.forwarding import ForwardingHost
from tui.hosts.machine import remote_gpus
from tui.hosts.ssh.command import SshCommand, parse_target, refusals
from tui.hosts.ssh.connection import SETTLE_S, Connection, Connector

WAIT_S = 30.0
_T = TypeVar("_T")


class TunnelHost(ForwardingHost):
    """Any host, on another machine. Every question connects again if the connection dropped, at the same local port.

    A connection that drops under a question fails it only where asking twice could do something twice.

    Its methods may be called from any thread.
    """

    def __init__(
        self,
        target: str,
        make_host: Callable[[str], Host],
        *,
        ssh: str = "ssh",
        options: Sequence[str] = (),
        remote_port: int | None = None,
        timeout: float = WAIT_S,
    ) -> None:
        """`make_host` is given an address of this machine, once something over there answers at it.

        `options` go to ssh before the program's own. Without `remote_port` the other machine is asked. `timeout` is in
        seconds, for each of: asking, connecting, the first answer. Raises BadInputError for a target that is none.
        """
        machine = parse_target(target)
        self._machine = machine.host
        self._none_yet = f"{machine.host} is not connected yet"
        self._make_host = make_host
        self._command = SshCommand(machine, ssh, tuple(options))
        self._connector = Connector(self._command, remote_port, timeout)
        self._connecting = threading.Lock()
        self._connected: tuple[Connection, Host] | None = None

    @property
    def abilities(self) -> Mapping[Ability, str]:
        """What the host over there can do."""
        return self._but_folders(super().abilities)

    def abilities_of(self, model_id: str) -> Mapping[Ability, str]:
        """The same for this model."""
        return self._but_folders(super().abilities_of(model_id))

    def connect(self) -> HostInfo:
        """Connect unless that is done, and reach the host. A host that moved to another port is found again.

        Raises NoHostError, which says which part of the way failed.
        """
        connection, inner = self._reach()
        refused = refusals(connection.process.words)
        try:
            with self._failures_of(connection):
                info = inner.connect()
        except NoHostError:
            # A host that is merely busy must not lose the answers under way: only a connection that dropped just then,
            # or leads to where nobody listens any more, is replaced.
            if connection.process.alive and refusals(connection.process.words) <= refused:
                raise
            connection, inner = self._reach(instead_of=connection)
            with self._failures_of(connection):
                info = inner.connect()
        title = self._seen_from_here(info.title.replace(f" at 127.0.0.1:{connection.local_port}", ""), connection)
        title = f"{title} · {self._machine} via ssh:{connection.remote_port}"
        # The local port is a new one each time and tells nobody anything; the processes are not visible from here.
        unlisted = self._seen_from_here(info.unlisted, connection)
        return replace(info, title=title, endpoint=None, local=False, pid=None, ours=False, unlisted=unlisted)

    def register(self, folder: Path) -> str:
        """Raises ModelFailedError: the folder is one of this machine."""
        raise lacks(str(folder), Ability.REGISTER, self.abilities)

    def why_gone(self, model_id: str) -> str:
        """Why the connection ended; while it stands, what the host over there says."""
        if self._connected is None:
            return ""
        connection, inner = self._connected
        if connection.process.ended(SETTLE_S):
            return self._connector.dropped(connection.process).sentence()
        return self._seen_from_here(inner.why_gone(model_id), connection)

    def machine(self, model_id: str) -> Machine:
        """The GPUs of the other machine, asked of its own shell; what the host there says besides."""
        gpus, no_gpus = remote_gpus(self._command.before(), self._machine)
        no_disk = f"The models lie on {self._machine}; its disk is not asked."
        said = super().machine(model_id)
        return replace(said, gpus=gpus, no_gpus=no_gpus, disk_free=None, no_disk=no_disk)

    def gpus(self, model_id: str) -> tuple[tuple[Gpu, ...], str]:
        """Those of the other machine, asked of its own shell."""
        return remote_gpus(self._command.before(), self._machine)

    def close(self) -> None:
        """End the ssh process of this host, within a second. A connection under way is given up."""
        # No lock, so that leaving never waits for a machine that does not answer.
        super().close()
        self._connector.close()

    def _standing(self, model_id: str) -> tuple[Host, str] | None:
        return (self._connected[1], model_id) if self._connected is not None else None

    def _forward(self, model_id: str, question: Callable[[Host, str], _T], *, repeatable: bool) -> _T:
        connection, inner = self._reach()
        closes = self._connector.closes
        try:
            with self._failures_of(connection):
                return question(inner, model_id)
        except NoHostError:
            if not repeatable or connection.process.alive or closes != self._connector.closes:
                raise
        connection, inner = self._reach()
        with self._failures_of(connection):
            return question(inner, model_id)

    def _reach(self, instead_of: Connection | None = None) -> tuple[Connection, Host]:
        with self._connecting:
            port = None
            if self._connected is not None:
                connection, inner = self._connected
                if connection is not instead_of and connection.process.alive:
                    return self._connected
                inner.close()
                connection.process.end()
                port = connection.local_port
            connection = self._connector.connect(port)
            try:
                inner = self._make_host(f"http://127.0.0.1:{connection.local_port}")
            except BaseException:
                connection.process.end()
                raise
            self._connected = connection, inner
            return self._connected

    @contextmanager
    def _failures_of(self, connection: Connection) -> Iterator[None]:
        """The failures of a question, with what they are over there instead of what they look like from here."""
        try:
            yield
        except CompareError as error:
            if isinstance(error, NoHostError) and connection.process.ended(SETTLE_S):
                raise self._connector.dropped(connection.process) from error
            parts = [error.title, error.detail, error.hint]
            seen = [self._seen_from_here(part, connection) for part in parts]
            if seen == parts:
                raise
            raise type(error)(*seen) from error

    def _seen_from_here(self, text: str, connection: Connection) -> str:
        """The text with the other machine's name where it has the address of the connection's local port."""
        here, there = f"127.0.0.1:{connection.local_port}", f"{self._machine}:{connection.remote_port}"
        return text.replace(here, there)

    def _but_folders(self, abilities: Mapping[Ability, str]) -> Mapping[Ability, str]:
        return MappingProxyType({**abilities, Ability.REGISTER: f"It would have to lie on {self._machine}"})
