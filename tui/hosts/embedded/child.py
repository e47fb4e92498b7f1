"""The program's end of the serving process: wait until it serves, have it do things, end it."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

from tui.core import child_environment as environment
from tui.core.errors import BadInputError, NoHostError, prose, reason_of
from tui.hosts.child.process import Process, how_it_ended
from tui.hosts.embedded.model_files import Kept, Origin
from tui.hosts.embedded.protocol import Answer, Command, Do, Message, Ready, Refused, decode, encode
from tui.net.failures import without_origin

ANOTHER_HOST = "A model server can be used instead: --host http://127.0.0.1:8000"
SHOWN = 600
"""Characters of the process's last words that an error message repeats."""


class Child:
    """One run of the serving process, from its start to its end. Its methods may be called from any thread."""

    def __init__(self, folder: Path, bundle: Path, *, exactly: bool = True) -> None:
        """Start it; `folder` is for the runtime's own files. With `exactly`, what else is registered there goes.

        Raises NoHostError when no process can be started.
        """
        self._folder = folder
        self._first: Message | None = None
        self._heard = threading.Event()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, SimpleQueue[Answer | None]] = {}
        self._lock = threading.Lock()
        self._over = False
        also = () if exactly else ("also",)
        self._process = started("tui.hosts.embedded", str(folder), str(bundle), *also, hear=self._hear)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.alive

    def ready(self, timeout: float) -> Ready:
        """What the process said once it served, at most `timeout` seconds from now.

        Raises NoHostError when it does not get that far; the process is ended then.
        """
        late = not self._heard.wait(timeout)
        if isinstance(self._first, Ready):
            return self._first
        words = self.end()
        if isinstance(self._first, Refused):
            raise refusal(self._first, self._folder)
        what = f"It was not ready after {timeout:g} s" if late else how_it_ended(self._process.code)
        raise NoHostError("The embedded runtime did not start", prose(what, words), ANOTHER_HOST)

    def ask(self, do: Do, model: Kept, timeout: float) -> Answer | None:
        """Have it do something with a model. None when the process ends before it has answered.

        Raises NoHostError when no answer comes within `timeout` seconds.
        """
        card = model.card
        number = next(self._numbers)
        command = Command(number, do, card.id, str(model.folder), card.task)
        if model.origin is Origin.DOWNLOADED:
            command = replace(command, device=card.device, ep=card.ep)
        mine: SimpleQueue[Answer | None] = SimpleQueue()
        with self._lock:
            if self._over:
                return None
            self._waiting[number] = mine
        try:
            self._process.say(encode(command))
            return mine.get(timeout=timeout)
        except (OSError, ValueError):
            return None  # nobody reads its stdin: it is gone, or about to be
        except Empty as error:
            detail = f"No answer came within {timeout:g} s"
            raise NoHostError("The embedded runtime is silent", detail, "Try again") from error
        finally:
            with self._lock:
                self._waiting.pop(number, None)

    def died(self, within: float) -> bool:
        """Whether the process has ended, or does so within this many seconds."""
        return self._process.died(within)

    def last_words(self) -> str:
        """How it ended, and what it last wrote on stderr."""
        words = self.end()
        how = how_it_ended(self._process.code)
        return f"{how}: {words}" if words else f"{how}."

    def end(self) -> str:
        """End the process, within a second, and return what it last wrote on stderr. Ending it again is harmless."""
        return self._process.end()[-SHOWN:]

    def _hear(self, line: bytes) -> None:
        message: Message | None = None
        if line:
            try:
                message = decode(line)
            except (ValueError, BadInputError):
                pass  # a line that is no message is no answer either
        with self._lock:
            if not self._heard.is_set():
                self._first = message
                self._heard.set()
            elif isinstance(message, Answer) and message.number in self._waiting:
                self._waiting[message.number].put(message)
            if not line:
                self._over = True
                for waiting in self._waiting.values():
                    waiting.put(None)


def started(module: str, *arguments: str, hear: Callable[[bytes], None]) -> Process:
    """A run of one of the modules with the SDK in it. Raises NoHostError when no process can be started."""
    try:
        given = environment.environment_of(environment.Child.RUNTIME, os.environ)
        return Process(module, *arguments, environment=given, hear=hear)
    except OSError as error:
        raise NoHostError("The embedded runtime cannot be started", reason_of(error), ANOTHER_HOST) from error


def refusal(message: Refused, folder: Path) -> NoHostError:
    """What a process that cannot work with its files in `folder` has to say."""
    why = without_origin(message.why)
    if message.no_sdk:
        return NoHostError("The embedded runtime is not available on this platform", why, ANOTHER_HOST)
    hint = f"If this stays, delete the folder {folder} and start again. {ANOTHER_HOST}"
    return NoHostError("The embedded runtime did not start", why, hint)
