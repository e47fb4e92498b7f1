"""All that reaches a terminal during a blind review, byte by byte: nothing tells which model gave which answer.

Four models of very different speed, on two hosts with different devices: one is there at once, one thinks for long, one
fails and says so with its name, one names itself. The test says when each of them goes on.
"""

from __future__ import annotations

import base64
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("no pseudo-terminals", allow_module_level=True)

import fcntl
import struct
import termios

from tests.e2e.hostile.test_terminal_bytes import Program
from tests.support.emulator import Emulator
from tests.support.some import some
from tui.core.blind.masks import MASK
from tui.core.requests.request import RequestState
from tui.core.scoring.rating import VoteChoice
from tui.core.sessions.session import Session
from tui.storage.session_files import load, load_sessions

pytestmark = pytest.mark.slow

CONTEST = """
import time
from pathlib import Path

HERE = Path(__file__).parent


def until(name):
    deadline = time.monotonic() + 60
    while not (HERE / name).exists() and time.monotonic() < deadline:
        time.sleep(0.01)


class One:
    def load(self, model):
        self.model = model

    def generate(self, prompt, **params):
        until("go-" + self.model)
        if self.model == "zorblax-9000":
            yield "Half an"
            raise RuntimeError("zorblax-9000 ran out of memory on its QPU")
        if self.model == "phi-4-mini":
            for _ in range(20):
                yield {"reasoning": "Hm, phi thinks. "}
                time.sleep(0.01)
        if self.model == "mistral-7b":
            yield "I am Mistral, mistral-7b by Mistral AI, at contest:Murk. "
        for word in "It finds passages and answers with them .".split():
            yield word + " "
            time.sleep(0.002)


class Quirk(One):
    models = ("qwen2.5-0.5b", "zorblax-9000")
    device = "QPU"
    version = "77.1"


class Murk(One):
    models = ("phi-4-mini", "mistral-7b")
    device = "XPU"
    version = "78.2"
"""
MODELS = {"qwen2.5-0.5b": "Quirk", "zorblax-9000": "Quirk", "phi-4-mini": "Murk", "mistral-7b": "Murk"}
TELLS = (*MODELS, "qwen", "zorblax", "phi", "mistral", "quirk", "murk", "qpu", "xpu", "77.1", "78.2", "hm,", "memory")
"""Ids, aliases, families, hosts, devices, versions, thoughts and an error: none is a word of the program's."""
FIGURES = re.compile(r"\d+ ?(?:tok|chunk)|tok/s|t/s|\d\.\d|first \d|total \d|~\d|\d+ of 4 ended|contended|⚑")
"""Counts, speeds and times."""
LARGEST = (160, 45)
COPIED = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)")
TITLE = re.compile(r"\x1b\][012];")
OWN = re.compile(r"\x1b\[[0-9;?>=<$ ]*[a-zA-Z]|\x1b[78=>]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\(B")


