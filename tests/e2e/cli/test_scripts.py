"""Prompts in every script are sent and kept exactly as they were given, and shown as they are written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.loopback_server import SCRIPTS, LoopbackServer
from tests.support.odd_servers import HOSTILE, saying
from tests.support.program import call
from tests.support.some import some
from tests.unit.core.test_clean import AS_WRITTEN, FAMILIES
from tui.storage.session_files import load

At = tuple[str, str]
WRITTEN = "\n".join([*AS_WRITTEN.values(), *FAMILIES])
TYPED = HOSTILE.replace("\x00", "")
SCRIPTS["written"] = saying(*WRITTEN)
"""A character at a time."""


def sent(server: LoopbackServer) -> list[str]:
    """What the model was asked last, message by message."""
    return [message["content"] for message in server.talk("good").body["messages"]]


@pytest.mark.parametrize("text", [WRITTEN, TYPED], ids=["written", "hostile"])
def test_a_prompt_is_sent_as_typed(text: str, server: LoopbackServer, at: At, tmp_path: Path, sessions: Path) -> None:
    done = call("run", *at, "-m", "good", "-p", text, "--system", text, cwd=tmp_path)
    assert done.code == 0, done.err
    assert sent(server) == [text, text]
    (file,) = sessions.iterdir()
    assert load(file).prompts["p1"].user == text
    as_json = call("run", *at, "-m", "good", "-p", text, "--json", "--no-save", cwd=tmp_path)
    assert as_json.json["runs"][0]["prompt"] == text


@pytest.mark.parametrize("text", [WRITTEN, TYPED], ids=["written", "hostile"])
def test_a_prompt_from_a_file_or_stdin_is_sent_as_it_stands(
    text: str, server: LoopbackServer, at: At, tmp_path: Path
) -> None:
    (tmp_path / "prompts.json").write_text(json.dumps([{"user": text, "system": text}]), encoding="utf-8")
    (tmp_path / "raw.json").write_text(json.dumps([text], ensure_ascii=False), encoding="utf-8")
    for file in ("prompts.json", "raw.json"):
        assert call("run", *at, "-m", "good", "--prompts", file, "--no-save", cwd=tmp_path).code == 0
        assert sent(server)[-1] == text
    from_stdin = text.replace("\r", "")
    assert call("run", *at, "-m", "good", "-p", "-", "--no-save", cwd=tmp_path, stdin=from_stdin.encode()).code == 0
    assert sent(server) == [from_stdin.strip()] or sent(server) == [from_stdin]


def test_half_a_character_in_a_prompt_is_replaced_and_the_rest_is_asked(
    server: LoopbackServer, at: At, tmp_path: Path
) -> None:
    (tmp_path / "prompts.json").write_text('[{"user": "a \\ud83d b \\ud83d\\ude00", "system": "\\ude00"}]')
    done = call("run", *at, "-m", "good", "--prompts", "prompts.json", "--stop", "x", "--no-save", cwd=tmp_path)
    assert done.code == 0, done.out
    assert sent(server) == ["\ufffd", "a \ufffd b 😀"]


def test_an_answer_is_printed_as_its_script_writes_it(at: At, tmp_path: Path) -> None:
    done = call("run", *at, "-m", "written", "-p", "hi", "--no-save", cwd=tmp_path)
    assert done.code == 0
    for line in some(WRITTEN.split("\n")):
        assert line in done.out.split("\n")
    assert "<U+" not in done.out
