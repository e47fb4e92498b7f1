"""What is given out: the two files, what is in them, and that the usual installers make a program of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import pytest

from tests.e2e.program.conftest import NO_RUNTIME, ROOT, build
from tests.support.program import call
from tests.support.some import some
from tui.cli.help import TOPICS

venv = pytest.importorskip("venv", reason="no venv module")

FOLDERS = ("tui", "foundry_compare", "themes", "tests", "benchmarks", "tools", "docs", "sessions/examples")
AT_THE_TOP = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "pyproject.toml", ".gitignore"}
LEFT_OVER = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "node_modules"}
"""What work leaves behind in a checkout."""
MADE = ROOT / "tools" / "demo_models" / "work"
PROGRAM = "foundry-compare.exe" if sys.platform == "win32" else "foundry-compare"


def files_of(*folders: str) -> set[str]:
    """The files of the checkout below these folders, without what work leaves behind."""
    found = (file for folder in folders for file in (ROOT / folder).rglob("*") if file.is_file())
    return {
        file.relative_to(ROOT).as_posix()
        for file in found
        if not LEFT_OVER.intersection(file.parts) and not file.is_relative_to(MADE)
    }


def test_a_build_elsewhere_at_another_time_is_the_same_to_the_byte(
    distributions: tuple[Path, Path], tmp_path: Path
) -> None:
    checkout = tmp_path / "another folder"
    for name in (*FOLDERS, *AT_THE_TOP):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, checkout / name)
        else:
            shutil.copy(ROOT / name, checkout / name)
    (checkout / "tui" / "__pycache__").mkdir(exist_ok=True)
    (checkout / "tui" / "__pycache__" / "left.cpython-311.pyc").write_bytes(b"of yesterday")
    for path in some(checkout.rglob("*")):
        os.utime(path, (1e9, 1e9))
        path.chmod(0o700 if path.is_dir() else 0o600)
    target = tmp_path / "built"
    again = build(checkout, target, *(() if sys.platform == "win32" else (0o077,)))
    for first, second in some(zip(distributions, again, strict=True)):
        assert first.name == second.name
        assert first.read_bytes() == second.read_bytes(), first.name


def test_the_source_distribution_holds_the_checkout_and_nothing_else(distributions: tuple[Path, Path]) -> None:
    with tarfile.open(distributions[0]) as archive:
        names = {
            PurePosixPath(name).relative_to(PurePosixPath(name).parts[0]).as_posix() for name in archive.getnames()
        }
    assert names == AT_THE_TOP | {"PKG-INFO"} | files_of(*FOLDERS)


def test_the_wheel_holds_the_program_its_themes_and_its_pages_and_nothing_else(
    distributions: tuple[Path, Path],
) -> None:
    with zipfile.ZipFile(distributions[1]) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    themes = {f"tui/{name}" for name in files_of("themes")}
    pages = {f"tui/pages/{topic}.md" for topic in TOPICS}
    assert names == files_of("tui", "foundry_compare") | themes | pages
    models = {"tui/demo_models/demo-large/model.onnx", "tui/hosts/embedded/smollm2/graph.onnx"}
    assert names > models | {"tui/py.typed", "foundry_compare/py.typed", "tui/themes/dark.toml"}


@pytest.fixture(scope="module")
def installers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with an environment that has uv and pipx, and with room for what they install."""
    home = tmp_path_factory.mktemp("installers")
    venv.create(home / "own", with_pip=True)
    done = installer(home, "python", "-m", "pip", "install", "--quiet", "uv", "pipx")
    index = (
        installer(home, "uv", "pip", "compile", "--quiet", "-", stdin="textual-serve") if not done.returncode else done
    )
    if index.returncode:
        shutil.rmtree(home)
        pytest.skip(f"the package index does not give uv and pipx what they need: {index.stderr.strip()[-200:]}")
    yield home
    shutil.rmtree(home)  # Half a gigabyte, which pytest would keep three times over.


def installer(home: Path, command: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command of the environment; everything that it writes is in `home`."""
    places = {
        "UV_TOOL_DIR": "uv", "UV_TOOL_BIN_DIR": "bin-uv", "UV_CACHE_DIR": "uv-cache",
        "PIPX_HOME": "pipx", "PIPX_BIN_DIR": "bin-pipx", "PIPX_MAN_DIR": "man",
    }  # fmt: skip
    environment = os.environ | {name: str(home / folder) for name, folder in places.items()}
    environment |= {"UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    program = home / "own" / ("Scripts" if sys.platform == "win32" else "bin") / command
    return subprocess.run(
        [str(program), *arguments], cwd=home, env=environment, input=stdin, capture_output=True, text=True, timeout=600
    )


@pytest.mark.parametrize(
    ("tool", "command", "kind"),
    [
        ("uv", ("uv", "tool", "install", "--python", sys.executable), "wheel"),
        ("uv", ("uv", "tool", "install", "--force", "--python", sys.executable), "source"),
        ("pipx", ("pipx", "install", "--python", sys.executable), "wheel"),
        ("pipx", ("pipx", "install", "--force", "--python", sys.executable), "source"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_it_is_installed_as_a_tool_and_answers_from_another_folder(
    tool: str, command: Sequence[str], kind: str, installers: Path, distributions: tuple[Path, Path], tmp_path: Path
) -> None:
    done = installer(installers, *command, str(distributions[kind == "wheel"]))
    assert done.returncode == 0, done.stdout + done.stderr
    program = [str(installers / f"bin-{tool}" / PROGRAM)]
    version = distributions[1].name.split("-")[1]
    assert call("--version", cwd=tmp_path, program=program).out == f"foundry-compare, version {version}\n"
    assert "theme" in call("help", "config", cwd=tmp_path, program=program).out
    if not NO_RUNTIME:
        done = call(
            "run", "--host", "demo", "-m", "demo-small", "-p", "What is a token?", cwd=tmp_path, program=program
        )
        assert done.code == 0, done.err
        assert "A token is" in done.out
