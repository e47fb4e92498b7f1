"""A child process: what it writes is heard in lines, it ends with its stdin, and what it last wrote is kept."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest

from tui.child.line_protocol import decode_line, encode_line
from tui.child.process import KEPT, ChildProcess, how_it_ended, spawn
from tui.core.child_environment import ChildKind

PATIENCE_S = 30.0


class Heard:
    """What a process wrote, as it was heard."""

    def __init__(self, script: str, **options: int) -> None:
        self.lines: list[bytes] = []
        self.over = threading.Event()
        command = [sys.executable, "-c", script]
        self.process = ChildProcess(
            command, ChildKind.ENGINE, hear=self.lines.extend, over=lambda process: self.over.set(), **options
        )

    def __enter__(self) -> Heard:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.end()

    def until(self, count: int) -> list[bytes]:
        """The lines, as soon as there are this many."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.lines) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return self.lines


SAY = "import sys; sys.stdout.reconfigure(newline='\\n')\n"
"""The beginning of a script whose lines end in a line feed on Windows too."""
ECHO = f"{SAY}for line in sys.stdin: print(line.strip()[::-1], flush=True)"


def test_lines_go_there_and_come_back_and_the_process_ends_with_its_stdin() -> None:
    with Heard(ECHO) as heard:
        heard.process.say(b"one\n")
        heard.process.say(b"two\nthree\n")
        assert heard.until(3) == [b"eno\n", b"owt\n", b"eerht\n"]
        assert heard.process.alive and heard.process.code is None and not heard.over.is_set()
        heard.process.end(PATIENCE_S)
        assert (heard.process.alive, heard.process.code) == (False, 0)
        assert heard.over.wait(PATIENCE_S)
        heard.process.end()
        with pytest.raises((OSError, ValueError)):
            heard.process.say(b"four\n")


def test_what_has_no_end_of_line_is_heard_at_the_end() -> None:
    with Heard(f"{SAY}print('one\\ntwo', end='')") as heard:
        assert heard.process.ended(PATIENCE_S) and heard.lines == [b"one\n", b"two"]


def test_a_line_without_end_comes_in_parts() -> None:
    with Heard(f"{SAY}print('x' * 300_000)", max_line=1000) as heard:
        assert heard.process.ended(PATIENCE_S)
        assert len(heard.lines) > 3 and b"".join(heard.lines) == b"x" * 300_000 + b"\n"
    with Heard(f"{SAY}print('x' * 300_000)", max_line=-1) as heard:
        assert heard.process.ended(PATIENCE_S) and heard.lines == [b"x" * 300_000 + b"\n"]


def test_complaints_are_there_while_it_runs_and_their_end_is_kept() -> None:
    script = "import sys\nsys.stderr.write('y' * 100_000 + ' the last words'); sys.stderr.flush(); print(); input()"
    with Heard(script) as heard:
        heard.until(1)
        deadline = time.monotonic() + PATIENCE_S
        while not heard.process.complaints.endswith(b"the last words") and time.monotonic() < deadline:
            time.sleep(0.01)
        assert heard.process.alive and len(heard.process.complaints) == KEPT
        assert heard.process.last_words().endswith("y the last words")


def test_one_that_does_not_leave_is_killed() -> None:
    with Heard("import time; print('here', flush=True); time.sleep(600)") as heard:
        heard.until(1)
        heard.process.end(0.1)
        assert not heard.process.alive
        if sys.platform != "win32":
            assert heard.process.code == -signal.SIGKILL
            assert how_it_ended(heard.process.code).startswith("It was ended by signal 9")


def test_it_has_the_environment_of_its_kind_and_what_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "secret")
    script = "import os; print(os.environ.get('SOME_KEY'), 'PATH' in os.environ)"
    with Heard(script) as heard:
        assert heard.process.ended(PATIENCE_S) and heard.lines == [f"None True{os.linesep}".encode()]
    read, write = os.pipe()
    with os.fdopen(read, "rb") as answer, os.fdopen(write, "wb") as out:
        command = [sys.executable, "-c", script]
        done = spawn(command, ChildKind.ADAPTER, stdin=0, stdout=out, stderr=out, named=["SOME_KEY"])
        assert done.wait(PATIENCE_S) == 0
        out.close()
        assert answer.read() == f"secret True{os.linesep}".encode()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_what_ends_the_program_does_not_end_a_process_that_is_just_starting() -> None:
    with Heard("import sys; sys.stdin.readline(); print('there', flush=True)") as heard:
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            os.kill(heard.process.pid, number)
        heard.process.say(b"\n")
        assert heard.until(1) == [b"there\n"]
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ()) & {signal.SIGINT, signal.SIGHUP, signal.SIGTERM}


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_request_to_terminate_does_not_end_our_child_but_ends_what_that_started() -> None:
    script = (
        "import signal, subprocess, sys\n"
        "from tui.child.main_side import leave_signals_to_the_program\n"
        "leave_signals_to_the_program()\n"
        "signal.raise_signal(signal.SIGTERM)\n"
        "own = subprocess.Popen([sys.executable, '-c', 'import sys; sys.stdin.read()'], stdin=subprocess.PIPE)\n"
        "own.terminate()\n"
        "print(own.wait(), flush=True)\n"
    )
    with Heard(script) as heard:
        assert heard.until(1) == [f"{-signal.SIGTERM}\n".encode()]


def test_a_command_that_is_not_there_cannot_be_started() -> None:
    with pytest.raises(FileNotFoundError):
        ChildProcess(["/no-such-command"], ChildKind.TOOL, hear=lambda lines: None)


def test_a_message_is_one_line_whatever_it_holds() -> None:
    message = {"text": "half \ud83d, line \u2028 and\nbreak"}
    line = encode_line(message)
    assert line.count(b"\n") == 1 and line.endswith(b"\n") and decode_line(line) == message
    for wrong in (b"[]", b"3", b"{", b"[" * 100_000):
        with pytest.raises(ValueError):
            decode_line(wrong)
