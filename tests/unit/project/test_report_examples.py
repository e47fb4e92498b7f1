"""What docs/reports.md shows below a command is what the program prints today of sessions/examples."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.support.some import some
from tui.cli.main import cli

TOP = Path(__file__).parents[3]
PAGE = (TOP / "docs" / "reports.md").read_text(encoding="utf-8")
CUT = "…"
"""A line that stands for others."""
BLOCKS = [(token.info, token.content) for token in MarkdownIt("commonmark").parse(PAGE) if token.type == "fence"]
EXAMPLES = [content.partition("\n")[::2] for info, content in BLOCKS if not info]
"""What is typed, and what is shown below it."""
CHECKS = next(content for info, content in BLOCKS if info == "toml" and content.startswith("[[check]]"))
CHECKED = {"own-models.md", "reports.md", "sessions.md", "workshop.md"}
"""The pages whose commands tests give, and compare what is printed."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the page's commands are given: the example sessions, and of them four as a baseline of the slower one."""
    shutil.copytree(TOP / "sessions" / "examples", tmp_path / "sessions" / "examples")
    *before, slower, _ = sorted((tmp_path / "sessions" / "examples").glob("*.toml"))
    (tmp_path / "before").mkdir()
    for file in before:
        shutil.copy(file, tmp_path / "before")
    shutil.copy(slower, tmp_path / "slower.toml")
    (tmp_path / "checks.toml").write_text(CHECKS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def missing(shown: str, printed: str) -> list[str]:
    """The parts of an example, between lines that stand for others, that the program did not print in this order."""
    at, lost = 0, []
    for part in (part.strip("\n") for part in f"\n{shown}".split(f"\n{CUT}")):
        found = printed.find(f"\n{part}\n", at) if part else at
        lost += [part] if found < 0 else []
        at = max(at, found)
    return lost


@pytest.mark.parametrize(("line", "shown"), EXAMPLES, ids=[line[2:] for line, _ in EXAMPLES])
def test_an_example_is_what_the_program_prints(
    line: str, shown: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, _, code = line.removeprefix("$ ").partition("  # exit code ")
    with pytest.raises(SystemExit) as ended:
        cli.main(shlex.split(command)[1:], "foundry-compare")
    assert (ended.value.code or 0) == int(code or 0)
    assert missing(shown, f"\n{capsys.readouterr().out}") == []


def test_all_output_of_the_page_stands_below_a_command_and_no_page_has_any_that_is_not_checked() -> None:
    assert len(EXAMPLES) >= 5 and all(line.startswith("$ foundry-compare ") for line, _ in some(EXAMPLES))
    pages = {page.name for page in TOP.glob("docs/*.md") if "\n$ foundry-compare " in page.read_text(encoding="utf-8")}
    assert pages == CHECKED


def test_a_line_that_is_not_printed_would_be_seen() -> None:
    assert missing("…\nb\nc\n…\n", "\na\nb\nc\nd\n") == []
    assert missing("…\nb\nd\n…\n", "\na\nb\nc\nd\n") == ["b\nd"]
    assert missing("a\n…\nz\n", "\na\nb\n") == ["z"]
    assert missing("c\n…\na\n", "\na\nb\nc\n") == ["a"]
