"""Which of many verdicts a text has room for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tui.core.metrics.registry import METRICS
from tui.report.pairs import Conditions, Kind
from tui.report.verdicts import Verdict

SHOWN_PAIRS = 3
"""So many pairs of a figure are all shown; three models have as many."""


def leading(found: Iterable[Verdict], most: int = SHOWN_PAIRS) -> list[Verdict]:
    """The verdicts that a text shows, figure by figure under each set of conditions, scores first.

    They are all there are of a figure, or, where those are more than `most`, those on the model that is ahead of most
    others.
    """
    groups: dict[tuple[int, Conditions, tuple[int, int, str, int, str, str]], list[Verdict]] = {}
    order = [metric.name for metric in METRICS]
    conditions: dict[Conditions, int] = {}
    for verdict in found:
        figure, how = verdict.pair.figure, verdict.pair.conditions
        kind = list(Kind).index(figure.kind) if figure.kind is not Kind.METRIC else len(Kind)
        rank = order.index(figure.name) if figure.kind is Kind.METRIC else 0
        key = (kind, rank, figure.name.casefold(), figure.scale or 0, figure.raters, figure.rubric)
        groups.setdefault((conditions.setdefault(how, len(conditions)), how, key), []).append(verdict)
    shown: list[Verdict] = []
    for _, group in sorted(groups.items(), key=lambda item: (item[0][0], item[0][2])):
        if len(group) > most:
            group = _of_the_first(group)
        shown += group
    return shown


def foremost(found: Iterable[Verdict]) -> Verdict | None:
    """Of verdicts on one figure the one that a single row has room for: on the model that is ahead of most others, and
    the one that is nearest to it. None where there is no verdict."""
    every = list(found)
    if not every:
        return None
    its = _of_the_first(every)
    return min(its, key=lambda verdict: (abs(verdict.effect - verdict.even), verdict.pair.first, verdict.pair.second))


def _of_the_first(found: Sequence[Verdict]) -> list[Verdict]:
    """Those on the model that is ahead of most others."""
    wins = Counter(verdict.ahead for verdict in found)
    first = min(wins, key=lambda who: (-wins[who], who))
    return [verdict for verdict in found if first in (verdict.pair.first, verdict.pair.second)]
