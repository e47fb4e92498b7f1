"""Theme files: colours by name, read from disk. What the colours mean is the interface's affair.

A file that cannot be used is reported and left out; the others are loaded all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.core.dict_reader import get
from tui.core.errors import StoreError, reason_of
from tui.core.requests.phase import Phase
from tui.files import read_regular, read_toml
from tui.storage.atomic_file import write_atomic

MAX_BYTES = 8192
"""A theme is some forty lines; the cap also keeps TOML that is slow to parse harmless."""
MAX_VALUE = 64
REQUIRED = ("primary", "background", "foreground")
COLOURS = (*REQUIRED, "secondary", "accent", "surface", "panel", "warning", "error", "success", "muted")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_CHOSEN = "theme.txt"
_NAME_CAP = 64
_KEYS = {"name", "dark", "ansi", "colours", "phases"}


@dataclass(frozen=True, slots=True)
class ThemeFile:
    """A theme as its file says it. The colours are text that nobody has tried yet."""

    name: str
    dark: bool
    """Whether light text stands on a dark ground."""
    ansi: bool
    """Whether its colours are the terminal's own sixteen, by name."""
    colours: dict[str, str]
    phases: dict[str, str]
    path: Path


def bundled_folder() -> Path:
    """Where the themes that come with the program are: in the package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside, beside = package / "themes", package.parent / "themes"
    return inside if inside.is_dir() or not beside.is_dir() else beside


def load_themes(folders: Iterable[Path]) -> tuple[list[ThemeFile], list[StoreError]]:
    """Every theme in the folders, ordered by name, and why the other files cannot be used.

    A theme takes the place of one with the same name in an earlier folder. A folder that does not exist holds none.
    """
    themes: dict[str, ThemeFile] = {}
    errors: list[StoreError] = []
    for folder in folders:
        here: dict[str, ThemeFile] = {}
        for path in sorted(folder.glob("*.toml")):
            try:
                theme = read_theme(path)
                if theme.name in here:
                    raise _unusable(path, f"It has the same name as {here[theme.name].path.name}: {theme.name}")
            except StoreError as error:
                errors.append(error)
            else:
                here[theme.name] = theme
        themes |= here
    return [themes[name] for name in sorted(themes)], errors


def remembered_theme(folder: Path) -> str | None:
    """The name of the theme that was chosen last; None when none was, or when that cannot be read."""
    try:
        return read_regular(folder / _CHOSEN, MAX_BYTES).decode("utf-8")[:_NAME_CAP].strip() or None
    except (OSError, ValueError):
        return None


def remember_theme(name: str, folder: Path) -> None:
    """Keep the name of the theme for the next time. Raises StoreError."""
    write_atomic(folder / _CHOSEN, name.encode("utf-8"))


def read_theme(path: Path) -> ThemeFile:
    """The theme in a file. Raises StoreError, which names the file and what is wrong with it."""
    try:
        return _theme(read_toml(path, MAX_BYTES), path)
    except OSError as error:
        raise _unusable(path, f"It cannot be read: {reason_of(error)}") from error
    except ValueError as error:
        raise _unusable(path, str(error)) from error


def _theme(table: dict[str, Any], path: Path) -> ThemeFile:
    _refuse_unknown(table, _KEYS, "")
    name = get(table, "name", str)
    if not _NAME.fullmatch(name):
        raise ValueError("`name` should be up to 32 small letters, digits and hyphens")
    colours = _texts(get(table, "colours", dict), "colours", COLOURS)
    missing = [key for key in REQUIRED if key not in colours]
    if missing:
        raise ValueError(f"`colours.{missing[0]}` is missing")
    return ThemeFile(
        name=name,
        dark=get(table, "dark", bool),
        ansi=get(table, "ansi", bool, False),
        colours=colours,
        phases=_texts(get(table, "phases", dict, {}), "phases", [phase.value for phase in Phase]),
        path=path,
    )


def _texts(table: dict[str, Any], section: str, known: Iterable[str]) -> dict[str, str]:
    _refuse_unknown(table, set(known), f"{section}.")
    for key, value in table.items():
        if not isinstance(value, str) or len(value) > MAX_VALUE:
            raise ValueError(f"`{section}.{key}` should be a colour")
    return dict(table)


def _refuse_unknown(table: dict[str, Any], known: set[str], section: str) -> None:
    for key in table:
        if key not in known:
            raise ValueError(f"`{section}{key}` is not a key of a theme; known are {', '.join(sorted(known))}")


def _unusable(path: Path, reason: str) -> StoreError:
    return StoreError(
        f"The theme file {path.name} cannot be used", reason, f"Mend or remove {path}; the other themes are there"
    )
