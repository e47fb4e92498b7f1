"""Running somebody else's code: whatever it raises becomes one sentence, and the process lives on."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tui.core.errors import ModelFailedError

MAX_WORDS = 200
"""Characters of an exception's own words that are passed on."""
_OURS = Path(__file__).parents[2]
_IMPORTER = importlib.__file__


@contextmanager
def guarded() -> Iterator[None]:
    """Raises ModelFailedError for what the block raises. The trace goes to stderr, for whoever runs this by hand."""
    try:
        yield
    except ModelFailedError:
        raise
    except (Exception, SystemExit) as error:
        traceback.print_exception(error, file=sys.stderr)
        raise ModelFailedError(in_words(error)) from error


def in_words(error: BaseException) -> str:
    """The exception's type, words, and where in the adapter it happened: `ValueError: no weights (mine.py, line 7)`."""
    words = " ".join(str(error).split())
    words = words if len(words) <= MAX_WORDS else words[: MAX_WORDS - 1] + "…"
    name = type(error).__name__
    sentence = f"{name}: {words}" if words else name
    place = _place(error)
    return f"{sentence} ({place})" if place else sentence


def _place(error: BaseException) -> str:
    """Where the adapter's own code was: the first step that is neither ours nor the interpreter's."""
    for step in traceback.extract_tb(error.__traceback__):
        path = Path(step.filename)
        if not step.filename.startswith("<") and step.filename != _IMPORTER and _OURS not in path.parents:
            return f"{path.name}, line {step.lineno}"
    return ""
