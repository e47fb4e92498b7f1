"""A review in a real terminal, by keys alone: three models, eight prompts, two criteria, blind, and then revealed."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from benchmarks.ptyrun import SLOW, PtyRun, running
from tests.e2e.terminal.terminal import PATIENCE_S, Terminal, terminal
from tests.support.reviewed import MODELS, REVIEWED, to_review
from tests.support.some import some
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rating import VoteChoice
from tui.storage.session_files import load, save

pytestmark = pytest.mark.slow

DECISIONS = 8 * 3 * 2
MOST_KEYS = 60


class Hands(Protocol):
    """Press keys, and count them."""

    keys: int

    def press(self, key: str, text: str) -> None:
        """Press a key, and wait until a text is painted."""
        ...


class InTmux:
    """In a window of tmux."""

    def __init__(self, window: Terminal) -> None:
        self._window = window
        self.keys = 0

    def press(self, key: str, text: str) -> None:
        self._window.press({"\r": "Enter", "\x1b": "Escape"}.get(key, key))
        self._window.sees(text)
        self.keys += 1


class OverASlowLine:
    """In a terminal that takes 20 KB a second."""

    def __init__(self, run: PtyRun) -> None:
        self._run = run
        self.keys = 0

    def press(self, key: str, text: str) -> None:
        self._run.watch(text)
        self._run.type(key)
        assert self._run.until(lambda: self._run.saw(text), PATIENCE_S), f"{key!r} did not lead to {text}"
        self.keys += 1


def review(hands: Hands, values: Iterator[int]) -> None:
    """Score everything in a score pass, and vote once."""
    hands.press("G", f"{DECISIONS} scores to give, of 24 answers.")
    hands.press("\r", f"{DECISIONS} left")
    for left in range(DECISIONS - 1, 0, -1):
        hands.press(str(next(values)), f"{left} left")
    hands.press(str(next(values)), "The score pass is done")
    hands.press("\x1b", "Question 8: what")
    hands.press("w", "best of 3")


def program(file: Path) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "tui", "open", file.name, "--rater", "ann", "--blind")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The session that is reviewed."""
    path = tmp_path / f"{REVIEWED}.toml"
    save(to_review(), path)
    return path


@pytest.fixture
def given() -> list[int]:
    """The scores that are given."""
    chance = random.Random(8)
    return [chance.randint(1, 5) for _ in range(DECISIONS)]


def assert_kept(file: Path, given: list[int]) -> None:
    """All of the review is in the file."""
    session = load(file)
    assert [one.value for one in session.scores] == given
    assert len(in_effect(session).scores) == DECISIONS
    assert all(one.blind and one.took_ms is not None and one.position for one in some(session.scores))
    assert {(one.run, one.criterion) for one in session.scores} == {
        (run, criterion) for run in session.requests for criterion in ("accuracy", "style")
    }
    assert [(one.choice, one.blind) for one in session.votes] == [(VoteChoice.WINNER, True)]
    assert len(session.orders) == 8 and all(order.blind for order in some(session.orders))


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_a_blind_review_takes_a_key_a_decision_and_ends_with_the_names(file: Path, given: list[int]) -> None:
    with terminal(program(file), (80, 24), file.parent) as (window, family):
        window.sees("Question 8: what", "blind")
        family.look()
        hands = InTmux(window)
        review(hands, iter(given))
        window.sees("answer 3: best of 3. Nothing is said of answer 1 against answer 2.")
        assert not any(name in window.text for name in some(MODELS)), window.text
        hands.press("V", "Reveal the models?")
        hands.press("y", MODELS[0])
        window.sees(*MODELS)
        hands.press("S", "of 5 on")
        window.sees("Where it stands", "Accuracy: ", "Which should I take?")
        hands.press("\x1b", "Question 8: what")
        window.press("C-q")
        window.sees(f"Kept in {file.name}", "exit code 0")
        family.wait_for_the_end(1)
    assert hands.keys <= MOST_KEYS, hands.keys
    assert_kept(file, given)
    assert [reveal.rater for reveal in load(file).reveals] == ["ann"]


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_review_over_a_slow_line_loses_nothing(file: Path, given: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    with running(program(file), file.parent, size=(80, 24), drain=SLOW) as run:
        run.watch("Question 8: what")
        assert run.until(lambda: run.saw("Question 8: what"), PATIENCE_S)
        review(OverASlowLine(run), iter(given))
    assert_kept(file, given)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_what_was_decided_before_a_kill_is_taken_back_and_brought_back_after_it(file: Path) -> None:
    command = (sys.executable, "-P", "-m", "tui", "open", file.name, "--rater", "ann")
    with terminal(command, (80, 24), file.parent) as (window, family):
        window.sees("Question 8: what")
        window.type("4{w")
        window.sees("best of 3")
        family.kill(family.program)
    with terminal(command, (80, 24), file.parent) as (window, family):
        window.sees("Question 8: what", "acc4")
        window.type("u")
        window.sees("Question 7: u takes back winner of 3 on qwen2.5-0.5b.")
        window.type("u")
        window.sees("Undone on qwen2.5-0.5b: winner of 3 → no vote")
        window.type("uu")
        window.sees("Undone on 1 qwen2.5-0.5b: score 4 for Accuracy → no score for Accuracy")
        window.type("U")
        window.sees("Redone on 1 qwen2.5-0.5b: no score for Accuracy → score 4 for Accuracy")
        window.press("C-q")
        window.sees("exit code 0")
    session = load(file)
    assert [(one.run, one.value) for one in in_effect(session).scores.values()] == [("r22", 4)]
    assert len(session.votes) == 1 and not in_effect(session).votes
