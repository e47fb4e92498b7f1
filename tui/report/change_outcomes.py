"""What became of a figure: four outcomes and no more, and the words in which every report says by how much."""

from __future__ import annotations

from enum import StrEnum

from tui.core.metrics.registry import METRICS
from tui.core.text.clean import clean_line
from tui.report.statistics.times import LIMIT, TimeComparison


class ChangeOutcome(StrEnum):
    """What a figure is against an earlier one."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    UNKNOWN = "unknown"


_NAME_SHOWN = 40
_SMALL = 0.0995
"""Below it two digits behind the point are too few."""


def figure_in_words(name: str, *, unit: bool = False) -> str:
    """What tables call a figure, with its unit where that is wanted: a metric by its label, a criterion by its id."""
    metric = next((metric for metric in METRICS if metric.name == name), None)
    if metric is None:
        return clean_line(name, _NAME_SHOWN)
    return f"{metric.label}, {metric.unit}" if unit else metric.label


def own_ratio(ratio: float, low: float, high: float, *, rate: bool) -> tuple[float, float, float]:
    """A ratio of times and its interval as those of the figure itself: rates are compared as the times that they are
    the inverse of, so that of a rate that fell to a half the times doubled."""
    return (1 / ratio, 1 / high, 1 / low) if rate else (ratio, low, high)


def times_in_words(ratio: float, low: float, high: float, *, rate: bool) -> str:
    """How many times the earlier value the later one is, with the interval, of a ratio of times: see `own_ratio`."""
    own, least, most = (
        f"{each:.2f}" if each >= _SMALL else f"{each:.2g}" for each in own_ratio(ratio, low, high, rate=rate)
    )
    return f"{own} times ({least} to {most})"


def of_times(compared: TimeComparison, *, rate: bool) -> tuple[ChangeOutcome, str]:
    """What a time is against an earlier one, or a rate that was turned into one, and why as a phrase. Better or worse
    needs an interval that excludes 1 and a ratio beyond the limit."""
    if compared.ratio is None or compared.low is None or compared.high is None or not compared.separable:
        return ChangeOutcome.UNKNOWN, "two prompts, and the noise between four sessions, are needed"
    ends = times_in_words(compared.ratio, compared.low, compared.high, rate=rate)
    if compared.low > 1 and compared.ratio > 1 + LIMIT:
        return ChangeOutcome.WORSE, ends
    if compared.high < 1 and compared.ratio < 1 / (1 + LIMIT):
        return ChangeOutcome.BETTER, ends
    if compared.low > 1 / (1 + LIMIT) and compared.high < 1 + LIMIT:
        return ChangeOutcome.SAME, ends
    return ChangeOutcome.UNKNOWN, f"{ends}: not shown either way"
