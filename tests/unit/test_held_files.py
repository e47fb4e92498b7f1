"""Files that another program has open are waited for, and what never goes by is not. On Windows for real."""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tui import held_files
from tui.core.errors import StoreError
from tui.files import read_regular
from tui.held_files import is_held, patiently
from tui.storage.atomic_file import write_atomic
from tui.storage.file_lock import SessionLock
from tui.storage.journal import Journal

HELD_FOR_S = 0.4


def held(path: Path) -> threading.Thread:
    """Have the file open for a moment, as a scanner has: others may read and write it, not replace or delete it."""
    file = path.open("rb")

    def let_go() -> None:
        threading.Event().wait(HELD_FOR_S)
        file.close()

    thread = threading.Thread(target=let_go)
    thread.start()
    return thread


def replaced(path: Path) -> None:
    write_atomic(path, b"new", lambda data: None)
    assert path.read_bytes() == b"new"


def journal_removed(path: Path) -> None:
    journal = Journal(path)
    journal.append({"a": 1})
    journal.remove()
    assert not path.exists()


def dead_lock_taken(path: Path) -> None:
    path.write_text("999999999 0.0\n")
    lock = SessionLock(path)
    assert lock.acquire()
    lock.release()
    assert not path.exists()


@pytest.mark.parametrize("act", [replaced, journal_removed, dead_lock_taken])
def test_a_file_that_is_held_for_a_moment_is_replaced_and_deleted_all_the_same(
    act: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    holder = held(path)
    try:
        act(path)
    finally:
        holder.join()


@pytest.mark.skipif(sys.platform != "win32", reason="Windows' sharing modes")
def test_a_file_that_nobody_else_may_open_meanwhile_is_read_all_the_same(tmp_path: Path) -> None:
    import ctypes

    path = tmp_path / "file"
    path.write_bytes(b"whole")
    kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel32.CreateFileW.restype = ctypes.c_void_p
    read, share_nothing, open_existing = 0x80000000, 0, 3
    handle = kernel32.CreateFileW(str(path), read, share_nothing, None, open_existing, 0, None)
    with pytest.raises(PermissionError):
        path.read_bytes()
    timer = threading.Timer(HELD_FOR_S, lambda: kernel32.CloseHandle(ctypes.c_void_p(handle)))
    timer.start()
    try:
        assert read_regular(path, 100) == b"whole"
    finally:
        timer.join()


@pytest.mark.skipif(sys.platform != "win32", reason="Windows' attributes")
def test_a_file_that_is_read_only_is_not_waited_for_and_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"old")
    path.chmod(0o400)
    with pytest.raises(StoreError) as caught:
        write_atomic(path, b"new", lambda data: None)
    assert "marked as read-only" in caught.value.detail and "attrib -r" in caught.value.hint
    assert [file.name for file in tmp_path.iterdir()] == ["a.toml"] and path.read_bytes() == b"old"
    path.chmod(0o600)


def windows_error(code: int | None, number: int = errno.EACCES) -> OSError:
    error = PermissionError(number, "Access is denied")
    error.winerror = code  # type: ignore[attr-defined, unused-ignore]
    return error


def test_what_goes_by_is_told_from_what_does_not(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    assert all(is_held(windows_error(code), file) for code in (5, 32, 33))
    assert not any(is_held(windows_error(code), file) for code in (2, 3, 6, 112))
    assert not is_held(windows_error(5), tmp_path)
    assert is_held(windows_error(None), file) == (os.name == "nt")
    assert not is_held(FileNotFoundError(errno.ENOENT, "not there"), file)


def test_it_is_given_up_in_the_end_with_the_error_that_there_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_files, "RETRY_FOR_S", 0.0)
    error = windows_error(32)

    def fail() -> None:
        raise error

    with pytest.raises(PermissionError) as caught:
        patiently(fail, tmp_path / "file")
    assert caught.value is error
