"""Memory is read in one place, in bytes, by the screen, the doctor and the session alike."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from tui.app import host_controller
from tui.app import host_questions as host_work
from tui.cli import system_info as machine
from tui.hosts import free_memory as memory
from tui.runner import memory_sampler as sampling

TUI = Path(__file__).resolve().parents[2] / "tui"


def test_free_memory_is_bytes_and_part_of_what_there_is() -> None:
    free, total = memory.free_bytes(), memory.total_bytes()
    assert free is not None and total is not None
    assert 2**20 < free <= total == psutil.virtual_memory().total


def test_nobody_else_reads_the_machine_s_memory() -> None:
    readers = [path.relative_to(TUI).as_posix() for path in TUI.rglob("*.py") if "virtual_memory" in path.read_text()]
    assert readers == ["hosts/free_memory.py"]
    for user in (machine, sampling, host_controller, host_work):
        assert user.free_bytes is memory.free_bytes


def test_a_process_that_is_gone_holds_nothing_that_is_known() -> None:
    assert (memory.resident_bytes(os.getpid()) or 0) > 2**20
    assert memory.resident_bytes(2**31 - 1) is None


def test_a_machine_that_does_not_say_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable() -> None:
        raise OSError("no /proc")

    monkeypatch.setattr(psutil, "virtual_memory", unreadable)
    assert (memory.free_bytes(), memory.total_bytes()) == (None, None)
    assert machine.memory() == {"free_bytes": None, "total_bytes": None}
