"""What the service of Foundry Local 0.3 to 0.8 could not do, as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tui.core.errors import CompareError, ModelFailedError, NoModelError
from tui.hosts.http import Reply
from tui.hosts.memory_hints import make_space

DOWNLOAD_FIRST = "Download it first"
TRY_AGAIN = "Try again, or try another model"
MAX_NAMED = 8
"""Models that a hint lists."""

_NO_MODEL = "no openaiservice provider found"
_NOT_LOADED = "not loaded"
_MEMORY = (
    "out of memory",
    "not enough memory",
    "insufficient memory",
    "bad allocation",
    "bad_alloc",
    "allocate memory",
)


def refused(name: str, done: str, reply: Reply, hint: str = TRY_AGAIN) -> CompareError:
    """The service answered that something cannot be `done` with a model: "loaded", "unloaded", …"""
    words = reply.words()
    title = f"{name} could not be {done}"
    if _NO_MODEL in words.lower():
        return ModelFailedError(f"{title}: it is not downloaded", words, DOWNLOAD_FIRST)
    if _NOT_LOADED in words.lower():
        return ModelFailedError(f"{title}: it is not loaded", words, "Load it first")
    if reply.status == 404:
        return NoModelError(f"{title}: the service does not know it", words, DOWNLOAD_FIRST)
    if reply.status == 429:
        return ModelFailedError(f"{title}: the service is busy", words, "Wait a moment, then try again")
    return ModelFailedError(title, words, hint)


def short_of_memory(reply: Reply) -> bool:
    """Whether a load that failed did so for memory: the service says so, or fails without a word, as it then does."""
    explained = reply.body is not None or bool(reply.text.strip())
    words = reply.words().lower()
    return reply.status >= 500 and (not explained or any(sign in words for sign in _MEMORY))


def too_large(name: str, reply: Reply, others: Sequence[str]) -> ModelFailedError:
    """A model did not fit beside the `others`, which are loaded."""
    if not others:
        title = f"{name} could not be loaded, probably for lack of memory"
        return ModelFailedError(title, reply.words(), "Try a smaller model or variant")
    title = f"{name} could not be loaded, probably for lack of memory beside {_some(others)}"
    return ModelFailedError(title, reply.words(), f"Unload {_some(others, 'or')} first, or try a smaller model")


def gone_wrong(name: str, words: str) -> ModelFailedError:
    """A download ended without the model; `words` are the service's own, empty when it had none."""
    why = words or "The service ended the download without saying why"
    return ModelFailedError(f"{name} could not be downloaded", why, make_space(why, TRY_AGAIN))


def unknown(name: str, names: Iterable[str]) -> NoModelError:
    """The service has no such model; it has `names`."""
    listed = tuple(dict.fromkeys(names))
    hint = f"There are: {_some(listed, '')}" if listed else "No model is downloaded; download one first"
    return NoModelError(f"The service has no model called {name}", hint=hint)


def _some(names: Sequence[str], last: str = "and") -> str:
    """The first of many names, in a row."""
    if len(names) > MAX_NAMED:
        return ", ".join(names[:MAX_NAMED]) + ", …"
    if len(names) < 2 or not last:
        return ", ".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
