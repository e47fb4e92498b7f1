"""What was asked in earlier sittings: a file that grows at its end, so that two programs at once lose nothing to each
other."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable
from pathlib import Path

from tui import private_files
from tui.files import open_regular
from tui.storage.atomic_file import write_atomic

KEPT = 500
"""How many prompts are kept."""
LONGEST = 200_000
"""Characters of the longest prompt that is kept: a longer one stands in its session, and is not offered again."""
MAX_BYTES = 4 << 20
"""Bytes of the file above which it is written anew, with what is kept of it."""
_FILE = "prompts.jsonl"


def earlier_prompts(folder: Path) -> list[str]:
    """What was asked before, the oldest first, each once. Nothing when the file is not there or cannot be read."""
    try:
        with open_regular(folder / _FILE) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - MAX_BYTES, 0))
            lines = file.read(MAX_BYTES).split(b"\n")
    except OSError:
        return []
    found = _prompts(lines)
    if size > MAX_BYTES:
        _shorten(folder, found)
    return found


def remember_prompt(folder: Path, prompt: str) -> None:
    """Add a prompt to what is offered in later sittings. What cannot be kept is only not offered: no failure."""
    if not prompt.strip() or len(prompt) > LONGEST:
        return
    line = json.dumps(prompt, ensure_ascii=True).encode() + b"\n"
    try:
        private_files.make_folder(folder)
        with io.FileIO(str(folder / _FILE), "ab", opener=private_files.opener) as file:
            file.write(line)  # One write: what another program adds stands before or behind it.
    except OSError:
        return


def _prompts(lines: Iterable[bytes]) -> list[str]:
    """The prompts of these lines; torn lines and others' are passed over."""
    found: dict[str, None] = {}
    for line in lines:
        try:
            prompt = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(prompt, str) and prompt.strip() and len(prompt) <= LONGEST:
            found.pop(prompt, None)
            found[prompt] = None
    return list(found)[-KEPT:]


def _shorten(folder: Path, prompts: list[str]) -> None:
    kept, room = list[bytes](), MAX_BYTES // 4
    for prompt in reversed(prompts):
        line = json.dumps(prompt, ensure_ascii=True).encode() + b"\n"
        room -= len(line)
        if room < 0:
            break
        kept.insert(0, line)

    def check(written: bytes) -> None:
        if _prompts(written.split(b"\n")) != prompts[len(prompts) - len(kept) :]:
            raise ValueError("other prompts")

    from tui.core.errors import StoreError

    try:
        write_atomic(folder / _FILE, b"".join(kept), check)
    except StoreError:
        return
