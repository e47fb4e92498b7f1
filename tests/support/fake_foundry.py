"""A `foundry` command for tests, of either generation. What it knows is in a file that a replayed daemon shares.

It is a script as well: `python fake_foundry.py BOOKS ARGUMENTS…` is what the installed command runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

RECORDED: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "daemon_0_10.json").read_text("utf-8"))
PATIENCE_S = 30.0
"""A command that does not exit does so all the same after this time."""
SPINNER = "\x1b[?25l\u280b Connecting to the daemon... [1/2]\r\x1b[2K\u2819 Connecting... [2/2]\r\x1b[2K\x1b[?25h"
RUNNING = "\U0001f7e2 Model management service is running on {root}/openai/status\n"
STOPPED = "\U0001f534 Model management service is not running!\nTo start the service, run: foundry service start\n"


class Books:
    """What is running, cached and loaded, kept in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked = path.with_name("asked.txt")
        """The arguments of each command that was run, a line each."""

    def read(self) -> dict[str, Any]:
        known: dict[str, Any] = json.loads(self.path.read_text("utf-8"))
        return known

    def write(self, **changes: Any) -> None:
        known = self.read() if self.path.exists() else {}
        # Never half a file for the other side, which may look at any moment.
        fresh = self.path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(known | changes), "utf-8")
        fresh.replace(self.path)


