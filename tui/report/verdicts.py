"""The verdicts: what the prompts that two models answered show of the two. Nothing else decides that.

Pure. `docs/statistics.md` has the recipe, `tui.report.statistics` the functions, and `verdict_words.py` the sentences.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tui.core.metrics.registry import Better
from tui.core.plans.mode import Mode
from tui.core.scoring.rubric import DEFAULT_SCALE
from tui.report.noise import shown_share
from tui.report.pairs import Candidate, Conditions, Counts, Kind, Matches, Pair
from tui.report.statistics.distributions import ALPHA
from tui.report.statistics.paired import PairedComparison, compare_paired, holm
from tui.report.statistics.prompts_missing import missing_decisive, missing_of_differences, missing_of_votes
from tui.report.statistics.prompts_needed import Stop, pairs_of, stop_rule
from tui.report.statistics.shares import WinRate, win_rate
from tui.report.statistics.times import LIMIT, compare_sessions, compare_times, session_noise
from tui.report.statistics.too_few import Reason, too_few

SAME_POINTS = 0.5
"""Mean scores that differ by no more, on the usual scale of five, are the same; on other scales in proportion."""
SAME_SHARE = LIMIT
"""The share by which times and rates may differ and be the same."""
SAME_RATE = 0.15
"""How far from a half a win rate may be, and neither is preferred."""
DIFFERENT_SESSIONS = "in different sessions"
NOT_SEPARABLE = "differs between these two sessions; cause not separable"
OF_A_RACE = "no verdict on speed from a race"
UNLIKE_LENGTHS = "no verdict on speed from answers of different length"


class Outcome(StrEnum):
    """All that a verdict can be."""

    A_BETTER = "A better"
    B_BETTER = "B better"
    SAME = "same"
    NOT_SHOWN = "not shown"
    TOO_FEW = "too few"
    NONE = "no verdict"
    """What was counted says nothing of this, however many prompts there are; the caveat says why."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the prompts that both answered show of a pair. A is the pair's first, B its second."""

    pair: Pair
    outcome: Outcome
    n: int
    """Prompts."""
    prompts: Counts
    """On how many of them A is ahead."""
    effect: float
    """Of scores A's mean less B's, in points; of times and rates A's over B's; of votes A's win rate, from 0 to 1."""
    low: float | None
    """With `high`: its 95 % interval, from two prompts on."""
    high: float | None
    p: float | None
    """Adjusted by Holm's method where more than two models are compared."""
    method: str
    margin: float
    """Within which the two are the same: points, a share of a time, or a distance of the win rate from a half."""
    more: int | None
    """Where there are too few: about how many more prompts show something, if they come out as these did."""
    models: int
    """How many are compared with each other for this figure."""
    caveat: str = ""
    """What keeps the numbers from meaning more, as a phrase."""

    @property
    def even(self) -> float:
        """The effect where neither is ahead."""
        return _shown_value(self.pair.figure.kind, 0)

    @property
    def ahead(self) -> Candidate:
        """The one that is ahead; A where neither is."""
        return self.pair.second if self._second_ahead else self.pair.first

    @property
    def other(self) -> Candidate:
        """The one that is not ahead."""
        return self.pair.first if self._second_ahead else self.pair.second

    @property
    def _second_ahead(self) -> bool:
        return self.effect < self.even if self.pair.figure.better is Better.HIGHER else self.effect > self.even

    @property
    def stop(self) -> Stop | None:
        """Whether enough prompts were compared, however often somebody has looked; None where there is no verdict."""
        if self.outcome is Outcome.NONE:
            return None
        return stop_rule(self.prompts.ahead, self.prompts.behind, pairs_of(self.models))

    @property
    def may_stop(self) -> bool:
        """Whether more prompts are not needed, however often somebody has looked."""
        return self.stop is not None and self.stop.may_stop


