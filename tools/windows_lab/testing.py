"""Runs tests with the Windows Python: goes on after a crash, and tries what failed once more, alone."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.windows_lab import outcomes
from tools.windows_lab.lab import CHECKOUT, Lab

AGAIN_S = 120.0
"""Seconds that a second try has: the machine may only have been slow."""
STALL_S = 180.0
"""Seconds without an end of any test, after which the one under way is given up."""
MOST_AGAIN = 20
"""How many failed tests are tried once more; where more fail it is no accident."""
_ABNORMAL = "abnormal"
_GOOD_CODES = (0, 1, 5)
"""Of pytest: all passed, some failed, none was found."""

_PYTEST = ("-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider")

Say = Callable[[str], object]


@dataclass
class Results:
    """What came of each test, by its id."""

    outcomes: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    unsteady: list[str] = field(default_factory=list)
    """Those that failed at first and passed alone."""
    broken: str = ""
    """Why no tests could be run, if so."""

    def add(self, other: Results) -> None:
        """Take in the results of further tests."""
        self.outcomes |= other.outcomes
        self.reasons |= other.reasons
        self.seconds |= other.seconds
        self.unsteady += other.unsteady
        self.broken = self.broken or other.broken

    @property
    def failed(self) -> list[str]:
        """Those that did not pass, and were not skipped."""
        return [test for test, outcome in self.outcomes.items() if outcome not in ("passed", "skipped")]

    def lines(self, seconds: float) -> list[str]:
        """The skips with their reasons, what failed, and how many there are of each, last."""
        skipped = Counter(self.reasons[test] for test, outcome in self.outcomes.items() if outcome == "skipped")
        told = ((re.sub(r"\s+", " ", reason.removeprefix("Skipped: ")), count) for reason, count in skipped.items())
        lines = [f"SKIPPED [{count}] {reason}" for reason, count in sorted(told)]
        lines += [f"FAILED once and passed alone {test}" for test in self.unsteady]
        lines += [f"FAILED {test}" for test in self.failed]
        counts = Counter("failed" if test in self.failed else self.outcomes[test] for test in self.outcomes)
        words = [f"{counts[word]} {word}" for word in ("failed", "passed", "skipped") if counts[word]]
        words += [f"{len(self.unsteady)} of them at the second try"] if self.unsteady else []
        return [*lines, f"{', '.join(words) or 'no tests'} in {seconds:.0f} s"]


def test(lab: Lab, paths: Sequence[str], options: Sequence[str], say: Say, limit_s: float | None = None) -> Results:
    """Run pytest on these paths of the checkout. What fails is tried once more, alone.

    With a limit, nothing is begun after so many seconds, and what is under way is given up.
    """
    end = time.monotonic() + limit_s if limit_s is not None else None
    results = first_try(lab, paths, options, say, end)
    second_try(lab, results, say, None if end is None else max(end - time.monotonic(), AGAIN_S))
    lab.clean()
    return results


def first_try(lab: Lab, paths: Sequence[str], options: Sequence[str], say: Say, end: float | None) -> Results:
    """Run pytest on these paths of the checkout until `end` of the monotonic clock, if there is one."""
    return _run(lab, [*options, *paths], say, end)


def second_try(lab: Lab, results: Results, say: Say, limit_s: float | None) -> None:
    """Try each test that failed once more, alone, unless so many did that it is no accident.

    None is begun after `limit_s` seconds.
    """
    end = time.monotonic() + limit_s if limit_s is not None else None
    again = results.failed
    for failed in again if len(again) <= MOST_AGAIN else ():
        now = time.monotonic()
        if end is not None and now >= end:
            say("no time is left to try the others once more")
            return
        say(f"once more, alone: {failed}")
        alone = _run(lab, ["-m", "", failed], say, end and now + AGAIN_S)
        if alone.outcomes and not alone.failed:
            results.outcomes |= alone.outcomes
            results.unsteady.append(failed)


def _run(lab: Lab, arguments: Sequence[str], say: Say, end: float | None) -> Results:
    with tempfile.TemporaryDirectory(dir=lab.folder, prefix="outcomes-") as folder:
        file = Path(folder, "outcomes.jsonl")
        results = Results()
        while True:
            began = len(results.outcomes)
            code = _pytest(lab, arguments, file, say, end)
            _read(file, results)
            if code in _GOOD_CODES:
                return results
            if end is not None and time.monotonic() >= end:
                results.broken = "The time was up"
                return results
            if len(results.outcomes) == began:
                results.broken = f"pytest ended with {code}, and no test was run"
                return results


def _pytest(lab: Lab, arguments: Sequence[str], file: Path, say: Say, end: float | None) -> int:
    """Its exit code; -1 when it was given up."""
    process = lab.start(
        [*_PYTEST, "-p", outcomes.__name__, *arguments],
        extra={outcomes.VARIABLE: lab.path(file)},
        cwd=CHECKOUT,
    )
    assert process.stdin is not None
    process.stdin.close()
    pipes = (process.stdout, process.stderr)
    readers = [threading.Thread(target=_say_lines, args=(pipe, say), daemon=True) for pipe in pipes]
    for reader in readers:
        reader.start()
    size, moved = -1, time.monotonic()
    while True:
        try:
            code = process.wait(1)
            break
        except subprocess.TimeoutExpired:
            now = time.monotonic()
            there = file.stat().st_size if file.exists() else 0
            if there != size:
                size, moved = there, now
            if now - moved > STALL_S or (end is not None and now >= end):
                say(f"given up after {now - moved:.0f} s without the end of a test")
                lab.stop()
                process.kill()
                code = -1
                process.wait()
                break
    for reader in readers:
        reader.join(5)
    return code


def _say_lines(pipe: object, say: Say) -> None:
    for line in pipe:  # type: ignore[attr-defined]
        say(line.decode("utf-8", "replace").rstrip("\r\n"))


def _read(file: Path, results: Results) -> None:
    """Take in what the plugin wrote; what began and did not end came to no good end."""
    if not file.exists():
        return
    for entry in map(json.loads, file.read_text("ascii").splitlines()):
        if "began" in entry:
            results.outcomes.setdefault(entry["began"], _ABNORMAL)
            continue
        test, outcome = entry["ended"], entry["outcome"]
        if results.outcomes.get(test) != "failed":  # A test may pass and its teardown fail, not the other way round.
            results.outcomes[test], results.reasons[test] = outcome, entry["reason"]
            results.seconds[test] = entry["seconds"]
