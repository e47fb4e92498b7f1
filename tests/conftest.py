"""What holds for every test: nothing of the user's own folders is touched, and no skip goes unnoticed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support.report_schema import every_report_checked
from tests.support.session_schema import can_check, faults, written_sessions
from tests.support.wine import why_not
from tui.core.workshop_variables import VARIABLES

KNOWN_SKIPS = (
    "tmux is not installed",
    "foundry_local_sdk is not installed",
    "no embedded runtime",
    "xllamacpp is not installed",
    "no reference of the statistics",
    "no transformers server",
    "no SSH server",
    "no SSH client",
    "no full device",
    "Linux's seccomp is not there",
    "nothing can be mounted",
    "no list of the signals that a process handles",
    "jsonschema is not installed",
    "jq is not installed",
    "duckdb is not installed",
    "zsh is not installed",
    "fish is not installed",
    "pandas is not installed",
    "pyarrow is not installed",
    "nbclient is not installed",
    "playwright is not installed",
    "chromium is not installed",
    "textual-serve is not installed",
    "axe-core is not installed",
    "tomli is not installed",
    "onnx is not installed",
    "tokenizers is not installed",
    "onnxruntime cannot be imported",
    "the package index does not give",
    # On one kind of system only; of the Windows Python under Wine, what Wine cannot do (tests/support/wine.py).
    "POSIX",
    "Windows",
    "Wine: ",
    "no pseudo-terminals",
    "no venv module",
)
"""Reasons, or the beginnings of reasons, for which a test may be skipped."""

WHOLE_PROGRAMS = Path(__file__).parent / "e2e"
STARTING = {"embedded", "embedded_own", "strange_service", "tunnel"}
"""Fixtures that start a real runtime, or an SSH server."""

_unknown: list[str] = []


def pytest_configure() -> None:
    """Signals do what they usually do, in the programs that tests start too; and no example of a property is timed.

    A shell that is no terminal's starts what it puts into the background with interrupts ignored, `nohup` with hangups.
    """
    for name in ("SIGINT", "SIGQUIT", "SIGHUP", "SIGTERM"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)
    # No test depends on how fast this machine is; a first example may import what the others have.
    hypothesis.settings.register_profile("tests", hypothesis.settings.default, deadline=None)
    hypothesis.settings.load_profile("tests")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts whole programs, terminals or runtimes is slow, and so is whatever is a soak."""
    for item in items:
        starts = STARTING & set(getattr(item, "fixturenames", ()))
        if item.path.is_relative_to(WHOLE_PROGRAMS) or starts or item.get_closest_marker("soak"):
            item.add_marker("slow")
        if reason := why_not(item.nodeid):
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="rewrite the kept pictures of the screens")


@pytest.fixture(autouse=True)
def sessions_as_the_schema_says(own_folders: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    """Every session that a test leaves behind is as the JSON Schema of the format says, and has no other key.

    Not those that a test has tampered with: it says so with the mark `strange_sessions`.
    """
    temporary = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else own_folders
    yield
    if request.node.get_closest_marker("strange_sessions") or not can_check():
        return
    left = {file: tables for folder in (own_folders, temporary) for file, tables in written_sessions(folder)}
    wrong = {str(file): found for file, tables in left.items() if (found := faults(tables))}
    assert not wrong


@pytest.fixture(scope="session", autouse=True)
def reports_are_as_their_schema_says() -> Iterator[None]:
    """Every report that a test makes as JSON."""
    with every_report_checked():
        yield


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sessions, data, state and configuration in a folder of the test's own, and no settings."""
    folder = tmp_path_factory.mktemp("home")
    for name in (
        "COLUMNS",
        "LINES",
        "PYTEST_ADDOPTS",
        *(variable.name for variable in VARIABLES),
    ):  # Of whoever runs the tests.
        monkeypatch.delenv(name, raising=False)
    for name in ("SESSIONS", "DATA", "STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"FOUNDRY_COMPARE_{name}", str(folder / name.lower()))
    for name in ("RATER", "RUBRIC", "THEME", "LOW_BANDWIDTH"):
        monkeypatch.delenv(f"FOUNDRY_COMPARE_{name}", raising=False)
    return folder


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        reason = str(report.longrepr[2]).removeprefix("Skipped: ")
        if not reason.startswith(KNOWN_SKIPS):
            _unknown.append(f"{report.nodeid}: {reason}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With FOUNDRY_COMPARE_KNOWN_SKIPS set, a skip for any other reason fails the run."""
    if _unknown and os.environ.get("FOUNDRY_COMPARE_KNOWN_SKIPS"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in _unknown:
        terminalreporter.write_line(f"skipped for a reason that is not known: {line}", red=True)