def verdicts(matches: Matches) -> tuple[Verdict, ...]:
    """The verdict on each pair, in the order of the pairs."""
    families: dict[tuple[Conditions, str, int | None, str, str], list[int]] = {}
    for place, pair in enumerate(matches.pairs):
        figure = pair.figure
        what = (pair.conditions, figure.name, figure.scale, figure.raters, figure.rubric)
        families.setdefault(what, []).append(place)
    found: dict[int, Verdict] = {}
    for places in families.values():
        found.update(zip(places, _of_family([matches.pairs[place] for place in places]), strict=True))
    return tuple(found[place] for place in range(len(matches.pairs)))


def _of_family(pairs: Sequence[Pair]) -> Iterator[Verdict]:
    """The verdicts on all pairs of the models that are compared for one figure."""
    models = len({who for pair in pairs for who in (pair.first, pair.second)})
    compared = [_compared(pair, models) for pair in pairs]
    known = [(place, found.p) for place, found in enumerate(compared) if found.p is not None]
    adjusted = dict(zip((place for place, _ in known), holm([p for _, p in known]), strict=True))
    for place, (pair, found) in enumerate(zip(pairs, compared, strict=True)):
        yield _judge(pair, found, adjusted.get(place), models)


@dataclass(frozen=True, slots=True)
class _Compared:
    """What the statistics say of a pair; of times and rates in logs."""

    found: PairedComparison | WinRate
    low: float | None
    high: float | None
    margin: float
    same: bool
    p: float | None
    method: str
    separable: bool = True

    @property
    def n(self) -> int:
        """Prompts."""
        return self.found.n

    @property
    def decisive(self) -> int:
        """Prompts on which the two differ."""
        return self.found.decisive

    @property
    def least_n(self) -> int:
        """The fewest decisive prompts that can show a difference."""
        return self.found.least_n

    @property
    def effect(self) -> float:
        """The first's mean less the second's."""
        return self.found.effect or 0.0

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    def better(self, p: float | None) -> bool:
        """Whether a difference is shown, with the adjusted p."""
        excludes_0 = self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)
        return excludes_0 and p is not None and p <= ALPHA and self.decisive >= self.least_n


def _compared(pair: Pair, models: int) -> _Compared:
    match pair.figure.kind:
        case Kind.SCORE:
            return _compared_scores(pair, models)
        case Kind.METRIC:
            return _compared_times(pair, models)
        case Kind.VOTE:
            return _compared_votes(pair, models)


def _compared_scores(pair: Pair, models: int) -> _Compared:
    mine, theirs = zip(*pair.values, strict=True)
    found = compare_paired(mine, theirs, models=models)
    most = float((pair.figure.scale or DEFAULT_SCALE) - 1)
    margin = SAME_POINTS * most / (DEFAULT_SCALE - 1)
    low, high = (None, None) if _happen_to_agree(found) else (found.low, found.high)
    # No two means on this scale are further apart.
    low, high = (None if end is None else max(-most, min(most, end)) for end in (low, high))
    return _Compared(found, low, high, margin, found.same_within(margin), found.p, found.method)


def _compared_times(pair: Pair, models: int) -> _Compared:
    mine, theirs = zip(*pair.values, strict=True)
    timed = (
        compare_sessions(mine, theirs, session_noise(pair.history), models=models)
        if pair.apart
        else compare_times(mine, theirs, models=models)
    )
    low, high = (None if end is None else math.log(end) for end in (timed.low, timed.high))
    margin = math.log1p(SAME_SHARE)
    if pair.apart:
        within = low is not None and high is not None and -margin < low and high < margin
        same = within and timed.n >= timed.paired.least_n
    else:
        same = timed.paired.same_within(margin)
        low, high = (None, None) if _happen_to_agree(timed.paired) else (low, high)
    return _Compared(timed.paired, low, high, margin, same, timed.p, timed.method, timed.separable)


