"""The signals that ask the program to end: which there are, their exit codes, and how they are put off."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""On Windows Ctrl+Break arrives as SIGBREAK, and so does the end of the console or of the user's session."""
_SIGNALLED = 128
"""What a shell adds to a signal's number."""
NOT_KEPT = 1
"""The exit code when not everything could be kept on disk, whatever ended the program."""
INTERRUPTED = _SIGNALLED + signal.SIGINT
BREAK = getattr(signal, "SIGBREAK", 21)
"""Ctrl+Break, on Windows; a console that is closed arrives as the same signal."""

_CONSOLE_ENDS = (2, 5, 6)
"""Windows' events for a console that is closed, a user who logs off, a machine that shuts down."""
_NEVER_S = 3600.0


def ending_signals() -> list[int]:
    """The signals that end the program: those that this platform knows, nobody (`nohup`) wants ignored, and Python can
    give back afterwards."""
    known = [number for name in _NAMES if (number := getattr(signal, name, None)) is not None]
    return [number for number in known if signal.getsignal(number) not in (signal.SIG_IGN, None)]


def code_of(number: int) -> int:
    """The exit code of a program that this signal ended. Ctrl+Break is an interrupt like Ctrl+C."""
    return INTERRUPTED if number == BREAK else _SIGNALLED + number


@contextmanager
def handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have `handler` called for these signals within the block. To be called from the main thread.

    On Windows the end of the console is put off meanwhile, for the 5 s that Windows allows.
    """
    with ExitStack() as stack:
        if sys.platform == "win32":
            stack.enter_context(_console_waits())
        stack.enter_context(_replaced(handler))
        yield


@contextmanager
def _replaced(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
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

    with _replaced(put_off):
        yield
    if came:
        signal.raise_signal(came[0])


if sys.platform == "win32":
    import ctypes

    @contextmanager
    def _console_waits() -> Iterator[None]:
        """Within the block, the end of the console arrives as SIGBREAK, and the process stays until it ends itself.

        Python's own handler of it returns at once, and Windows then ends the process in the middle of whatever it does.
        """
        kernel32 = ctypes.WinDLL("kernel32")
        callback = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_ulong)(console_event)
        # Without a console, as of a service, there is nobody to tell; then it does nothing.
        kernel32.SetConsoleCtrlHandler(callback, True)
        try:
            yield
        finally:
            kernel32.SetConsoleCtrlHandler(callback, False)

    def console_event(event: int, stay: Callable[[float], object] = time.sleep) -> int:
        """Called by Windows in a thread of its own; it ends the process when this returns for the end of a console.

        Any other event is left to Python, which makes signals of them: that is what 0 says.
        """
        if event in _CONSOLE_ENDS:
            signal.raise_signal(signal.SIGBREAK)
            stay(_NEVER_S)
        return 0
