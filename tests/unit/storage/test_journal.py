"""The journal: every entry is in the file as soon as it is appended, and comes back in its order."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.sessions import WHEN
from tests.support.some import some
from tui.core.errors import StoreError
from tui.storage.journal import Journal, read_entries


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "new" / "s.journal.jsonl")


def entries(journal: Journal) -> list[dict[str, object]]:
    return list(read_entries(journal.path))


def test_an_entry_can_be_read_as_soon_as_it_is_appended(journal: Journal) -> None:
    assert not journal.path.parent.exists()
    for number in range(3):
        journal.append({"number": number})
        assert entries(journal) == [{"number": earlier} for earlier in range(number + 1)]
    journal.close()


def test_entries_that_come_together_are_all_there_or_none_of_them(journal: Journal) -> None:
    journal.append({"n": 1}, {"n": 2})
    loop: dict[str, object] = {}
    loop["itself"] = loop
    with pytest.raises(StoreError):
        journal.append({"n": 3}, loop)
    journal.append({"n": 4})
    assert entries(journal) == [{"n": 1}, {"n": 2}, {"n": 4}]
    journal.close()


def test_times_become_text_and_half_a_character_comes_back(journal: Journal) -> None:
    journal.append({"at": WHEN, "text": "\ud83d", "more": ["\ude00\r\n\x00\u202e"]})
    journal.close()
    assert journal.path.read_bytes().isascii()
    assert entries(journal) == [{"at": "2026-11-22T11:03:01+00:00", "text": "\ud83d", "more": ["\ude00\r\n\x00\u202e"]}]


def test_a_torn_last_line_is_skipped(journal: Journal) -> None:
    journal.append({"n": 1})
    journal.append({"n": 2})
    journal.close()
    whole = journal.path.read_bytes()
    for cut in some(range(len(whole) - 2, len(whole) // 2, -1)):
        journal.path.write_bytes(whole[:cut])
        assert entries(journal) == [{"n": 1}]
    journal.path.write_bytes(whole + b"\x00" * 100)
    assert entries(journal) == [{"n": 1}, {"n": 2}]


def test_a_damaged_line_among_others_is_named(journal: Journal) -> None:
    journal.append({"n": 1})
    journal.close()
    for damage in (b"{\n", b"\xff\n", b"[1]\n", b"[" * 100_000 + b"\n"):
        journal.path.write_bytes(b'{"n":1}\n' + damage + b'{"n":2}\n')
        with pytest.raises(ValueError, match="line 2 is damaged"):
            entries(journal)


def test_a_journal_that_was_left_is_continued_after_its_torn_line(journal: Journal) -> None:
    journal.append({"n": 1})
    assert not journal.inherited
    journal.close()
    with journal.path.open("ab") as file:
        file.write(b'{"n":')
    later = Journal(journal.path)
    later.append({"session": {}})
    later.append({"n": 3})
    later.close()
    assert later.inherited
    assert entries(journal) == [{"n": 1}, {"session": {}}, {"n": 3}]


def test_an_entry_the_disk_has_no_room_for_leaves_no_torn_line(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Filling(io.FileIO):
        """A file on a disk that takes three bytes at a time, and these not always."""

        full = False

        def write(self, data: bytes) -> int:  # type: ignore[override]
            if self.full and len(data) <= 3:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data[:3])

    monkeypatch.setattr(io, "FileIO", Filling)
    journal.append({"n": 1})
    monkeypatch.setattr(Filling, "full", True)
    with pytest.raises(StoreError, match="could not be written") as caught:
        journal.append({"n": 2})
    assert "full" in caught.value.detail
    monkeypatch.setattr(Filling, "full", False)
    journal.append({"n": 3})
    journal.close()
    monkeypatch.undo()
    assert entries(journal) == [{"n": 1}, {"n": 3}]


def test_what_is_no_json_is_an_error_and_not_the_end(journal: Journal) -> None:
    with pytest.raises(StoreError):
        journal.append({("a", "b"): 1})  # type: ignore[dict-item]
    journal.append({"n": 1})
    journal.close()
    assert entries(journal) == [{"n": 1}]


def test_a_folder_that_is_a_file_is_an_error_that_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / "s.journal.jsonl")
    with pytest.raises(StoreError, match=r"s\.journal\.jsonl could not be written"):
        journal.append({"n": 1})


def test_a_removed_journal_is_gone_and_may_be_gone_already(journal: Journal) -> None:
    journal.append({"n": 1})
    journal.sync()
    journal.remove()
    assert not journal.path.exists()
    journal.remove()
    journal.close()


def test_two_journals_in_turn_are_read_to_the_end(journal: Journal) -> None:
    for program in range(3):
        one = Journal(journal.path)
        one.append({"session": {"program": program}})
        one.append({"n": program})
        one.close()
    assert b"\n\n" in journal.path.read_bytes(), "a blank line between them"
    told = [[{"session": {"program": program}}, {"n": program}] for program in range(3)]
    assert entries(journal) == [entry for both in told for entry in both]


@pytest.mark.skipif(os.name == "nt", reason="POSIX files")
def test_a_deleted_file_is_noticed_and_can_be_copied(journal: Journal, tmp_path: Path) -> None:
    assert not journal.deleted
    journal.append({"n": 1})
    journal.append({"n": 2})
    assert not journal.deleted
    journal.path.unlink()
    assert journal.deleted
    other = Journal(tmp_path / "other.jsonl")
    journal.copy_to(other)
    other.append({"n": 3})
    journal.close()
    other.close()
    assert entries(other) == [{"n": 1}, {"n": 2}, {"n": 3}]


@pytest.mark.skipif(os.name == "nt", reason="POSIX files")
def test_a_file_that_another_has_taken_the_name_of_is_deleted(journal: Journal) -> None:
    journal.append({"n": 1})
    journal.path.unlink()
    journal.path.write_text("")
    assert journal.deleted
    journal.close()


def test_a_copy_that_finds_no_room_leaves_the_other_file_as_it_was(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Journal(tmp_path / "other.jsonl")
    other.append({"n": 0})
    journal.append({"n": 1})
    monkeypatch.setattr(Journal, "_pieces", lambda self, file: iter([b"{", b"no room"]))
    assert other._file is not None

    class Full(io.FileIO):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            if data == b"no room":
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    other._file = Full(other.path, "a+")
    with pytest.raises(StoreError, match="could not be written"):
        journal.copy_to(other)
    journal.close()
    other.close()
    assert entries(other) == [{"n": 0}]


@pytest.mark.parametrize("leave", [Journal.close, Journal.remove])
def test_a_disk_that_complains_only_when_the_file_is_left_is_told_of(
    leave: Callable[[Journal], None], journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.FileIO):
        def close(self) -> None:
            if not self.closed:
                super().close()
                raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    monkeypatch.setattr(io, "FileIO", Full)
    journal.append({"n": 1})
    with pytest.raises(StoreError) as caught:
        leave(journal)
    assert os.strerror(errno.EDQUOT) in caught.value.sentence()
    assert entries(journal) == [{"n": 1}]
