"""What this system says of its errors, which is not the same everywhere."""

from __future__ import annotations

from pathlib import Path


def _of_a_missing_file() -> str:
    try:
        Path(__file__).with_name("there-is-none").stat()
    except FileNotFoundError as error:
        return error.strerror or ""
    raise AssertionError("there should be none")


NO_SUCH_FILE = _of_a_missing_file()
