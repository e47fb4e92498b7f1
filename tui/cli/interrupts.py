"""What ends a command from outside, as one exception at a moment that loses nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ALL = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
PIPE = 13
"""SIGPIPE, which some platforms do not have."""


class EndedError(KeyboardInterrupt):
    """A signal asks the command to end; as one counts that nobody reads its output any more."""

    def __init__(self, number: int) -> None:
        """`number` is the signal's."""
        super().__init__(number)
        self.number = number


def _heeded() -> list[int]:
    """Those of these signals that this platform knows and nobody (`nohup`) wants ignored."""
    known = [number for name in _ALL if (number := getattr(signal, name, None))]
    return [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]


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

    before = {number: signal.signal(number, interrupt) for number in _heeded()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put signals off to the end of the block: a tick broken off in the middle loses what it had just taken in."""
    came: list[int] = []

    def put_off(signum: int, frame: FrameType | None) -> None:
        came.append(signum)

    before = {number: signal.signal(number, put_off) for number in _heeded()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])
