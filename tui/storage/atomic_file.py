"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tui import private_files
from tui.core.errors import StoreError, reason_of
from tui.held_files import is_held, is_read_only, patiently


def write_atomic(
    path: Path, data: bytes, check: Callable[[bytes], None] | None = None, *, private: bool = True
) -> None:
    """Put `data` at `path`, or leave what is there untouched. Missing folders are made; symbolic links are followed.

    A `private` file, and its folder, are for their owner alone; see `tui.private_files`. Another is as the user's other
    files are, or as the one was whose place it takes.

    `check` is given the bytes as read back from the disk, before anything is replaced, and raises ValueError when
    they are not good; without one they have to be `data`. Raises StoreError, naming the temporary file if it was
    written and could only not be put in its place because another program held the old file.
    """
    title = f"{path.name} could not be saved"
    try:
        target = path.resolve()
        if private:
            private_files.make_folder(target.parent)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError, UnicodeError) as error:
        raise store_error(title, path.parent, error) from error
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    keep = False
    try:
        _write(temporary, data, like=None if private else target)
        written = temporary.read_bytes()
        if check is not None:
            check(written)
        elif written != data:
            raise ValueError("the disk gave back something else.")
        keep = True
        patiently(lambda: temporary.replace(target), target)
    except ValueError as error:
        raise StoreError(title, f"What was written did not read back as it should: {error}") from error
    except OSError as error:
        keep = keep and is_held(error, target)
        if not keep:
            if is_read_only(target):
                detail = f"{target} is marked as read-only"
                raise StoreError(title, detail, "Take that mark away (its properties, or `attrib -r`).") from error
            raise store_error(title, target.parent, error) from error
        detail = f"Another program has it open. The new version is in {temporary}"
        raise StoreError(title, detail, "Close the other program; saving is tried again.") from error
    finally:
        if not keep:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    sync_folder(target.parent)


def store_error(title: str, where: Path, error: Exception) -> StoreError:
    """The StoreError for a failure of the file system at `where`."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return StoreError(title, f"The disk of {where} is full", "Make room on it.")
    return StoreError(
        title, f"{where}: {reason_of(error)}", "Check that the folder exists and that you may write to it."
    )


def _write(temporary: Path, data: bytes, like: Path | None) -> None:
    patiently(lambda: temporary.unlink(missing_ok=True), temporary)
    with temporary.open("xb") if like is not None else private_files.create(temporary) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if like is not None:
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(like, temporary)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk, where that can be done; that it cannot is no failure."""
    if os.name != "posix":
        return
    # Some network file systems cannot sync a folder, and need not.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
