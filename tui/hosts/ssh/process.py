"""One run of `ssh`: started, listened to, ended. It cannot outlive the program."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Sequence
from typing import IO

from tui.core.child_environment import Child, environment_of
from tui.core.errors import NoHostError, reason_of
from tui.hosts.child.process import NO_WINDOW, python_module
from tui.hosts.ssh.remote_probe import decode
from tui.net.secrets import known_secrets

KEPT = 65_536
"""Bytes of each stream that are kept, from its end."""
LEAVE_S = 0.6
KILL_S = 0.2


class SshProcess:
    """A command without stdin, in a session of its own: no key pressed here reaches it, and it can ask nobody.

    Its methods may be called from any thread.
    """

    def __init__(self, command: Sequence[str]) -> None:
        """Start it. Raises NoHostError when no process can be started."""
        try:
            self._process = subprocess.Popen(
                python_module("tui.hosts.ssh.watchdog", *command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment_of(Child.TOOL, os.environ, keys=known_secrets()),
                bufsize=0,
                start_new_session=True,
                creationflags=NO_WINDOW,
            )
        except OSError as error:
            raise NoHostError("ssh cannot be started", reason_of(error), "Is this machine out of processes?") from error
        assert self._process.stdout is not None and self._process.stderr is not None
        self._out = _Heard(self._process.stdout)
        self._err = _Heard(self._process.stderr)
        self._ending = threading.Lock()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs. 255 is ssh's own failure, anything else the remote command's."""
        return self._process.poll()

    @property
    def output(self) -> str:
        """What it has written on stdout so far."""
        return decode(self._out.so_far)

    @property
    def words(self) -> str:
        """What it has written on stderr so far."""
        return decode(self._err.so_far)

    def ended(self, within: float) -> bool:
        """Whether it has ended, or does so within this many seconds; all it wrote has been heard then."""
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        self._out.join(KILL_S)
        self._err.join(KILL_S)
        return True

    def end(self) -> None:
        """End it, within a second. Ending it again is harmless."""
        assert self._process.stdin is not None
        with self._ending:
            try:
                self._process.stdin.close()
            except OSError:
                pass  # nothing was ever written, so nothing is lost with a process that is gone
            if not self.ended(LEAVE_S):
                self._process.kill()
                self.ended(KILL_S)


class _Heard(threading.Thread):
    """The end of what comes out of a pipe."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(name="ssh", daemon=True)
        self._pipe = pipe
        self.so_far = b""
        self.start()

    def run(self) -> None:
        with self._pipe as pipe:
            while chunk := os.read(pipe.fileno(), 8192):
                self.so_far = (self.so_far + chunk)[-KEPT:]
