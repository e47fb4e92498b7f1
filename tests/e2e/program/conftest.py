"""What all tests of the whole program share: one data folder, as on a user's machine."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

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


@pytest.fixture(autouse=True)
def shared_data(data: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runtime registers its models once, not for every test."""
    monkeypatch.setenv("FOUNDRY_COMPARE_DATA", str(data))
