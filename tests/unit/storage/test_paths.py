"""Where things are kept: the flag, then the environment, then the checkout, then the platform's place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.some import some
from tui.storage import paths
from tui.storage.atomic_file import write_atomic

PROJECT = '[project]\nname = "foundry-compare"\n'


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of ours is set, and the working directory is in no checkout."""
    for name in [name for name in os.environ if name.startswith("FOUNDRY_COMPARE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "deep" / "down").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PROJECT)
    return folder


def test_the_flag_beats_the_environment_which_beats_the_checkout_which_beats_the_platform(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOUNDRY_COMPARE_DATA", str(tmp_path / "data"))
    assert paths.sessions_dir() == tmp_path / "data" / "sessions"
    monkeypatch.chdir(checkout)
    assert paths.sessions_dir() == checkout / "sessions"
    monkeypatch.setenv("FOUNDRY_COMPARE_SESSIONS", str(tmp_path / "mine"))
    assert paths.sessions_dir() == tmp_path / "mine"
    assert paths.sessions_dir(tmp_path / "flag") == tmp_path / "flag"


def test_a_folder_deep_in_the_checkout_is_in_the_checkout(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout / "deep" / "down")
    assert paths.sessions_dir() == checkout / "sessions"


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "another"\ndependencies = ["foundry-compare"]\n',
        '[tool.x]\nname = "foundry-compare"\n',
        'project = "foundry-compare"\n',
        'name = "foundry-compare" and this is no TOML\n',
        "a = " + "[" * 5000 + ' # name = "foundry-compare"\n',
    ],
    ids=["another project that uses this one", "another table", "no table", "broken", "nested without end"],
)
def test_another_project_is_no_checkout(text: str, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "pyproject.toml").write_text(text)
    monkeypatch.chdir(checkout)
    assert paths.sessions_dir() == paths.data_dir() / "sessions"


def test_bytes_that_are_no_text_are_no_checkout(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "pyproject.toml").write_bytes(PROJECT.encode() + b"\xff")
    monkeypatch.chdir(checkout)
    assert paths.sessions_dir() == paths.data_dir() / "sessions"


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUNDRY_COMPARE_SESSIONS", "")
    assert paths.sessions_dir() == paths.data_dir() / "sessions"


@pytest.mark.skipif(os.name != "posix", reason="Windows does not let the working directory be deleted")
def test_a_deleted_working_directory_is_in_no_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert paths.sessions_dir() == paths.data_dir() / "sessions"
    monkeypatch.chdir(tmp_path)


def test_each_folder_has_its_variable_and_a_place_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = {"CONFIG": paths.config_dir, "STATE": paths.state_dir, "DATA": paths.data_dir}
    assert all(paths.APP in folder().parts for folder in some(folders.values()))
    for name, folder in some(folders.items()):
        monkeypatch.setenv(f"FOUNDRY_COMPARE_{name}", str(tmp_path / name))
        assert folder() == tmp_path / name


def test_a_tilde_is_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("FOUNDRY_COMPARE_SESSIONS", "~/kept")
    assert paths.sessions_dir() == tmp_path / "kept"
    assert paths.sessions_dir(Path("~/flag")) == tmp_path / "flag"


def test_asking_makes_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SESSIONS", "CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"FOUNDRY_COMPARE_{name}", str(tmp_path / "new" / name))
    for folder in (paths.sessions_dir, paths.config_dir, paths.state_dir, paths.data_dir):
        folder()
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("C:\\a\\b", "\\\\?\\C:\\a\\b"),
        ("\\\\server\\share\\a", "\\\\?\\UNC\\server\\share\\a"),
        ("\\\\?\\C:\\a", "\\\\?\\C:\\a"),
    ],
)
def test_the_form_of_a_windows_path_that_may_be_long(path: str, form: str) -> None:
    assert paths.extended(path) == form


def test_a_folder_of_a_long_path_can_be_written_to(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a folder of forty characters, as it were"] * 8)
    folder = paths.sessions_dir(deep)
    write_atomic(folder / "20261130T062443Z-0ac6.toml", b"kept", lambda data: None)
    assert (folder / "20261130T062443Z-0ac6.toml").read_bytes() == b"kept"
    assert len(str(folder)) > 300
    assert (str(folder) == str(deep)) == (os.name != "nt")
