"""Narrowing a list by one value of each field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

_F = TypeVar("_F")


def stepped(picked: Mapping[_F, str], by: _F, known: Sequence[str]) -> dict[_F, str]:
    """The values that are wanted, with the field's next one among these; after the last one it is open again. One that
    is no longer known gives way to the first."""
    here = picked.get(by)
    at = known.index(here) + 1 if here in known else 0
    others = {field: value for field, value in picked.items() if field != by}
    return others | {by: known[at]} if at < len(known) else others
