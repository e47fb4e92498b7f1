"""What stdout and stderr can hold: no text is too much for them, and no character of it is lost in silence.

On Windows a pipe or a file is given a code page of 256 characters, by chance of the machine; the program writes UTF-8
there. Elsewhere the locale is somebody's choice. `PYTHONIOENCODING` has the last word everywhere.
"""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

WISH = "PYTHONIOENCODING"
_SIGNS = {"─": "-", "·": "-", "…": "..."}
"""What the program itself writes that is not in ASCII, and what stands for it where it cannot be written."""
_UNASKED = ("strict", "surrogateescape")
"""Error handlers that nobody asked for: the first is Python's where an encoding is named, the second Windows' own."""

_lost: Counter[str] = Counter()


def prepare(environ: Mapping[str, str] | None = None, system: str = sys.platform) -> None:
    """Let stdout and stderr take any text, and that whole. To be called before anything is written to them.

    Of streams that are closed nothing is read, and nothing is said; a stdout that is stays None, for that is an error
    of whatever is to be shown there.
    """
    _replace_closed()
    environ = os.environ if environ is None else environ
    wished = bool(environ.get(WISH, "").partition(":")[0])
    # The process's own alone: the new one closes the raw stream with it, which of another is somebody else's.
    own = sys.stdout is sys.__stdout__
    if own and isinstance(sys.stdout, io.TextIOWrapper) and isinstance(sys.stdout.buffer, io.RawIOBase):
        sys.stdout = _whole(sys.stdout, sys.stdout.buffer)
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if system == "win32" and not wished and not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors="strict")
        if stream.errors in _UNASKED:
            stream.reconfigure(errors="replace" if stream is sys.stdout else "backslashreplace")


def is_terminal(stream: TextIO | None) -> bool:
    """Whether this is one; None is a stream that is closed."""
    return stream is not None and stream.isatty()


def fitted(text: str, stream: TextIO, *, own: bool) -> str:
    """The text in characters that the stream has. In the program's `own` words its signs become ASCII where need be.

    Any other character becomes `?`, and is counted, unless the stream has a way of its own to write it.
    """
    if _fits(text, stream):
        return text
    if own:
        text = "".join(_SIGNS.get(each, each) if not _fits(each, stream) else each for each in text)
    if stream.errors != "replace":
        return text
    missing = {each for each in set(text) if not _fits(each, stream)}
    _lost.update(each for each in text if each in missing)
    return "".join("?" if each in missing else each for each in text)


def loss() -> str | None:
    """A sentence on the characters that were lost since this was last asked; None when there are none."""
    count = _lost.total()
    if not count:
        return None
    _lost.clear()
    encoding = getattr(sys.stdout, "encoding", None) or "this output"
    what = f"{count} characters" if count > 1 else "1 character"
    return f"{encoding} lacks {what} of this, written as `?`. {WISH}=utf-8 keeps everything."


def _replace_closed() -> None:
    """Nothing else that is opened may get the number of a closed stream: what a library writes to stderr would go into
    it. In this order: each opened file gets the lowest number that is free."""
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - it stays open
    if sys.stdout is None:
        os.open(os.devnull, os.O_WRONLY)
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def _whole(stream: io.TextIOWrapper, raw: io.RawIOBase) -> io.TextIOWrapper:
    """An unbuffered stream (`python -u`, PYTHONUNBUFFERED), whose text layer takes no notice of how much of a text a
    nearly full disk took, with a buffer, which does. What is shown is written at once by whoever shows it."""
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=stream.encoding, errors=stream.errors)


def _fits(text: str, stream: TextIO) -> bool:
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
