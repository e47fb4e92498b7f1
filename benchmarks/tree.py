"""CPU and memory of a program and of everything it started."""

from __future__ import annotations

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes."""

    program: int
    whole: int
    """The program and all processes it started."""


class Tree:
    """The process `pid` and its descendants."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)

    def cpu(self) -> float:
        """Seconds of CPU so far, user and system, those of children that have ended included."""
        total = 0.0
        for process in self.processes():
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
            total += getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        return total

    def memory(self) -> Memory:
        """What is resident now; pages that several of them share count once for each."""
        sizes = {process.pid: _resident(process) for process in self.processes()}
        return Memory(sizes.get(self._root.pid, 0), sum(sizes.values()))

    def processes(self) -> list[psutil.Process]:
        """Those that live."""
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
