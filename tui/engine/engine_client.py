"""The program's end of the engine: starts its process, sends commands, receives events."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tui.child.process import ChildProcess, python_module
from tui.core.child_environment import ChildKind
from tui.core.requests.events import Event
from tui.engine.protocol import EngineCommand, Hello, decode_message, encode_command
from tui.net.secrets import redacted

COMMAND = python_module("tui.engine")
LAST_WORDS = 2000
"""Characters of its stderr that are reported when an engine ends by itself."""


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


@dataclass(slots=True)
class _Run:
    """One engine, from its start to its end."""

    generation: int
    greeted: bool = False
    dismissed: bool = False
    """Whether it ends because it is told to."""


Message = Event | Hello | EngineGone


class EngineClient:
    """One engine process at a time. `send` starts it when there is none.

    A thread reads the engine's pipe, so that a busy or blocked caller delays neither stamps nor `on_events`, which is
    called on that thread with the events that came together. `on_arrival` is called there with all that can be drained
    then.
    """

    def __init__(
        self,
        on_events: Callable[[Sequence[Event]], None] = lambda events: None,
        on_arrival: Callable[[Sequence[Message]], None] = lambda messages: None,
    ) -> None:
        self._on_events = on_events
        self._on_arrival = on_arrival
        self._inbox: deque[Message] = deque()
        self._news = threading.Event()
        self._process: ChildProcess | None = None
        self._run = _Run(0)
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
        return self._process.pid if self._process is not None and self._process.alive else None

    def start(self) -> None:
        """Start the engine if it is not running. Returns at once; its greeting comes later."""
        if self.pid is not None:
            return
        if self._process is not None:
            self._process.end()
        run = self._run = _Run(self.generation + 1)
        self._process = ChildProcess(
            COMMAND,
            ChildKind.ENGINE,
            hear=lambda lines: self._hear(run, lines),
            over=lambda process: self._end(run, process),
            max_line=-1,
        )
        self.generation = run.generation

    def send(self, *commands: EngineCommand) -> None:
        """Send commands, all in one write. When the engine dies before reading them, `EngineGone` follows."""
        self.start()
        if self._process is not None:
            try:
                self._process.say(b"".join(encode_command(command) for command in commands))
            except (OSError, ValueError):
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
        """End the engine, which closes its streams when its stdin ends; after `seconds` it is killed."""
        if self._process is not None:
            self._run.dismissed = True
            self._process.end(seconds)
            self._process = None

    def _hear(self, run: _Run, lines: Sequence[bytes]) -> None:
        messages = [message for line in lines if (message := _read(line)) is not None]
        for message in messages:
            if isinstance(message, Hello):
                self._offset = message.clock - time.perf_counter_ns()
                self._greeted, run.greeted = run.generation, True
        self._on_events([message for message in messages if not isinstance(message, Hello)])
        self._deliver(messages)

    def _end(self, run: _Run, process: ChildProcess) -> None:
        process.ended(None)
        if not run.dismissed:
            words = redacted(process.last_words()[-LAST_WORDS:])
            self._deliver([EngineGone(words, run.generation, run.greeted)])

    def _deliver(self, messages: Sequence[Message]) -> None:
        self._inbox.extend(messages)
        self._news.set()
        self._on_arrival(messages)


def _read(line: bytes) -> Event | Hello | None:
    try:
        return decode_message(line)
    except (ValueError, KeyError, TypeError):
        return None  # a stray print of some library; every line of the engine's own can be read
