"""The program's end of the engine: starts its process, sends commands, receives events."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from tui.core.child_environment import Child, environment_of
from tui.core.requests.events import Event
from tui.engine.protocol import Command, Hello, decode_message, encode_command
from tui.net.secrets import redacted

if sys.platform == "win32":
    _FLAGS = subprocess.CREATE_NO_WINDOW
else:
    _FLAGS = 0

COMMAND = (sys.executable, "-P", "-m", "tui.engine")
"""`-P` keeps a folder called `tui` in the working directory from being imported instead."""


@dataclass(frozen=True, slots=True)
class EngineGone:
    """An engine's process ended by itself; `last_words` is the end of what it wrote to stderr.

    Another engine may be running by the time this is read: `generation` says which one ended; see
    `EngineClient.generation`.
    """

    last_words: str
    generation: int
    greeted: bool
    """Whether it had sent its greeting."""


Message = Event | Hello | EngineGone


class EngineClient:
    """One engine process at a time. `send` starts it when there is none.

    A thread reads the engine's pipe, so that a busy or blocked caller delays neither stamps nor `on_event`, which is
    called on that thread for every event.
    """

    def __init__(self, on_event: Callable[[Event], None] = lambda event: None) -> None:
        self._on_event = on_event
        self._inbox: deque[Message] = deque()
        self._news = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._offset = 0
        self.generation = 0
        """The number of the engine that was started last, counted from 1."""
        self._greeted = 0

    @property
    def greeted(self) -> bool:
        """Whether the engine runs and has sent its greeting: a command does not wait for its start."""
        return self.pid is not None and self._greeted == self.generation

    @property
    def pid(self) -> int | None:
        """The engine's process id while there is one."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the engine if it is not running. Returns at once; its greeting comes later."""
        if self.pid is not None:
            return
        self._release()
        stderr = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process, closed by its reader
        process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=environment_of(Child.ENGINE, os.environ),
            creationflags=_FLAGS,
        )
        self._process = process
        self.generation += 1
        engine = (process, stderr, self.generation)
        self._reader = threading.Thread(target=self._read, args=engine, name="engine", daemon=True)
        self._reader.start()

    def send(self, command: Command) -> None:
        """Send a command. When the engine dies before reading it, `EngineGone` follows."""
        self.start()
        pipe = self._process.stdin if self._process else None
        if pipe is not None:
            try:
                pipe.write(encode_command(command).encode("ascii") + b"\n")
                pipe.flush()
            except OSError:
                pass  # the thread that reads sees the same end, and reports it with the engine's last words

    def drain(self) -> list[Message]:
        """Everything that arrived since the last call, oldest first."""
        self._news.clear()
        arrived = []
        while self._inbox:
            arrived.append(self._inbox.popleft())
        return arrived

    def wait(self, seconds: float) -> None:
        """Return when something has arrived, or after `seconds`."""
        self._news.wait(seconds)

    def now(self) -> int:
        """The engine's clock in nanoseconds, for display: precise to the time a message takes through the pipe."""
        return time.perf_counter_ns() + self._offset

    def close(self, seconds: float = 3.0) -> None:
        """End the engine: it closes its streams when its stdin ends."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            try:
                process.stdin.close()
            except OSError:
                pass  # the process has ended already
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._release()

    def _release(self) -> None:
        if self._reader is not None:
            self._reader.join(2)
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    try:
                        pipe.close()
                    except OSError:
                        pass  # unsent bytes for a process that is gone
        self._process = self._reader = None

    def _read(self, process: subprocess.Popen[bytes], stderr: IO[bytes], generation: int) -> None:
        assert process.stdout is not None
        greeted = False
        for line in process.stdout:
            try:
                message = decode_message(line)
            except (ValueError, KeyError, TypeError):
                continue  # a stray print of some library; every line of the engine can be read
            if isinstance(message, Hello):
                self._offset = message.clock - time.perf_counter_ns()
                self._greeted, greeted = generation, True
            else:
                self._on_event(message)
            self._deliver(message)
        process.wait()
        stderr.seek(0, os.SEEK_END)
        stderr.seek(max(stderr.tell() - 2000, 0))
        last_words = redacted(stderr.read().decode("utf-8", "replace").strip())
        stderr.close()
        self._deliver(EngineGone(last_words, generation, greeted))

    def _deliver(self, message: Message) -> None:
        self._inbox.append(message)
        self._news.set()
