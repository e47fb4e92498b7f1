"""The signals that ask the program to end: which there are, their exit codes, and how they are put off."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""On Windows console close and Ctrl+Break arrive as SIGBREAK."""
_SIGNALLED = 128
"""What a shell adds to a signal's number."""
NOT_KEPT = 1
"""The exit code when not everything could be kept on disk, whatever ended the program."""


def ending_signals() -> list[int]:
    """The signals that end the program: those that this platform knows, nobody (`nohup`) wants ignored, and Python can
    give back afterwards."""
    known = [number for name in _NAMES if (number := getattr(signal, name, None)) is not None]
    return [number for number in known if signal.getsignal(number) not in (signal.SIG_IGN, None)]


def code_of(number: int) -> int:
    """The exit code of a program that this signal ended."""
    return _SIGNALLED + number


@contextmanager
def handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have `handler` called for these signals within the block. To be called from the main thread."""
    before = {number: signal.signal(number, handler) for number in ending_signals()}
    try:
        yield
    finally:
        # Ctrl+C last: one that comes in between breaks this off, and must not leave itself without a handler.
        for number in reversed(before):
            signal.signal(number, before[number])


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put signals off to the end of the block: a tick broken off in the middle loses what it had just taken in.

    In any other thread than the main one nothing is changed: Python runs no signal handler there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def put_off(signum: int, frame: FrameType | None) -> None:
        came.append(signum)

    with handled(put_off):
        yield
    if came:
        signal.raise_signal(came[0])
