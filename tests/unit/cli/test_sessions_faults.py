"""A folder in which everything is wrong: each file is named with its reason, none is waited for, and the good ones are
there all the same."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import Done
from tests.support.some import some
from tui.cli.main import cli
from tui.storage.session_files import MAX_BYTES

TOP = Path(__file__).parents[3]
EXAMPLE = (TOP / "tests/data/recorded/20261127T093106Z-f41c.toml").read_bytes()


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.write(EXAMPLE)
        file.truncate(MAX_BYTES + 1)


def loop(path: Path) -> None:
    path.symlink_to(path.with_suffix(".round"))
    path.with_suffix(".round").symlink_to(path)


def written(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


MENDED = "mended"
"""What repair is to make of a file: another one."""
FAULTS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "empty": (written(b""), "`schema` is missing", "There is no answer, score or note left in it"),
    "half": (written(EXAMPLE[: len(EXAMPLE) // 2]), "It is not TOML", MENDED),
    "without its end": (written(EXAMPLE.partition(b"[end]")[0]), "is cut or was changed by hand", MENDED),
    "byte": (written(EXAMPLE.replace(b"Measuring", b"M\xffasuring", 1)), "is not UTF-8 text", MENDED),
    "utf-16 cut": (written(EXAMPLE.decode().encode("utf-16")[:20_001]), "is not UTF-16 text", MENDED),
    "number": (written(EXAMPLE.replace(b"round = 1", b"round = " + b"9" * 5_000, 1)), "more than 64 bits", MENDED),
    "nesting": (written(EXAMPLE + b"x = " + b"[" * 10_000 + b"]" * 10_000), "nested too deeply", MENDED),
    "parts": (written(EXAMPLE + b"x" + b".x" * 10_000 + b" = 1"), "has more than 50 parts", MENDED),
    "noise": (written(bytes(range(256)) * 64), "is not UTF-8 text", "There is no answer, score or note left in it"),
    "large": (sparse, "It is larger than 67 MB", "It is larger than 67 MB"),
}  # fmt: skip
if sys.platform != "win32":
    FAULTS["pipe"] = (os.mkfifo, "It is a pipe, not a file", "It is a pipe, not a file")
    FAULTS["loop"] = (loop, "Too many levels of symbolic links", "Too many levels of symbolic links")


@pytest.fixture
def program(capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    def run(*args: str) -> Done:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(list(args), "foundry-compare")
        return Done(int(ended.value.code or 0), *capfd.readouterr())

    return run


@pytest.mark.strange_sessions
def test_a_folder_of_faults(program: Callable[..., Done], tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    folder.mkdir()
    for name, (make, _, _) in some(FAULTS.items()):
        make(folder / f"{name}.toml")
    (folder / "folder.toml").mkdir()
    for name, data in some((("bom", b"\xef\xbb\xbf" + EXAMPLE), ("crlf", EXAMPLE.replace(b"\n", b"\r\n")),
                            ("utf-16", EXAMPLE.decode().encode("utf-16")), ("good", EXAMPLE))):  # fmt: skip
        (folder / f"{name}.toml").write_bytes(data)
    before = {file.name: file.lstat().st_mtime_ns for file in folder.iterdir()}

    listed = program("sessions", "list", str(folder), "--json")
    assert listed.code == 0
    found = json.loads(listed.out)
    assert {Path(one["path"]).name for one in found["sessions"]} == {
        "bom.toml",
        "crlf.toml",
        "utf-16.toml",
        "good.toml",
    }
    reasons = {Path(one["path"]).stem: one["reason"] for one in found["damaged"]}
    assert reasons.keys() == FAULTS.keys()
    for name, (_, reason, _) in some(FAULTS.items()):
        assert reason in reasons[name], name
    checked = program("sessions", "check", str(folder))
    assert checked.code == 1
    for name, (_, reason, _) in some(FAULTS.items()):
        assert f"{name}.toml" in checked.out + checked.err and reason in checked.out + checked.err, name
    report = program("report", str(folder))
    assert report.code == 0 and all(f"{name}.toml" in report.err for name in FAULTS)
    assert {file.name: file.lstat().st_mtime_ns for file in folder.iterdir()} == before

    for name, (_, _, mended) in some(FAULTS.items()):
        done = program("sessions", "repair", str(folder / f"{name}.toml"))
        if mended is not MENDED:
            assert done.code == 2 and mended in done.err, (name, done.err)
            continue
        assert (done.code, done.out.strip()) == (0, str(folder / f"{name}-repaired.toml")), done.err
    assert "It is a folder, not a file" in program("sessions", "repair", str(folder / "folder.toml")).err
    after = {file.name: file.lstat().st_mtime_ns for file in folder.iterdir()}
    assert before.items() <= after.items(), "what is damaged stays as it is"
    again = json.loads(program("sessions", "list", str(folder), "--json").out)
    names = {Path(one["path"]).name for one in again["sessions"]}
    assert {f"{name}-repaired.toml" for name, (_, _, mended) in FAULTS.items() if mended is MENDED} <= names


@pytest.mark.strange_sessions
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")
def test_a_session_of_a_name_with_a_line_end_is_one_line(program: Callable[..., Done], tmp_path: Path) -> None:
    name = "a\nb.toml"
    (tmp_path / name).write_bytes(EXAMPLE[:15_000])
    done = program("sessions", "repair", str(tmp_path / name))
    assert done.code == 0 and (tmp_path / "a\nb-repaired.toml").exists()
