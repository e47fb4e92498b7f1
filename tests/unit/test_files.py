"""Whatever lies under a file's name: the program never waits for it, and says in a sentence why it is left out."""

from __future__ import annotations

import ast
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.program import PATIENCE_S, call
from tests.support.sessions import request, session
from tui import files
from tui.cli.screen import painting
from tui.core.errors import CompareError
from tui.files import NotAFileError, open_regular, read_json, read_regular, read_toml, shallow
from tui.hosts.config_entry import HOST_FORMAT
from tui.hosts.embedded.bundle import read_bundle
from tui.hosts.embedded.cache import MARK, downloaded, read_known
from tui.hosts.embedded.local_models import registered
from tui.hosts.embedded.model_files import CONFIG
from tui.hosts.foundry.daemon_file import read_daemon_file
from tui.hosts.foundry.sdk_files import INDEX, _read_index
from tui.storage.config import read_config, read_hosts
from tui.storage.file_lock import SessionLock, lock_holder
from tui.storage.journal import Journal, read_entries
from tui.storage.paths import sessions_dir
from tui.storage.prompt_files import read_models, read_prompts, read_rubric
from tui.storage.score_sheets import read_sheet
from tui.storage.session_files import collect, load, save
from tui.storage.session_recovery import recover
from tui.storage.session_repair import repair
from tui.storage.theme_files import load_themes, remembered_theme

ROOT = Path(__file__).parents[2]
EVERYTHING = ROOT / "tests/data/schema_2/everything.toml"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def sock(path: Path) -> None:
    # A socket's address is short; the folder of a test may not be.
    here = os.open(path.parent, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"/proc/self/fd/{here}/{path.name}" if sys.platform == "linux" else str(path))
    os.close(here)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def loop(path: Path) -> None:
    path.symlink_to(path.with_name("round.toml"))
    path.with_name("round.toml").symlink_to(path)


KINDS: dict[Callable[[Path], None], str] = {
    pipe: "It is a pipe, not a file",
    sock: "It is a socket, not a file",
    device: "It is a device, not a file",
    folder: "It is a folder, not a file",
    loop: "Too many levels of symbolic links",
}


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def odd(request: pytest.FixtureRequest) -> tuple[Callable[[Path], None], str]:
    """What makes something odd at a path, and how it is called."""
    return request.param, KINDS[request.param]


Odd = tuple[Callable[[Path], None], str]


def handles() -> set[str]:
    """The open files of this process, where that can be seen."""
    return {file.name for file in Path("/proc/self/fd").iterdir()} if sys.platform == "linux" else set()


