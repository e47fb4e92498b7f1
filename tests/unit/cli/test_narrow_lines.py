"""Sentences on a terminal are broken at spaces, never inside of a word; in a pipe each is one line."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable

import pytest

from tests.support.some import some
from tui.cli.output import say, show_heading, show_sentence
from tui.core.text.cell_width import cell_width
from tui.core.text.line_width import shown_width

SENTENCE = (
    "--fail-if ttft_ms.p95 > 1 cannot be judged. demo-large (demo-large:1), CPU, measure: ttft_ms.p95 needs 20 values, "
    "and there are 4. `foundry-compare sessions list` names those that there are, 模型模型 模型模型 among them."
)
SPACES = "/home/ann smith/some other folder/20261130T194531Z-7bc2.toml"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def said(monkeypatch: pytest.MonkeyPatch, columns: int, write: Callable[[], None], *, pipe: bool = False) -> list[str]:
    """The lines that are written to stdout and stderr, which are a terminal or a pipe, with what COLUMNS says."""
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = io.StringIO() if pipe else Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    write()
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("write", [say, show_sentence])
@pytest.mark.parametrize("columns", [40, 57, 80])
def test_a_sentence_is_broken_at_spaces(
    write: Callable[[str], None], columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = said(monkeypatch, columns, lambda: write(SENTENCE))
    assert " ".join(lines) == SENTENCE and len(lines) > 2
    assert all(cell_width(line) <= columns for line in some(lines))
    assert any("`foundry-compare sessions list`" in line for line in lines), "a command is in one piece"


@pytest.mark.parametrize("write", [say, show_sentence])
def test_a_path_that_is_to_be_copied_is_never_broken(
    write: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said(monkeypatch, 40, lambda: write("Kept in", whole=SPACES)) == ["Kept in", SPACES]
    assert said(monkeypatch, 80, lambda: write("Kept in", whole=SPACES)) == [f"Kept in {SPACES}"]


def test_what_goes_on_below_a_fact_is_indented(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = said(monkeypatch, 40, lambda: show_sentence(f"file       {SPACES}", indent=4))
    assert lines == ["file       /home/ann smith/some other", "    folder/20261130T194531Z-7bc2.toml"]


def test_a_backtick_that_nothing_closes_holds_nothing_together(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "There is no session `so, " + "and what follows is a sentence like any other " * 2
    assert max(map(len, said(monkeypatch, 40, lambda: say(text.strip())))) <= 40


def test_the_line_above_an_answer_is_as_wide_as_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    def widths(columns: int) -> list[int]:
        return [cell_width(line) for line in said(monkeypatch, columns, lambda: show_heading("模型 · CPU"))]

    assert (widths(40), widths(120)) == ([0, 40], [0, 64])


def test_in_a_pipe_each_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch, 40, lambda: say(SENTENCE), pipe=True) == [SENTENCE]
    assert said(monkeypatch, 40, lambda: show_sentence("Kept in", whole=SPACES), pipe=True) == [f"Kept in {SPACES}"]


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize(("columns", "report"), [(40, 40), (57, 57), (160, 80)])
def test_a_terminal_says_itself_how_wide_it_is(
    columns: int, report: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import termios

    near, far = os.openpty()
    termios.tcsetwinsize(far, (24, columns))
    with os.fdopen(far, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        say(SENTENCE)
        assert shown_width(terminal) == report, "a report is no wider than usual, and narrower where it must be"
    written = os.read(near, 10_000).decode()
    os.close(near)
    lines = written.splitlines()
    assert " ".join(lines) == SENTENCE and max(map(cell_width, lines)) <= columns
