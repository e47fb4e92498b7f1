"""What the numbers were made on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import psutil

_PACKAGES = ("foundry-compare", "textual", "openai", "httpx2", "psutil", "numpy")


def machine() -> str:
    """Cores, system and versions in one line, and how busy the machine was before anything was started."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    busy = psutil.cpu_percent(1.0)
    return (
        f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}, {versions}; "
        f"{busy:.0f} % of the CPU was in use before the start"
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"
