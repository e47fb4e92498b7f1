"""What became of a figure: four outcomes and no more."""

from __future__ import annotations

from enum import StrEnum

from tui.report.statistics.times import LIMIT, TimeComparison


class ChangeOutcome(StrEnum):
    """What a figure is against an earlier one."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNKNOWN = "unknown"


def of_times(compared: TimeComparison) -> tuple[ChangeOutcome, str]:
    """What a time is against an earlier one, and why as a phrase. Better or worse needs an interval that excludes 1 and
    a ratio beyond the limit."""
    if compared.ratio is None or compared.low is None or compared.high is None or not compared.separable:
        return ChangeOutcome.UNKNOWN, "two prompts, and the noise between four sessions, are needed"
    ends = f"{compared.ratio:.2f} times ({compared.low:.2f} to {compared.high:.2f})"
    if compared.low > 1 and compared.ratio > 1 + LIMIT:
        return ChangeOutcome.WORSE, ends
    if compared.high < 1 and compared.ratio < 1 / (1 + LIMIT):
        return ChangeOutcome.BETTER, ends
    if compared.low > 1 / (1 + LIMIT) and compared.high < 1 + LIMIT:
        return ChangeOutcome.SAME, ends
    return ChangeOutcome.UNKNOWN, f"{ends}: not shown either way"
