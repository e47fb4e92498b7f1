"""The lab's way to run tests, tried with this Python in the place of the one under Wine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.windows_lab import testing
from tools.windows_lab.check import check
from tools.windows_lab.lab import CHECKOUT, VARIABLE, Lab, LabError, default_folder
from tools.windows_lab.setup import TESTS_NEED, _requirements
from tools.windows_lab.shims import _wrapper

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX: the lab is for Linux")


@dataclass(frozen=True)
class Here(Lab):
    """This Python, which starts in a moment."""

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, *arguments]

    def environment(self, checkout: Path | None = CHECKOUT, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(CHECKOUT), **(extra or {})}

    def path(self, path: Path) -> str:
        return str(path)

    def stop(self) -> None:
        pass


TESTS = """
import os, pathlib, pytest
HERE = pathlib.Path(__file__).parent
def note(name):
    with (HERE / "ran").open("a") as file: file.write(name + " ")
def test_first(): note("first")
def test_brings_python_down(): note("crash"); os._exit(3)
def test_after_it(): note("after")
def test_fails_once():
    note("once")
    assert (HERE / "ran").read_text().split().count("once") > 1
def test_always_fails(): note("never"); assert False
@pytest.mark.skip(reason="not here")
def test_skipped(): pass
"""


@pytest.mark.slow
def test_a_run_goes_on_behind_a_crash_and_what_fails_has_a_second_try_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testing, "CHECKOUT", tmp_path)
    (tmp_path / "test_odd.py").write_text(TESTS)
    said: list[str] = []
    results = testing.test(Here(tmp_path), ["test_odd.py"], [], said.append)
    names = {test.rpartition("::")[2]: outcome for test, outcome in results.outcomes.items()}
    assert names == {
        "test_first": "passed", "test_brings_python_down": "abnormal", "test_after_it": "passed",
        "test_fails_once": "passed", "test_always_fails": "failed", "test_skipped": "skipped",
    }  # fmt: skip
    assert (tmp_path / "ran").read_text().split() == [
        "first",
        "crash",
        "after",
        "once",
        "never",
        "crash",
        "once",
        "never",
    ]
    assert [test.rpartition("::")[2] for test in results.unsteady] == ["test_fails_once"]
    lines = results.lines(12.0)
    assert "SKIPPED [1] not here" in lines
    assert lines[-1] == "2 failed, 3 passed, 1 skipped, 1 of them at the second try in 12 s"
    assert not list(tmp_path.glob("outcomes-*"))


@pytest.mark.slow
def test_a_run_without_any_test_is_broken_and_says_so(tmp_path: Path) -> None:
    results = testing.test(Here(tmp_path), ["nowhere.py"], [], lambda line: None)
    assert results.broken == "pytest ended with 4, and no test was run"
    assert results.lines(1.0)[-1] == "no tests in 1 s"


def test_the_folder_is_the_one_that_is_named_else_a_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "foundry-compare" / "windows-lab"


def test_a_command_runs_with_the_checkout_before_the_installed_program(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    environment = lab.environment(Path("/some/where"), {"A": "b"})
    assert environment["PYTHONPATH"] == "Z:\\some\\where" and environment["A"] == "b"
    assert environment["WINEPREFIX"] == str(tmp_path / "prefix")
    assert "PYTHONPATH" not in lab.environment(None)
    assert not lab.ready


def test_what_programs_left_behind_in_the_prefix_is_removed_and_nothing_else(tmp_path: Path) -> None:
    temp = tmp_path / "prefix" / "drive_c" / "users" / "somebody" / "Temp"
    (temp / "a folder").mkdir(parents=True)
    (temp / "a folder" / "file").touch()
    (temp / "file").touch()
    (temp.parent / "mine").touch()
    Lab(tmp_path).clean()
    assert not list(temp.iterdir()) and (temp.parent / "mine").exists()


def test_without_wine_there_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match="Wine is not installed"):
        Lab(tmp_path).command("-V")


def test_where_the_lab_cannot_be_had_the_check_says_why_and_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said: list[str] = []
    assert check(Lab(tmp_path / "lab"), said.append, 60.0) == 0
    (line,) = said
    assert line.startswith("skipped, no Windows Python: not installed: wine, ")
    assert "as root: apt-get install wine wine64" in line


def test_what_the_tests_need_is_taken_from_the_project() -> None:
    names = " ".join(_requirements())
    assert all(name in names for name in (*TESTS_NEED, "textual", "numpy", "foundry-local-sdk", "colorama"))
    assert ";" not in names and "mypy" not in names


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("csqrtf", "float _Complex shim_csqrtf(float _Complex a) { return csqrtf(a); }\n"),
        ("cabs", "double shim_cabs(double _Complex a) { return cabs(a); }\n"),
        ("cpow", "double _Complex shim_cpow(double _Complex a, double _Complex b) { return cpow(a, b); }\n"),
    ],
)
def test_a_function_that_wine_lacks_is_made_of_the_compilers_own(name: str, source: str) -> None:
    assert _wrapper(name) == source
