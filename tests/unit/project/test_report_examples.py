"""What pages show below a command is what the program prints today of sessions/examples."""

from __future__ import annotations

import re
import shlex
import shutil
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from markdown_it import MarkdownIt

from tui.cli.main import cli

TOP = Path(__file__).parents[3]
PAGES = {page.name: page.read_text(encoding="utf-8") for page in sorted(TOP.glob("docs/*.md"))}
CUT = "…"
"""A line that stands for others."""
TYPED = "$ foundry-compare "
MARKED = re.compile("<!-- (example|generated|run)[ :]")
"""What stands before a block that another test compares."""
NO_OUTPUT = {"architecture.md": 3, "report-data.md": 1}
"""Pages with so many blocks that are drawings, or the name of a file."""


class Block(NamedTuple):
    """A block of a page."""

    page: str
    kind: str
    text: str
    marked: bool
    """Whether another test compares it."""


def blocks_of(page: str, text: str) -> list[Block]:
    found, before = [], ""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence":
            found.append(Block(page, token.info, token.content, bool(MARKED.match(before))))
        before = token.content
    return found


BLOCKS = [block for page, text in PAGES.items() for block in blocks_of(page, text)]
EXAMPLES = [
    block.text.partition("\n")[::2]
    for block in BLOCKS
    if not block.kind and not block.marked and block.text.startswith(TYPED)
]
"""What is typed, and what is shown below it."""
CHECKS = next(block.text for block in BLOCKS if block.kind == "toml" and block.text.startswith("[[check]]"))
CHECKED = {"own-models.md", "reports.md", "sessions.md", "statistics.md", "workshop.md"}
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


def test_all_output_stands_below_a_command_and_no_page_has_any_that_is_not_checked() -> None:
    assert len(EXAMPLES) >= 7
    assert {page for page, text in PAGES.items() if f"\n{TYPED}" in text} == CHECKED
    shown = [block for block in BLOCKS if block.kind in ("", "text", "console") and not block.marked]
    assert Counter(block.page for block in shown if not block.text.startswith("$ ")) == NO_OUTPUT


def test_output_without_its_command_would_be_seen() -> None:
    bare, marked = blocks_of("p.md", "So:\n\n```\nn 3\n```\n\n<!-- example: x -->\n```\nn 4\n```\n")
    assert (bare.marked, marked.marked) == (False, True)


def test_a_line_that_is_not_printed_would_be_seen() -> None:
    assert missing("…\nb\nc\n…\n", "\na\nb\nc\nd\n") == []
    assert missing("…\nb\nd\n…\n", "\na\nb\nc\nd\n") == ["b\nd"]
    assert missing("a\n…\nz\n", "\na\nb\n") == ["z"]
    assert missing("c\n…\na\n", "\na\nb\nc\n") == ["a"]
