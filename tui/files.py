"""Reading files that somebody else may have put there: only regular ones, no more of them than a cap, with a reason.

A pipe, a device or a socket under a file's name would make the program wait, perhaps for ever.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from tui.core.dict_reader import Table
from tui.core.text.formatting import data_size

MAX_KEY_PARTS = 50
"""tomllib takes the square of a key's parts: 20 s for a key of 40 kB."""

_LARGEST = (1 << 63) - 1
_TOO_LARGE = "It holds a whole number of more than 64 bits"
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_FLAGS = os.O_RDONLY
# Opening must not wait for a writer, make a terminal this program's own, or translate line ends. No platform has all.
for _name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT"):
    _FLAGS |= getattr(os, _name, 0)

_T = TypeVar("_T")
# Everything a TOML file is made of, strings and comments first, so that dots inside an answer are not taken for a key.
# Each piece also matches when it is not ended, and none gives back what it took: one pass, however odd the file.
_PART = r"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]++|\\.)*+"?+|'[^'\n]*+'?+)"""
_NEXT_PART = rf"(?:[ \t]*+\.[ \t]*+{_PART})"
_SHALLOW = re.compile(
    rf"""(?:
        \"\"\"(?:[^"\\]++|\\.|"(?!""))*+(?:"{{3,5}}|\\?\Z)
      | '''(?:[^']++|'(?!''))*+(?:'{{3,5}}|\Z)
      | \#[^\n]*+
      | {_PART}{_NEXT_PART}{{0,{MAX_KEY_PARTS - 1}}}+(?!{_NEXT_PART})
      | [^A-Za-z0-9_"'\#-]++
    )*+""",
    re.VERBOSE | re.DOTALL,
)


class NotAFileError(OSError):
    """There is something under this name that is no regular file. `strerror` says what, as a sentence."""


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file to read its bytes; symbolic links are followed. Never waits for anybody.

    Raises OSError; NotAFileError, which is one, when there is a folder, a pipe, a socket or a device.
    """
    # Before it is opened, because opening a device can already do something; and after, because it may have changed.
    _check(path.stat(), path)
    handle = os.open(path, _FLAGS)
    try:
        _check(os.fstat(handle), path)
    except OSError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def is_there(path: Path) -> bool:
    """Whether something under this name can be found. Never raises: what cannot be looked at is not found."""
    return os.path.exists(path)  # noqa: PTH110 - before 3.14 Path.exists() raises for a folder that is out of reach


def is_missing(path: Path) -> bool:
    """Whether there is nothing under this name, not even a link. Raises OSError when that cannot be said."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return True
    return False


def refuse_irregular(path: Path) -> None:
    """Raises NotAFileError when there is something at `path` that is no regular file; nothing there is no failure."""
    try:
        _check(path.stat(), path)
    except FileNotFoundError:
        return


def read_regular(path: Path, cap: int) -> bytes:
    """The bytes of a regular file. Raises OSError like `open_regular`, ValueError when there are more than `cap`."""
    with open_regular(path) as file:
        data = file.read(cap + 1)
    if len(data) > cap:
        raise ValueError(f"It is larger than {_size(cap)}")
    return data


def read_toml(path: Path, cap: int) -> Table:
    """The tables of a TOML file. Raises OSError, or ValueError with a sentence for whatever is wrong with it."""
    return parse_toml(_text(read_regular(path, cap)))


def parse_toml(text: str) -> Table:
    """The tables of a TOML text. Raises ValueError with a sentence for whatever is wrong with it."""
    return _parsed(shallow(text), "TOML", tomllib.loads)


def read_json(path: Path, cap: int) -> Any:
    """What a JSON file holds. Raises OSError, or ValueError with a sentence for whatever is wrong with it."""
    return _parsed(_text(read_regular(path, cap)), "JSON", json.loads)


def shallow(text: str) -> str:
    """The text of a TOML file. Raises ValueError when a key in it has so many parts that it takes for ever to parse."""
    found = _SHALLOW.match(text)
    end = found.end() if found else 0
    if end < len(text):
        line = text.count("\n", 0, end) + 1
        raise ValueError(f"A key in line {line} has more than {MAX_KEY_PARTS} parts")
    return text


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"Byte {error.start + 1} is not UTF-8 text") from error


def _parsed(text: str, form: str, parse: Callable[[str], _T]) -> _T:
    try:
        found = parse(text)
        _check_numbers(found)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"It is not {form}: {error}") from error
    except RecursionError as error:
        raise ValueError("It is nested too deeply") from error
    except ValueError as error:  # Of a number with so many digits that Python does not read it.
        raise ValueError(_TOO_LARGE) from error
    return found


def _check_numbers(value: Any) -> None:
    """Raises ValueError for a whole number of more than 64 bits: TOML has none, and no sum could hold it."""
    if isinstance(value, dict):
        for inner in value.values():
            _check_numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_numbers(inner)
    elif isinstance(value, int) and not -_LARGEST - 1 <= value <= _LARGEST:
        raise ValueError(_TOO_LARGE)


def _check(status: os.stat_result, path: Path) -> None:
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        raise NotAFileError(errno.EINVAL, f"It is {_KINDS.get(kind, 'something else')}, not a file", str(path))


def _size(cap: int) -> str:
    return data_size(cap) if cap >= 1 << 20 else f"{cap} bytes"
