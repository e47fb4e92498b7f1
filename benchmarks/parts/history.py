"""Ten thousand sessions of 20 kB: the first pass of the index, then lists and searches, and reports."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.ptyrun import running

TOP = Path(__file__).parents[2]
TEMPLATE = TOP / "tests" / "data" / "recorded" / "20261127T093106Z-f41c.toml"
"""A session of 21 kB."""
NEEDLE = "zeugmatic"
"""A word that one session in a hundred has."""
_LOAD = """
import sys
from pathlib import Path
from tui.storage.session_files import load
for path in sorted(Path(sys.argv[1]).iterdir())[int(sys.argv[2])::int(sys.argv[3])]:
    load(path)
"""
_F3, _F4 = "\x1bOR", "\x1bOS"
_PATIENCE_S = 60.0
_AGAIN = 5
"""How often what is quick is measured."""


@dataclass(slots=True)
class Histories:
    """Seconds; of what is quick one for each time."""

    sessions: int
    load: float
    """All files with `load()`, by a process for each processor."""
    first: float
    """`sessions list` without an index, which reads all files."""
    version: list[float] = field(default_factory=list)
    listed: list[float] = field(default_factory=list)
    as_json: list[float] = field(default_factory=list)
    searched: list[float] = field(default_factory=list)
    peak_bytes: int = 0
    """The most memory that a list or a search held."""
    index_bytes: int = 0
    shown_ms: list[float] = field(default_factory=list)
    """Milliseconds from F3 until the screen lists all sessions."""
    found_ms: list[float] = field(default_factory=list)
    """Milliseconds from the last letter of a word until the screen shows the sessions that have it."""
    load_alone: float = 0.0
    """All files with `load()`, one after another."""
    first_report: float = 0.0
    """`report` without an index, which reads all files."""
    reported: list[float] = field(default_factory=list)
    """`report` when nothing has changed since."""
    report_peak_bytes: int = 0
    """The most memory that a report held."""
    reported_ms: list[float] = field(default_factory=list)
    """Milliseconds from F4 until the Report screen has all sessions."""
    fault: str = ""

    @property
    def report_ratio(self) -> float:
        """The first report against `load()` of one file after another."""
        return self.first_report / self.load_alone

    @property
    def first_ratio(self) -> float:
        """The first pass against `load()`."""
        return (self.first - median(self.version)) / self.load

    @property
    def list_s(self) -> float:
        """How much longer a list takes than `--version`."""
        return median(self.listed) - median(self.version)

    @property
    def json_s(self) -> float:
        """How much longer a list as JSON takes than `--version`."""
        return median(self.as_json) - median(self.version)

    @property
    def search_s(self) -> float:
        """How much longer a search takes than `--version`."""
        return median(self.searched) - median(self.version)


def histories(count: int) -> Histories:
    """Make so many sessions, and measure."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, cache = Path(name) / "sessions", Path(name) / "cache"
        make_sessions(folder, count)
        environ = {**os.environ, "FOUNDRY_COMPARE_CACHE": str(cache), "FOUNDRY_COMPARE_STATE": str(Path(name) / "s")}
        found = Histories(count, _load_all(folder), _ours(("sessions", "list", str(folder)), environ)[0])
        for _ in range(_AGAIN):
            found.version.append(_ours(("--version",), environ)[0])
            for kept, args in (
                (found.listed, ("sessions", "list", str(folder))),
                (found.as_json, ("sessions", "list", str(folder), "--json")),
                (found.searched, ("sessions", "search", NEEDLE, "--sessions", str(folder))),
            ):
                seconds, peak, lines = _ours(args, environ)
                kept.append(seconds)
                found.peak_bytes = max(found.peak_bytes, peak)
                if lines < count // 100:
                    found.fault = f"`{' '.join(args[:2])}` printed {lines} lines"
        for _ in range(_AGAIN):
            shown, hits = _on_screen(Path(name), folder, count)
            found.shown_ms.append(shown)
            found.found_ms.append(hits)
        found.index_bytes = sum(file.stat().st_size for file in cache.iterdir())
        _report(Path(name), folder, found)
    return found


def _report(home: Path, folder: Path, found: Histories) -> None:
    """Measure reports, with an index of their own."""
    environ = {
        **os.environ, "FOUNDRY_COMPARE_CACHE": str(home / "reports"), "FOUNDRY_COMPARE_STATE": str(home / "s"),
    }  # fmt: skip
    found.load_alone = _load_all(folder, 1)
    found.first_report, found.report_peak_bytes, _ = _ours(("report", str(folder)), environ)
    for _ in range(_AGAIN):
        seconds, peak, lines = _ours(("report", str(folder)), environ)
        found.reported.append(seconds)
        found.report_peak_bytes = max(found.report_peak_bytes, peak)
        if lines < 20:
            found.fault = f"`report` printed {lines} lines"
        found.reported_ms.append(_keyed(home, folder, (("", "done"), (_F4, f"{found.sessions} sessions · ")))[0])


