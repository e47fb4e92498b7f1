"""The README is short, says what the code says, and its commands are run as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.docs import TOP

README = (TOP / "README.md").read_text(encoding="utf-8")


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150, "details belong in a page of docs/"


def test_its_moving_picture_is_there_and_named_for_who_cannot_see_it() -> None:
    (words,) = re.findall(r"!\[([^\]]+)\]\(docs/streaming\.svg\)", README)
    assert len(words.split()) > 5


def test_the_first_ten_minutes_end_with_yesterdays_session() -> None:
    first = README.split("\n## The first ten minutes\n")[1].split("\n## ")[0]
    *_, last = re.findall(r"^\d\. (.*?)(?=^\d\. |\n\n)", first, re.DOTALL | re.MULTILINE)
    assert all(word in last for word in ("The next day", "F3", "Enter", "score"))


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
    windows = (TOP / "docs" / "windows.md").read_text(encoding="utf-8")
    shells = [
        [line for block in page.split(f"```{shell}\n")[1:] for line in block.split("```")[0].splitlines()]
        for page, shell in ((README, "powershell"), (windows, "bat"))
    ]
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
