"""The editor that the environment names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.some import some
from tui.child.editor import edit, editor_command
from tui.core.errors import BadInputError, CompareError

BYTES = ("is not UTF-8 text", "path.write_bytes(b'\\xff')")


def test_visual_counts_before_editor_and_may_have_arguments() -> None:
    assert editor_command({"EDITOR": "nano", "VISUAL": "code --wait"}, windows=False) == ["code", "--wait"]
    assert editor_command({"EDITOR": "nano", "VISUAL": " "}, windows=False) == ["nano"]
    quoted = {"EDITOR": r'"C:\Program Files\e.exe" -w'}
    assert editor_command(quoted, windows=True) == [r"C:\Program Files\e.exe", "-w"]
    assert editor_command({}, windows=True) == ["notepad.exe"]
    with pytest.raises(BadInputError, match="No editor is named"):
        editor_command({}, windows=False)
    with pytest.raises(BadInputError, match="cannot be started"):
        editor_command({"EDITOR": "'nano"}, windows=False)


def editor(folder: Path, *lines: str) -> list[str]:
    """A command that does this with the file that it is given, as `path`."""
    script = folder / "editor.py"
    script.write_text("\n".join(("import pathlib, sys", "path = pathlib.Path(sys.argv[1])", *lines)), "utf-8")
    return [sys.executable, str(script)]


def test_the_text_is_given_to_the_editor_and_taken_back_without_the_line_end_it_adds(tmp_path: Path) -> None:
    command = editor(tmp_path, "path.write_text(path.read_text('utf-8').upper() + 'ß\\n', 'utf-8')")
    assert edit("grün\nzwei", command) == "GRÜN\nZWEIß"
    assert edit("a\n", editor(tmp_path, "pass")) == "a\n", "what ended with a line end still does"


def test_an_editor_that_fails_leaves_the_prompt_as_it_was(tmp_path: Path) -> None:
    for says, *lines in some((("ended with 3", "sys.exit(3)"), ("editor.py", "path.unlink()"), BYTES, ("nowhere",))):
        command = editor(tmp_path, *lines) if lines else [str(tmp_path / "nowhere")]
        with pytest.raises(CompareError, match="stays as it was") as caught:
            edit("a", command)
        assert says in caught.value.detail or lines == ["path.unlink()"]
