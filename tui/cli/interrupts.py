"""Signals that ask a command to end, as one KeyboardInterrupt at a moment that loses nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


def _signals(*names: str) -> list[int]:
    """Those of these signals that this platform knows and nobody (`nohup`) wants ignored."""
    known = [number for name in names if (number := getattr(signal, name, None))]
    return [number for number in known if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def ended_politely() -> Iterator[None]:
    """Treat a request to terminate, or a dropped line, like Ctrl+C: what is open is closed and kept.

    A second one changes nothing: a shell that loses its line tells its programs once more.
    """
    leaving = False

    def interrupt(signum: int, frame: FrameType | None) -> None:
        nonlocal leaving
        if not leaving:
            leaving = True
            raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _signals("SIGTERM", "SIGHUP", "SIGBREAK")}
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

    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    before = {number: signal.signal(number, put_off) for number in _signals(*names)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])
