"""Bringing models into a host's cache: a queue, one at a time, in threads of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from tui.background import start
from tui.core.catalog.download import Download, Stage
from tui.core.catalog.download_speed import DownloadSpeed, Sample, added, pace
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import CompareError, ModelFailedError
from tui.hosts.base import Host

STALL_S = 120.0
"""Seconds without progress after which an attempt is given up."""
GRACE_S = 20.0
"""Seconds that the host has to end an attempt that was given up."""
TRIES = 5
LONGEST_PAUSE_S = 30.0
_LOOK_S = 0.25
"""Seconds between two looks at an attempt."""


class Downloads:
    """Downloads one model after another. Every method may be called from any thread, and returns at once.

    `clock` is steady, in seconds; `wait(event, seconds)` waits for an event, but not longer. Only stalls are tried
    again: what the host says of a failure (a full disk, an unknown model) does not change by asking again.
    """

    def __init__(
        self,
        host: Host,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], object] = threading.Event.wait,
        stall: float = STALL_S,
        tries: int = TRIES,
    ) -> None:
        self._host = host
        self._clock = clock
        self._wait = wait
        self._stall = stall
        self._tries = tries
        self._lock = threading.Lock()
        self._known: dict[str, Download] = {}
        """By key, in the order of asking."""
        self._cancelled: dict[str, threading.Event] = {}
        self._at_work = False
        self._closed = False

    def add(self, card: ModelCard) -> bool:
        """Put a model at the end of the queue; False when it is in it already."""
        with self._lock:
            known = self._known.get(card.key)
            if self._closed or (known is not None and not known.ended):
                return False
            self._known.pop(card.key, None)
            self._known[card.key] = Download(card.key, card.size_bytes)
            self._cancelled[card.key] = threading.Event()
            idle, self._at_work = not self._at_work, True
        if idle:
            # Not a pool: at the program's end its threads would be waited for, and a download can take an hour.
            start(self._work, "downloads")
        return True

    def cancel(self, key: str) -> bool:
        """Take a model out of the queue, or stop its download; False when there is nothing to stop."""
        with self._lock:
            known = self._known.get(key)
            if known is None or known.ended:
                return False
            stage = Stage.CANCELLED if known.stage is Stage.QUEUED else Stage.STOPPING
            self._known[key] = replace(known, stage=stage)
            self._cancelled[key].set()
        return True

    def look(self) -> dict[str, Download]:
        """All downloads as they stand, by key. Those that are done or cancelled are reported once, then forgotten."""
        with self._lock:
            seen = dict(self._known)
            self._known = {
                key: known for key, known in seen.items() if known.stage not in (Stage.DONE, Stage.CANCELLED)
            }
        return seen

    def pace_of(self, download: Download) -> DownloadSpeed:
        """How far it is and how fast it goes at this moment."""
        return pace(download.samples, download.size, self._clock())

    def close(self) -> None:
        """Stop everything. Does not wait: a host that does not let go is left behind."""
        with self._lock:
            self._closed = True
            for event in self._cancelled.values():
                event.set()

    def _work(self) -> None:
        while (key := self._next()) is not None:
            try:
                self._bring(key)
            except CompareError as error:
                self._change(key, Stage.FAILED, error=error)

    def _next(self) -> str | None:
        with self._lock:
            queued = (key for key, known in self._known.items() if known.stage is Stage.QUEUED)
            key = None if self._closed else next(queued, None)
            self._at_work = key is not None
            if key is not None:
                self._known[key] = replace(self._known[key], stage=Stage.RUNNING)
        return key

    def _bring(self, key: str) -> None:
        """One model, with as many attempts as it takes. Raises CompareError."""
        cancelled = self._cancelled[key]
        for attempt in range(1, self._tries + 1):
            self._change(key, Stage.RUNNING, attempt=attempt)
            there = self._try(key, cancelled)
            if not there and attempt < self._tries:
                self._change(key, Stage.PAUSED)
                self._rest(cancelled, min(2.0 ** (attempt - 1), LONGEST_PAUSE_S))
            if there or cancelled.is_set():
                self._change(key, Stage.DONE if there else Stage.CANCELLED)
                return
        raise ModelFailedError(
            f"{key} could not be downloaded",
            f"{self._tries} tries each came to a standstill before the end",
            "Look at the network of the host, then press d again",
        )

    def _try(self, key: str, cancelled: threading.Event) -> bool:
        """One attempt: whether the model is there. False when it stood still or was cancelled. Raises CompareError."""
        stop, ended = threading.Event(), threading.Event()
        outcome: list[bool | CompareError] = []

        def report(percent: float) -> None:
            if not stop.is_set():
                self._report(key, percent)

        def download() -> None:
            try:
                outcome.append(self._host.download(key, report, stop))
            except CompareError as error:
                outcome.append(error)
            except Exception as error:
                # A defect must not leave the row waiting for ever; the thread's own hook reports where it is.
                outcome.append(ModelFailedError(f"{key} could not be downloaded", f"{type(error).__name__}: {error}"))
                raise
            finally:
                ended.set()

        began = self._clock()
        start(download, "download")
        while not (ended.is_set() or cancelled.is_set() or self._stands_still(key, began)):
            self._wait(ended, _LOOK_S)
        stop.set()
        until = self._clock() + GRACE_S
        while not ended.is_set() and self._clock() < until:
            self._wait(ended, _LOOK_S)
        if not ended.is_set():
            hint = "Look at the host; another download may have to wait for this one"
            raise ModelFailedError(f"{key}: the host does not stop its download", hint=hint)
        result = outcome[0]
        if isinstance(result, CompareError):
            raise result
        return result

    def _report(self, key: str, percent: float) -> None:
        sample = Sample(self._clock(), min(max(percent, 0.0), 100.0))
        with self._lock:
            self._known[key] = replace(self._known[key], samples=added(self._known[key].samples, sample))

    def _stands_still(self, key: str, began: float) -> bool:
        """Whether nothing came for too long. After all has come, the host may unpack it for as long as it likes."""
        with self._lock:
            samples = self._known[key].samples
        if samples and samples[-1].percent >= 100:
            return False
        return self._clock() - max(began, samples[-1].at if samples else began) > self._stall

    def _rest(self, cancelled: threading.Event, seconds: float) -> None:
        until = self._clock() + seconds
        while not cancelled.is_set() and (rest := until - self._clock()) > 0:
            self._wait(cancelled, rest)

    def _change(self, key: str, stage: Stage, *, attempt: int = 0, error: CompareError | None = None) -> None:
        with self._lock:
            known = self._known[key]
            # What a person stopped looks so until it has ended.
            if known.stage is Stage.STOPPING and stage in (Stage.RUNNING, Stage.PAUSED):
                stage = Stage.STOPPING
            samples = () if attempt else known.samples
            self._known[key] = replace(
                known, stage=stage, samples=samples, attempt=attempt or known.attempt, error=error
            )
