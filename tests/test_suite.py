"""What the tests themselves hold to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_signals_that_the_shell_had_ignored_reach_the_programs_that_tests_start() -> None:
    signals = "test_what_arrived_is_kept_and_the_exit_code_says_so"
    pytest_run = [sys.executable, "-m", "pytest", "-q", f"tests/cli/test_interrupts.py::{signals}"]
    shell = ["sh", "-c", 'trap "" INT HUP QUIT TERM; exec "$@"', "sh", *pytest_run]
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "3 passed" in done.stdout, done.stdout
