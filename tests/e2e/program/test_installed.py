"""The program as it is installed: a wheel in a folder of its own, and the checkout, each finding all of its parts."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.e2e.program.conftest import NO_RUNTIME, ROOT
from tests.support.loopback_server import LoopbackServer
from tests.support.program import call
from tui.storage.theme_files import bundled_folder

venv = pytest.importorskip("venv", reason="no venv module")

SCRIPT = "foundry-compare.exe" if sys.platform == "win32" else "foundry-compare"
PARTS = """
import foundry_compare
import tui
from pathlib import Path
from tui.hosts.embedded.bundle import bundle_root, read_bundle
from tui.storage.theme_files import bundled_folder
from tui.ui.themes import load_all
themes, notices = load_all([])
print(Path(tui.__file__).parent)
print(Path(foundry_compare.__file__).parent.parent, foundry_compare.__version__)
print(bundled_folder())
print(len(themes), len(notices), len(read_bundle(bundle_root())))
"""


@pytest.fixture(scope="session")
def wheel(distributions: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the wheel is installed that is made from the source distribution of this checkout."""
    _, file = distributions
    site = tmp_path_factory.mktemp("wheel") / "site"
    pip = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", str(site), str(file)]
    subprocess.run([*pip, "--quiet", "--disable-pip-version-check"], check=True, capture_output=True, timeout=120)
    return site


@pytest.fixture(scope="session")
def editable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of an environment in which this checkout is installed to be edited."""
    home = tmp_path_factory.mktemp("editable")
    venv.create(home, with_pip=False)
    (site,) = [Path(found) for found in home.rglob("site-packages")]
    # The dependencies are those of the environment that runs the tests; its own copy of the program comes after.
    (site / "zz-dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    scripts = home / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / Path(sys.executable).name
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index"]
    subprocess.run(
        [*pip, "--no-build-isolation", "--quiet", "--disable-pip-version-check", "-e", str(ROOT)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return scripts


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A working directory with a folder called `tui` that must not be imported."""
    (tmp_path / "tui").mkdir()
    (tmp_path / "tui" / "__init__.py").write_text("raise SystemExit('this is another folder called tui')\n")
    return tmp_path


@pytest.fixture(params=["wheel", "editable"])
def install(request: pytest.FixtureRequest) -> tuple[Path, Sequence[str], Mapping[str, str]]:
    """Where the package lies, how its program is started, and what the environment needs for that."""
    if request.param == "editable":
        scripts: Path = request.getfixturevalue("editable")
        return ROOT / "tui", [str(scripts / SCRIPT)], {}
    site: Path = request.getfixturevalue("wheel")
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    return site / "tui", [str(site / "bin" / SCRIPT)], {"PYTHONPATH": path}


Install = tuple[Path, Sequence[str], Mapping[str, str]]


def test_it_finds_its_themes_and_its_models(install: Install, elsewhere: Path) -> None:
    package, program, environ = install
    beside = Path(program[0]).parent / Path(sys.executable).name
    python = str(beside) if beside.exists() else sys.executable
    done = call("-P", "-c", PARTS, cwd=elsewhere, program=[python], environ=environ)
    assert done.code == 0, done.err
    where, public, themes, counts = done.out.splitlines()
    assert Path(where) == package
    assert public == f"{package.parent} {version('foundry-compare')}"
    assert Path(themes) == (package / "themes" if package != ROOT / "tui" else ROOT / "themes")
    files = len(list(bundled_folder().glob("*.toml")))
    assert counts.split() == [str(files), "0", "3"]


def test_it_answers_with_its_engine_from_a_folder_that_holds_another_tui(install: Install, elsewhere: Path) -> None:
    _, program, environ = install
    with LoopbackServer().running() as server:
        args = ("run", "--host", server.url, "-m", "good", "-p", "hi")
        done = call(*args, cwd=elsewhere, program=program, environ=environ)
    assert done.code == 0, done.err
    assert "One two three four five" in done.out


@pytest.mark.skipif(bool(NO_RUNTIME), reason=NO_RUNTIME or "never")
def test_it_answers_with_its_demo_models_from_there_too(install: Install, elsewhere: Path) -> None:
    _, program, environ = install
    done = call("smoke", cwd=elsewhere, program=program, environ=environ)
    assert done.code == 0, done.out + done.err
    assert done.out.count("ok    demo-") == 3
    assert "another folder" not in done.out + done.err
