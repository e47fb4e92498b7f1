"""The program's end of the catalog process: ask it for the public catalogue, have it download, call it off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from tui.child.process import ChildProcess
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import BadInputError, ModelFailedError, NoModelError, prose
from tui.hosts.embedded.protocol import CatalogRow, Done, DownloadPercent, Message, RuntimeRefused, decode
from tui.hosts.embedded.runtime_process import SHOWN, refusal, run_catalog_process
from tui.hosts.json_fields import MAX_ROWS
from tui.hosts.memory_hints import make_space
from tui.net.failures import without_origin

OFFERS_S = 60.0
"""Longest wait for the public catalogue, in seconds. Offline the SDK gives up after four."""
MOST_WAITING = 2 * MAX_ROWS
"""Messages that may wait to be read; of a process that says more, the rest is not heard."""
LOOK_S = 0.1
"""How often a wait looks whether it is still wanted."""
_AWAY = "failed to fetch catalog"
_FUNCTION = "&) "
_TRANSPORT = "transport error: "


@dataclass(frozen=True, slots=True)
class PublicCatalog:
    """What the catalogue said, and why that may be less than it has: a sentence, empty when it answered."""

    cards: tuple[ModelCard, ...]
    stale: str


class Inbox:
    """The messages of one run that wait to be read, up to a limit, and whether there will be more."""

    def __init__(self) -> None:
        self._messages: SimpleQueue[Message | None] = SimpleQueue()

    def hear(self, lines: Sequence[bytes]) -> None:
        """Keep the messages of these lines. What is no message, or one too many, is dropped."""
        for line in lines:
            if self._messages.qsize() >= MOST_WAITING:
                return
            try:
                self._messages.put(decode(line))
            except (ValueError, BadInputError):
                pass  # one row that cannot be read is one row less

    def end(self) -> None:
        """There will be no more messages."""
        self._messages.put(None)

    def next(self, timeout: float) -> Message | None:
        """The next message; None when there will be none. Raises Empty when none comes within this many seconds."""
        return self._messages.get(timeout=max(timeout, 0.001))


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    process: ChildProcess
    inbox: Inbox
    dismissed: threading.Event

    def end(self) -> str:
        """End the process, and return what it last wrote on stderr."""
        self.process.end()
        return self.process.last_words()


class CatalogClient:
    """Runs of the catalog process. Its methods may be called from any thread, several at once."""

    def __init__(self, folder: Path, cache: Path) -> None:
        """`folder` is for the runtime's own files, `cache` for downloaded models. Nothing is started yet."""
        self._folder = folder
        self._cache = cache
        self._lock = threading.Lock()
        self._running: set[_Run] = set()

    def offers(self, timeout: float = OFFERS_S) -> PublicCatalog:
        """What the public catalogue has for this machine. Raises NoHostError where there is no runtime."""
        cards: list[ModelCard] = []
        deadline = time.monotonic() + timeout
        with self._run("offers") as run:
            while not isinstance(message := _next(run.inbox, deadline), Done):
                if isinstance(message, RuntimeRefused) and message.no_sdk:
                    raise refusal(message, self._folder)
                if not isinstance(message, CatalogRow):
                    why = f"it did not answer within {timeout:g} s" if time.monotonic() >= deadline else ""
                    return PublicCatalog(
                        (), _stale(without_origin(message.why) if isinstance(message, RuntimeRefused) else why)
                    )
                if len(cards) < MAX_ROWS:
                    cards.append(message.card)
            words = run.end()
        return PublicCatalog(tuple(cards), _stale(_cause(words)) if _AWAY in words or not cards else "")

    def download(self, name: str, progress: Callable[[float], None], cancelled: threading.Event) -> ModelCard | None:
        """Download a model, by id or alias, and return its card; None soon after `cancelled` is set, or `close()`.

        What had arrived by then is used when it is asked for again. Raises NoModelError, ModelFailedError, NoHostError.
        """
        card: ModelCard | None = None
        with self._run("download", name) as run:
            while not (cancelled.is_set() or run.dismissed.is_set()):
                try:
                    message = run.inbox.next(LOOK_S)
                except Empty:
                    continue
                if isinstance(message, DownloadPercent):
                    progress(message.percent)
                elif isinstance(message, CatalogRow):
                    card = message.card
                elif isinstance(message, Done) and card is not None:
                    return card
                elif not (cancelled.is_set() or run.dismissed.is_set()):
                    raise self._failure(name, message, run.end())
        return None

    def close(self) -> None:
        """End what is under way."""
        with self._lock:
            running = tuple(self._running)
        for run in running:
            run.dismissed.set()
            run.process.end()

    @contextmanager
    def _run(self, *wish: str) -> Iterator[_Run]:
        inbox = Inbox()
        arguments = (str(self._folder), str(self._cache), *wish)
        process = run_catalog_process(*arguments, hear=inbox.hear, over=lambda _: inbox.end())
        run = _Run(process, inbox, threading.Event())
        with self._lock:
            self._running.add(run)
        try:
            yield run
        finally:
            process.end()
            with self._lock:
                self._running.discard(run)

    def _failure(self, name: str, message: Message | None, words: str) -> Exception:
        if isinstance(message, RuntimeRefused) and message.no_sdk:
            return refusal(message, self._folder)
        away = _AWAY in words
        if isinstance(message, RuntimeRefused) and message.unknown and not away:
            return NoModelError(f"The catalogue has no model called {name}", hint="`models --all` lists what it has")
        why = without_origin(message.why) if isinstance(message, RuntimeRefused) and not message.unknown else ""
        detail = _stale(_cause(words)) if away else why or words[-SHOWN:]
        hint = make_space(detail, "Is there a connection? Try again")
        return ModelFailedError(f"{name} could not be downloaded", detail, hint)


def _next(inbox: Inbox, deadline: float) -> Message | None:
    try:
        return inbox.next(deadline - time.monotonic())
    except Empty:
        return None


def _stale(why: str) -> str:
    return prose(f"The public catalogue cannot be reached: {why}" if why else "The public catalogue did not answer")


def _cause(words: str) -> str:
    """The innermost cause that the SDK gives in what it wrote on stderr."""
    line = next((line for line in words.splitlines() if _AWAY in line), "")
    # The cause stands behind the C++ function that met it; of a server's error page nothing is repeated.
    cause = line.rpartition(_FUNCTION)[2].rpartition(_TRANSPORT)[2].partition("<")[0]
    return cause.strip(" :")[:SHOWN]
