"""What the pages tell people to type is typed: every `foundry-compare` line, on the demo models, from its page on.

The names that a page leaves to its reader (`DIR`, `phi-4-mini`) are those of what is here; the rest is as it stands.
What cannot be run like that is in `ELSEWHERE`, with who runs it. What a page shows as output as well (`<!-- run -->`)
is done in test_workshop_page.py, what it marks as `<!-- example: … -->` in tests/unit/project.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import click.testing
import pytest

from tests.e2e.program.conftest import needs_runtime
from tests.support.some import some
from tools.docs import TOP
from tui.cli.main import cli

PAGES = sorted([TOP / "README.md", *(TOP / "docs").glob("*.md")])
ELSEWHERE = {
    r"(-.*)?": "it opens the screen: tests/e2e/terminal and tests/e2e/program do",
    r"open .*": "it opens the screen: tests/e2e/terminal and tests/e2e/program do",
    r"serve .*": "it goes on until it is stopped: tests/e2e/program/test_serve.py",
    r"judge .*": "a toy does not judge: tests/e2e/cli/test_judge.py",
    r"run --resume .*": "it needs a session that was broken off: tests/e2e/cli/test_run_plans.py",
    r"run .*--rounds 50": "it is interrupted by hand: tests/e2e/cli/test_interrupts.py",
    r"run --host babble:.*": "tests/hosts/adapter/test_example.py has the page's class",
    r"run --host lab --host box.*": "two machines: tests/hosts/test_multi.py",
    r"run --host embedded --host http:.*": "a server of somebody else: tests/hosts/test_real_server.py",
    r"doctor --bundle .*": "it asks a question: tests/unit/cli/test_bundle.py",
    r"models get .*": "93 MB: tests/hosts/test_smollm2.py",
    r"models (download|load) .*": "no toy is loaded or downloaded: tests/e2e/cli/test_models.py",
}
"""Beginnings of command lines as patterns, and why they are not run here."""
NAMES = {
    "phi-4-mini": "demo-small", "phi-4-mini@cpu": "demo-small@cpu", "phi-4-mini@gpu": "demo-medium@cpu",
    "qwen2.5-0.5b": "demo-medium", "device = GPU, mode = measure": "device = CPU, mode = race",
    "DIR": "sessions", "NEW": "sessions", "OLD": "sessions", "NAME": "20261127T093106Z-f41c",
    "sessions/examples": str(TOP / "sessions" / "examples"),
}  # fmt: skip
"""What stands in the pages for what everybody has themselves, and what that is here."""
JUDGING = {"--fail-if": {0, 8, 9}, "--baseline": {0, 8, 9}, "--same-as": {0, 8}, "--slow-ms": {0, 7}}
"""Options whose exit code says how something came out."""


def lines_of(page: Path) -> list[str]:
    """The commands of a page, without those of blocks that are marked for another test."""
    blocks = re.findall(r"(<!-- [^\n]*-->\n)?```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    lines = [line for mark, block in blocks if not mark for line in block.splitlines()]
    return [line for line in lines if line.startswith("foundry-compare")]


def why_not(line: str) -> str:
    """Why a line is not run here; empty when it is."""
    words = shlex.join(shlex.split(line, comments=True)[1:])
    return next((why for pattern, why in ELSEWHERE.items() if re.fullmatch(pattern, words)), "")


def run_here(page: Path) -> list[str]:
    return [line for line in lines_of(page) if not why_not(line)]


@needs_runtime
@pytest.mark.parametrize("page", [page for page in PAGES if run_here(page)], ids=lambda page: page.stem)
def test_the_commands_of_a_page_do_what_they_are_there_for(
    page: Path, tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOUNDRY_COMPARE_SESSIONS", "sessions")
    shutil.copytree(TOP / "tests" / "data" / "recorded", "sessions")
    for name in ("prompts.json", "models.json"):
        if not any(f"--write {name}" in line for line in run_here(page)):
            shutil.copy(TOP / "tests" / "data" / "workshop" / name, tmp_path)
    if any("last-month.toml" in line for line in run_here(page)):
        done("run -m demo-small --prompts prompts.json --mode measure --deterministic --sessions earlier")
        (kept,) = Path("earlier").glob("*.toml")
        shutil.copy(kept, "last-month.toml")
    for line in some(run_here(page)):
        output = done(line.removeprefix("foundry-compare"))
        assert output.strip(), line


def done(command: str) -> str:
    """What a command prints. It must end with 0, or with a code that says how what it judges came out."""
    words = [NAMES.get(word, word) for word in shlex.split(command, comments=True)]
    codes = {0}.union(*(codes for option, codes in JUDGING.items() if option in words))
    run = click.testing.CliRunner().invoke(cli, words, prog_name="foundry-compare")
    assert run.exit_code in codes, f"{command}: {run.exit_code}\n{run.output}\n{run.exception!r}"
    return run.output


def test_what_is_run_elsewhere_is_in_the_pages_and_there() -> None:
    lines = [line for page in PAGES for line in lines_of(page)]
    said = {why_not(line) for line in lines}
    assert said == {"", *ELSEWHERE.values()}
    for why in some(ELSEWHERE.values()):
        for place in some(re.findall(r"tests/[\w/]+(?:\.py)?", why)):
            assert (TOP / place).exists(), place
