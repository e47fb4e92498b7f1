"""Textual's drivers with a writer of our own: theirs has a queue that, once full, stops the whole program."""

from __future__ import annotations

import codecs
import os
import select
import sys
import time
from collections.abc import Callable
from typing import TextIO

from textual import constants
from textual.driver import Driver

from tui.ui.cells import unsure
from tui.ui.terminal.minimal_escapes import with_minimal_escapes
from tui.ui.terminal.writer import Sink, TerminalWriter

CLOSE_S = 1.0
"""Seconds that the end of the program may wait for the terminal."""
_MOMENT = 0.1
"""Seconds to wait for room."""
_PIECE = 1024
"""Bytes at once where writing waits until all have gone."""
_LATE = 0.02
"""Seconds such a piece takes at least when there was no room for it."""
_CHUNK = 8192 if sys.platform == "win32" else -1
"""Characters of a part of a frame, where Textual writes it in parts: only the last one is shorter, or is flushed."""
_NO_MOUSE = "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
"""Around a frame that is to be shown at once."""
_BREAK_OFF = "\x18\x1b[0m\x1b[?2026l"
"""Ends whatever was half-written: a sequence, a style, a frame that is to be shown at once."""

if sys.platform == "win32":
    from textual.drivers.windows_driver import WindowsDriver as PlatformDriver

    def _can_erase() -> bool:
        return False  # It can, but there is no word of it that one could ask for.
else:
    import curses
    import termios

    from textual.drivers.linux_driver import LinuxDriver

    from tui.ui.terminal.key_reader import read_terminal

    class PlatformDriver(LinuxDriver):
        """Textual's driver, which keeps together what came with one read, and wakes only for that."""

        _stop = -1
        """What the thread that reads looks at beside the terminal."""
        _stops: int | None = None
        """Closing this ends the thread."""

        def start_application_mode(self) -> None:
            """Take the terminal, and begin to read."""
            self._stop, self._stops = os.pipe()
            start: Callable[[], None] = super().start_application_mode
            start()

        def run_input_thread(self) -> None:
            """Read until the driver is told to stop."""
            try:
                read_terminal(self.fileno, self._stop, self.process_message)
            finally:
                os.close(self._stop)

        def disable_input(self) -> None:
            """Read no more."""
            stops, self._stops = self._stops, None
            if stops is not None:
                os.close(stops)
            super().disable_input()

    def _can_erase() -> bool:
        """Whether the terminal is known to erase characters, and in the colour of the ground."""
        try:
            curses.setupterm(fd=1)
            return curses.tigetflag("bce") == 1 and curses.tigetstr("ech") == b"\x1b[%p1%dX"
        except curses.error:
            return False


def bounded_driver(terminal_writer: TerminalWriter) -> type[Driver] | None:
    """A class for `App(driver_class=…)` that uses this writer; None where the environment names another one."""
    if constants.DRIVER is not None:
        return None

    class BoundedDriver(PlatformDriver):
        """Every write goes to the writer. What is written at the start and the end is Textual's."""

        _held = ""
        _erases = False

        def start_application_mode(self) -> None:
            terminal_writer.open(_sink())
            terminal_writer.restore_terminal = self._restore_terminal
            self._erases = _can_erase()
            start: Callable[[], None] = super().start_application_mode
            start()

        def write(self, data: str) -> None:
            self._held += data
            # A frame is one write with its begin and its end: each write wakes a thread.
            if len(data) != _CHUNK and (data == _END or not self._held.startswith(_BEGIN)):
                self.flush()

        def flush(self) -> None:
            held, self._held = self._held, ""
            if held:
                if unsure(held):
                    from tui.ui.terminal.column_widths import keep_columns  # a first frame has no need of it

                    held = keep_columns(held)
                terminal_writer.write(with_minimal_escapes(held, erases=self._erases))

        def stop_application_mode(self) -> None:
            terminal_writer.begin_restoring()
            terminal_writer.write(_BREAK_OFF)
            super().stop_application_mode()

        def close(self) -> None:
            terminal_writer.close(CLOSE_S)
            super().close()

        def _restore_terminal(self) -> None:
            self.stop_application_mode()
            # Textual leaves the mouse on when it is stopped by another thread than the main one.
            terminal_writer.write(_NO_MOUSE)
            self.close()

    return BoundedDriver


def _sink() -> Sink:
    """The terminal that stdout is, without waiting for it where that is possible. Textual would write to stderr, which
    may be a file for what goes wrong."""
    stream = sys.__stdout__
    if stream is None:
        raise OSError("there is no terminal to write to")
    if sys.platform != "win32" and (fd := _opened_again(stream.fileno())) is not None:
        return Terminal(fd)
    return Stream(stream)


class Stream:
    """A stream that takes everything, and waits until it has: a console of Windows, a file."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def put(self, data: memoryview) -> tuple[int, bool]:
        """The next piece, which is small, so that waiting is seen."""
        piece = data[:_PIECE]
        began = time.monotonic()
        self._stream.write(self._decode(bytes(piece)))
        self._stream.flush()
        return len(piece), time.monotonic() - began > _LATE

    def discard(self) -> None:
        """What was written cannot be dropped."""

    def close(self) -> None:
        """The stream is not ours."""


if sys.platform != "win32":

    class Terminal:
        """A terminal's file of our own, which a write does not wait for; the shell's stays as it is."""

        def __init__(self, fd: int) -> None:
            self._fd = fd

        def put(self, data: memoryview) -> tuple[int, bool]:
            """As much as there is room for."""
            _, ready, _ = select.select([], [self._fd], [], _MOMENT)
            try:
                count = os.write(self._fd, data) if ready else 0
            except BlockingIOError:
                count = 0
            return count, count < len(data)

        def discard(self) -> None:
            """Drop what a terminal that does not read has in its buffer: what restores it comes after that."""
            try:
                termios.tcflush(self._fd, termios.TCOFLUSH)
            except termios.error:
                pass

        def close(self) -> None:
            """The shell's own file stays open."""
            os.close(self._fd)

    def _opened_again(fd: int) -> int | None:
        """The same terminal as a file of its own; None when it is none, or cannot be opened (by another user)."""
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
        try:
            return os.open(os.ttyname(fd), flags)
        except OSError:
            return None
