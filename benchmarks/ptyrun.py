"""A program in a pseudo-terminal: what it writes and when, what it costs, how soon a key shows."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.tree import Tree

SIZE = (160, 45)
"""Columns and rows."""
SLOW = 20_000
"""Bytes a second of a slow line."""
_FOLDERS = ("SESSIONS", "DATA", "STATE", "CONFIG", "CACHE")
_SLICE_S = 0.01
_TAIL = 256
_ESCAPES = re.compile(rb"\x1b(?:\[[0-9;:?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-Za-z]|[=>78A-Z])")
# What Textual asks a terminal when it starts, and what most of today's terminals answer.
_SYNC_QUERY, _SYNC_REPLY = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
clock = time.perf_counter_ns


class PtyRun:
    """One program. Nothing is read from it but within `pump` and `until`: call one of them all the time."""

    def __init__(
        self, argv: Sequence[str], environ: Mapping[str, str], size: tuple[int, int], drain: int | None
    ) -> None:
        """`drain` is how many bytes a second its terminal takes; None for all there are."""
        self._fd, inner = _open_terminal(size)
        self.started = clock()
        self._process = subprocess.Popen(
            argv, stdin=inner, stdout=inner, stderr=inner, env=dict(environ), start_new_session=True, close_fds=True
        )
        os.close(inner)
        self.tree = Tree(self._process.pid)
        self.drain = drain
        self.written = 0
        """Bytes that came out so far."""
        self.seen: dict[bytes, int] = {}
        """When each text that is watched for came out first, in nanoseconds of the one clock."""
        self._watched: set[bytes] = set()
        self.counted: list[int] = []
        """When the sign that is counted came out, each time."""
        self._sign = b""
        self._begun = b""
        self._tail = b""
        self._budget, self._refilled = 0.0, time.monotonic()
        self.open = True
        """Whether the program still holds the terminal."""

    def watch(self, *texts: str) -> None:
        """Note in `seen` when these come out next."""
        for text in texts:
            self.seen.pop(text.encode(), None)
            self._watched.add(text.encode())
        self._tail = b""

    def count(self, sign: str) -> None:
        """Note in `counted` when this one character comes out from here on, each time."""
        self.counted.clear()
        self._sign, self._begun = sign.encode(), b""

    def saw(self, *texts: str) -> bool:
        """Whether all of these came out since they were watched for."""
        return all(text.encode() in self.seen for text in texts)

    def type(self, text: str) -> int:
        """Press keys; returns when."""
        at = clock()
        os.write(self._fd, text.encode())
        return at

    def read_for(self, seconds: float) -> None:
        """Read for so long."""
        self.until(lambda: False, seconds)

    def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Read until it holds; False when it does not within `seconds`, or the program has ended."""
        deadline = time.monotonic() + seconds
        while not holds():
            left = deadline - time.monotonic()
            if left <= 0 or not self.open:
                return False
            self._read(min(left, 0.05))
        return True

    def end(self, keys: str, seconds: float = 8.0) -> None:
        """Leave by these keys; what does not go by itself is ended by its id."""
        everybody = self.tree.processes()
        self.drain = None
        if self.open and keys:
            self.type(keys)
            self.until(lambda: self._process.poll() is not None, seconds)
        if self._process.poll() is None:
            self._process.terminate()
            self.until(lambda: self._process.poll() is not None, 2)
        for process in everybody:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                pass  # it went with the program
        self._process.wait()
        os.close(self._fd)

    def _read(self, seconds: float) -> None:
        size = 1 << 16
        if self.drain is not None:
            now = time.monotonic()
            # A line does not save up what it did not carry.
            self._budget = min(self._budget + (now - self._refilled) * self.drain, self.drain * _SLICE_S * 2)
            self._refilled = now
            size = int(self._budget)
            if size < self.drain * _SLICE_S / 2:
                time.sleep(_SLICE_S)
                return
        if not select.select([self._fd], [], [], seconds)[0]:
            return
        try:
            data = os.read(self._fd, size)
        except OSError:
            data = b""
        if not data:
            self.open = False
            return
        self._budget -= len(data)
        self._take(data, clock())

    def _take(self, data: bytes, at: int) -> None:
        self.written += len(data)
        if _SYNC_QUERY in data:
            os.write(self._fd, _SYNC_REPLY)
        if self._sign:
            # Its bytes may come in two reads.
            text = self._begun + data
            self.counted += [at] * text.count(self._sign)
            self._begun = text[-(len(self._sign) - 1) :]
        if not self._watched:
            return
        text = self._tail + data
        bare = _ESCAPES.sub(b"", text) if b"\x1b" in text else text
        for wanted in [wanted for wanted in self._watched if wanted in bare]:
            self.seen[wanted] = at
            self._watched.discard(wanted)
        self._tail = text[-_TAIL:]


def _open_terminal(size: tuple[int, int]) -> tuple[int, int]:
    """Both ends of a new pseudo-terminal, ours first."""
    if sys.platform == "win32":
        raise NotImplementedError("the benchmarks need a pseudo-terminal")
    else:  # noqa: RET506 - on Windows a type checker sees nothing below
        import fcntl
        import pty
        import struct
        import termios

        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        return ours, theirs


def environment(home: Path) -> dict[str, str]:
    """What a program is told of its world: a terminal of today, and folders of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEXTUAL", "OPENAI", "SSH_"))}
    folders = {f"FOUNDRY_COMPARE_{name}": str(home / name.lower()) for name in _FOLDERS}
    root = str(Path(__file__).parents[1])
    return kept | folders | {
        "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "PYTHONPATH": root, "NO_PROXY": "*",
    }  # fmt: skip


@contextmanager
def running(
    argv: Sequence[str],
    home: Path,
    *,
    size: tuple[int, int] = SIZE,
    drain: int | None = None,
    leave: str = "\x11",
) -> Iterator[PtyRun]:
    """A program for this block; `leave` are the keys it is left by (ctrl+q)."""
    run = PtyRun(argv, environment(home), size, drain)
    try:
        yield run
    finally:
        run.end(leave)
