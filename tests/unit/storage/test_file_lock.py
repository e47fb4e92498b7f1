"""The lock tells which program has a session open, and a dead one holds nobody up."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.support.unsearchable import not_the_superuser
from tui.storage.file_lock import OTHER_USER, SessionLock, lock_holder
from tui.storage.session_recovery import recover


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.lock"


def test_only_one_has_the_lock_until_it_gives_it_back(path: Path) -> None:
    one, two = SessionLock(path), SessionLock(path)
    assert one.acquire()
    assert one.acquire()
    assert lock_holder(path) == os.getpid()
    assert not two.acquire()
    two.release()
    assert path.exists()
    one.release()
    assert not path.exists()
    assert two.acquire()
    two.release()


def test_the_lock_of_a_living_process_holds_and_that_of_a_dead_one_does_not(path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        path.write_text(f"{other.pid} {time.time()}\n")
        assert lock_holder(path) == other.pid
        assert not SessionLock(path).acquire()
    finally:
        other.kill()
        other.communicate()
    assert lock_holder(path) is None
    mine = SessionLock(path)
    assert mine.acquire()
    mine.release()


def test_the_number_of_a_dead_process_given_to_a_younger_one_does_not_hold(path: Path) -> None:
    path.write_text(f"{os.getpid()} {time.time() - 10 * 365 * 86400}\n")
    assert lock_holder(path) is None
    assert SessionLock(path).acquire()


@pytest.mark.parametrize("text", ["", "x y", "12", "-1 1e300", f"{10**30} 1e300", "0x1 1"])
def test_a_lock_that_names_nobody_does_not_hold(text: str, path: Path) -> None:
    path.write_text(text)
    assert lock_holder(path) is None


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads that take turns a thousand times as often, so that they meet between any two steps."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty_threads")
def test_of_many_that_find_the_lock_of_a_dead_process_at_once_one_has_it(path: Path) -> None:
    for _ in range(50):
        path.write_text("-1 1\n")
        locks, gate = [SessionLock(path) for _ in range(8)], Barrier(8)

        def acquire(lock: SessionLock, gate: Barrier = gate) -> bool:
            gate.wait()
            return lock.acquire()

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(acquire, locks)) == 1
        for lock in locks:
            lock.release()
        path.unlink(missing_ok=True)
        assert list(path.parent.iterdir()) == []


def test_a_lock_that_does_not_say_yet_whose_it_is_is_left_to_whoever_makes_it(path: Path) -> None:
    path.write_text("")
    assert not SessionLock(path).acquire()
    os.utime(path, (time.time() - 60,) * 2)
    assert SessionLock(path).acquire(), "its program died before it could say so"


def test_who_died_while_it_removed_a_lock_holds_nobody_up_for_long(path: Path) -> None:
    path.write_text("-1 1\n")
    guard = path.with_name("s.lock.removing")
    guard.touch()
    assert not SessionLock(path).acquire()
    os.utime(guard, (time.time() - 60,) * 2)
    assert not SessionLock(path).acquire()
    mine = SessionLock(path)
    assert mine.acquire()
    mine.release()
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        SessionLock(tmp_path / "file" / "s.lock").acquire()


def test_a_lock_that_was_deleted_is_taken_once_more_or_left_to_who_has_it(path: Path) -> None:
    mine = SessionLock(path)
    assert mine.acquire()
    path.unlink()
    assert mine.acquire(renew=True)
    assert lock_holder(path) == os.getpid()
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        path.write_text(f"{other.pid} {time.time()}\n")
        mine.release()
        assert path.exists(), "it is another program's by now"
    finally:
        other.kill()
        other.communicate()


def test_a_lock_that_finds_no_room_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    def create(path: Path) -> Full:
        path.touch()
        return Full()

    monkeypatch.setattr("tui.private_files.create", create)
    with pytest.raises(OSError, match="No space"):
        SessionLock(path).acquire()
    assert not path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_the_lock_of_another_user_holds_though_nobody_else_can_read_it() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o777)
        theirs = SessionLock(folder / "s.lock")
        assert theirs.acquire()
        theirs.path.chmod(0)
        with not_the_superuser():
            assert lock_holder(theirs.path) == OTHER_USER
            assert not SessionLock(theirs.path).acquire()
        assert theirs.path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_session_of_another_user_is_not_taken_for_one_that_was_broken_off() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o777)
        theirs, journal = SessionLock(folder / "s.lock"), folder / "s.journal.jsonl"
        assert theirs.acquire()
        journal.write_text("")
        for file in (theirs.path, journal):
            file.chmod(0)
        with not_the_superuser():
            assert recover(folder) == []
        assert theirs.path.exists() and journal.exists()
