"""The one reader of memory: what this machine has and could still give, and what a process holds. In bytes."""

from __future__ import annotations


def free_bytes() -> int | None:
    """The memory of this machine that programs could still be given; None where it does not say."""
    return _of_machine("available")


def total_bytes() -> int | None:
    """The memory of this machine; None where it does not say."""
    return _of_machine("total")


def resident_bytes(pid: int) -> int | None:
    """How much memory a process holds; None when it is gone, or not to be seen."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return None


def _of_machine(what: str) -> int | None:
    import psutil

    try:
        return int(getattr(psutil.virtual_memory(), what))
    except (OSError, RuntimeError, psutil.Error):
        return None
