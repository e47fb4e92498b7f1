"""Files that somebody names for what the program shows: none that is there is replaced by mistake."""

from __future__ import annotations

import os
from pathlib import Path

from tui.core.errors import BadInputError, StoreError, reason_of
from tui.files import refuse_irregular

_OWN = (".toml", ".jsonl")
"""How the names of session files and their journals end: whatever is shown, it takes the place of none."""
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))}
_ANOTHER = "Give another name."


def check_free(output: Path, *, force: bool = False, or_else: str = _ANOTHER) -> None:
    """Raises BadInputError when this file cannot be written to, or is there and must not be replaced. `or_else` is
    the hint where it is there."""
    if os.name == "nt" and (why := unusable_on_windows(output.name)):
        raise BadInputError(f"{output} cannot be written", why, _ANOTHER)
    try:
        refuse_irregular(output)
    except OSError as error:
        raise BadInputError(f"{output} cannot be replaced", reason_of(error), _ANOTHER) from error
    if not os.path.isdir(output.parent):  # noqa: PTH112 - never raises
        raise BadInputError(f"There is no folder {output.parent}", hint="Make it, or give another name.")
    if os.path.lexists(output) and output.resolve().name.endswith(_OWN):
        raise BadInputError(f"{output} is not replaced", "It may hold a session", _ANOTHER)
    if os.path.lexists(output) and not force:
        raise BadInputError(f"{output} is there already", hint=or_else)


def unusable_on_windows(name: str) -> str:
    """Why Windows makes no file of this name, or another one than is meant; empty when it does."""
    if name.partition(".")[0].rstrip().upper() in _DEVICES:
        return "Windows keeps this name for a device"
    if ":" in name:
        return "On Windows what follows a colon is no part of a file's name"
    return "On Windows no name ends in a dot or a space" if name.endswith((".", " ")) else ""


def write_new(output: Path, text: str) -> None:
    """Write a file that is not there yet, as UTF-8. Raises BadInputError where it is, StoreError where it cannot be
    written."""
    check_free(output)
    try:
        with output.open("x", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise StoreError(f"{output} cannot be written", reason_of(error), _ANOTHER) from error
