"""Which of the names that there are was probably meant."""

from __future__ import annotations

from collections.abc import Iterable

_ALIKE = 0.6
"""How alike two names must be, 0 to 1, as `difflib` counts."""
_LONGEST = 64
"""Characters of a name that are compared: what is longer is no slip of the finger."""


def nearest(name: str, known: Iterable[str], alike: float = _ALIKE) -> str | None:
    """The known name that is most like this one, in any case of letters and with `-` for `_`; None when none is.
    `alike` is how alike they must be, from 0 to 1."""
    from difflib import get_close_matches

    names: dict[str, str] = {}
    for one in known:
        names.setdefault(_plain(one), one)
    found = get_close_matches(_plain(name), names, 1, alike)
    return names[found[0]] if found else None


def unknown_name(name: str, known: Iterable[str], what: str) -> str:
    """That this name is no `what`, and which one was probably meant, else all there are: the middle of a sentence.

    The name is shown as it is: whoever prints the sentence cleans it.
    """
    names = list(known)
    near = nearest(name, names)
    there = f"did you mean `{near}`?" if near is not None else f"known are {', '.join(names)}"
    return f"`{name[:_LONGEST]}` is not {what} that is known; {there}"


def _plain(name: str) -> str:
    return name[:_LONGEST].casefold().replace("-", "_")
