"""A pytest plugin that writes down each test as it begins and as it ends, and leaves out those that have ended.

So a run that Wine or a test brings down goes on behind the test that was under way, and nothing is run twice. The file
has one JSON object a line: {"began": ID}, {"ended": ID, "outcome": WORD, "reason": TEXT, "seconds": N}.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

VARIABLE = "FOUNDRY_COMPARE_OUTCOMES"
"""The environment variable with the path of the file."""
_FILE = Path(os.environ[VARIABLE]) if VARIABLE in os.environ else None
"""Read at once: some tests empty the environment."""


def _write(**entry: object) -> None:
    assert _FILE is not None
    with _FILE.open("a", encoding="ascii", newline="\n") as file:
        file.write(json.dumps(entry) + "\n")


def _known() -> set[str]:
    assert _FILE is not None
    try:
        lines = _FILE.read_text("ascii").splitlines()
    except FileNotFoundError:
        return set()
    entries = [json.loads(line) for line in lines]
    return {entry.get("began") or entry.get("ended") for entry in entries}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    known = _known()
    left_out = [item for item in items if item.nodeid in known]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item.nodeid not in known]


def pytest_runtest_logstart(nodeid: str) -> None:
    _write(began=nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or report.outcome != "passed":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr or "")
        _write(ended=report.nodeid, outcome=report.outcome, reason=reason[-4000:], seconds=round(report.duration, 2))
