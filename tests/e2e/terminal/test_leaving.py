"""Leaving at the wrong moment, in a real terminal: what arrived is kept, nobody waits, and the exit code says why."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.terminal.terminal import Family, Terminal, terminal
from tui.core.requests.request import RequestState
from tui.core.sessions.session import SessionState
from tui.storage.session_files import load

if sys.platform == "win32":
    pytest.skip("no pseudo-terminals", allow_module_level=True)

import fcntl
import select
import struct
import termios

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

PROGRAM = (sys.executable, "-P", "-m", "tui")
TOP = Path(__file__).parents[3]
SIZE = (80, 24)
TAKEN = ("alternate_on", "mouse_any_flag", "cursor_flag")
"""What tmux knows of how a program has taken the terminal."""


@pytest.fixture
def sessions(own_folders: Path) -> Path:
    return own_folders / "sessions"


def leave(window: Terminal, family: Family, way: str) -> None:
    """By a key of tmux's, or by a signal."""
    family.look()
    if way.startswith("SIG"):
        family.program.send_signal(getattr(signal, way))
    else:
        window.press(way)


WAYS = [("C-q", 0), ("SIGTERM", 143), ("SIGINT", 130)]


@pytest.mark.parametrize(("way", "code"), [*WAYS, ("SIGHUP", 129)])
def test_an_answer_that_streams_is_kept(way: str, code: int, sessions: Path) -> None:
    program = (*PROGRAM, "--host", "tests.support.adapters:Scripted", "-m", "endless", "-p", "hi")
    with terminal(program, SIZE, TOP) as (window, family):
        window.sees("more more more")
        leave(window, family, way)
        window.sees(f"exit code {code}")
        family.wait_for_the_end()
        # Nothing but where the session is follows, and not even that where the terminal may have gone.
        told = [line for line in window.text.splitlines() if line.strip()]
        assert told[0].startswith("Kept in") or way == "SIGHUP"
        assert told[-1] == f"exit code {code}" and len(told) == (1 if way == "SIGHUP" else len(told)), window.text
    (path,) = sessions.iterdir()
    session = load(path)
    (request,) = session.requests.values()
    assert (session.state, request.state) == (SessionState.FINISHED, RequestState.STOPPED)
    assert request.answer.startswith("more more more")


@pytest.mark.parametrize("stderr", ["file", "closed"])
def test_the_screen_is_on_the_terminal_wherever_stderr_is(stderr: str, tmp_path: Path, sessions: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    redirect = ("sh", "-c", f'exec "$@" {"2>" + str(log) if stderr == "file" else "2>&-"}', "sh")
    program = (*redirect, *PROGRAM, "--host", "tests.support.adapters:Scripted", "-m", "endless", "-p", "hi")
    with terminal(program, SIZE, TOP) as (window, family):
        window.sees("more more more")
        leave(window, family, "C-q")
        window.sees("exit code 0")
        family.wait_for_the_end()
    (path,) = sessions.iterdir()
    assert "".join(log.read_text("utf-8").split()) == (f"Keptin{path}" if stderr == "file" else "")


@pytest.mark.parametrize("way", ["C-q", "SIGTERM", "SIGHUP"])
def test_the_exit_code_says_that_not_everything_is_kept_whatever_ended_the_program(way: str, sessions: Path) -> None:
    sessions.parent.mkdir(parents=True, exist_ok=True)
    sessions.write_text("in the way")
    program = (*PROGRAM, "--host", "tests.support.adapters:Scripted", "-m", "endless", "-p", "hi")
    with terminal(program, SIZE, TOP) as (window, family):
        window.sees("more more more")
        leave(window, family, way)
        window.until(lambda: re.search(r"exit code 1(?!\d)", window.text) is not None)
        family.wait_for_the_end()


def test_a_signal_of_a_lost_line_sent_by_hand_puts_the_terminal_that_is_there_in_order(sessions: Path) -> None:
    program = (*PROGRAM, "--host", "tests.support.adapters:Scripted", "-m", "endless", "-p", "hi")
    with terminal(program, SIZE, TOP) as (window, family):
        window.sees("more more more")
        assert [window.told(what) for what in TAKEN] == ["1", "1", "0"]
        leave(window, family, "SIGHUP")
        window.sees("exit code 129")
        family.wait_for_the_end()
        assert [window.told(what) for what in TAKEN] == ["0", "0", "1"]
        assert "┃" not in window.text
        handle = os.open(window.told("pane_tty"), os.O_RDONLY | os.O_NOCTTY)
        try:
            flags = termios.tcgetattr(handle)[3]
        finally:
            os.close(handle)
        assert flags & termios.ICANON and flags & termios.ECHO and flags & termios.ISIG
    assert len(list(sessions.iterdir())) == 1


@pytest.mark.parametrize(("way", "code"), WAYS)
@pytest.mark.parametrize("screen", ["compare", "models"])
def test_nobody_waits_for_a_model_that_loads(screen: str, way: str, code: int, sessions: Path) -> None:
    program = (*PROGRAM, "--host", "tests.support.adapters:Slow", "-m", "slow")
    asked = ("-p", "hi") if screen == "compare" else ()
    with terminal((*program, *asked), SIZE, TOP) as (window, family):
        if screen == "compare":
            window.sees("Loading the model")
        else:
            window.sees("F1 Models", "slow")
            window.press("F1")
            window.sees("/ filter")
            window.press("l")
            window.sees("loading")
        leave(window, family, way)
        window.sees(f"exit code {code}")
        family.wait_for_the_end()
        assert "Traceback" not in window.text
    if screen == "compare":
        (path,) = sessions.iterdir()
        assert [request.state for request in load(path).requests.values()] == [RequestState.STOPPED]


@pytest.mark.parametrize("reads", [True, False], ids=["it reads", "it has stopped reading"])
def test_a_terminal_that_is_still_there_after_a_hangup_is_in_order(reads: bool, sessions: Path) -> None:
    screen, shell = os.openpty()
    fcntl.ioctl(shell, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    before = termios.tcgetattr(shell)
    got = b""

    def read_until(holds: Callable[[], bool]) -> None:
        nonlocal got
        deadline = time.monotonic() + 60.0
        while not holds():
            assert time.monotonic() < deadline, got[-2000:]
            if select.select([screen], [], [], 0.02)[0]:
                got += os.read(screen, 65536)

    model = (*PROGRAM, "--host", "tests.support.adapters:Scripted", "-m", "endless", "-p", "hi")
    environ = os.environ | {"TERM": "xterm-256color"}
    with subprocess.Popen(model, stdin=shell, stdout=shell, stderr=shell, cwd=TOP, env=environ) as program:
        try:
            read_until(lambda: b"more more more" in got)
            assert termios.tcgetattr(shell) != before
            if not reads:
                termios.tcflow(shell, termios.TCOOFF)
            program.send_signal(signal.SIGHUP)
            if reads:
                read_until(lambda: program.poll() is not None)
            assert program.wait(60) == 129
        finally:
            program.kill()
    assert termios.tcgetattr(shell) == before
    if reads:
        while select.select([screen], [], [], 0)[0]:
            got += os.read(screen, 65536)
        last: dict[str, str] = {}
        for numbers, state in re.findall(r"\x1b\[\?([\d;]+)([hl])", got.decode("utf-8", "replace")):
            last |= dict.fromkeys(numbers.split(";"), state)
        assert len(last) > 6
        assert {number for number, state in last.items() if state == "h"} == {"7", "25"}
    os.close(screen)
    os.close(shell)
    (path,) = sessions.iterdir()
    (request,) = load(path).requests.values()
    assert request.answer.startswith("more more more")