def _on_screen(home: Path, folder: Path, count: int) -> tuple[float, float]:
    """Milliseconds from F3 to the list, and from a word to what it finds, in a program that shows one of the sessions.
    Raises RuntimeError when it never shows them."""
    steps = (("", "done"), (_F3, f"{count:,} sessions"), (f"/{NEEDLE}", f"{(count + 99) // 100} of "))
    shown, hits = _keyed(home, folder, steps)
    return shown, hits


def _keyed(home: Path, folder: Path, steps: Sequence[tuple[str, str]]) -> list[float]:
    """Milliseconds from the keys of each step but the first until its text is shown, in a program that shows one of
    the sessions. Raises RuntimeError when it never shows it."""
    newest = max(folder.glob("*.toml"))
    with running([sys.executable, "-P", "-m", "tui", "open", str(newest)], home) as run:
        took = []
        for keys, shows in steps:
            run.watch(shows)
            at = run.type(keys) if keys else run.started
            if not run.until(lambda shows=shows: run.saw(shows), _PATIENCE_S):  # type: ignore[misc]
                raise RuntimeError(f"`{shows}` was never painted")
            took.append((run.seen[shows.encode()] - at) / 1e6)
    return took[1:]


def make_sessions(folder: Path, count: int) -> None:
    """Sessions with a name and words of their own, all else alike."""
    folder.mkdir(parents=True)
    chance = random.Random(7)
    words = ["".join(chance.choices("abcdefghijklmnoprstuvwxyz", k=chance.randint(4, 9))) for _ in range(20_000)]
    head, *parts = re.split(r"(?m)^(answer = )", TEMPLATE.read_text("utf-8"))
    began = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(count):
        at = began + timedelta(minutes=37 * number)
        name = f"{at:%Y%m%dT%H%M%SZ}-{number & 0xFFFF:04x}"
        text = [head.replace(TEMPLATE.stem, name).replace("2026-11-27 09:31:06", f"{at:%Y-%m-%d %H:%M:%S}")]
        for key, rest in zip(parts[::2], parts[1::2], strict=True):
            answer, mark, others = rest.partition("\n[run.")
            text += [key, _reworded(answer, words, chance, number), mark, others]
        (folder / f"{name}.toml").write_text("".join(text), "utf-8")


def _reworded(answer: str, words: Sequence[str], chance: random.Random, number: int) -> str:
    def other(found: re.Match[str]) -> str:
        return chance.choice(words) if chance.random() < 0.5 else found[0]

    made = re.sub(r"(?<![\\\w])[a-z]{4,}", other, answer)
    return re.sub(r"(?<![\\\w])[a-z]{4,}", NEEDLE, made, count=1) if number % 100 == 0 else made


def _load_all(folder: Path, processes: int | None = None) -> float:
    """Seconds that it takes to `load()` all, by so many processes: without a number one for each processor."""
    share = str(processes or os.cpu_count() or 1)
    began = time.monotonic()
    readers = [
        subprocess.Popen([sys.executable, "-P", "-c", _LOAD, str(folder), str(number), share], cwd=TOP)
        for number in range(int(share))
    ]
    codes = [reader.wait() for reader in readers]
    if any(codes):
        raise RuntimeError("a session could not be loaded")
    return time.monotonic() - began


def _ours(args: Sequence[str], environ: Mapping[str, str]) -> tuple[float, int, int]:
    """Seconds that a command takes, the most memory it held, in bytes, and how many lines it printed."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tui", *args], env=environ, cwd=TOP, stdout=out, stderr=subprocess.DEVNULL
        )
        most = _waited_for(process)
        seconds = time.monotonic() - began
        if process.returncode:
            raise RuntimeError(f"{' '.join(args)} ended with {process.returncode}")
        out.seek(0)
        lines = sum(1 for _ in out)
    return seconds, most, lines


def _waited_for(process: subprocess.Popen[bytes]) -> int:
    """The most memory, in bytes, that a process held by its end."""
    if sys.platform == "win32":
        raise RuntimeError("only POSIX tells the memory that a process has held")
    else:  # noqa: RET506 - for the type checker, which looks at one platform at a time
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
