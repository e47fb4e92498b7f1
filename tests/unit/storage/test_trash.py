"""Sessions put away, brought back and deleted: whole, and never over anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sessions import request, session
from tui.core.errors import BadInputError, StoreError
from tui.core.sessions.session import PART_OF
from tui.storage.file_lock import SessionLock, lock_path
from tui.storage.journal import journal_path
from tui.storage.session_files import save
from tui.storage.trash import TRASH, forget, in_trash, restore, trash

ID = "20261122T110301Z-7f3a"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A session of two files."""
    file = tmp_path / f"{ID}.toml"
    save(session([request("r1")]), file)
    save_part(file)
    return file


def save_part(file: Path) -> None:
    part = session([request("r2")], session_id=f"{ID}-2")
    part.extra[PART_OF] = ID
    save(part, file.with_name(f"{file.stem}-2.toml"))


def below(folder: Path) -> dict[str, bytes]:
    """What is in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_session_moves_with_its_further_files_and_comes_back_as_it_was(kept: Path) -> None:
    before = below(kept.parent)
    trashed = trash(kept)
    assert below(kept.parent) == {str(Path(TRASH) / name): data for name, data in before.items()}
    assert in_trash(kept) == trashed
    assert in_trash(trashed.moved[0][1]) == trashed
    restore(trashed)
    assert below(kept.parent) == before


def test_the_trash_holds_several_of_one_name_and_gives_the_last(kept: Path) -> None:
    trash(kept)
    save(session([request("r9")]), kept)
    save_part(kept)
    last = kept.read_bytes()
    second = trash(kept)
    assert in_trash(kept) == second
    assert len(below(kept.parent)) == 4
    restore(in_trash(kept))
    assert kept.read_bytes() == last
    first = in_trash(kept)
    with pytest.raises(StoreError, match="cannot be brought back"):
        restore(first)
    assert kept.read_bytes() == last
    assert first.moved[0][1].exists()


def test_what_is_deleted_is_gone_with_its_journal_and_what_was_half_written(kept: Path) -> None:
    journal_path(kept.parent, kept.stem).write_text("")
    kept.with_name(f"{kept.name}.17.tmp").write_text("half")
    other = kept.with_name("other.toml")
    save(session([request("r1")], session_id="other"), other)
    assert kept in forget(kept)
    assert list(below(kept.parent)) == [other.name]


def test_what_is_in_the_trash_can_be_deleted_whole(kept: Path) -> None:
    trash(kept)
    save(session([request("r9")]), kept)
    save_part(kept)
    trash(kept)
    forget(in_trash(kept).moved[0][1])
    forget(in_trash(kept).moved[0][1])
    assert below(kept.parent) == {}
    with pytest.raises(BadInputError, match="in the trash"):
        in_trash(kept)


def test_a_session_that_is_open_stays(kept: Path) -> None:
    lock = SessionLock(lock_path(kept.parent, kept.stem))
    assert lock.acquire()
    before = below(kept.parent)
    for act in (trash, forget):
        with pytest.raises(StoreError) as caught:
            act(kept)
        assert caught.value.detail == "Another program has it open"
    assert below(kept.parent) == before


def test_a_damaged_session_can_be_put_away_and_another_file_cannot(tmp_path: Path) -> None:
    damaged = tmp_path / f"{ID}.toml"
    damaged.write_text("schema = 2\n[[run")
    restore(trash(damaged))
    forget(damaged)
    project = tmp_path / "pyproject.toml"
    project.write_text("[project]\nname = 'mine'\n")
    thesis = tmp_path / "thesis.tex"
    thesis.write_text("x")
    for file in (project, thesis, tmp_path / "nowhere.toml", tmp_path):
        with pytest.raises(BadInputError):
            trash(file)
        with pytest.raises(BadInputError):
            forget(file)
    assert project.exists()
    assert thesis.exists()


def test_a_further_file_is_not_taken_away_from_its_session(kept: Path) -> None:
    with pytest.raises(BadInputError, match="further file"):
        trash(kept.with_name(f"{ID}-2.toml"))
