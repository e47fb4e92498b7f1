"""Waiting for files that another program has open, which Windows then refuses to read, replace or delete.

Virus scanners, indexers, backups and editors hold a file for a moment. Other systems refuse nothing of the kind.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

RETRY_FOR_S = 2.5
"""How long a file may be held, in seconds."""
_RETRY_EVERY_S = 0.05
_HELD = (5, 32, 33)
"""Windows' codes: access denied, as of a file that is being deleted; sharing violation; lock violation."""

_T = TypeVar("_T")


def patiently(action: Callable[[], _T], path: Path, *, for_s: float | None = None) -> _T:
    """Do something with the file at `path`, again and again while another program holds it. Raises OSError.

    `for_s` is how many seconds that is waited for at most, `RETRY_FOR_S` if not given.
    """
    give_up = time.monotonic() + (RETRY_FOR_S if for_s is None else for_s)
    while True:
        try:
            return action()
        except OSError as error:
            if not is_held(error, path) or time.monotonic() >= give_up:
                raise
            time.sleep(_RETRY_EVERY_S)


def is_held(error: OSError, path: Path) -> bool:
    """Whether this may go by: not for a folder, nor for what is read-only, of which Windows says the same."""
    code = getattr(error, "winerror", None)
    # What goes through the C library, as opening does, has its number of an error and none of Windows.
    if code is None and os.name == "nt" and error.errno == errno.EACCES:
        code = _HELD[0]
    return code in _HELD and not (code == _HELD[0] and _never_will(path))


def is_read_only(path: Path) -> bool:
    """Whether the file has Windows' attribute that keeps it from being replaced and deleted."""
    try:
        return bool(getattr(path.stat(), "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_READONLY)
    except OSError:
        return False


def _never_will(path: Path) -> bool:
    return path.is_dir() or is_read_only(path)
