"""A program on a real terminal whose reader is slow, or has stopped."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.emulator import Emulator
from tui.ui.terminal.backpressure import MOST

if sys.platform == "win32":
    pytest.skip("no pseudo-terminals", allow_module_level=True)

import fcntl
import struct
import termios

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = 120, 40
PATIENCE_S = 60.0
FRAME = WIDTH * HEIGHT * 6
"""More bytes than one picture takes."""


class Screen:
    """The reader's end of a pseudo-terminal with a painter in it, which reads when it is told to."""

    def __init__(self, folder: Path) -> None:
        self.reader, shell = os.openpty()
        fcntl.ioctl(shell, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        self.before = termios.tcgetattr(shell)
        self.shell = shell
        self.file = folder / "report"
        environ = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TEXTUAL_DRIVER")}
        self.program = subprocess.Popen(
            [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); import runpy; "
             "runpy.run_module('tests.support.painter', run_name='__main__')", str(self.file)],
            stdin=shell, stdout=shell, stderr=shell, cwd=folder,
            env=environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONUTF8": "1"},
        )  # fmt: skip
        self.got = b""

    @property
    def report(self) -> tuple[int, int, int, bool]:
        """Beats, most bytes that waited, bytes that wait, whether the terminal is slow."""
        words = self.file.read_text().split() if self.file.exists() else []
        return (
            (int(words[0]), int(words[1]), int(words[2]), words[3] == "True") if len(words) == 4 else (0, 0, 0, False)
        )

    @property
    def shown(self) -> list[str]:
        """What somebody sees who has read all of it."""
        emulator = Emulator(WIDTH, HEIGHT)
        emulator.feed(self.got.decode("utf-8", "replace").replace("\r\n", "\n"))
        return emulator.rows

    def shows_all(self, height: int) -> bool:
        """Whether so many rows of the last picture are there."""
        return self.shown[:height] == [f"beat {self.report[0]} row {y} 你好" for y in range(height)]

    def press(self, key: str) -> None:
        os.write(self.reader, key.encode())

    def read(self, most: int = 65536) -> None:
        if select.select([self.reader], [], [], 0.01)[0]:
            try:
                self.got += os.read(self.reader, most)
            except OSError:
                pass  # The program has ended.

    def until(self, holds: Callable[[], bool], reading: int = 0, pause: float = 0.01) -> None:
        """Wait until it holds, and meanwhile read so many bytes at once, or none."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, (self.report, self.got[-300:])
            if reading:
                self.read(reading)
            time.sleep(pause)

    @property
    def ended(self) -> bool:
        return self.program.poll() is not None


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    made = Screen(tmp_path)
    try:
        yield made
    finally:
        made.program.kill()
        made.program.wait()
        os.close(made.reader)
        os.close(made.shell)


@pytest.mark.slow
def test_a_reader_that_stops_stops_nobody_and_what_waits_is_bounded(screen: Screen) -> None:
    screen.until(lambda: screen.report[0] > 2, reading=65536)
    start = screen.report[0]
    screen.until(lambda: screen.report[0] > start + 100)
    _, most, waiting, _ = screen.report
    assert 0 < waiting <= most <= MOST + 2 * FRAME
    screen.press("s")
    screen.until(lambda: screen.report[2] == 0, reading=65536)
    screen.until(lambda: screen.shows_all(HEIGHT), reading=65536, pause=0.1)


@pytest.mark.slow
def test_a_new_size_while_nothing_is_painted_is_painted_afterwards(screen: Screen) -> None:
    screen.until(lambda: screen.report[0] > 2, reading=65536)
    start = screen.report[0]
    screen.until(lambda: screen.report[0] > start + 30)
    fcntl.ioctl(screen.shell, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT - 10, WIDTH, 0, 0))
    screen.program.send_signal(signal.SIGWINCH)
    screen.press("s")
    screen.until(lambda: screen.report[2] == 0, reading=65536)
    screen.until(lambda: screen.shows_all(HEIGHT - 10), reading=65536, pause=0.1)


@pytest.mark.slow
def test_a_program_that_was_suspended_paints_on(screen: Screen) -> None:
    screen.until(lambda: screen.report[0] > 2, reading=65536)
    screen.program.send_signal(signal.SIGTSTP)
    screen.until(lambda: psutil.Process(screen.program.pid).status() == psutil.STATUS_STOPPED, reading=65536)
    assert termios.tcgetattr(screen.shell) == screen.before
    screen.program.send_signal(signal.SIGCONT)
    start = screen.report[0]
    screen.until(lambda: screen.report[0] > start + 10, reading=65536)
    assert termios.tcgetattr(screen.shell) != screen.before
    screen.press("s")
    screen.until(lambda: screen.shows_all(HEIGHT), reading=65536, pause=0.1)


@pytest.mark.slow
def test_a_slow_reader_is_seen_to_be_slow_and_a_fast_one_is_not(screen: Screen) -> None:
    screen.until(lambda: screen.report[0] > 50, reading=65536, pause=0)
    assert not screen.report[3]
    screen.until(lambda: screen.report[3], reading=512, pause=0.025)


@pytest.mark.slow
@pytest.mark.parametrize("reading", [65536, 512, 0], ids=["fast", "slow", "stopped"])
def test_the_terminal_is_as_it_was_at_the_end_however_it_is_read(screen: Screen, reading: int) -> None:
    screen.until(lambda: screen.report[0] > 2, reading=65536)
    start = screen.report[0]
    screen.until(lambda: screen.report[0] > start + 30, reading=reading)
    assert termios.tcgetattr(screen.shell) != screen.before
    screen.press("q")
    screen.until(lambda: screen.ended, reading=reading)
    assert screen.program.returncode == 0
    assert termios.tcgetattr(screen.shell) == screen.before
    for _ in range(50):
        screen.read()
    end = screen.got.rpartition(b"\x18")[2]
    for sequence in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1003l", b"\x1b[?2004l", b"\x1b[<u"):
        assert sequence in end
    assert b"beat" not in end
