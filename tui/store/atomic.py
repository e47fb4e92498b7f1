"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable
from pathlib import Path

from tui import private_files
from tui.core.errors import StoreError, reason_of

RETRY_FOR_S = 2.5
_RETRY_EVERY_S = 0.05
_SHARING_VIOLATIONS = (5, 32, 33)
"""Windows refuses to replace a file while a scanner, an indexer or an editor has it open."""


def write_atomic(path: Path, data: bytes, check: Callable[[bytes], None]) -> None:
    """Put `data` at `path`, or leave what is there untouched. Missing folders are made; symbolic links are followed.

    File and folders are for their owner alone; see `tui.private_files`.

    `check` is given the bytes as read back from the disk, before anything is replaced, and raises ValueError when
    they are not good. Raises StoreError, naming the temporary file if it was written and could only not be
    put in its place because another program held the old file.
    """
    title = f"{path.name} could not be saved"
    try:
        target = path.resolve()
        private_files.make_folder(target.parent)
    except (OSError, RuntimeError, UnicodeError) as error:
        raise store_error(title, path.parent, error) from error
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    keep = False
    try:
        _write(temporary, data)
        check(temporary.read_bytes())
        keep = True
        _replace(temporary, target)
    except ValueError as error:
        raise StoreError(title, f"What was written did not read back as it should: {error}") from error
    except OSError as error:
        keep = keep and _is_sharing_violation(error)
        if not keep:
            raise store_error(title, target.parent, error) from error
        detail = f"Another program has it open. The new version is in {temporary}"
        raise StoreError(title, detail, "Close the other program; saving is tried again.") from error
    finally:
        if not keep:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    _sync_folder(target.parent)


def store_error(title: str, where: Path, error: Exception) -> StoreError:
    """The StoreError for a failure of the file system at `where`."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return StoreError(title, f"The disk of {where} is full", "Make room on it.")
    return StoreError(
        title, f"{where}: {reason_of(error)}", "Check that the folder exists and that you may write to it."
    )


def _write(temporary: Path, data: bytes) -> None:
    temporary.unlink(missing_ok=True)
    with private_files.create(temporary) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _replace(temporary: Path, target: Path) -> None:
    give_up = time.monotonic() + RETRY_FOR_S
    while True:
        try:
            temporary.replace(target)
        except OSError as error:
            if not _is_sharing_violation(error) or time.monotonic() >= give_up:
                raise
            time.sleep(_RETRY_EVERY_S)
        else:
            return


def _is_sharing_violation(error: OSError) -> bool:
    return getattr(error, "winerror", None) in _SHARING_VIOLATIONS


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    # The file is in its place; some network file systems cannot sync a folder, and need not.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
