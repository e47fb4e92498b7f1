"""What the program writes is for its owner's eyes alone: each kind of file, and each folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.loopback_server import LoopbackServer
from tests.support.program import call
from tests.support.sessions import session
from tests.unit.storage.entries import folded, header, run_entries, stream, until
from tui.core.catalog.model_card import ModelCard
from tui.hosts.embedded.cache import write_known
from tui.hosts.embedded.local_models import _keep as _keep_registration
from tui.private_files import make_folder
from tui.storage.file_lock import SessionLock
from tui.storage.journal import SUFFIX, Journal
from tui.storage.session_writer import TomlSessionWriter
from tui.storage.theme_files import remember_theme

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")

EVENTS = stream("r1", ["All ", "of it."], ended=True)
WHOLE = session([folded("r1", EVENTS)])


@pytest.fixture(autouse=True)
def generous() -> Iterator[None]:
    """Whatever the user's own files are like."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    """The permissions of everything below a folder, and of itself, in octal."""
    return {
        str(path.relative_to(folder)): oct(stat.S_IMODE(path.stat().st_mode))
        for path in (folder, *sorted(folder.rglob("*")))
    }


def test_journal_lock_file_and_folders_of_a_session(tmp_path: Path) -> None:
    writer = TomlSessionWriter(tmp_path / "new" / "sessions", WHOLE.id, tmp_path / "state")
    for entry in [*header(WHOLE), *run_entries("r1", EVENTS)]:
        writer.record(entry)
    writer.save(WHOLE)
    until(writer.path.exists)
    assert modes(tmp_path / "new") == {
        ".": "0o700",
        "sessions": "0o700",
        f"sessions/{WHOLE.id}.toml": "0o600",
        f"sessions/{WHOLE.id}.lock": "0o600",
        f"sessions/{WHOLE.id}{SUFFIX}": "0o600",
    }
    writer.close(WHOLE)


def test_a_journal_in_the_spare_folder(tmp_path: Path) -> None:
    (tmp_path / "sessions").touch()
    writer = TomlSessionWriter(tmp_path / "sessions", WHOLE.id, tmp_path / "state")
    for entry in [*header(WHOLE), *run_entries("r1", EVENTS)]:
        writer.record(entry)
    assert not writer.close(WHOLE)
    assert modes(tmp_path / "state") == {".": "0o700", f"{WHOLE.id}{SUFFIX}": "0o600"}


def test_what_others_could_read_is_closed_to_them_when_it_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "foundry-compare" / "sessions"
    folder.mkdir(mode=0o755, parents=True)
    (folder / "older.toml").touch(0o644)
    (folder / f"s{SUFFIX}").touch(0o644)
    (folder / "s.lock").write_text("1 1")
    Journal(folder / f"s{SUFFIX}").append({"n": 1})
    lock = SessionLock(folder / "s.lock")
    assert lock.acquire()
    found = modes(folder)
    assert (found["."], found[f"s{SUFFIX}"], found["s.lock"]) == ("0o700", "0o600", "0o600")
    lock.release()


@pytest.mark.parametrize("mode", [0o1777, 0o2775])
def test_a_folder_that_is_shared_on_purpose_stays_so(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(mode)
    make_folder(folder)
    assert modes(folder)["."] == oct(mode)


def test_a_checkout_of_the_program_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "foundry-compare"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "pyproject.toml").touch()
    make_folder(folder)
    assert modes(folder)["."] == "0o755"


def test_a_folder_that_somebody_else_made_is_left_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    folder.mkdir()
    folder.chmod(0o777)
    Journal(folder / f"s{SUFFIX}").append({"n": 1})
    assert modes(folder) == {".": "0o777", f"s{SUFFIX}": "0o600"}
    named = tmp_path / "foundry-compare"
    (named / "projects").mkdir(parents=True)
    make_folder(named)
    assert modes(named)["."] == "0o700"


def test_the_theme_that_is_remembered(tmp_path: Path) -> None:
    remember_theme("dark", tmp_path / "state")
    assert modes(tmp_path / "state") == {".": "0o700", "theme.txt": "0o600"}


def test_what_is_known_of_models(tmp_path: Path) -> None:
    write_known(tmp_path / "data" / "known.json", [ModelCard("a", "a")])
    assert modes(tmp_path / "data") == {".": "0o700", "known.json": "0o600"}
    assert _keep_registration(tmp_path / "own.json", tmp_path)
    assert modes(tmp_path)["own.json"] == "0o600"


@pytest.mark.slow
def test_everything_that_a_run_leaves(tmp_path: Path, own_folders: Path) -> None:
    with LoopbackServer().running() as server:
        done = call("run", "--host", server.url, "-m", "good", "-p", "hi", cwd=tmp_path)
    assert done.code == 0
    (name,) = [path.name for path in (own_folders / "sessions").iterdir()]
    assert modes(own_folders / "sessions") == {".": "0o700", name: "0o600"}