def install(folder: Path, **books: Any) -> Books:
    """Put the command into a folder, for a test's PATH. `books`: generation, root, cached, loaded, trouble, listed.

    `trouble` names a fault of `TROUBLES`, or maps the first word of a model's id to how its download ends.
    `listed` is what every list says instead of what the books say.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = Books(folder / "books.json")
    kept.write(**{"generation": "0.10", "root": None, "cached": [], "loaded": [], "removed": [], "trouble": ""} | books)
    words = [sys.executable, "-P", "-S", str(Path(__file__).absolute()), str(kept.path)]
    if os.name == "nt":
        quoted = " ".join(f'"{word}"' for word in words)
        (folder / "foundry.cmd").write_text(f"@{quoted} %*\n", "utf-8")
    else:
        quoted = " ".join(f"'{word}'" for word in words)
        (folder / "foundry").write_text(f'#!/bin/sh\nexec {quoted} "$@"\n', "utf-8")
        (folder / "foundry").chmod(0o755)
    return kept


def say(text: str) -> None:
    os.write(1, text.encode("utf-8"))


def complain(text: str) -> None:
    os.write(2, text.encode("utf-8"))


def silent(books: Books) -> int:
    time.sleep(PATIENCE_S)
    return 0


def broken(books: Books) -> int:
    complain("\x1b[31m\u25cf error:\x1b[0m IPC error 'op_handler_failed': the daemon hung up\n   at Some.Place()\n")
    return 3


def babbling(books: Books) -> int:
    say("Model Name   Variant   Cached\nphi-4-mini   [none]    no\n")
    return 0


def flooding(books: Books) -> int:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        say("[" * 1_000_000)
    return 0


def cut(books: Books) -> int:
    say('{"models": [{"alias": "phi')
    return 0


def crowded(books: Books) -> int:
    """Two processes that do not leave when they are asked to."""
    ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    child = subprocess.Popen(
        [sys.executable, "-c", f"{ignore}print(1, flush=True); time.sleep({PATIENCE_S})"], stdout=-1
    )
    assert child.stdout is not None
    child.stdout.readline()
    books.write(pids=[os.getpid(), child.pid])
    time.sleep(PATIENCE_S)
    return 0


def leaving_one_behind(books: Books) -> int:
    """Exits at once, as when the daemon was started, while another process holds on to stdout."""
    child = subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({PATIENCE_S})"], start_new_session=True)
    books.write(pids=[child.pid])
    say('{"models": []}\n')
    return 0


TROUBLES = {
    "silent": silent,
    "broken": broken,
    "babbling": babbling,
    "flooding": flooding,
    "cut": cut,
    "crowded": crowded,
    "leaving one behind": leaving_one_behind,
}


def download(books: Books, model: str, trouble: Any) -> int:
    fate = trouble.get(model, "") if isinstance(trouble, dict) else ""
    say(f"\u25a0 Downloading model ({model}, 2.0 GB)\n")
    if fate == "mute":
        books.write(cached=[*books.read()["cached"], model])
        return 0
    say("WebGpuExecutionProvider \u2501\u2501\u2501 100%\r\n")
    for percent in ("0%", "12.5%", "40,95 %"):
        say(f"\r{model} \u2501\u2501\u2501 {percent} 0.3/2.0 GB")
        time.sleep(0.1)
    if fate == "stalls":
        books.write(pids=[os.getpid()])
        time.sleep(PATIENCE_S)
    if fate == "full":
        say(f"\n\u25cf error: Error downloading model {model}: There is not enough space on the disk.\n")
        return 1
    if fate == "breaks":
        say(f"\n\u25cf error: Error downloading model {model}: Registry request failed across 8 region(s)\n")
        say("   at Some.Place()\n")
        return 1
    say(f"\r{model} \u2501\u2501\u2501 100% 2.0/2.0 GB\n\u25cf success: {model}\n")
    books.write(cached=[*books.read()["cached"], model])
    return 0


def listed(known: dict[str, Any], which: str) -> Any:
    if "listed" in known:
        return known["listed"]
    rows = [
        row | {"cached": row["variantId"] in known["cached"]} for row in RECORDED["model list --variants"]["variants"]
    ]
    if which == "--variants":
        return {"variants": rows}
    aliases = {row["variantId"]: row["alias"] for row in rows}
    names = known["loaded" if which == "--loaded" else "cached"]
    return {"models": [{"alias": aliases.get(name, name), "id": name, "type": "Chat"} for name in names]}


def remove(books: Books, model: str, words: list[str]) -> int:
    """Asks whether it is meant, and calls a model removed that is not there. `words` are what follows its name."""
    known = books.read()
    if known["trouble"] == "must be meant" and "--yes" not in words:
        complain("error: Nobody can be asked here; use --yes to delete without a question.\n")
        return 1
    say(f"Remove {model} from the cache? [y/n] ")
    if "--yes" not in words and sys.stdin.readline().strip() != "y":
        say("Nothing was removed.\n")
        return 0
    if known["trouble"] == "in use":
        say("\u25cf error: The process cannot access the file, it is being used by another process.\n")
        return 0
    books.write(cached=[name for name in known["cached"] if name != model], removed=[*known["removed"], model])
    say(f"\U0001f4be Removed {model}\n")
    return 0


def ten(books: Books, args: list[str]) -> int:
    """Generation 0.10 and later."""
    known = books.read()
    wanted = [word for word in args if word not in ("-o", "json")]
    match wanted:
        case ["--version"]:
            say("0.10.3+da50cfea8a\n")
            return 0
        case ["server", "status"]:
            up = RECORDED["server status (up)"] | {"webUrls": [known["root"]]}
            answer: Any = up if known["root"] else RECORDED["server status (down)"]
        case ["model", "list", "--variants"] if known["trouble"] == "catalogue":
            complain("error: No models were returned from the Azure Foundry catalog.\n")
            return 1
        case ["model", "list", which]:
            answer = listed(known, which)
        case ["model", "load", model]:
            books.write(loaded=[*known["loaded"], model])
            say(SPINNER + json.dumps({"loaded": model}) + "\nPress Ctrl+C to stop\n")
            return silent(books)
        case ["model", "download", model]:
            return download(books, model, known["trouble"])
        case ["cache", "rm", model, *words]:
            return remove(books, model, words)
        case ["cache", "location"]:
            answer = RECORDED["cache location"]
        case ["config", "show"]:
            answer = RECORDED["config show"]
        case _:
            complain(f"Unrecognized command or argument '{args[0]}'.\n\nUsage:\n  foundry [command] [options]\n")
            return 2
    say(SPINNER + json.dumps(answer, indent=2) + "\n")
    return 0


def eight(books: Books, args: list[str]) -> int:
    """Generation 0.3 to 0.8."""
    root = books.read()["root"]
    match args:
        case ["--version"]:
            say("0.8.113+70167233c5\n")
            return 0
        case ["service", "status"]:
            say(RUNNING.format(root=root) if root else STOPPED)
            return 0 if root else 1
        case ["cache", "rm", model, *words]:
            return remove(books, model, words)
    complain(f"Unrecognized command or argument '{args[0]}'.\n")
    return 1


def main(path: str, args: list[str]) -> int:
    books = Books(Path(path))
    known = books.read()
    with books.asked.open("a", encoding="utf-8") as asked:
        asked.write(" ".join(args) + "\n")
    trouble = TROUBLES.get(known["trouble"]) if isinstance(known["trouble"], str) else None
    if trouble is not None:
        return trouble(books)
    return ten(books, args) if known["generation"] == "0.10" else eight(books, args)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
