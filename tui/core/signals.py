"""The signals that ask the program to end: which there are, and what the exit code says of them."""

from __future__ import annotations

import signal

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""On Windows console close and Ctrl+Break arrive as SIGBREAK."""
_SIGNALLED = 128
"""What a shell adds to a signal's number."""
NOT_KEPT = 1
"""The exit code when not everything could be kept on disk, whatever ended the program."""


def heeded() -> list[int]:
    """Those that this platform knows, nobody (`nohup`) wants ignored, and Python can give back afterwards."""
    known = [number for name in _NAMES if (number := getattr(signal, name, None)) is not None]
    return [number for number in known if signal.getsignal(number) not in (signal.SIG_IGN, None)]


def code_of(number: int) -> int:
    """The exit code of a program that this signal ended."""
    return _SIGNALLED + number
