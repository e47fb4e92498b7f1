"""Blocking work in threads that nobody has to wait for, and questions whose answers may overtake each other.

A thread pool's threads are joined when the interpreter ends, and so are those of Textual's workers: a program that is
left while a model loads would end with the load. Daemon threads are abandoned.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import TypeVar

_T = TypeVar("_T")
_K = TypeVar("_K")


def start(work: Callable[[], object], name: str) -> Thread:
    """Start a daemon thread of this name that does `work`. What that raises goes to `threading.excepthook`."""
    thread = Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


def in_thread(work: Callable[[], _T], name: str) -> Future[_T]:
    """Begin `work` in a daemon thread of this name. What it returns or raises is in the future."""
    future: Future[_T] = Future()
    start(partial(_do, work, future), name)
    return future


def in_threads(work: Callable[[_K], _T], items: Iterable[_K], name: str) -> Mapping[_K, Future[_T]]:
    """Begin `work(item)` for all items at once, each in a daemon thread. The futures, in the order of the items."""
    return {item: in_thread(partial(work, item), name) for item in items}


class _Collector:
    """Python's search for garbage, which is off while any block needs it to be."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._blocks = 0
        self._was_on = True

    def off(self) -> None:
        with self._lock:
            if not self._blocks:
                self._was_on = gc.isenabled()
                gc.disable()
            self._blocks += 1

    def as_before(self) -> None:
        with self._lock:
            self._blocks -= 1
            if not self._blocks:
                gc.freeze()
                if self._was_on:
                    gc.enable()


_collector = _Collector()


_MANY = 1_000


@contextmanager
def collector_off(sessions: int = _MANY) -> Iterator[None]:
    """Without looking for garbage while the block runs, nor ever in what is there at its end; of fewer than a thousand
    `sessions` as ever.

    For what makes many thousands of objects that stay: looking through them again and again takes twice as long as to
    make them, and later stops every thread for a sixth of a second. Blocks may overlap, in several threads.
    """
    if sessions < _MANY:
        yield
        return
    _collector.off()
    try:
        yield
    finally:
        _collector.as_before()


class Questions:
    """Numbers the questions about one thing, so that an answer never takes the place of one to a newer question.

    Whoever asks takes a number immediately before asking: `number = questions.ask()`. Whoever keeps or shows the answer
    asks `questions.accept(number)` first, and drops the answer when that is False. Both may be called from any thread.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked = 0
        self._accepted = 0

    def ask(self) -> int:
        """The number of a new question, higher than all before it."""
        with self._lock:
            self._asked += 1
            return self._asked

    def accept(self, number: int) -> bool:
        """Whether no answer to this question or a newer one has been accepted; if so, this one has been."""
        with self._lock:
            newer = number > self._accepted
            self._accepted = max(number, self._accepted)
        return newer


class Wakeup:
    """Wakes whoever takes in what threads have found: a caller of `wait()`, or the loop behind `listener`."""

    def __init__(self) -> None:
        self.listener: Callable[[], None] = lambda: None
        """Called with each `notify()`, on the thread that calls it."""
        self._event = Event()

    def notify(self) -> None:
        """Something waits to be taken in. It must be where it is looked for before this is called."""
        self._event.set()
        self.listener()

    def wait(self, seconds: float) -> bool:
        """Whether there was a notification since the last call, or comes within `seconds`."""
        notified = self._event.wait(seconds)
        self._event.clear()
        return notified


class Worker:
    """A daemon thread that does one job after another. It starts with the first of them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[tuple[Callable[[], None], Future[None]] | None] = SimpleQueue()
        self._lock = Lock()
        self._begun = False
        self._closed = False

    def submit(self, job: Callable[[], None]) -> Future[None]:
        """Put a job at the end of the queue, from any thread. Once the worker is closed the future is cancelled."""
        future: Future[None] = Future()
        with self._lock:
            if self._closed:
                future.cancel()
                return future
            self._jobs.put((job, future))
            if not self._begun:
                self._begun = True
                start(self._run, self._name)
        return future

    def close(self) -> None:
        """Begin no more jobs. One that is under way is abandoned."""
        with self._lock:
            self._closed = True
            self._jobs.put(None)

    def _run(self) -> None:
        while (item := self._jobs.get()) is not None and not self._closed:
            _do(*item)


def _do(work: Callable[[], _T], future: Future[_T]) -> None:
    if not future.set_running_or_notify_cancel():
        return  # Whoever asked has left; from here on the future cannot be cancelled, and takes the result.
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 - it is for whoever asks the future, as with a thread pool
        future.set_exception(error)
    else:
        future.set_result(result)
