"""What holds for every test: nothing of the user's own folders is touched, and no skip goes unnoticed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

KNOWN_SKIPS = (
    "tmux is not installed",
    "foundry_local_sdk is not installed",
    "no embedded runtime",
    "xllamacpp is not installed",
    "no transformers server",
    "no SSH server",
    "no SSH client",
    "no full device",
)
"""Reasons, or the beginnings of reasons, for which a test may be skipped."""

WHOLE_PROGRAMS = Path(__file__).parent / "e2e"
STARTING = {"embedded", "embedded_own", "strange_service", "tunnel"}
"""Fixtures that start a real runtime, or an SSH server."""

_unknown: list[str] = []


def pytest_configure() -> None:
    """Signals do what they usually do, in the programs that tests start too.

    A shell that is no terminal's starts what it puts into the background with interrupts ignored, `nohup` with hangups.
    """
    for name in ("SIGINT", "SIGQUIT", "SIGHUP", "SIGTERM"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if name == "SIGINT" else signal.SIG_DFL)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts whole programs, terminals or runtimes is slow, and so is whatever is a soak."""
    for item in items:
        starts = STARTING & set(getattr(item, "fixturenames", ()))
        if item.path.is_relative_to(WHOLE_PROGRAMS) or starts or item.get_closest_marker("soak"):
            item.add_marker("slow")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="rewrite the kept pictures of the screens")


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sessions, data, state and configuration in a folder of the test's own."""
    folder = tmp_path_factory.mktemp("home")
    for name in ("SESSIONS", "DATA", "STATE", "CONFIG"):
        monkeypatch.setenv(f"FOUNDRY_COMPARE_{name}", str(folder / name.lower()))
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


@pytest.fixture
def one_criterion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are scored for one thing, whatever else the program lets them be scored for."""
    from tui.core.scoring import rating

    monkeypatch.setattr(rating, "CRITERIA", (rating.OVERALL,))
