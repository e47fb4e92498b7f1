"""Where things are kept. The environment and the working directory are read when asked, never on import."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from tui.files import read_toml

APP = "foundry-compare"
_MAX_PROJECT_BYTES = 1 << 16


def sessions_dir(flag: Path | None = None) -> Path:
    """The folder of the session files; it need not exist yet.

    The flag, else `FOUNDRY_COMPARE_SESSIONS`, else `sessions/` of this project's checkout when the working directory
    is in one, else a folder in the user's data directory.
    """
    if flag is not None:
        return _expanded(flag)
    given = _from_environment("SESSIONS")
    if given is not None:
        return given
    checkout = _checkout()
    return (checkout if checkout is not None else data_dir()) / "sessions"


def config_dir() -> Path:
    """The folder of the user's settings: `FOUNDRY_COMPARE_CONFIG`, else the platform's place."""
    return _from_environment("CONFIG") or platformdirs.user_config_path(APP, appauthor=False)


def state_dir() -> Path:
    """The folder of what may be lost, and of journals whose own folder cannot be written: `FOUNDRY_COMPARE_STATE`."""
    return _from_environment("STATE") or platformdirs.user_state_path(APP, appauthor=False)


def data_dir() -> Path:
    """The folder of what the user made: `FOUNDRY_COMPARE_DATA`, else the platform's place."""
    return _from_environment("DATA") or platformdirs.user_data_path(APP, appauthor=False)


def _from_environment(name: str) -> Path | None:
    value = os.environ.get(f"FOUNDRY_COMPARE_{name}")
    return _expanded(Path(value)) if value else None


def _expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        return path  # No home directory is known: the tilde is then taken as a name.


def _checkout() -> Path | None:
    try:
        here = Path.cwd()
    except OSError:
        return None  # The working directory was deleted.
    return next((folder for folder in (here, *here.parents) if _is_checkout(folder)), None)


def _is_checkout(folder: Path) -> bool:
    try:
        project = read_toml(folder / "pyproject.toml", _MAX_PROJECT_BYTES).get("project")
    except (OSError, ValueError):
        return False
    return isinstance(project, dict) and project.get("name") == APP
