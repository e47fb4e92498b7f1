"""Short texts in a row of a terminal: what gives way where there is too little room, and what then takes more rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tui.ui.cells import cells_needed, cut

_ROWS = 3
"""How many rows a line may take at most."""


class Yielding(NamedTuple):
    """A note that gives way before the others, and stands after them."""

    forms: tuple[str, ...]
    """As those of other notes."""


Note = str | tuple[str, ...] | Yielding
"""A few words, or these and ever fewer for where there is too little room; none then where they are empty."""


def ever_fewer(notes: Sequence[Note]) -> Iterator[list[str]]:
    """The notes in ever fewer words, and after them those that yield; empty ones are left out. They give way by one
    form each, the last of those that yield first, then the others from the left; then all again. Without any that yield
    the first two are the same."""
    plain = [(one,) if isinstance(one, str) else one for one in notes if not isinstance(one, Yielding)]
    yielding = [one.forms for one in notes if isinstance(one, Yielding)]
    parts = [one for one in plain if one and one[0]]
    forms = [*parts, *yielding]
    order = [*reversed(range(len(parts), len(forms))), *range(len(parts))]
    levels = [0] * len(forms)

    def said() -> list[str]:
        return [form[level] for form, level in zip(forms, levels, strict=True)]

    yield said()
    if not yielding:
        yield said()
    for level in range(1, max(map(len, forms), default=1)):
        for place in order:
            if level < len(forms[place]):
                levels[place] = level
                yield said()


def first_that_fits(lines: Sequence[tuple[str, Sequence[str]]], width: int) -> str:
    """The first line that takes at most `width` cells, or the last one. Each is a gap, and what it parts."""
    made = [gap.join(filter(None, said)) for gap, said in lines]
    return next((line for line in made if cells_needed(line) <= width), made[-1])


def rows_of(line: str, width: int) -> list[str]:
    """A clean line in as many rows as it takes, up to three; what even those have no room for is cut."""
    if cells_needed(line) <= width or width < 1:
        return [cut(line, width)]
    from tui.ui.widgets.answer.wrapping import wrap  # Most lines fit, and the first frame comes before it is loaded.

    rows = wrap(line, width)
    return rows if len(rows) <= _ROWS else [*rows[: _ROWS - 1], cut(" ".join(rows[_ROWS - 1 :]), width)]