def ended(work: Callable[[], Any]) -> Any:
    """What comes of it; a work that waits for a file fails its test, and not all tests after it."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(work())
        except (CompareError, OSError, ValueError) as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    assert found, "it waits for the file"
    return found[0]


def sentence(work: Callable[[], Any]) -> str:
    error = ended(work)
    assert isinstance(error, CompareError), error
    return error.sentence()


def test_only_regular_files_are_opened(odd: Odd, tmp_path: Path) -> None:
    make, says = odd
    make(tmp_path / "odd.toml")
    error = ended(lambda: open_regular(tmp_path / "odd.toml"))
    assert isinstance(error, OSError)
    assert error.strerror == says
    assert isinstance(error, NotAFileError) is (make is not loop)


def test_a_file_that_turns_into_a_pipe_before_it_is_opened_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "regular").write_text("")
    pipe(tmp_path / "pipe")
    regular = (tmp_path / "regular").stat()
    monkeypatch.setattr(Path, "stat", lambda path, **_: regular)
    before = handles()
    assert isinstance(ended(lambda: open_regular(tmp_path / "pipe")), NotAFileError)
    assert handles() == before


def test_no_more_is_read_than_the_cap(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345678")
    assert read_regular(tmp_path / "a", 8) == b"12345678"
    with pytest.raises(ValueError, match="It is larger than 7 bytes"):
        read_regular(tmp_path / "a", 7)
    (tmp_path / "b").write_bytes(bytes((3 << 20) + 1))
    with pytest.raises(ValueError, match=r"It is larger than 3\.1 MB"):
        read_regular(tmp_path / "b", 3 << 20)


@pytest.mark.parametrize("digits", [19, 400, 5000])
def test_a_whole_number_of_more_than_64_bits_is_refused_wherever_it_is(digits: int, tmp_path: Path) -> None:
    number = "9" * digits if digits > 19 else str(1 << 63)
    says = "It holds a whole number of more than 64 bits"
    (tmp_path / "a.json").write_text(f'{{"a": [{{"b": {number}}}]}}')
    (tmp_path / "a.toml").write_text(f"[[a]]\nb = [-{number}{'9' if digits == 19 else ''}]\n")
    for read, name in ((read_json, "a.json"), (read_toml, "a.toml")):
        with pytest.raises(ValueError, match=says):
            read(tmp_path / name, 1 << 20)
    (tmp_path / "a.toml").write_text(f"a = {(1 << 63) - 1}\nb = -{1 << 63}\n")
    assert read_toml(tmp_path / "a.toml", 1 << 20) == {"a": (1 << 63) - 1, "b": -(1 << 63)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"\xff", "Byte 1 is not UTF-8 text"),
        (b"{", "It is not JSON: "),
        (b"[" * 100_000, "It is nested too deeply"),
        (b'{"a": ' * 100_000, "It is nested too deeply"),
        (b"", "It is not JSON: "),
    ],
)
def test_json_that_cannot_be_used_has_its_reason(text: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(text)
    with pytest.raises(ValueError, match=says):
        read_json(tmp_path / "a.json", 1 << 20)


def test_a_session_says_what_it_is_instead(odd: Odd, tmp_path: Path) -> None:
    make, says = odd
    make(tmp_path / "odd.toml")
    assert says in sentence(lambda: load(tmp_path / "odd.toml"))


def test_a_repair_and_a_sheet_of_scores_say_what_it_is_instead(odd: Odd, tmp_path: Path) -> None:
    make, says = odd
    make(tmp_path / "odd.toml")
    assert says in sentence(lambda: repair(tmp_path / "odd.toml", tmp_path / "state"))
    assert says in sentence(lambda: read_sheet(tmp_path / "odd.toml"))


def test_a_theme_says_what_it_is_instead_and_the_others_are_there(odd: Odd, tmp_path: Path) -> None:
    make, says = odd
    make(tmp_path / "odd.toml")
    good = 'name = "good"\ndark = true\n[colours]\nprimary = "red"\nbackground = "#000000"\nforeground = "#ffffff"\n'
    (tmp_path / "z.toml").write_text(good)
    themes, errors = ended(lambda: load_themes([tmp_path]))
    assert [theme.name for theme in themes] == ["good"]
    names = ["odd.toml", "round.toml"] if make is loop else ["odd.toml"]
    assert [name in error.title and says in error.detail for name, error in zip(names, errors, strict=True)] == [
        True for _ in names
    ]


def test_the_configuration_says_what_it_is_instead(odd: Odd, tmp_path: Path) -> None:
    make, says = odd
    make(tmp_path / "config.toml")
    assert says in sentence(lambda: read_config(tmp_path, HOST_FORMAT))
    assert says in sentence(lambda: read_hosts(tmp_path, HOST_FORMAT))
    assert painting(tmp_path) == (None, False)


@pytest.mark.parametrize("read", [read_prompts, read_models, read_rubric])
@pytest.mark.parametrize("name", ["odd.json", "odd.toml"])
def test_prompts_models_and_criteria_say_what_they_are_instead(odd: Odd, read: Any, name: str, tmp_path: Path) -> None:
    make, says = odd
    make(tmp_path / name)
    assert says in sentence(lambda: read(tmp_path / name))


def test_the_daemon_s_file_says_what_it_is_instead(odd: Odd, tmp_path: Path) -> None:
    make, says = odd
    (tmp_path / ".foundry").mkdir()
    make(tmp_path / ".foundry" / "daemon.json")
    assert says in sentence(lambda: read_daemon_file(tmp_path))


def test_the_demo_models_list_says_what_it_is_instead(odd: Odd, tmp_path: Path) -> None:
    make, says = odd
    make(tmp_path / "catalog.toml")
    assert says in sentence(lambda: read_bundle(tmp_path))


def test_copies_and_marks_that_are_no_files_hold_nothing(
    odd: Odd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, _ = odd
    for name in ("theme.txt", "known.json", INDEX, "own-a.json", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        make(tmp_path / name)
        (tmp_path / "round.toml").unlink(missing_ok=True)
    assert ended(lambda: remembered_theme(tmp_path)) is None
    assert ended(lambda: read_known(tmp_path / "known.json")) == ()
    assert ended(lambda: _read_index(tmp_path / INDEX)) == ()
    assert ended(lambda: registered(tmp_path)) == ()
    model = tmp_path / "cache" / "model"
    model.mkdir(parents=True)
    (model / CONFIG).write_text("{}")
    make(model / MARK)
    assert ended(lambda: downloaded(tmp_path / "cache", ())) == ()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FOUNDRY_COMPARE_SESSIONS")
    assert ended(sessions_dir) != tmp_path / "sessions"


def test_a_lock_that_is_no_file_holds_nobody(odd: Odd, tmp_path: Path) -> None:
    make, _ = odd
    make(tmp_path / "a.lock")
    assert ended(lambda: lock_holder(tmp_path / "a.lock")) is None
    came = ended(SessionLock(tmp_path / "a.lock").acquire)
    assert isinstance(came, OSError) if make is folder else came is True


def test_a_journal_that_is_no_file_is_named_and_left(odd: Odd, tmp_path: Path) -> None:
    make, says = odd
    path = tmp_path / "s.journal.jsonl"
    make(path)
    error = ended(lambda: list(read_entries(path)))
    assert isinstance(error, OSError) and error.strerror == says
    error = ended(lambda: Journal(path).append({"a": 1}))
    assert isinstance(error, CompareError) and says in error.detail
    (result,) = ended(lambda: recover(tmp_path))
    assert result.problem is not None and says in result.problem.detail
    assert os.path.lexists(path)


def test_a_folder_of_sessions_names_everything_odd_but_folders(odd: Odd, tmp_path: Path) -> None:
    make, says = odd
    save(session([request("r1")]), tmp_path / "kept" / "good.toml")
    make(tmp_path / "kept" / "odd.toml")
    names = {"good.toml", "odd.toml"} - ({"odd.toml"} if make is folder else set())
    files, errors = ended(lambda: collect([tmp_path / "kept"]))
    assert {file.name for file in files} - {"round.toml"} == names
    assert errors == []
    done = call("report", "kept", cwd=tmp_path)
    assert (done.code, done.out.count("1 session, 1 run.")) == (0, 1), done.err
    assert "Traceback" not in done.err
    assert (f"skipped {Path('kept', 'odd.toml')}: " in done.err and says in done.err) is (make is not folder)


@pytest.mark.parametrize("make", [pipe, loop])
@pytest.mark.parametrize("before", ["report", "run --prompts", "run -p x --models", "run --resume"])
def test_a_file_named_on_the_command_line_is_named_in_the_refusal(make: Any, before: str, tmp_path: Path) -> None:
    make(tmp_path / "odd.json")
    done = call(*before.split(), "odd.json", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "odd.json" in done.err and KINDS[make] in done.err and "Traceback" not in done.err


def test_a_folder_that_cannot_be_listed_is_named_and_the_others_are_reported(tmp_path: Path) -> None:
    save(session([request("r1")]), tmp_path / "kept" / "good.toml")
    (tmp_path / "shut").mkdir()
    refused = PermissionError(13, "Permission denied")
    real = os.scandir

    def scandir(path: Path) -> Any:
        if Path(path).name == "shut":
            raise refused
        return real(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        files, ((where, error),) = collect([tmp_path / "shut", tmp_path / "kept"])
    assert (files, where) == ([tmp_path / "kept" / "good.toml"], tmp_path / "shut")
    assert error.sentence() == f"The folder {tmp_path / 'shut'} cannot be listed. Permission denied."


def test_what_the_index_of_an_sdk_says_is_read(tmp_path: Path) -> None:
    (tmp_path / INDEX).write_text(json.dumps({"models": [{"id": "phi-4-generic-cpu:1", "alias": "phi-4"}]}))
    assert [card.alias for card in _read_index(tmp_path / INDEX)] == ["phi-4"]


OWN = {
    "tui/files.py": "the one place",
    "tui/storage/atomic_file.py": "what it has just written",
    "tui/hosts/embedded/gguf.py": "mapped into memory; every length is checked before it is believed",
    "tui/hosts/embedded/smollm2/get.py": "compared with a SHA-256, and no more of it read than the right file has",
    "tui/cli/command_words.py": "comes with the program",
    "tui/report/formats/parquet.py": "what it has just written into a folder of its own",
    "tui/web/server.py": "comes with the program, or with the library",
    "tui/child/command.py": "what its own child wrote into a folder of its own",
}
"""Where files are read in another way, and why that is no harm."""


def readings(source: str) -> Iterator[int]:
    """The lines of a module that read a file by themselves: `read_text`, `read_bytes`, or `open` in mode `r`."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        modes = [
            word.value
            for word in (*node.args, *(word.value for word in node.keywords))
            if isinstance(word, ast.Constant)
        ]
        if (
            called in ("read_text", "read_bytes")
            or (called == "open" and {"r", "rb", "r+", "rb+"} & set(map(str, modes)))
            or (called == "open" and isinstance(node.func, ast.Name) and len(node.args) == 1 and not node.keywords)
        ):
            yield node.lineno


