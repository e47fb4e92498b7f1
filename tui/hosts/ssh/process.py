"""One run of `ssh`: started, listened to, ended. It cannot outlive the program."""

from __future__ import annotations

from collections.abc import Sequence

from tui.child.process import KEPT, ChildProcess, python_module
from tui.core.child_environment import ChildKind
from tui.core.errors import NoHostError, reason_of
from tui.hosts.ssh.remote_probe import decode

LEAVE_S = 0.6
"""A little more than the watchdog gives ssh."""


class SshProcess:
    """A command that can ask nobody, behind a watchdog that ends it: ssh itself does not end with its stdin.

    Its methods may be called from any thread.
    """

    def __init__(self, command: Sequence[str]) -> None:
        """Start it. Raises NoHostError when no process can be started."""
        self._output = b""
        try:
            self._process = ChildProcess(
                python_module("tui.hosts.ssh.watchdog", *command),
                ChildKind.TOOL,
                hear=self._hear,
                leave=LEAVE_S,
                own_session=True,
            )
        except OSError as error:
            raise NoHostError("ssh cannot be started", reason_of(error), "Is this machine out of processes?") from error

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.alive

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs. 255 is ssh's own failure, anything else the remote command's."""
        return self._process.code

    @property
    def output(self) -> str:
        """The lines that it has written on stdout so far, and all of it once it has ended."""
        return decode(self._output)

    @property
    def words(self) -> str:
        """What it has written on stderr so far."""
        return decode(self._process.complaints)

    def ended(self, within: float) -> bool:
        """Whether it has ended, or does so within this many seconds; all it wrote has been heard then."""
        return self._process.ended(within)

    def end(self) -> None:
        """End it, within a second. Ending it again is harmless."""
        self._process.end()

    def _hear(self, lines: Sequence[bytes]) -> None:
        self._output = b"".join([self._output, *lines])[-KEPT:]
