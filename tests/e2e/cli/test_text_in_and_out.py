"""Prompts from pipes and files, and answers into them, in the encodings that Windows' shells and editors have."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.loopback_server import LoopbackServer
from tests.support.program import MODULE, PATIENCE_S, call, finish, start

At = tuple[str, str]

SPLIT = "Grüße 🦊 你好"
"""What the model `split` answers."""
UNSAID = {"PYTHONIOENCODING": ""}
"""The environment of somebody who says nothing of encodings."""


def without_numbers(text: str) -> str:
    """What differs between two runs is how long they took, and where they are kept."""
    text = re.sub(r"Kept in .*", "Kept in", re.sub(r"\d[\d.]* ?m?s\b|\d[\d.]* tok/s", "N", text))
    return re.sub(r" +", " ", re.sub(r"\d[\d.]*", "N", text))


def test_answers_and_headings_come_through_a_pipe_as_utf_8(at: At, tmp_path: Path) -> None:
    done = finish(start("run", *at, "-m", "split", "-p", "hi", "--no-save", cwd=tmp_path, environ=UNSAID))
    assert (done.code, "Traceback" in done.err) == (0, False)
    assert f"{SPLIT}\n" in done.out and "── split ──" in done.out
    assert "…" in done.err


def test_answers_and_headings_come_into_a_file_as_utf_8(at: At, tmp_path: Path) -> None:
    command = [*MODULE, "run", *at, "-m", "split", "-p", "hi", "--no-save"]
    with (tmp_path / "answers.txt").open("wb") as file:
        done = subprocess.run(
            command, cwd=tmp_path, env=os.environ | UNSAID, stdin=subprocess.DEVNULL, stdout=file,
            stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "answers.txt").read_text("utf-8")
    assert f"{SPLIT}\n" in text and "── split ──" in text


def test_a_code_page_that_is_asked_for_is_written_and_its_loss_is_said(at: At, tmp_path: Path) -> None:
    asked = ("run", *at, "-m", "split", "-p", "hi", "--no-save")
    done = finish(start(*asked, cwd=tmp_path, environ={"PYTHONIOENCODING": "cp1252"}), encoding="cp1252")
    assert (done.code, "Traceback" in done.err) == (0, False)
    assert "Grüße ? ??\n" in done.out and "-- split --" in done.out
    assert done.err.splitlines()[-1] == (
        "foundry-compare: cp1252 lacks 3 characters of this, written as `?`. PYTHONIOENCODING=utf-8 keeps everything."
    )


def test_what_a_code_page_has_is_written_without_a_word(at: At, tmp_path: Path) -> None:
    asked = ("run", *at, "-m", "good", "-p", "hi", "--no-save")
    done = finish(start(*asked, cwd=tmp_path, environ={"PYTHONIOENCODING": "cp1252"}), encoding="cp1252")
    assert done.code == 0
    assert "-- good --" in done.out and "PYTHONIOENCODING" not in done.err


def test_a_file_has_the_text_that_stdout_would_have(at: At, tmp_path: Path) -> None:
    asked = ("run", *at, "-m", "split", "-p", "hi", "--mode", "measure", "--rounds", "2")
    shown = call(*asked, cwd=tmp_path)
    process = start(*asked, "-o", "answers.txt", cwd=tmp_path, environ={"PYTHONIOENCODING": "cp1252"})
    done = finish(process, encoding="cp1252")
    assert (shown.code, done.code, done.out) == (0, 0, "")
    assert done.err.splitlines()[-1] == "Written to answers.txt"
    data = (tmp_path / "answers.txt").read_bytes()
    assert b"\r" not in data
    assert without_numbers(data.decode("utf-8")) == without_numbers(shown.out)
    assert call(*asked, "-o", "-", cwd=tmp_path).out.count(SPLIT) == 2
    assert not (tmp_path / "-").exists()


def test_json_goes_to_a_file_as_well(at: At, tmp_path: Path) -> None:
    asked = ("run", *at, "-m", "split", "-p", "hi", "--no-save", "--json")
    done = call(*asked, "-o", "runs.json", cwd=tmp_path)
    assert (done.code, done.out) == (0, "")
    data = (tmp_path / "runs.json").read_bytes()
    assert data.isascii() and json.loads(data)["runs"][0]["answer"] == SPLIT


def test_a_file_that_is_there_is_replaced_only_when_that_is_wished_and_something_comes(
    at: At, nobody: At, tmp_path: Path
) -> None:
    file = tmp_path / "answers.txt"
    file.write_text("mine")
    asked = ("run", *at, "-m", "split", "-p", "hi", "--no-save", "-o", "answers.txt")
    refused = call(*asked, cwd=tmp_path)
    assert (refused.code, refused.out, file.read_text()) == (2, "", "mine")
    assert "answers.txt is there already. Give another name, or --force to replace it." in refused.err
    unanswered = call("run", *nobody, *asked[3:], "--force", cwd=tmp_path)
    assert (unanswered.code, file.read_text()) == (3, "mine")
    assert "Written to" not in unanswered.err
    assert call(*asked, "--force", cwd=tmp_path).code == 0
    assert SPLIT in file.read_text("utf-8")
    nowhere = call(*asked[:-1], "no/answers.txt", cwd=tmp_path)
    assert nowhere.code == 2 and "There is no folder no" in nowhere.err


@pytest.mark.parametrize(
    ("encoding", "end"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("utf-16", "\r\n")],
    ids=["as it is", "marked", "UTF-16"],
)  # fmt: skip
def test_a_prompt_on_stdin_is_read_in_whatever_windows_writes(
    encoding: str, end: str, server: LoopbackServer, at: At, tmp_path: Path
) -> None:
    prompt = f"Grüße ☃{end}漢字{end}".encode(encoding)
    asked = ("run", *at, "-m", "burst", "-p", "-", "--no-save")
    assert call(*asked, cwd=tmp_path, stdin=prompt, environ=UNSAID).code == 0
    assert server.talk("burst").body["messages"][-1]["content"] == "Grüße ☃\n漢字\n"


def test_a_prompt_on_stdin_in_a_code_page_is_named_unless_that_is_asked_for(
    server: LoopbackServer, at: At, tmp_path: Path
) -> None:
    asked = ("run", *at, "-m", "burst", "-p", "-", "--no-save")
    refused = call(*asked, cwd=tmp_path, stdin="Grüße".encode("cp1252"), environ=UNSAID)
    assert refused.code == 2
    assert "Byte 3 is not UTF-8 text; in Windows-1252 it would be 'ü'. Save it as UTF-8." in refused.err
    wished = {"PYTHONIOENCODING": "cp1252"}
    process = start(*asked, cwd=tmp_path, environ=wished)
    assert finish(process, "Grüße".encode("cp1252"), encoding="cp1252").code == 0
    assert server.talk("burst").body["messages"][-1]["content"] == "Grüße"


def test_a_session_that_an_editor_of_windows_wrote_is_reported(at: At, tmp_path: Path, sessions: Path) -> None:
    assert call("run", *at, "-m", "split", "-p", "Grüße", cwd=tmp_path).code == 0
    (file,) = sessions.iterdir()
    before = call("report", str(file), "--format", "json", cwd=tmp_path)
    file.write_bytes(file.read_text("utf-8").replace("\n", "\r\n").encode("utf-16"))
    after = call("report", str(file), "--format", "json", cwd=tmp_path)
    assert (after.code, after.json["rows"]) == (0, before.json["rows"])
