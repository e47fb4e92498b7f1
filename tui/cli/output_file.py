"""The option `-o FILE`: what a command shows goes into a file, as UTF-8, whatever a terminal or a pipe would take."""

from __future__ import annotations

import errno
import functools
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

import click

from tui.cli.output import say
from tui.storage.new_file import check_free

P = ParamSpec("P")
R = TypeVar("R")

STDOUT = Path("-")
OR_FORCE = "Give another name, or --force to replace it."
"""What to do where the file is there."""
output_option = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Write it to this file; - is stdout.",
)  # fmt: skip
force_option = click.option("--force", is_flag=True, help="Replace FILE if it is there.")


@contextmanager
def shown_in(output: Path | None, *, force: bool) -> Iterator[None]:
    """Show what is shown within the block in this file instead of on stdout, as UTF-8, each text at once.

    Without a file, or with `-`, nothing is changed. Raises BadInputError when it is there, unless `force` is given; it
    is replaced with the first text, so that a command that comes to nothing leaves it alone.
    """
    if output is None or output == STDOUT:
        yield
        return
    check_free(output, force=force, or_else=OR_FORCE)
    late = _LateFile(output, "wb" if force else "xb")
    try:
        with io.TextIOWrapper(io.BufferedWriter(late), encoding="utf-8", newline="\n") as file, redirect_stdout(file):
            yield
    finally:
        if late.begun:
            say("Only a part is in" if late.broken else "Written to", whole=str(output))


def into_file(command: Callable[P, R]) -> Callable[P, R]:
    """Give a command the options `-o FILE` and `--force`: what it shows goes there."""

    @output_option
    @force_option
    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        output, force = kwargs.pop("output"), kwargs.pop("force")
        assert output is None or isinstance(output, Path)
        with shown_in(output, force=bool(force)):
            return command(*args, **kwargs)

    return wrapper


class _LateFile(io.RawIOBase):
    """A file that is opened when something is written to it."""

    def __init__(self, path: Path, mode: Literal["wb", "xb"]) -> None:
        self._path = path
        self._mode = mode
        self._file: io.FileIO | None = None
        self._refused = False
        self.broken = False
        """Whether it holds less than was written to it."""

    @property
    def begun(self) -> bool:
        """Whether it has been opened."""
        return self._file is not None and not self._refused

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int | None:
        if self._file is None:
            try:
                self._file = io.FileIO(self._path, self._mode)
            except OSError:
                # Said once: what comes after it goes nowhere.
                self._file, self._refused = io.FileIO(os.devnull, "wb"), True
                raise
        try:
            return self._file.write(data)
        except OSError:
            self.broken = True
            raise

    def fileno(self) -> int:
        if self._file is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF), str(self._path))
        return self._file.fileno()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()
