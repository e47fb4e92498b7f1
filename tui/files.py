"""Reading files that somebody else may have put there: only regular ones, no more of them than a cap, with a reason.

A pipe, a device or a socket under a file's name would make the program wait, perhaps for ever.
"""

from __future__ import annotations

import codecs
import errno
import json
import os
import re
import stat
import tomllib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any, BinaryIO, TypeVar

from tui.core.dict_reader import Table
from tui.core.text.formatting import data_size
from tui.held_files import patiently

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
_PIECES_AT_ONCE = 2_000
"""How many pieces are looked at before other threads have a turn: a large session takes a tenth of a second in all."""
_SHALLOW = re.compile(
    rf"""(?:
        \"\"\"(?:[^"\\]++|\\.|"(?!""))*+(?:"{{3,5}}|\\?\Z)
      | '''(?:[^']++|'(?!''))*+(?:'{{3,5}}|\Z)
      | \#[^\n]*+
      | {_PART}{_NEXT_PART}{{0,{MAX_KEY_PARTS - 1}}}+(?!{_NEXT_PART})
      | [^A-Za-z0-9_"'\#-]++
    ){{0,{_PIECES_AT_ONCE}}}+""",
    re.VERBOSE | re.DOTALL,
)


class NotAFileError(OSError):
    """There is something under this name that is no regular file. `strerror` says what, as a sentence."""


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file to read its bytes; symbolic links are followed. Waits for nobody to write or to read, and
    only for a moment for a program that holds the file (`tui.held_files`).

    Raises OSError; NotAFileError, which is one, when there is a folder, a pipe, a socket or a device.
    """
    # Before it is opened, because opening a device can already do something; and after, because it may have changed.
    patiently(lambda: _check(path.stat(), path), path)
    handle = patiently(lambda: os.open(path, _FLAGS), path)
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
    return parse_toml(text_of_file(path, cap))


def parse_toml(text: str) -> Table:
    """The tables of a TOML text. Raises ValueError with a sentence for whatever is wrong with it."""
    return _parsed(shallow(text), "TOML", _toml().loads)


def read_json(path: Path, cap: int) -> Any:
    """What a JSON file holds. Raises OSError, or ValueError with a sentence for whatever is wrong with it."""
    return _parsed(text_of_file(path, cap), "JSON", json.loads)


def text_of_file(path: Path, cap: int) -> str:
    """The text of a file. Raises OSError, or ValueError with a sentence."""
    return text_of(read_regular(path, cap))


def shallow(text: str) -> str:
    """The text of a TOML file. Raises ValueError when a key in it has so many parts that it takes for ever to parse."""
    end = 0
    while end < len(text):
        found = _SHALLOW.match(text, end)
        if found is None or found.end() == end:
            line = text.count("\n", 0, end) + 1
            raise ValueError(f"A key in line {line} has more than {MAX_KEY_PARTS} parts")
        end = found.end()
    return text


def text_of(data: bytes) -> str:
    """The text of a file or a pipe: UTF-8, or UTF-16 where its first bytes say so, as Windows' shells write it.

    The mark is no part of the text. Raises ValueError with a sentence for any other encoding.
    """
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"Byte {error.start + 1} is not {'UTF-16' if marked else 'UTF-8'} text"
        if marked:
            raise ValueError(where) from error
        raise ValueError(where + _as_code_page(data[error.start : error.start + 1])) from error


def _as_code_page(byte: bytes) -> str:
    """What is probably meant: one byte a character, as older editors and shells of Windows write."""
    try:
        meant = byte.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return f"; in Windows-1252 it would be {meant!r}. Save it as UTF-8" if meant.isprintable() else ""


@cache
def _toml() -> Any:
    """What reads TOML: tomli, three times as fast, where it is compiled (the extra `fast`), else Python's own.

    tomli 2.4 takes TOML 1.1: a file would be read on one machine and not on another.
    """
    with suppress(ImportError):
        tomli = import_module("tomli")
        if tomli.__version__.startswith("2.3.") and not isinstance(tomli.loads, FunctionType):
            return tomli
    return tomllib


def _parsed(text: str, form: str, parse: Callable[[str], _T]) -> _T:
    try:
        found = parse(text)
        _check_numbers(found)
    except (tomllib.TOMLDecodeError, _toml().TOMLDecodeError, json.JSONDecodeError) as error:
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
