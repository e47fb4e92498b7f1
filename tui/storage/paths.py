"""Where things are kept. The environment and the working directory are read when asked, never on import."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from tui.files import read_toml

APP = "foundry-compare"
MAX_CONFIG_BYTES = 16_384
"""Dozens of hosts and a key for every action fit; the cap also keeps TOML that is slow to parse harmless."""
_MAX_PROJECT_BYTES = 1 << 16
_MAX_PATH = 260
_LONGEST_NAME = 64
"""Characters of the longest name of a file that is written below a folder, and more."""


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


def config_file(folder: Path) -> Path:
    """The configuration in the folder of the user's settings; it need not exist."""
    return folder / "config.toml"


def state_dir() -> Path:
    """The folder of what may be lost, and of journals whose own folder cannot be written: `FOUNDRY_COMPARE_STATE`."""
    return _from_environment("STATE") or platformdirs.user_state_path(APP, appauthor=False)


def data_dir() -> Path:
    """The folder of what the user made: `FOUNDRY_COMPARE_DATA`, else the platform's place."""
    return _from_environment("DATA") or platformdirs.user_data_path(APP, appauthor=False)


def cache_dir() -> Path:
    """The folder of what can be made once more from other files: `FOUNDRY_COMPARE_CACHE`, else the platform's place."""
    return _from_environment("CACHE") or platformdirs.user_cache_path(APP, appauthor=False)


def _from_environment(name: str) -> Path | None:
    value = os.environ.get(f"FOUNDRY_COMPARE_{name}")
    return _expanded(Path(value)) if value else None


def _expanded(path: Path) -> Path:
    try:
        return _reachable(path.expanduser())
    except RuntimeError:
        return path  # No home directory is known: the tilde is then taken as a name.


def _reachable(folder: Path) -> Path:
    r"""The folder in a form in which files of long names below it can be reached.

    Windows refuses paths of 260 characters and more, unless its user has lifted that, or they begin with `\\?\`.
    """
    whole = os.path.abspath(folder) if os.name == "nt" else ""  # noqa: PTH100 - as Windows will understand it
    return Path(extended(whole)) if len(whole) > _MAX_PATH - _LONGEST_NAME else folder


def extended(path: str) -> str:
    r"""An absolute Windows path in the form that may be as long as it likes."""
    if path.startswith("\\\\?\\"):
        return path
    return "\\\\?\\UNC" + path[1:] if path.startswith("\\\\") else "\\\\?\\" + path


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