class Watched(Program):
    """A program in a terminal, everything it writes, and what the screen has shown at each moment."""

    def __init__(self, folder: Path, *args: str, size: tuple[int, int] = LARGEST) -> None:
        super().__init__(folder, *args)
        self._screen, self._fed = Emulator(*LARGEST), 0
        self.resize(size)
        self.seen: list[str] = []
        """Every screen there was, a text each."""

    def resize(self, size: tuple[int, int]) -> None:
        width, height = size
        self._screen = Emulator(*LARGEST)  # What was on its way for the larger size has to go somewhere.
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        os.kill(self.process.pid, signal.SIGWINCH)

    def read(self) -> bool:
        there = super().read()
        text = self.got.decode("utf-8", "ignore")
        last = text.rfind("\x1b")
        if last >= self._fed and OWN.match(text, last) is None:
            text = text[:last]  # The rest of it is still to come.
        if len(text) > self._fed:
            self._screen.feed(text[self._fed :].replace("\r\n", "\n"))
            self._fed = len(text)
            self.seen.append("\n".join(self._screen.rows))
        return there

    @property
    def rows(self) -> list[str]:
        return self._screen.rows

    def sees(self, *texts: str) -> None:
        self.until(lambda: all(text in "\n".join(self.rows) for text in texts))

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())
        self.quiet(0.1)

    def leave(self) -> None:
        """Leave the program, and read to its last word."""
        os.write(self.master, b"\x11")
        while self.read():
            pass
        self.process.wait(60)

    def quiet(self, seconds: float = 0.3) -> None:
        """Read until nothing has come for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            before = len(self.got)
            self.read()
            if len(self.got) > before:
                until = time.monotonic() + seconds

    def check(self) -> None:
        """Nothing that tells has been written, as bytes or as a screen that they add up to."""
        copied = [base64.b64decode(found).decode() for found in COPIED.findall(self.text)]
        for text in some([self.text, OWN.sub("", self.text), OWN.sub(" ", self.text), *copied, *self.seen]):
            found = [word for word in TELLS if word in text.casefold()]
            assert not found, (found, text[-4000:])
            figure = FIGURES.search(OWN.sub(" ", text))
            assert figure is None, (figure[0], text[-4000:])


@contextmanager
def running(folder: Path, *args: str, size: tuple[int, int] = LARGEST) -> Iterator[Watched]:
    program = Watched(folder, *args, size=size)
    try:
        yield program
    finally:
        program.end()


@pytest.fixture
def contest(tmp_path: Path) -> Path:
    (tmp_path / "contest.py").write_text(CONTEST, encoding="utf-8")
    return tmp_path


def begin(contest: Path, *more: str) -> tuple[str, ...]:
    models = [part for model in MODELS for part in ("-m", model)]
    hosts = ("--host", "contest:Quirk", "--host", "contest:Murk")
    return (*more, *hosts, *models, "--sessions", str(contest / "kept"), "--rater", "ann")


def kept(contest: Path) -> Session:
    """The session as the disk has it, its journal included."""
    return next(load_sessions([contest / "kept"], skipped=lambda file, error: None))


def journal(contest: Path) -> str:
    return "".join(file.read_text("utf-8") for file in (contest / "kept").glob("*.jsonl"))


def go(contest: Path, model: str) -> None:
    """Let a model answer, and wait until its end is on the disk."""
    ends = journal(contest).count('"ended"') + journal(contest).count('"failed"')
    (contest / f"go-{model}").touch()
    wait(lambda: journal(contest).count('"ended"') + journal(contest).count('"failed"') > ends)


def wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def panes(rows: list[str]) -> list[list[str]]:
    """What stands in each pane, its number left out."""
    inside = [re.split("[│┃]", row) for row in rows if row.startswith(("│", "┃")) and len(re.split("[│┃]", row)) > 7]
    return [[row[place].strip().removeprefix(f"{place // 2 + 1} ") for row in inside] for place in (1, 3, 5, 7)]


def test_nothing_tells_whose_an_answer_is(contest: Path) -> None:
    with running(contest, *begin(contest, "--blind", "-p", "How does RAG work?")) as program:
        program.sees("blind review", "running", "Shown when all answers are there.")
        program.quiet()
        waiting = panes(program.rows)
        assert waiting and all(pane == waiting[0] for pane in some(waiting)), "\n".join(program.rows)
        for model in some(["qwen2.5-0.5b", "zorblax-9000", "mistral-7b"]):
            before = len(program.got)
            go(contest, model)
            program.quiet()
            assert program.got[before:] == b"", "a model's progress is painted nowhere"
        for keys in some(
            ["\x1b", "z", "z", "?", "\x1b", "\x1b[20~", "\x1b", "\x1bOP", "h", "\x03", "\x1b", "V", "'2", "t"]
        ):
            program.press(keys)
        for keys in some(
            ["i", "m", "r", "x", "]", "[", "=", "s", "y", "\x1b", "G", "\x1b", "S", "\x1b", "w", "N", "\x1b"]
        ):
            program.press(keys)
        program.resize((80, 24))
        program.quiet()
        program.press("z")
        program.press("z")
        program.resize((160, 45))
        program.quiet()
        program.check()
        (contest / "go-phi-4-mini").touch()
        program.sees("4 unscored")
        program.quiet()
        assert "\n".join(program.rows).count("passages") == 3
        program.sees("Half an", "This answer ended early.", MASK)
        for keys in some(
            [
                "'1",
                "3",
                "'2",
                "4",
                "'3",
                "2",
                "w",
                "n",
                "good\r",
                "t",
                "z",
                "z",
                "?",
                "\x1b",
                "\x1bOP",
                "h",
                "\x03",
                "\x1b",
            ]
        ):
            program.press(keys)
        for keys in some(["y", "\x1b", "S", "\x1b", "=2", "\x1b", "/finds\r", "\x1b", "N", "\x1b", ":", "\x1b"]):
            program.press(keys)
        for keys in some(["\x1bOR", "y", "\r", "\x1b", "p", "\x1b", "i", "\x1b", "/passages\r", "\x1b"]):
            program.press(keys)
        program.press("\x1bOS")
        program.sees("That screen tells models apart")
        program.press("\x1bOQ")
        program.press("\x1b")  # from the prompt, where the way back from a list leads
        program.press("\x1bOS")
        program.sees("That screen tells models apart")
        for number, keys in enumerate(some(["a", "y"]), 1):
            program.press("y")
            program.sees("Copy or write out")
            program.press(keys)
            program.until(lambda number=number: len(COPIED.findall(program.text)) == number)  # type: ignore[misc]
        program.press("y")
        program.sees("Copy or write out")
        program.press("F")
        program.press("\r")
        wait((contest / "answers.md").exists)
        written = (contest / "answers.md").read_text("utf-8")
        assert "passages" in written and not [word for word in TELLS if word in written.casefold()], written
        assert not TITLE.search(program.text)
        program.resize((80, 24))
        program.quiet()
        program.resize((160, 45))
        program.quiet()
        program.check()
        program.press("V")
        program.sees("Reveal the models?")
        program.press("\x1b")
        program.check()
        program.press("V")
        program.press("y")
        program.sees(*MODELS)
        program.press("'4")
        program.press("5")
        program.press("T")
        program.leave()
    found = kept(contest)
    (order,) = found.orders
    assert order.blind and order.seed is not None and sorted(order.models) == ["m1", "m2", "m3", "m4"]
    shown = [next(one for one in found.requests.values() if one.spec.model == key) for key in order.models]
    scores = [(one.run, one.value, one.position, one.blind) for one in found.scores]
    blind = [(shown[place - 1].spec.id, value, place, True) for place, value in ((1, 3), (2, 4), (3, 2))]
    assert scores == [*blind, (shown[3].spec.id, 5, 4, False)]
    votes = [(one.runs, one.choice, one.winner, one.positions, one.blind) for one in found.votes]
    everybody, places = tuple(one.spec.id for one in shown), (1, 2, 3, 4)
    assert votes == [
        (everybody, VoteChoice.WINNER, everybody[2], places, True),
        (everybody, VoteChoice.BOTH_GOOD, "", places, False),
    ]
    (reveal,) = found.reveals
    assert reveal.rater == "ann" and found.scores[2].entry < reveal.entry < found.scores[3].entry
    names = {one.card.alias: key for key, one in found.models.items()}
    (itself,) = [one for one in found.requests.values() if one.spec.model == names["mistral-7b"]]
    (mask,) = found.masks
    assert mask.run == itself.spec.id and "Mistral" in [itself.answer[first:end] for first, end in mask.ranges]
    assert not any(name in file.name for file in some((contest / "kept").iterdir()) for name in MODELS)


def test_what_is_recovered_and_opened_is_as_blind(contest: Path) -> None:
    with running(contest, *begin(contest, "--blind", "-p", "How does RAG work?")) as program:
        program.sees("running")
        for model in ("mistral-7b", "zorblax-9000"):
            go(contest, model)
        program.quiet()
        program.check()
        os.kill(program.process.pid, signal.SIGKILL)
        program.process.wait()
    with running(contest, *begin(contest, "--blind"), size=(80, 24)) as program:
        program.sees("completed from its journal")
        program.check()
        program.leave()
        program.check()
    found = kept(contest)
    assert [one.state for one in found.requests.values()].count(RequestState.DONE) == 1
    (file,) = (contest / "kept").glob("*.toml")
    with running(contest, "open", str(file), "--rater", "ann") as program:
        program.sees("blind review", "Half an")
        for keys in some(["g", "3", "]", "[", "z", "z", "\x1bOP", "h", "?", "\x1b", "\x03", "\x1b"]):
            program.press(keys)
        program.check()
        program.press("Vy")
        program.sees("zorblax-9000")
        program.leave()
    done = load(file)
    assert [one.blind for one in done.scores] == [True] and len(done.reveals) == 1