def _compared_votes(pair: Pair, models: int) -> _Compared:
    counts = pair.counts
    found = win_rate(
        counts.ahead, counts.behind, counts.equal, both_good=pair.both_good, both_bad=pair.both_bad, models=models
    )
    low, high = (None if end is None else end - 0.5 for end in (found.low, found.high))
    return _Compared(found, low, high, SAME_RATE, found.same_within(SAME_RATE), found.p, found.method)


def _happen_to_agree(found: PairedComparison) -> bool:
    """Whether few differences are all the same: that does not say how far others are from them."""
    return not found.sd and found.n < found.least_n


def _judge(pair: Pair, found: _Compared, p: float | None, models: int) -> Verdict:
    effect = found.effect
    caveat, more = "", None
    if found.better(p):
        outcome = Outcome.A_BETTER if (effect > 0) == (pair.figure.better is Better.HIGHER) else Outcome.B_BETTER
    elif found.same:
        outcome = Outcome.SAME
    elif (lacking := too_few(found, found.margin)) and (not pair.apart or lacking is not Reason.WIDE):
        # Of two sessions more prompts would not make the interval narrow: the sessions differ.
        outcome, more = Outcome.TOO_FEW, _prompts_missing(pair, found.margin, models)
    else:
        outcome = Outcome.NOT_SHOWN
    better = outcome in (Outcome.A_BETTER, Outcome.B_BETTER)
    if better and pair.floor is not None and abs(effect) <= math.log1p(pair.floor):
        outcome, caveat = Outcome.NOT_SHOWN, f"within the noise floor of {shown_share(pair.floor)} (A/A)"
    if not found.separable:
        caveat = NOT_SEPARABLE if outcome in (Outcome.A_BETTER, Outcome.B_BETTER) else DIFFERENT_SESSIONS
        outcome = outcome if outcome is Outcome.TOO_FEW else Outcome.NOT_SHOWN
    prompts = Counts(found.found.wins, found.found.ties, found.found.losses)
    ends = found.low, found.high
    if why_none := _why_no_verdict(pair):
        outcome, caveat, more, p, ends = Outcome.NONE, why_none, None, None, (None, None)
    low, effect_shown, high = (
        None if value is None else _shown_value(pair.figure.kind, value) for value in (ends[0], effect, ends[1])
    )
    return Verdict(
        pair=pair,
        outcome=outcome,
        n=found.n,
        prompts=prompts if pair.figure.better is Better.HIGHER else prompts.turned(),
        effect=effect_shown or 0.0,
        low=low,
        high=high,
        p=p,
        method=found.method,
        margin=SAME_SHARE if pair.figure.kind is Kind.METRIC else found.margin,
        more=more,
        models=models,
        caveat=caveat,
    )


def _prompts_missing(pair: Pair, margin: float, models: int) -> int:
    """How many more prompts show something, if they come out as these did."""
    differences = [one - other for one, other in pair.values]
    if pair.figure.kind is Kind.METRIC:
        differences = [math.log(one) - math.log(other) for one, other in pair.values]
    if pair.apart:
        # What more prompts cannot make up for is the noise between sessions.
        return missing_decisive(differences, models)
    missing = missing_of_votes if pair.figure.kind is Kind.VOTE else missing_of_differences
    return missing(differences, margin, models)


def _why_no_verdict(pair: Pair) -> str:
    """Why times or rates say nothing of which model is faster, as a phrase; empty where they may."""
    if pair.figure.kind is not Kind.METRIC:
        return ""
    if pair.conditions.mode is Mode.RACE:
        return OF_A_RACE
    return UNLIKE_LENGTHS if pair.lengths is not None and pair.lengths.unlike else ""


def _shown_value(kind: Kind, value: float) -> float:
    """A difference as people read it: points as they are, logs as ratios, distances from a half as a rate."""
    match kind:
        case Kind.SCORE:
            return value
        case Kind.METRIC:
            return math.exp(value)
        case Kind.VOTE:
            return value + 0.5
