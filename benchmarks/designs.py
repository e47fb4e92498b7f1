"""The programs that are compared: how each is started, told to leave, and where its stamps are found."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Stamps = dict[str, list[int]]
"""By model: when each of its chunks with text was there, in nanoseconds of CLOCK_MONOTONIC."""
CTRL_Q = "\x11"
_QUESTION = "What is a local model?"


@dataclass(frozen=True, slots=True)
class Design:
    """One way to take in and show answers."""

    name: str
    argv: Callable[[str, Sequence[str], Path], list[str]]
    """The command for a server's address, models, and a folder of its own."""
    stamps: Callable[[Path], Stamps | None]
    """What it noted, read from that folder when it has ended; None where it notes nothing."""
    leave: str = CTRL_Q
    before_typing: str = ""
    """Keys that bring a person to where letters are written."""
    ended: str = ""
    """One character that comes out once for each answer that has ended, where its last word may be out of sight."""


def _ours(url: str, models: Sequence[str], home: Path) -> list[str]:
    named = [word for model in models for word in ("-m", model)]
    return [sys.executable, "-P", "-m", "tui", "--host", url, *named, "-p", _QUESTION]


def _baseline(module: str) -> Callable[[str, Sequence[str], Path], list[str]]:
    def argv(url: str, models: Sequence[str], home: Path) -> list[str]:
        return [sys.executable, "-m", f"benchmarks.baselines.{module}", url, str(home / "stamps.json"), *models]

    return argv


def keep_journal(home: Path) -> bool:
    """Give the journal of our program's session a second name, for the program removes it when it leaves.

    The session's file counts in tenths of a millisecond from `t0`; its journal has the very instants.
    """
    kept = home / "journal.jsonl"
    for journal in (home / "sessions").glob("*.journal.jsonl"):
        if not kept.exists():
            os.link(journal, kept)
    return kept.exists()


def _journal_stamps(home: Path) -> Stamps:
    models: dict[str, str] = {}
    requests: dict[str, str] = {}
    stamps: Stamps = {}
    for line in (home / "journal.jsonl").read_text("utf-8").splitlines():
        entry: dict[str, Any] = json.loads(line) if line else {}
        if "model" in entry:
            models[entry["model"]["key"]] = entry["model"]["id"]
        elif isinstance(entry.get("request"), dict):
            requests[entry["request"]["id"]] = models[entry["request"]["model"]]
        elif entry.get("event") == "delta":
            stamps.setdefault(requests[entry["request"]], []).append(entry["at"])
    return stamps


def _written_stamps(home: Path) -> Stamps:
    stamps: Stamps = json.loads((home / "stamps.json").read_text("utf-8"))
    return stamps


def saved_sessions(home: Path) -> list[dict[str, Any]]:
    """The session files that our program left."""
    return [tomllib.loads(file.read_text("utf-8")) for file in sorted((home / "sessions").glob("*.toml"))]


def _elia(url: str, models: Sequence[str], home: Path) -> list[str]:
    folders = [
        f"XDG_CONFIG_HOME={home}",
        f"XDG_DATA_HOME={home}",
        f"XDG_CACHE_HOME={home}",
        "LITELLM_LOCAL_MODEL_COST_MAP=True",
    ]
    named = f"openai/{models[0]}"
    (home / "elia").mkdir()
    (home / "elia" / "config.toml").write_text(
        f'default_model = "{named}"\n[[models]]\nname = "{named}"\napi_base = "{url}"\napi_key = "none"\n', "utf-8"
    )
    return ["env", *folders, "elia", _QUESTION]


OURS = Design("foundry-compare", _ours, _journal_stamps, before_typing="e", ended="✓")
BARE = Design("bare AsyncOpenAI", _baseline("bare"), _written_stamps, leave="")
STATIC = Design("Static.update per token", _baseline("static"), _written_stamps)
MARKDOWN = Design("MarkdownStream per token", _baseline("markdown"), _written_stamps)
ELIA = Design("elia", _elia, lambda home: None)
"""Somebody else's program (`pipx install elia-chat`)."""
