"""The editor that a person is used to, in the terminal of this program, which makes room for it."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tui import private_files
from tui.child.process import spawn
from tui.core.child_environment import ChildKind
from tui.core.errors import BadInputError, CompareError, reason_of
from tui.files import text_of_file

MAX_BYTES = 8 << 20
_VARIABLES = ("VISUAL", "EDITOR")


def editor_command(environ: Mapping[str, str], *, windows: bool = sys.platform == "win32") -> list[str]:
    """The command of the editor that the environment names. Raises BadInputError when it names none."""
    named = next((value for name in _VARIABLES if (value := environ.get(name, "").strip())), "")
    try:
        # A path of Windows has backslashes, and may stand in quotes.
        words = [word.strip('"') for word in shlex.split(named, posix=False)] if windows else shlex.split(named)
    except ValueError as error:
        raise BadInputError("The editor cannot be started", f"{_VARIABLES[0]} or {_VARIABLES[1]}: {error}") from error
    if words:
        return words
    if windows:
        return ["notepad.exe"]
    raise BadInputError(
        "No editor is named", "Neither VISUAL nor EDITOR is set", "`export EDITOR=nano`, for example, names one."
    )


def edit(text: str, command: list[str]) -> str:
    """The text as it is when the editor has ended, without the line end at its end that editors add. Blocks until then.

    Raises CompareError when the editor cannot be started, ends with a failure, or leaves something that is no text.
    """
    title = "The prompt stays as it was"
    with tempfile.TemporaryDirectory(prefix="foundry-compare-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "prompt.txt"
        try:
            with private_files.create(path) as file:
                file.write(text.encode("utf-8", "replace"))
            code = spawn([*command, str(path)], ChildKind.TOOL, stdin=0, stdout=1, stderr=2, flags=0).wait()
            if code:
                raise CompareError(title, f"{command[0]} ended with {code}")
            written = text_of_file(path, MAX_BYTES)
        except OSError as error:
            raise CompareError(title, f"{command[0]}: {reason_of(error)}", "VISUAL or EDITOR names it.") from error
        except ValueError as error:
            raise CompareError(title, str(error)) from error
    written = written.replace(os.linesep, "\n")
    return written if text.endswith("\n") else written.removesuffix("\n")
