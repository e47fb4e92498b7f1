"""The program's end of the serving process: wait until it serves, have it do things, end it."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

from tui.child.process import ChildProcess, python_module
from tui.core.child_environment import ChildKind
from tui.core.errors import NoHostError, prose, reason_of
from tui.hosts.embedded.model_files import ModelFiles, Origin
from tui.hosts.embedded.protocol import (
    Message,
    RuntimeAnswer,
    RuntimeCommand,
    RuntimeReady,
    RuntimeRefused,
    Step,
    decode,
    encode,
)
from tui.hosts.serving_process import ServingProcess
from tui.net.failures import without_origin

ANOTHER_HOST = "A model server can be used instead: --host http://127.0.0.1:8000"
SHOWN = 600
"""Characters of the process's last words that an error message repeats."""


class RuntimeProcess(ServingProcess[Message]):
    """One run of the serving process, from its start to its end. Its methods may be called from any thread."""

    def __init__(self, folder: Path, bundle: Path, *, exactly: bool = True) -> None:
        """Start it; `folder` is for the runtime's own files. With `exactly`, what else is registered there goes.

        Raises NoHostError when no process can be started.
        """
        self._folder = folder
        self._numbers = itertools.count(1)
        self._waiting: dict[int, SimpleQueue[RuntimeAnswer | None]] = {}
        self._lock = threading.Lock()
        self._no_more = False
        arguments = (str(folder), str(bundle), *(() if exactly else ("also",)))
        try:
            super().__init__(
                "tui.hosts.embedded",
                *arguments,
                kind=ChildKind.RUNTIME,
                decode=decode,
                hear=self._hear_answer,
                over=self._release_all,
            )
        except OSError as error:
            raise not_started(error) from error

    def ready(self, timeout: float, quiet: float = math.inf) -> RuntimeReady:
        """What the process said once it served, at most `timeout` seconds from now.

        Raises NoHostError when it does not get that far, or shows no sign of life for `quiet` seconds; the process is
        ended then.
        """
        began = time.monotonic()
        message = self.first(timeout, quiet)
        if isinstance(message, RuntimeReady):
            return message
        late = self.silent
        words = self.end()[-SHOWN:]
        if isinstance(message, RuntimeRefused):
            raise refusal(message, self._folder)
        gave_up = f"It was not ready after {time.monotonic() - began:.0f} s"
        if late and time.monotonic() - began < timeout:
            gave_up += f", and showed no sign of life for {quiet:g} s"
        what = gave_up if late else self.how_it_ended()
        raise NoHostError("The embedded runtime did not start", prose(what, words), ANOTHER_HOST)

    def ask(self, step: Step, model: ModelFiles, timeout: float) -> RuntimeAnswer | None:
        """Have it do something with a model. None when the process ends before it has answered.

        Raises NoHostError when no answer comes within `timeout` seconds.
        """
        card = model.card
        number = next(self._numbers)
        command = RuntimeCommand(number, step, card.id, str(model.folder), card.task)
        if model.origin is Origin.DOWNLOADED:
            command = replace(command, device=card.device, ep=card.ep)
        mine: SimpleQueue[RuntimeAnswer | None] = SimpleQueue()
        with self._lock:
            if self._no_more:
                return None
            self._waiting[number] = mine
        try:
            self.say(encode(command))
            return mine.get(timeout=timeout)
        except (OSError, ValueError):
            return None  # nobody reads its stdin: it is gone, or about to be
        except Empty as error:
            detail = f"No answer came within {timeout:g} s"
            raise NoHostError("The embedded runtime is silent", detail, "Try again") from error
        finally:
            with self._lock:
                self._waiting.pop(number, None)

    def last_words(self) -> str:
        """How it ended, and what it last wrote on stderr."""
        words = self.end()[-SHOWN:]
        how = self.how_it_ended()
        return f"{how}: {words}" if words else f"{how}."

    def _hear_answer(self, message: Message) -> None:
        with self._lock:
            if isinstance(message, RuntimeAnswer) and message.number in self._waiting:
                self._waiting[message.number].put(message)

    def _release_all(self) -> None:
        with self._lock:
            self._no_more = True
            for waiting in self._waiting.values():
                waiting.put(None)


def run_catalog_process(
    *arguments: str, hear: Callable[[Sequence[bytes]], None], over: Callable[[ChildProcess], None]
) -> ChildProcess:
    """A run of the process that asks the public catalogue. Raises NoHostError when no process can be started."""
    command = python_module("tui.hosts.embedded.catalog_process", *arguments)
    try:
        return ChildProcess(command, ChildKind.RUNTIME, hear=hear, over=over)
    except OSError as error:
        raise not_started(error) from error


def not_started(error: OSError) -> NoHostError:
    """What to say where the system starts no process."""
    return NoHostError("The embedded runtime cannot be started", reason_of(error), ANOTHER_HOST)


def refusal(message: RuntimeRefused, folder: Path) -> NoHostError:
    """What a process that cannot work with its files in `folder` has to say."""
    why = without_origin(message.why)
    if message.no_sdk:
        return NoHostError("The embedded runtime is not available on this platform", why, ANOTHER_HOST)
    hint = f"If this stays, delete the folder {folder} and start again. {ANOTHER_HOST}"
    return NoHostError("The embedded runtime did not start", why, hint)
