"""What all tests of the whole program share: one data folder, as on a user's machine."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

NO_RUNTIME = (
    ""
    if importlib.util.find_spec("foundry_local_sdk")
    else "foundry_local_sdk is not installed: no embedded runtime here"
)
"""Why the embedded runtime cannot be tested here; empty when it can."""

needs_runtime = pytest.mark.skipif(bool(NO_RUNTIME), reason=NO_RUNTIME or "never")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("program")


def build(checkout: Path, target: Path, umask: int = -1) -> tuple[Path, Path]:
    """Make the source distribution of a checkout, and the wheel of that. The two files."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), str(checkout)]
    subprocess.run(command, check=True, capture_output=True, timeout=240, umask=umask)
    (source,), (wheel,) = target.glob("*.tar.gz"), target.glob("*.whl")
    return source, wheel


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source distribution of this checkout and the wheel that is made from it."""
    return build(ROOT, tmp_path_factory.mktemp("distributions"))


@pytest.fixture(autouse=True)
def shared_data(data: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runtime registers its models once, not for every test."""
    monkeypatch.setenv("FOUNDRY_COMPARE_DATA", str(data))
