"""Files and folders for their owner's eyes alone: what people ask, and what models answer, is nobody else's to read.

POSIX permissions; Windows keeps a user's folders from others by itself.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from pathlib import Path
from typing import BinaryIO

FILE_MODE, FOLDER_MODE = 0o600, 0o700

_OTHERS = 0o077
_APP = "foundry-compare"


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for the owner alone. Raises OSError.

    One that is there already is closed to others when it is the program's own, by its name or that of the folder above.
    Any other was made by somebody who may want to share it; so does one that was given to others on purpose
    (set-group-id, sticky). Files are their owner's alone everywhere.
    """
    missing = []
    for above in (folder, *folder.parents):
        if above.exists():
            break
        missing.append(above)
    for above in reversed(missing):
        above.mkdir(mode=FOLDER_MODE, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    if not missing:
        _close_to_others(folder)


def create(path: Path) -> BinaryIO:
    """A new file to write to. Raises FileExistsError when there is one of this name, and OSError."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), FILE_MODE), "wb")


def opener(path: str, flags: int) -> int:
    """Opens for `io.FileIO`: a file that is made belongs to the owner alone, and an older one does from here on."""
    handle = os.open(path, flags, FILE_MODE)
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # Another's file, or a file system without permissions.
            if os.fstat(handle).st_mode & _OTHERS:
                os.fchmod(handle, FILE_MODE)
    return handle


def _close_to_others(folder: Path) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # It can be written, and that is enough to go on.
            found = folder.stat()
            shared = found.st_mode & (stat.S_ISGID | stat.S_ISVTX)
            if found.st_mode & _OTHERS and not shared and found.st_uid == os.geteuid() and _is_ours(folder):
                folder.chmod(FOLDER_MODE)


def _is_ours(folder: Path) -> bool:
    # A checkout of the program has its name as well.
    return _APP in (folder.name, folder.parent.name) and not (folder / "pyproject.toml").exists()
