"""Kills the program at random moments, and looks whether everything that had arrived comes back.

Run as `python -m tools.random_kills [COUNT] [SEED]`, from a checkout with the test extras. Every third time its folder
of sessions is deleted before. Ends with 1 when something was lost, and leaves the folder of that time.
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.support.loopback_server import LoopbackServer
from tests.support.program import start
from tui.core.session import Session
from tui.store.journal import SUFFIX, read_entries
from tui.store.recovery import recover
from tui.store.sessions import load_whole

MODELS = ("endless", "good", "burst", "reasoning", "cut", "late_text", "e500")
LONGEST_S = 4.0
"""How long the program may live after its first request."""


def main() -> int:
    """Kill so many programs; 0 when nothing was lost."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    seen: Counter[str] = Counter()
    with LoopbackServer().running() as server:
        for number in range(1, count + 1):
            home = Path(tempfile.mkdtemp(prefix="kill-"))
            lost = _one(home, server, chance, delete=number % 3 == 0, seen=seen)
            if lost:
                print(f"{number}: {lost}; see {home}")
                return 1
            shutil.rmtree(home)
    print(f"{count} kills, nothing lost: " + ", ".join(f"{what} {times}" for what, times in sorted(seen.items())))
    return 0


def _one(home: Path, server: LoopbackServer, chance: random.Random, *, delete: bool, seen: Counter[str]) -> str:
    """What was lost, as a phrase; empty when nothing was."""
    sessions, state = home / "sessions", home / "state"
    environ = {"FOUNDRY_COMPARE_SESSIONS": str(sessions), "FOUNDRY_COMPARE_STATE": str(state)}
    server.talks.clear()
    models = [part for name in chance.sample(MODELS, 4) for part in ("-m", name)]
    how = (*models, "-p", "hi", "--rounds", "3", "--mode", chance.choice(["race", "measure"]))
    program = start("run", "--host", server.url, *how, cwd=home, environ=environ)
    while not server.talks and program.poll() is None:
        time.sleep(0.01)
    time.sleep(chance.uniform(0, LONGEST_S) / (2 if delete else 1))
    if delete:
        shutil.rmtree(sessions, ignore_errors=True)
        time.sleep(chance.uniform(1.5, LONGEST_S))
    program.kill()
    program.communicate()
    noted = _noted([*sessions.glob(f"*{SUFFIX}"), *state.glob(f"*{SUFFIX}")])
    for result in recover(sessions, state):
        if result.problem is not None:
            return result.problem.sentence()
    kept: dict[str, str] = {}
    for file in sessions.glob("*.toml"):
        kept |= _texts(load_whole(file))
    left = sorted(path.name for folder in (sessions, state) if folder.exists() for path in folder.iterdir())
    if recover(sessions, state) or any(not name.endswith(".toml") for name in left):
        return f"something is left: {left}"
    missing = {run for run, text in noted.items() if kept.get(run) != text}
    seen.update({"programs that had ended": program.returncode == 0, "answers": len(kept), "folders deleted": delete})
    return f"{sorted(missing)} came back otherwise" if missing else ""


def _noted(journals: list[Path]) -> dict[str, str]:
    """The text that each run had said, as the journals have it."""
    said: dict[str, str] = {}
    for journal in journals:
        for entry in read_entries(journal):
            if entry.get("event") == "delta":
                said[entry["lane"]] = said.get(entry["lane"], "") + entry["text"]
    return said


def _texts(session: Session) -> dict[str, str]:
    return {run: lane.reasoning + lane.answer for run, lane in session.lanes.items()}


if __name__ == "__main__":
    sys.exit(main())
