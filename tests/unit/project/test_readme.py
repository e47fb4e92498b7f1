"""The README and the documents say what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.some import some
from tools.docs import PAGES, SECTIONS, rewritten

README = PAGES[0].read_text(encoding="utf-8")
"""The README comes first."""


@pytest.mark.parametrize("number", range(len(PAGES)))
def test_the_generated_parts_are_fresh(number: int) -> None:
    text = PAGES[number].read_text(encoding="utf-8")
    assert "<!-- generated: " in text
    assert rewritten(text) == text, "run `python -m tools.docs`"


def test_each_generated_part_has_its_place() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    for name in some(SECTIONS):
        assert sum(f"<!-- generated: {name} -->" in text for text in texts) == 1


def set_up(name: str) -> str:
    """The one line that is run as it stands."""
    (line,) = README.split(f"<!-- command: {name} -->\n```sh\n")[1].split("```")[0].splitlines()
    return line


@pytest.mark.parametrize("name", ["run", "test"])
def test_each_set_up_command_makes_its_environment_and_uses_nothing_else(name: str) -> None:
    make, *rest = set_up(name).split(" && ")
    assert make == "python3 -m venv .venv"
    assert len(rest) == 2
    assert rest[0].startswith(".venv/bin/python -m pip install ")
    assert rest[1].startswith(".venv/bin/")


def test_the_windows_spellings_are_the_same_commands() -> None:
    shells = [README.split(f"```{shell}\n")[1].split("```")[0].splitlines() for shell in ("powershell", "bat")]
    commands = [set_up(name).split(" && ") for name in ("run", "test")]
    for lines, joint in zip(shells, ("; if ($?) { ", " && "), strict=True):
        spelt = [[part.removesuffix(" } }") for part in line.split(joint)] for line in lines]
        posix = [[part.replace(".venv\\Scripts\\", ".venv/bin/") for part in parts] for parts in spelt]
        assert [["python3" + make.removeprefix("py"), *rest] for make, *rest in posix] == commands


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX shells")
def test_a_set_up_command_stops_at_what_fails(tmp_path: Path) -> None:
    """With a `python3` that cannot make an environment, as on a Debian without python3-venv, nothing else is begun."""
    (tmp_path / "python3").write_text("#!/bin/sh\necho no ensurepip\nexit 1\n")
    (tmp_path / "python3").chmod(0o755)
    done = subprocess.run(
        ["sh", "-c", set_up("run")], cwd=tmp_path, env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (1, "no ensurepip\n", "")