def test_every_file_is_read_through_the_one_place() -> None:
    files = sorted((ROOT / "tui").rglob("*.py"))
    assert len(files) > 50
    found = {str(file.relative_to(ROOT).as_posix()) for file in files if list(readings(file.read_text("utf-8")))}
    assert found - OWN.keys() == set(), "read it with tui.files"


@pytest.mark.parametrize("line", ['path.open("rb")', "path.read_text()", "open(path)", 'open(path, mode="r")'])
def test_the_check_sees_a_reading(line: str) -> None:
    assert list(readings(line)) == [1]


@pytest.mark.parametrize("line", ['path.open("xb")', "outlet.open(sink)", "self.open()", "path.write_text('r')"])
def test_the_check_lets_the_rest_of_them_pass(line: str) -> None:
    assert list(readings(line)) == []


@pytest.mark.skipif(find_spec("tomli") is None, reason="tomli is not installed")
def test_with_the_extra_fast_a_file_is_read_as_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = EVERYTHING.read_text(encoding="utf-8")
    found = []
    for version in ("2.3.2", "2.4.0"):  # The second reads TOML 1.1, and is passed over.
        monkeypatch.setattr("tomli.__version__", version)
        files._toml.cache_clear()
        found.append((files._toml().__name__, files.parse_toml(text)))
        with pytest.raises(ValueError, match="It is not TOML: Invalid value"):
            files.parse_toml("a = 1\nb = ")
    files._toml.cache_clear()
    assert found[0][1] == found[1][1] and found[1][0] == "tomllib"


def test_a_key_of_too_many_parts_is_found_however_far_down_it_is() -> None:
    lines = "a.b = 'x.y' # z.z\n" * 5_000
    assert shallow(lines) == lines
    with pytest.raises(ValueError, match="A key in line 5001 has more than 50 parts"):
        shallow(f"{lines}{'k.' * 50}k = 1\n{lines}")
