"""Facts about this machine, this installation and this terminal, for the doctor. Unknown is None."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tui.core.terminal import colours, over_ssh
from tui.hosts.free_memory import free_bytes, total_bytes
from tui.storage import paths
from tui.storage.config import FILE

PACKAGES = ("foundry-compare", "textual", "openai", "foundry-local-sdk")


def memory() -> dict[str, int | None]:
    """Bytes of memory that programs can still have, and bytes there are."""
    return {"free_bytes": free_bytes(), "total_bytes": total_bytes()}


def places() -> dict[str, str]:
    """Where things are kept."""
    return {
        "sessions": str(paths.sessions_dir()),
        "config": str(paths.config_dir() / FILE),
        "data": str(paths.data_dir()),
        "state": str(paths.state_dir()),
    }


def versions() -> dict[str, str | None]:
    """What is installed; None for what is not."""
    return {"python": platform.python_version(), "os": platform.platform()} | {
        name: _version(name) for name in PACKAGES
    }


def terminal(environ: Mapping[str, str], system: str = sys.platform) -> dict[str, Any]:
    """What the screen would have to paint on; `columns` and `rows` are None where stdout is no terminal."""
    columns, rows = _size()
    return {
        "columns": columns,
        "rows": rows,
        "term": environ.get("TERM"),
        "colours": colours(environ, system),
        "no_color": bool(environ.get("NO_COLOR")),
        "ssh": over_ssh(environ),
        "multiplexer": next((name.casefold() for name in ("TMUX", "STY", "ZELLIJ") if environ.get(name)), None),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _size() -> tuple[int | None, int | None]:
    try:
        size = os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ is not None else 1)
    except (OSError, ValueError):
        return None, None
    return size.columns, size.lines
