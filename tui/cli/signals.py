"""What ends a command from outside, as one exception at a moment that loses nothing."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from tui.core.signals import heeded

PIPE = 13
"""SIGPIPE, which some platforms do not have."""


class EndedError(KeyboardInterrupt):
    """A signal asks the command to end; as one counts that nobody reads its output any more."""

    def __init__(self, number: int) -> None:
        """`number` is the signal's."""
        super().__init__(number)
        self.number = number


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have `handler` called for these signals within the block."""
    before = {number: signal.signal(number, handler) for number in heeded()}
    try:
        yield
    finally:
        # Ctrl+C last: one that comes in between breaks this off, and must not leave itself without a handler.
        for number in reversed(before):
            signal.signal(number, before[number])


@contextmanager
def ended_politely() -> Iterator[None]:
    """Raise EndedError for Ctrl+C, a request to terminate and a dropped line: what is open is closed and kept.

    A second request to terminate changes nothing: a shell that loses its line tells its programs once more. Ctrl+C once
    more is somebody who does not want to wait.
    """
    leaving = False

    def interrupt(signum: int, frame: FrameType | None) -> None:
        nonlocal leaving
        if not leaving or signum == signal.SIGINT:
            leaving = True
            raise EndedError(signum)

    with _handled(interrupt):
        yield


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put signals off to the end of the block: a tick broken off in the middle loses what it had just taken in."""
    came: list[int] = []

    def put_off(signum: int, frame: FrameType | None) -> None:
        came.append(signum)

    with _handled(put_off):
        yield
    if came:
        signal.raise_signal(came[0])
