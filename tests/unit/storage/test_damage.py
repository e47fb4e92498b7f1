"""A damaged session is told with the line that the damage is in, where it is in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.sessions import request, session
from tests.support.some import some
from tui.core.errors import BadInputError
from tui.storage.damage import line_of
from tui.storage.session_files import load, save

pytestmark = pytest.mark.strange_sessions


@pytest.fixture
def lines(tmp_path: Path) -> list[str]:
    """A session's file whose answers look like its headers."""
    save(
        session([request(f"r{n}", answer=('say\n[[run]]\n"""[end]"""', "\n'''")) for n in range(3)]),
        tmp_path / "a.toml",
    )
    return (tmp_path / "a.toml").read_text("utf-8").split("\n")


def told(folder: Path, text: str) -> int | None:
    """The line that is told of a file with this text."""
    file = folder / "b.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(BadInputError) as caught:
        load(file)
    return line_of(text, caught.value.detail)


def test_a_key_of_a_row_is_told_by_the_rows_line(lines: list[str], tmp_path: Path) -> None:
    headers = [n for n, line in enumerate(lines) if line == "[[run]]"]
    runs = [n for n in headers if lines[n + 1].startswith("id = ")]
    assert len(headers) > len(runs) == 3
    for n in some(runs):
        changed = [*lines[: n + 1], "id = 7", *lines[n + 2 :]]
        assert told(tmp_path, "\n".join(changed)) == n + 1


def test_what_is_no_toml_is_told_by_its_line(lines: list[str], tmp_path: Path) -> None:
    where = lines.index("[tool]")
    assert told(tmp_path, "\n".join([*lines[:where], "= nonsense", *lines[where:]])) == where + 1


def test_a_file_that_is_cut_is_told_by_its_end(lines: list[str], tmp_path: Path) -> None:
    end = max(n for n, line in enumerate(lines) if line == "[end]")
    whole = [*lines[:end], ""]
    assert told(tmp_path, "\n".join(whole)) == len(whole)
    assert told(tmp_path, "\n".join(lines[: len(lines) // 2])) is not None


def test_what_is_about_no_line_has_none() -> None:
    assert line_of("", "`id` is missing") is None
    assert line_of("", "[[run]] 2: `id` is missing") is None
