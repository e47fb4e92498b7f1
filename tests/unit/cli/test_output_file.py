"""`-o FILE`: which names cannot be meant, and that a file is begun with its first text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.some import some
from tui.cli.output import check_shown, show
from tui.cli.output_file import shown_in
from tui.core.errors import BadInputError, StoreError
from tui.storage.new_file import check_free, unusable_on_windows


@pytest.fixture
def most_bytes() -> Iterator[Callable[[int], None]]:
    """Lets no file grow beyond so many bytes, as a full disk does."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda most: resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", ["NUL", "nul.csv", "Con", "aux .md", "COM1", "lpt9.json", "a:b.csv", "a.", "a "])
def test_what_windows_makes_no_file_of_is_known(name: str) -> None:
    assert unusable_on_windows(name)


@pytest.mark.parametrize("name", ["a.csv", "null.csv", "COM10", "console.md", ".csv", "Grüße ☃.md", "auxiliary"])
def test_other_names_are_left_alone(name: str) -> None:
    assert not unusable_on_windows(name)


@pytest.mark.skipif(sys.platform != "win32", reason="Windows' names")
@pytest.mark.parametrize("name", ["NUL", "con.csv", "COM7.md", "a:b.csv"])
def test_on_windows_such_a_name_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        check_free(tmp_path / name, force=True)
    assert not list(tmp_path.iterdir())


def test_a_file_is_begun_with_the_first_text_and_has_it_at_once(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    with shown_in(file, force=False):
        assert not file.exists()
        show("── ☃")
        assert file.read_bytes() == "── ☃\n".encode()
        show("more")
    assert file.read_text("utf-8") == "── ☃\nmore\n"


def test_what_was_shown_before_a_failure_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), shown_in(tmp_path / "a.txt", force=False):
        show("half")
        raise KeyboardInterrupt
    assert (tmp_path / "a.txt").read_text("utf-8") == "half\n"
    assert capsys.readouterr().err == f"Written to {tmp_path / 'a.txt'}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")
def test_a_file_that_a_full_disk_cuts_is_not_called_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], most_bytes: Callable[[int], None]
) -> None:
    most_bytes(100)
    with shown_in(tmp_path / "a.txt", force=False):
        show("one")
        show("x" * 200)
        show("two")
    with pytest.raises(StoreError, match="could not be written"):
        check_shown()
    assert (tmp_path / "a.txt").read_text("utf-8").startswith("one\nxxx") and (tmp_path / "a.txt").stat().st_size == 100
    assert capsys.readouterr().err == f"Only a part is in {tmp_path / 'a.txt'}\n"


def test_where_nothing_is_shown_nothing_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine")
    with shown_in(tmp_path / "a.txt", force=True):
        pass
    assert (tmp_path / "a.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["kept.toml", "kept.journal.jsonl"])
def test_no_session_is_replaced_not_even_through_a_link(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("answers", "utf-8")
    outputs = [tmp_path / name]
    if sys.platform != "win32":
        (tmp_path / "report.md").symlink_to(tmp_path / name)
        outputs.append(tmp_path / "report.md")
    for output in some(outputs):
        with pytest.raises(BadInputError, match="is not replaced"):
            check_free(output, force=True)


def test_a_file_that_cannot_be_begun_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with shown_in(folder / "out", force=False):
        folder.rmdir()
        show("one")
        show("two")
    with pytest.raises(StoreError, match="could not be written"):
        check_shown()
    assert "Written to" not in capsys.readouterr().err
