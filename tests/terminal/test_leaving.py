"""Leaving at the wrong moment, in a real terminal: what arrived is kept, nobody waits, and the exit code says why."""

from __future__ import annotations

import re
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.terminal.terminal import Family, Terminal, terminal
from tui.core.lane import LaneState
from tui.core.session import SessionState
from tui.store.sessions import load

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

PROGRAM = (sys.executable, "-P", "-m", "tui")
TOP = Path(__file__).parents[2]
SIZE = (80, 24)


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
        # A terminal that hangs up is left as it is; else nothing but where the session is follows.
        if way != "SIGHUP":
            told = [line for line in window.text.splitlines() if line.strip()]
            assert told[0].startswith("Kept in ") and told[-1] == f"exit code {code}", window.text
    (path,) = sessions.iterdir()
    session = load(path)
    (lane,) = session.lanes.values()
    assert (session.state, lane.state) == (SessionState.FINISHED, LaneState.STOPPED)
    assert lane.answer.startswith("more more more")


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


@pytest.mark.parametrize(("way", "code"), WAYS)
@pytest.mark.parametrize("screen", ["compare", "models"])
def test_nobody_waits_for_a_model_that_loads(screen: str, way: str, code: int, sessions: Path) -> None:
    program = (*PROGRAM, "--host", "tests.support.adapters:Slow", "-m", "slow")
    asked = ("-p", "hi") if screen == "compare" else ()
    with terminal((*program, *asked), SIZE, TOP) as (window, family):
        if screen == "compare":
            window.sees("Loading the model")
        else:
            window.sees("0/1 loaded")
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
        assert [lane.state for lane in load(path).lanes.values()] == [LaneState.STOPPED]
