"""What the environment says of the terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping


def over_ssh(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is at the other end of an SSH connection."""
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


def colours(environ: Mapping[str, str], system: str = sys.platform) -> int | None:
    """How many colours the terminal says that it has; None where it says nothing."""
    term = environ.get("TERM", "").casefold()
    if environ.get("COLORTERM", "").casefold() in ("truecolor", "24bit") or term.endswith("-direct"):
        return 1 << 24
    if term == "dumb":
        return 0
    if "256color" in term:
        return 256
    if term:
        return 16
    # A Windows console names no terminal; since Windows 10 every one of them takes all colours.
    return 1 << 24 if system == "win32" else None
