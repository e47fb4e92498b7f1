"""How many more prompts it takes until something is shown, if further prompts come out as these did.

What was seen is continued: its first difference comes again, then its second, and so on. No chance is in it, so that
further prompts that do come out so show it with just as many and with no fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle, islice
from math import sqrt

from tui.report.statistics.distributions import ALPHA, t_cdf, t_two_sided, z_quantile
from tui.report.statistics.paired import EXACT_UP_TO, compare_paired
from tui.report.statistics.per_prompt import ALIKE, deviation, mean
from tui.report.statistics.prompts_needed import least_prompts, pairs_of
from tui.report.statistics.shares import win_rate

ONE_BY_ONE = 40
"""Up to so many more prompts each number is tried, as long as all patterns of signs can be counted; above, the mean,
the spread and the share of ties are taken to stay what they are."""
_MOST = 10_000_000


def missing_of_differences(differences: Sequence[float], margin: float, models: int = 2) -> int:
    """The fewest more prompts that show one of two models to be better, or both the same within ±`margin`.

    `differences` are those of each prompt so far, `models` how many are compared in all: the test is then taken to be
    as strict for this pair as for the first of Holm's.
    """
    least, pairs = least_prompts(models), pairs_of(models)

    def shown(longer: Sequence[float]) -> bool:
        made = compare_paired(longer, [0.0] * len(longer), models=models)
        return made.better((made.p or 0.0) * pairs) != 0 or made.same_within(margin)

    more, found = _one_by_one(differences, least, shown, EXACT_UP_TO)
    if found:
        return more
    seen, effect = len(differences), mean(differences)
    spread = deviation(differences) ** 2 * (seen - 1) / seen if seen > 1 else 0.0
    if not spread:
        return max(1, least - seen)
    decisive = _decisive(differences) / seen
    # A sum of n differences with random signs is spread by √(n · mean square).
    far_enough = z_quantile(1 - ALPHA / (2 * pairs)) ** 2 * (spread + effect**2)

    def shown_of(n: int) -> bool:
        error = sqrt(spread / (n - 1))
        clear = n * effect**2 >= far_enough and t_two_sided(effect / error, n - 1) < ALPHA
        room = margin - abs(effect)
        return (n * decisive >= least and clear) or (room > 0 and t_cdf(-room / error, n - 1) <= ALPHA)

    return _first_after(seen + more, shown_of) - seen


def missing_of_votes(differences: Sequence[float], margin: float, models: int = 2) -> int:
    """The same of prompts that one of the two won: 1, 0 or -1 each; `margin` is a distance of the rate from a half."""
    least, pairs = least_prompts(models), pairs_of(models)

    def shown_by(wins: int, losses: int, n: int) -> bool:
        made = win_rate(wins, losses, n - wins - losses, models=models)
        return made.better((made.p or 0.0) * pairs) != 0 or made.same_within(margin)

    def shown(longer: Sequence[float]) -> bool:
        wins = sum(each > ALIKE for each in longer)
        return shown_by(wins, _decisive(longer) - wins, len(longer))

    more, found = _one_by_one(differences, least, shown, len(differences) + ONE_BY_ONE)
    if found:
        return more
    seen, won = len(differences), sum(each > ALIKE for each in differences)
    lost = _decisive(differences) - won
    return _first_after(seen + more, lambda n: shown_by(round(n * won / seen), round(n * lost / seen), n)) - seen


def missing_decisive(differences: Sequence[float], models: int = 2) -> int:
    """The fewest more prompts that make enough on which the two differ; where they differ on none, enough at all."""
    least, seen = least_prompts(models), len(differences)
    decisive = _decisive(differences)
    if not decisive:
        return max(1, least - seen)
    rounds, lacking = divmod(max(0, least - decisive - 1), decisive)
    places = [place for place, each in enumerate(differences, 1) if abs(each) > ALIKE]
    return rounds * seen + places[lacking]


def _decisive(differences: Sequence[float]) -> int:
    return sum(abs(each) > ALIKE for each in differences)


def _one_by_one(
    differences: Sequence[float], least: int, shown: Callable[[Sequence[float]], bool], most_decisive: int
) -> tuple[int, bool]:
    """The number and True where it is small enough to be tried; else the largest that was tried."""
    seen = len(differences)
    if not seen:
        return least, True
    for more in range(max(1, least - seen), ONE_BY_ONE + 1):
        longer = list(islice(cycle(differences), seen + more))
        if _decisive(longer) > most_decisive:
            return more - 1, False
        if shown(longer):
            return more, True
    return ONE_BY_ONE, False


def _first_after(n: int, shown: Callable[[int], bool]) -> int:
    """The least number above `n` of which it holds, if it then holds of all that are larger."""
    low, high = n, n + 1
    while not shown(high) and high < _MOST:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high
