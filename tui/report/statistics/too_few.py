"""Whether there are too few prompts to say anything, and why."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol


class Comparison(Protocol):
    """What the comparisons of this package have in common: `PairedComparison` and `WinRate`."""

    @property
    def n(self) -> int:
        """Prompts."""

    @property
    def decisive(self) -> int:
        """Prompts on which the two differ."""

    @property
    def least_n(self) -> int:
        """The fewest decisive prompts that can show a difference."""

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""


class Reason(StrEnum):
    """Why there is too little to say."""

    NONE = "there is no prompt that both answered"
    FEW = "fewer prompts on which they differ than could show a difference"
    WIDE = "the interval is more than twice as wide as what is looked for"


def too_few(found: Comparison, margin: float) -> Reason | None:
    """Why nothing can be said of these prompts, where a difference of `margin` matters; None where something can.

    Ask it after whether one is better, and whether both are the same: few decisive prompts among many ties show that.
    """
    if not found.n:
        return Reason.NONE
    if found.decisive < found.least_n:
        return Reason.FEW
    if found.half_width is None or found.half_width > 2 * margin:
        return Reason.WIDE
    return None
