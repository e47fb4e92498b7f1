"""A file is written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from tui.core.errors import StoreError
from tui.store import atomic
from tui.store.atomic import write_atomic

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions or links")


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
    monkeypatch.setattr(atomic, "RETRY_FOR_S", 0.0)
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
