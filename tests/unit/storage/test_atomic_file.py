"""A file is written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path, PurePosixPath

import pytest

from tui import held_files
from tui.core.errors import StoreError
from tui.storage.atomic_file import store_error, write_atomic

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions or links")


def accept(data: bytes) -> None:
    pass


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def refuse(data: bytes) -> None:
    raise ValueError("it is not what I meant.")


def sharing_violation() -> OSError:
    """What Windows raises while a scanner or an editor has the old file open."""
    error = PermissionError(errno.EACCES, "The process cannot access the file")
    error.winerror = 32  # type: ignore[attr-defined, unused-ignore]
    return error


def test_the_text_is_there_byte_for_byte_and_nothing_else_is(tmp_path: Path) -> None:
    seen: list[bytes] = []
    write_atomic(tmp_path / "new" / "a.toml", "é\r\n\n".encode(), seen.append)
    assert (tmp_path / "new" / "a.toml").read_bytes() == "é\r\n\n".encode()
    assert seen == ["é\r\n\n".encode()]
    assert names(tmp_path / "new") == ["a.toml"]


def test_the_old_file_stays_when_the_check_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("old")
    with pytest.raises(StoreError) as caught:
        write_atomic(path, b"new", refuse)
    assert caught.value.title == "a.toml could not be saved"
    assert caught.value.detail == "What was written did not read back as it should: it is not what I meant."
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.toml"]


def test_the_check_comes_before_the_old_file_goes(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("old")
    then: list[str] = []
    write_atomic(path, b"new", lambda _: then.append(path.read_text()))
    assert then == ["old"]
    assert path.read_text() == "new"


def test_a_folder_that_is_a_file_is_said_to_be_the_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as caught:
        write_atomic(tmp_path / "file" / "a.toml", b"new", accept)
    assert str(tmp_path / "file") in caught.value.detail
    assert caught.value.hint


def test_a_full_disk_is_called_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "a.toml").write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError) as caught:
        write_atomic(tmp_path / "a.toml", b"new", accept)
    assert caught.value.sentence() == (f"a.toml could not be saved. The disk of {tmp_path} is full. Make room on it.")
    assert (tmp_path / "a.toml").read_text() == "old"
    assert names(tmp_path) == ["a.toml"]


@posix
def test_a_symbolic_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.toml").write_text("old")
    (tmp_path / "link.toml").symlink_to(tmp_path / "real" / "a.toml")
    write_atomic(tmp_path / "link.toml", b"new", accept)
    assert (tmp_path / "link.toml").is_symlink()
    assert (tmp_path / "real" / "a.toml").read_text() == "new"
    assert names(tmp_path / "real") == ["a.toml"]


@posix
def test_links_in_a_circle_are_an_error_that_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / "a.toml").symlink_to(tmp_path / "b.toml")
    (tmp_path / "b.toml").symlink_to(tmp_path / "a.toml")
    with pytest.raises(StoreError):
        write_atomic(tmp_path / "a.toml", b"new", accept)


@posix
def test_a_file_that_others_may_not_read_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("old")
    path.chmod(0o600)
    write_atomic(path, b"new", accept)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_sharing_violation_is_waited_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = [sharing_violation(), sharing_violation()]
    real = Path.replace

    def busy(self: Path, target: Path) -> Path:
        if held:
            raise held.pop()
        return real(self, target)

    monkeypatch.setattr(Path, "replace", busy)
    write_atomic(tmp_path / "a.toml", b"new", accept)
    assert not held
    assert (tmp_path / "a.toml").read_text() == "new"


def test_after_a_lasting_sharing_violation_the_new_text_is_kept_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(self: Path, target: Path) -> Path:
        raise sharing_violation()

    path = tmp_path / "a.toml"
    path.write_text("old")
    monkeypatch.setattr(Path, "replace", busy)
    monkeypatch.setattr(held_files, "RETRY_FOR_S", 0.0)
    with pytest.raises(StoreError):
        write_atomic(path, b"new", accept)
    with pytest.raises(StoreError) as caught:
        write_atomic(path, b"newer", accept)
    (kept,) = tmp_path.glob("*.tmp")
    assert str(kept) in caught.value.detail
    assert kept.read_text() == "newer"
    assert path.read_text() == "old"


def test_a_sharing_violation_before_the_text_is_whole_keeps_nothing(tmp_path: Path) -> None:
    def unreadable(data: bytes) -> None:
        raise sharing_violation()

    with pytest.raises(StoreError) as caught:
        write_atomic(tmp_path / "a.toml", b"new", unreadable)
    assert "new version" not in caught.value.sentence()
    assert names(tmp_path) == []


def test_another_failure_to_replace_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "a.toml").mkdir()
    with pytest.raises(StoreError):
        write_atomic(tmp_path / "a.toml", b"new", accept)
    assert names(tmp_path) == ["a.toml"]


# What the system says


def failing(code: int) -> OSError:
    error = PermissionError(errno.EACCES, "The process cannot access the file")
    error.winerror = code  # type: ignore[attr-defined, unused-ignore]
    return error


@pytest.mark.parametrize("code", [5, 32, 33])
def test_each_code_of_a_file_that_is_held_is_waited_out(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [failing(code)]
    real = Path.replace

    def busy(self: Path, target: Path) -> Path:
        if held:
            raise held.pop()
        return real(self, target)

    monkeypatch.setattr(Path, "replace", busy)
    write_atomic(tmp_path / "a.toml", b"new", accept)
    assert not held
    assert (tmp_path / "a.toml").read_text() == "new"


@pytest.mark.parametrize("code", [2, 6, 31, 34, 112])
def test_another_code_is_a_failure_at_once(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def busy(self: Path, target: Path) -> Path:
        tries.append(code)
        raise failing(code)

    monkeypatch.setattr(Path, "replace", busy)
    with pytest.raises(StoreError) as caught:
        write_atomic(tmp_path / "a.toml", b"new", accept)
    assert tries == [code]
    assert caught.value.detail == f"{tmp_path}: The process cannot access the file"
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (OSError(errno.EACCES, "Permission denied"), "/f: Permission denied"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "/f: Disk quota exceeded"),
        (OSError(errno.EIO, "Input/output error"), "/f: Input/output error"),
        (OSError("the tape is torn"), "/f: the tape is torn"),
        (OSError(), "/f: OSError"),
        (TimeoutError(), "/f: TimeoutError"),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), "surrogates not allowed"),
        (RuntimeError("Symlink loop"), "/f: Symlink loop"),
        (OSError(errno.ENOSPC, "No space left on device"), "The disk of /f is full"),
    ],
)
def test_the_reason_is_told_in_the_systems_words_and_full_is_only_what_is(error: Exception, detail: str) -> None:
    told = store_error("It could not be saved", PurePosixPath("/f"), error)  # type: ignore[arg-type]
    assert detail in told.detail
    assert ("full" in told.detail) == (getattr(error, "errno", None) == errno.ENOSPC)
    assert told.detail.strip(": ").removeprefix("/f")


@posix
def test_the_folder_is_on_the_disk_after_the_file_is_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    then: list[str] = []
    replace, sync = Path.replace, os.fsync

    def replaced(self: Path, target: Path) -> Path:
        then.append("replace")
        return replace(self, target)

    def synced(handle: int) -> None:
        then.append("sync folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "sync file")
        sync(handle)

    monkeypatch.setattr(Path, "replace", replaced)
    monkeypatch.setattr(os, "fsync", synced)
    write_atomic(tmp_path / "a.toml", b"new", accept)
    assert then == ["sync file", "replace", "sync folder"]


# Who may read it


@posix
def test_a_file_that_others_could_read_is_closed_to_them_when_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("old")
    path.chmod(0o644)
    seen: list[int] = []
    write_atomic(
        path, b"new", lambda _: seen.append(*[stat.S_IMODE(tmp.stat().st_mode) for tmp in tmp_path.glob("*.tmp")])
    )
    assert seen == [0o600], "the temporary file too"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@posix
def test_a_file_that_is_not_private_is_like_the_users_other_files(tmp_path: Path) -> None:
    path, other = tmp_path / "new" / "report.md", tmp_path / "other"
    other.mkdir()
    (other / "file").touch()
    write_atomic(path, b"new", accept, private=False)
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [
        stat.S_IMODE(one.stat().st_mode) for one in (other / "file", other)
    ]
    path.chmod(0o640)
    write_atomic(path, b"newer", accept, private=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
