"""Which versions of this program measured alike.

Metrics are derived when a session is read, so a corrected formula mends old sessions, too. What cannot be mended is a
timestamp that was taken in another way: numbers from before and after such a change are never put together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Version = tuple[int, ...]

CHANGED_IN: tuple[Version, ...] = ()
"""The versions, in rising order, from which on a timestamp or a count that is stored means something else."""


def era_of(version: str, changed_in: Sequence[Version] = CHANGED_IN) -> int:
    """The number of changes up to this version, as the session's `[tool]` has it. Equal numbers measured alike.

    A version that cannot be read belongs to the first era.
    """
    found = re.match(r"\d{1,9}(?:\.\d{1,9}){0,9}", version, re.ASCII)
    number = tuple(map(int, found[0].split("."))) if found else ()
    return sum(number >= change for change in changed_in)
