"""A reading session driven by keys, on answers of 4,000 tokens in three scripts: in tmux, and on a line of 20 KB/s."""

from __future__ import annotations

import codecs
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.terminal.terminal import PATIENCE_S, terminal
from tests.support.emulator import Emulator
from tests.support.recorded import CARDS
from tests.support.sessions import request, session
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.prompt import Prompt
from tui.core.sessions.session_model import SessionModel
from tui.storage.session_files import save

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]

WORDS = {
    "English": "retrieval first looks up passages that fit the question and gives them to the model with it",
    "हिन्दी": "पहले प्रश्न के अनुरूप अंश खोजती है और उन्हें मॉडल को साथ में देती है ताकि उत्तर की जाँच हो सके",
    "中文": " ".join("检索增强生成首先查找与问题相符的段落并将其与问题一起交给模型以便答案可以被核实"),
}
TOKENS = 4000


def answers(script: str) -> tuple[list[str], list[str]]:
    """The tokens of two answers, of which the second has other words in a hundred places."""
    chosen = random.Random(script)
    space, stop = ("", "。") if script == "中文" else (" ", "।" if script == "हिन्दी" else ".")
    words = WORDS[script].split()
    one = [f"{space}{chosen.choice(words)}" for _ in range(TOKENS)]
    one = [
        f"{word}{stop}{chr(10) * 2 if at % 80 == 79 else ''}" if at % 16 == 15 else word for at, word in enumerate(one)
    ]
    other = list(one)
    for at in range(20, TOKENS, 40):
        other[at] = f"{space}{'X' if space else '另'}"
    return one, other


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A session with a question in each script."""
    requests, plans, prompts = [], [], []
    for number, script in enumerate(WORDS, 1):
        plan, prompt = f"race{number}", f"p{number}"
        plans.append(Plan(plan, Mode.RACE, ("m1", "m2"), (prompt,)))
        prompts.append(Prompt(f"Explain RAG in {script}.", key=prompt))
        for model, text in enumerate(answers(script), 1):
            facts = {"model": f"m{model}", "plan": plan, "prompt": prompt, "mode": Mode.RACE}
            requests.append(request(f"r{number}{model}", answer=text, **facts))  # type: ignore[arg-type]
    models = [SessionModel(f"m{number}", card, "recorded") for number, card in enumerate(CARDS[:2], 1)]
    path = tmp_path / "20261122T110301Z-7f3a.toml"
    save(session(requests, models=models, plans=plans, prompts=prompts), path)
    return path


def test_in_tmux_answers_are_compared_searched_and_scrolled_together(file: Path) -> None:
    program = (sys.executable, "-P", "-m", "tui", "open", file.name, "--rater", "ann")
    with terminal(program, (80, 24), file.parent) as (window, family):
        window.sees("question 3 of 3", "Explain RAG in 中文.")
        window.type("=2")
        window.sees("1 of 100 · ", "[-另-]")
        window.type("ddD")
        window.sees("2 of 100 · ")
        window.press("Escape")
        window.type("{/की जाँच", "Enter")
        window.sees("match 2 of", "की जाँच")
        window.press("Escape")
        window.type("{s")
        window.sees("together, in proportion", "Explain RAG in English.")
        window.press("End")
        window.type("=2D")
        window.sees("100 of 100 · ")
        window.type("yy")
        window.sees("characters sent to the terminal by OSC 52, wrapped for tmux")
        window.press("C-q")
        window.sees("exit code 0")
        family.wait_for_the_end(1)


def test_on_a_line_of_20_kb_a_second_the_same_keys_lead_to_the_same_place(file: Path) -> None:
    with slow_line(["open", str(file), "--rater", "ann"], rate=20_000) as line:
        line.sees("question 3 of 3")
        line.press("=2")
        line.sees("1 of 100", "[-另-]")
        line.press("ddd")
        line.sees("4 of 100")
        line.press("\x1b")
        line.press("{{")
        line.sees("question 1 of 3")
        line.press("/passages\r\r")
        line.sees("match 3 of")
        line.press("\x1b")
        line.press("=2\x1b[C")
        line.sees("1 of 100")
        line.press("\x11")
        assert line.ended() == 0


class SlowLine:
    """A terminal of 80x24 that is read slowly."""

    def __init__(self, fd: int, program: subprocess.Popen[bytes], rate: int) -> None:
        self._fd, self._program, self._rate = fd, program, rate
        self._screen = Emulator(80, 24)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def sees(self, *texts: str) -> None:
        """Wait until all of these are on the screen."""
        deadline = time.monotonic() + PATIENCE_S
        while not all(any(text in row for row in self._screen.rows) for text in texts):
            assert time.monotonic() < deadline, "\n".join(self._screen.rows)
            time.sleep(0.05)

    def ended(self) -> int:
        """The exit code."""
        return self._program.wait(PATIENCE_S)

    def _read(self) -> None:
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        left = ""
        while True:
            try:
                data = os.read(self._fd, self._rate // 20)
            except OSError:
                return
            if not data:
                return
            # A sequence that is not complete waits for its end.
            left += decode(data)
            cut = left.rfind("\x1b", max(len(left) - 40, 0))
            cut = cut if cut >= 0 and _is_open(left[cut:]) else len(left)
            self._screen.feed(left[:cut])
            left = left[cut:]
            time.sleep(len(data) / self._rate)


def _is_open(text: str) -> bool:
    """Whether this begins a sequence whose end is still to come."""
    return len(text) < 2 or (text[1] == "[" and not any("@" <= char <= "~" for char in text[2:]))


@contextmanager
def slow_line(arguments: list[str], rate: int) -> Iterator[SlowLine]:
    """The program on a line of so many bytes a second."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    program = subprocess.Popen(
        [sys.executable, "-P", "-m", "tui", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm-256color"},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield SlowLine(ours, program, rate)
    finally:
        program.kill()
        program.wait()
        os.close(ours)
