"""A connection to another machine's model server: its port is asked for, forwarded to here, and seen to answer."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass

from tui.core.errors import NoHostError
from tui.hosts.http import fetch
from tui.hosts.ssh import remote_probe as remote
from tui.hosts.ssh.command import SshCommand, explain, is_forbidden, is_taken, last_words, refusals
from tui.hosts.ssh.process import SshProcess

SETTLE_S = 1.0
"""How long after a failed question ssh may take to say why, or to end."""
BEAT_S = 0.05
TOUCH_S = 0.25
PORT_TRIES = 3
AGAIN = "Try again: it is connected again"
START_IT = "Start Foundry Local there: `foundry server start`, or `foundry service start` before version 0.10"


@dataclass(frozen=True, slots=True)
class Connection:
    """One forwarded port that answered when the connection was made. One that ended is replaced, never mended."""

    process: SshProcess
    local_port: int
    """The port of this machine."""
    remote_port: int
    """The port of the other."""


@dataclass(frozen=True, slots=True)
class _RemotePort:
    number: int
    why: str
    """Why this port is taken to be the right one, as a sentence."""


class Connector:
    """Connects to one machine, once at a time. `close` may be called from any thread, the rest from one at a time."""

    def __init__(self, command: SshCommand, remote_port: int | None, timeout: float) -> None:
        """`remote_port` is the port over there, None to ask for it. `timeout` is in seconds, for each step."""
        self._command = command
        self._host = command.target.host
        self._remote_port = remote_port
        self._timeout = timeout
        self._process: SshProcess | None = None
        self.closes = 0
        """How often it was closed."""

    def connect(self, local_port: int | None) -> Connection:
        """A connection at whose local port something speaks HTTP; at `local_port` if that is free.

        Raises NoHostError, which says which part of the way failed.
        """
        closes = self.closes
        port = _RemotePort(self._remote_port, "") if self._remote_port is not None else self._find(closes)
        connection = self._forward(local_port, port.number, closes)
        try:
            self._probe(connection, port.why)
        except BaseException:
            connection.process.end()
            raise
        return connection

    def dropped(self, process: SshProcess) -> NoHostError:
        """What to say of a connection that ended by itself."""
        return NoHostError(f"The line to {self._host} dropped", last_words(process.words), AGAIN)

    def close(self) -> None:
        """End what runs, within a second; a `connect` under way fails."""
        self.closes += 1
        if self._process is not None:
            self._process.end()

    def _find(self, closes: int) -> _RemotePort:
        process = self._start(self._command.question(), closes)
        in_time = process.ended(self._timeout)
        process.end()
        if in_time and process.code == 255:
            raise self._failure(process, closes)
        # A shell that hangs in the middle has often said enough.
        port = remote.served_at(process.output)
        if port is not None:
            return _RemotePort(port, "Foundry Local over there names this port")
        if remote.says_stopped(process.output):
            return _RemotePort(remote.USUAL_PORT, "Foundry Local is installed there and says that it does not run")
        asked = "named another" if in_time else f"answered within {self._timeout:g} s which it is"
        return _RemotePort(remote.USUAL_PORT, f"It is the usual one; nothing there {asked}")

    def _forward(self, local_port: int | None, remote_port: int, closes: int) -> Connection:
        for left in reversed(range(PORT_TRIES)):
            port = _free_port(local_port)
            local_port = None
            process = self._start(self._command.forward(port, remote_port), closes)
            if self._stands(process, port):
                return Connection(process, port, remote_port)
            if not left or not is_taken(process.words):
                raise self._failure(process, closes)
        raise AssertionError("unreachable")

    def _start(self, command: list[str], closes: int) -> SshProcess:
        process = self._process = SshProcess(command)
        # Closed in between, it would have been missed.
        if closes != self.closes:
            process.end()
            raise self._failure(process, closes)
        return process

    def _stands(self, process: SshProcess, port: int) -> bool:
        """Wait until the local port takes connections. False when ssh ended instead."""
        deadline = time.monotonic() + self._timeout
        while not process.ended(BEAT_S):
            if _takes_connections(port):
                return True
            if time.monotonic() > deadline:
                process.end()
                reason = last_words(process.words, f"ssh was not connected after {self._timeout:g} s")
                hint = f"See whether this works: `{self._command.target.by_hand}`"
                raise NoHostError(f"{self._host} cannot be reached", reason, hint)
        return False

    def _probe(self, connection: Connection, why: str) -> None:
        """See whether anything answers at the other end. Any HTTP answer will do: what it is, the host finds out."""
        try:
            fetch(f"http://127.0.0.1:{connection.local_port}", "/", timeout=self._timeout, hint=AGAIN)
        except NoHostError as error:
            deadline = time.monotonic() + SETTLE_S
            while not connection.process.ended(BEAT_S) and time.monotonic() < deadline:
                if is_forbidden(connection.process.words):
                    raise explain(connection.process.words, self._command.target) from error
                if refusals(connection.process.words):
                    detail = f"Nobody listens at port {connection.remote_port}. {why}"
                    raise NoHostError(f"No model server answers on {self._host}", detail.strip(), START_IT) from error
            if not connection.process.alive:
                raise self.dropped(connection.process) from error
            hint = f"Look at what runs there at this port. {START_IT}"
            raise NoHostError(
                f"What listens at port {connection.remote_port} of {self._host} does not answer like a model server",
                error.detail,
                hint,
            ) from error

    def _failure(self, process: SshProcess, closes: int) -> NoHostError:
        if closes != self.closes:
            return NoHostError(f"The line to {self._host} was closed")
        return explain(process.words, self._command.target)


def _free_port(wanted: int | None) -> int:
    """A port of 127.0.0.1 that can be listened at: the wanted one if possible."""
    try:
        with socket.create_server(("127.0.0.1", wanted or 0)) as listener:
            return int(listener.getsockname()[1])
    except OSError:
        if wanted is None:
            raise
        return _free_port(None)


def _takes_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), TOUCH_S).close()
    except OSError:
        return False
    return True
