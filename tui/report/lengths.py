"""Whether the answers of two sides are equally long: a shorter answer ends sooner, and need not be a faster one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import fmean, median

from tui.report.reported_request import ReportedRequest, column

UNLIKE_FROM = 0.2
"""Answers of which one side is longer by more than this share are not equally long."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long the answers of two sides are, prompt by prompt."""

    values: tuple[tuple[float, float], ...]
    """For each prompt the median length on either side."""
    unit: str
    """`tokens` where the servers counted those of every answer, else `characters`; thinking included."""

    @property
    def medians(self) -> tuple[float, float]:
        """The median over the prompts, on either side."""
        return median(mine for mine, _ in self.values), median(theirs for _, theirs in self.values)

    @property
    def unlike_prompts(self) -> int:
        """On how many prompts the lengths differ by more than a fifth."""
        return sum(_apart(mine, theirs) for mine, theirs in self.values)

    @property
    def unlike(self) -> bool:
        """Whether the medians, or the lengths by their mean ratio, differ by more than a fifth.

        The mean ratio is the geometric one, as of times: a single prompt can change a verdict on times, while the
        medians stay where they are.
        """
        ratio = exp(fmean(log(max(mine, 1) / max(theirs, 1)) for mine, theirs in self.values))
        return _apart(*self.medians) or _apart(ratio, 1)

    @property
    def in_words(self) -> str:
        """How long the answers are, and on how many prompts they are unlike, as a phrase."""
        mine, theirs = (f"{length:.0f}" for length in self.medians)
        prompts = "prompt" if len(self.values) == 1 else "prompts"
        return (
            f"{mine} against {theirs} {self.unit} long (medians), more than a fifth apart on {self.unlike_prompts} of "
            f"{len(self.values)} {prompts}"
        )

    def turned(self) -> Lengths:
        """The same, seen from the other side."""
        return Lengths(tuple((theirs, mine) for mine, theirs in self.values), self.unit)


def lengths_of(prompts: Iterable[tuple[Sequence[ReportedRequest], Sequence[ReportedRequest]]]) -> Lengths | None:
    """The lengths of these answers, which are those of both sides to each prompt; None where there is no prompt."""
    both = list(prompts)
    if not both:
        return None
    counted = not any(None in column(runs, "tokens") for sides in both for runs in sides)

    def length(runs: Sequence[ReportedRequest]) -> float:
        known: list[int] = column(runs, "tokens" if counted else "characters")
        return median(known)

    values = tuple((length(mine), length(theirs)) for mine, theirs in both)
    return Lengths(values, "tokens" if counted else "characters")


def _apart(mine: float, theirs: float) -> bool:
    return max(mine, theirs) > (1 + UNLIKE_FROM) * min(mine, theirs)
