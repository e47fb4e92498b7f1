"""Facts about this machine, this installation and this terminal, for the doctor. Unknown is None."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tui.cli.windows_console import read_console
from tui.core.catalog.machine import gpus_in_words
from tui.core.errors import BadInputError
from tui.core.terminal import colours, over_ssh
from tui.hosts.config_entry import HOST_FORMAT
from tui.hosts.free_memory import free_bytes, total_bytes
from tui.hosts.machine import local_machine
from tui.storage import paths
from tui.storage.config import read_config

PACKAGES = ("foundry-compare", "textual", "openai", "foundry-local-sdk")


def memory() -> dict[str, int | None]:
    """Bytes of memory that programs can still have, and bytes there are."""
    return {"free_bytes": free_bytes(), "total_bytes": total_bytes()}


def gpus() -> dict[str, Any]:
    """The GPUs of this machine, or why none is known."""
    machine = local_machine(None)
    return {
        "gpus": [asdict(gpu) for gpu in machine.gpus],
        "unknown": machine.no_gpus or None,
        "in_words": gpus_in_words(machine),
    }


def places() -> dict[str, str]:
    """Where things are kept."""
    return {
        "sessions": str(paths.sessions_dir()),
        "config": str(paths.config_file(paths.config_dir())),
        "data": str(paths.data_dir()),
        "state": str(paths.state_dir()),
    }


def settings() -> dict[str, Any]:
    """How many settings the configuration has, and what is wrong with it; `set` is None when it cannot be read."""
    try:
        found = read_config(paths.config_dir(), HOST_FORMAT)
    except BadInputError as error:
        return {"set": None, "problems": [error.detail]}
    return {"set": len(found.values), "problems": [found.said(problem) for problem in found.problems]}


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


def output() -> dict[str, Any]:
    """How text leaves this program: the encoding of stdout, and what a Windows console does; elsewhere that is None."""
    console = read_console()
    return {
        "encoding": getattr(sys.stdout, "encoding", None),
        "console": asdict(console) if console is not None else None,
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
