"""For loops of assertions: one over nothing asserts nothing, and must say whether that may be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def some(things: Iterable[T]) -> Iterator[T]:
    """These things, one after another; fails at the end if there was none."""
    found = False
    for thing in things:
        found = True
        yield thing
    assert found, "there is nothing here to look at"


def any_number_of(things: Iterable[T]) -> Iterable[T]:
    """These things, of which there may be none."""
    return things
