"""What of the tests a Windows Python under Wine cannot show (docs/windows.md), each with the reason, in one list."""

from __future__ import annotations

import sys

CANNOT = {
    "tests/engine/test_errors.py::test_what_the_host_does_is_said_with_what_to_do[restarted-": (
        "the event loop of Windows shuts a connection down before it resets it, so that it only ends"
    ),
    "tests/engine/test_errors.py::test_a_host_that_goes_down_leaves_what_it_said": (
        "the event loop of Windows shuts a connection down before it resets it, so that it only ends"
    ),
    "tests/unit/test_held_files.py::test_a_file_that_is_read_only_is_not_waited_for_and_said_to_be": (
        "it lets a file be replaced that is marked as read-only"
    ),
    "tests/e2e/cli/test_report.py::test_a_file_that_is_there_is_replaced_only_when_that_is_asked_for": (
        "a symbolic link that leads nowhere is not seen"
    ),
    "tests/hosts/test_foundry_cli.py": "the stand-in for `foundry` is a batch file, whose output its cmd loses",
    "tests/e2e/cli/test_doctor.py::test_the_foundry_command_of_either_generation_is_asked": (
        "the stand-in for `foundry` is a batch file, whose output its cmd loses"
    ),
}
"""Beginnings of ids of tests, and why they are skipped there."""

UNSTEADY = {
    "tests/runner/test_plans.py::test_one_model_asked_in_two_ways_is_two_columns": (
        "once nothing came for 30 s on a busy machine; alone it passes"
    ),
    "tests/app/test_reading_desk.py::test_copies_say_which_way_they_went_and_what_is_copied_is_what_is_shown": (
        "once, twice in a row beside other tests; alone, and beside three busy processes, it passes"
    ),
}
"""What failed there once and passed alone, with what is known of the cause."""


def under_wine() -> bool:
    """Whether this Windows Python runs under Wine."""
    if sys.platform != "win32":
        return False
    import ctypes

    return hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


UNDER_WINE = under_wine()
SLOWNESS = 4.0 if UNDER_WINE else 1.0
"""How many times longer a test waits before it gives up: there a process takes seconds to start."""


def why_not(test_id: str) -> str:
    """Why a test cannot run here; empty when it can."""
    reasons = [reason for beginning, reason in CANNOT.items() if test_id.startswith(beginning)]
    return f"Wine: {reasons[0]}" if UNDER_WINE and reasons else ""
