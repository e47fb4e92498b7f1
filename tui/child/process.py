"""The program's end of another process: start it, read its lines, write lines to it, end it.

This is the only place where the program starts processes: a child has the environment of its kind and opens no window.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import IO, TYPE_CHECKING, NamedTuple

from tui.background import start
from tui.core.child_environment import ChildKind, environment_of
from tui.net.secrets import known_secrets

if TYPE_CHECKING:
    import psutil

MAX_LINE = 65_536
"""Bytes of the longest line that is heard whole."""
_MOST = 65_536
"""Bytes of one read."""
KEPT = 65_536
"""Bytes of its stderr that are kept, from its end."""
LAST_WORDS = 4000
"""Bytes of its stderr that are read once it has ended, from its end."""
KILL_S = 0.5
"""How long a process that was killed may take to end, and its pipes to run dry, in seconds."""

_AT_WORK_S = 0.5
_AT_WORK_BYTES = 1 << 20

if sys.platform == "win32":
    NO_WINDOW = subprocess.CREATE_NO_WINDOW
else:
    NO_WINDOW = 0
"""The `creationflags` of a process that opens no window of its own."""


def spawn(
    command: Sequence[str],
    kind: ChildKind,
    *,
    stdin: int | IO[bytes],
    stdout: int | IO[bytes],
    stderr: int | IO[bytes],
    named: Collection[str] = (),
    own_session: bool = False,
    flags: int = NO_WINDOW,
) -> subprocess.Popen[bytes]:
    """Start a command without a shell, with what of the environment its kind is given, and the variables `named`.

    With `own_session` no key of the terminal reaches it, and it can ask nobody. Raises OSError.
    """
    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=environment_of(kind, os.environ, named=named, keys=known_secrets()),
        start_new_session=own_session,
        creationflags=flags,
    )


@contextlib.contextmanager
def _signals_held_back() -> Iterator[None]:
    """What is started within this is ended neither by Ctrl+C, nor by a terminal that goes, nor by a request to
    terminate all of the program's processes, before it can say what it does then: until then they wait. It ends with
    its stdin."""
    if sys.platform == "win32":
        yield  # It has no console that keys could come from.
    else:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP, signal.SIGTERM})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Activity(NamedTuple):
    """What a process has done since its start, with those that it started."""

    written: int
    """Bytes on stderr."""
    processor_s: float
    """Seconds that processors worked for it."""
    read: int
    """Bytes that it read from files."""

    def much_since(self, before: Activity) -> bool:
        """Whether there is a sign of life since then, more than a process makes that waits for ever."""
        return (
            self.written > before.written
            or self.processor_s - before.processor_s > _AT_WORK_S
            or self.read - before.read > _AT_WORK_BYTES
        )


class ChildProcess:
    """One run of a command that ends when its stdin does, and so never outlives this program.

    Its methods may be called from any thread.
    """

    def __init__(
        self,
        command: Sequence[str],
        kind: ChildKind,
        *,
        hear: Callable[[Sequence[bytes]], None],
        over: Callable[[ChildProcess], None] = lambda process: None,
        named: Collection[str] = (),
        leave: float = 0.5,
        max_line: int = MAX_LINE,
        own_session: bool = False,
    ) -> None:
        """Start it. `hear` is called in a thread with the lines of its stdout, those together that came together, and
        `over` in the same thread after the last.

        A line that is much longer than `max_line` bytes comes in parts; a negative number is no limit. `leave` is how
        many seconds it may take to end before it is killed; `named` and `own_session` are as for `spawn`. Raises
        OSError when no process can be started.
        """
        self._hear = hear
        self._over = over
        self._leave = leave
        self._max_line = max_line
        self._ending = threading.Lock()
        self._writing = threading.Lock()
        pipe = subprocess.PIPE
        # In a session of its own it gets none of what is sent to the program's.
        with contextlib.nullcontext() if own_session else _signals_held_back():
            self._process = spawn(
                command, kind, stdin=pipe, stdout=pipe, stderr=pipe, named=named, own_session=own_session
            )
        self._complaints = b""
        self._written = 0
        # The reader of stdout comes last: it says when all is over, and waits for the other then.
        self._readers = [start(self._read_complaints, f"{kind.name.lower()} stderr")]
        self._readers.append(start(self._read, f"{kind.name.lower()} stdout"))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def code(self) -> int | None:
        """Its exit code, or the negative number of the signal that ended it; None while it runs."""
        return self._process.poll()

    @property
    def complaints(self) -> bytes:
        """The end of what it has written on stderr so far."""
        return self._complaints

    def activity(self) -> Activity:
        """What it has done so far; zeros where the system does not tell."""
        import psutil

        processor_s, read = 0.0, 0
        try:
            process = psutil.Process(self.pid)
            # A virtual environment of Windows starts Python as a child.
            for each in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    times = each.cpu_times()
                    processor_s += times.user + times.system
                    read += _bytes_read(each)
        except psutil.Error:
            pass
        return Activity(self._written, processor_s, read)

    def say(self, line: bytes) -> None:
        """Write a line to its stdin. Raises OSError or ValueError when nobody reads there any more."""
        assert self._process.stdin is not None
        with self._writing:
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def ended(self, within: float | None) -> bool:
        """Whether it has ended, or does so within this many seconds; all it wrote has been heard then.

        None waits as long as it takes.
        """
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        for reader in self._readers:
            # What a process of its own holds open is not waited for any longer.
            if reader is not threading.current_thread():
                reader.join(KILL_S)
        return True

    def end(self, leave: float | None = None) -> None:
        """End it, within `leave` seconds where they are given. Ending it again is harmless."""
        assert self._process.stdin is not None
        with self._ending:
            try:
                self._process.stdin.close()
            except OSError:
                pass  # what could not be written is lost on a process that is gone
            if not self.ended(self._leave if leave is None else leave):
                self._process.kill()
                self.ended(KILL_S)

    def last_words(self) -> str:
        """The last that it wrote on stderr, as text."""
        return self._complaints[-LAST_WORDS:].decode("utf-8", "replace").strip()

    def _read(self) -> None:
        assert self._process.stdout is not None
        parts: list[bytes] = []
        size = 0
        with self._process.stdout as pipe:
            while data := os.read(pipe.fileno(), _MOST):
                whole, end, rest = data.rpartition(b"\n")
                if end:
                    self._hear([line + b"\n" for line in b"".join([*parts, whole]).split(b"\n")])
                    parts, size = [], 0
                parts.append(rest)
                size += len(rest)
                if 0 <= self._max_line < size:
                    self._hear([b"".join(parts)])
                    parts, size = [], 0
        if size:
            self._hear([b"".join(parts)])
        self._over(self)

    def _read_complaints(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as pipe:
            while chunk := os.read(pipe.fileno(), 8192):
                self._written += len(chunk)
                self._complaints = (self._complaints + chunk)[-KEPT:]


def _bytes_read(process: psutil.Process) -> int:
    if not hasattr(process, "io_counters"):
        return 0  # macOS does not tell.
    counters = process.io_counters()
    return counters.read_bytes + int(getattr(counters, "read_chars", 0))  # Linux counts what is cached apart.


def python_module(name: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules."""
    # `-P` keeps a folder called `tui` in the working directory from being imported instead.
    return [sys.executable, "-P", "-m", name, *arguments]


def how_it_ended(code: int | None) -> str:
    """A process's end in words."""
    if code is None:
        return "It does not answer"
    try:
        words = signal.strsignal(-code) if code < 0 else None
    except ValueError:
        words = None
    return f"It was ended by signal {-code} ({words})" if words else f"It ended with code {code}"
