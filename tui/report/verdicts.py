"""What may be said of two models: first what was counted, then the verdict. Nothing else makes these sentences.

Pure. Every surface (reports, `run`, the screen) shows the texts of `Said`. `docs/statistics.md` has the recipe, and
`tui.report.statistics` the functions.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tui.core.catalog.model_names import told_apart
from tui.core.metrics.registry import METRICS, Better
from tui.core.plans.mode import Mode
from tui.core.scoring.rubric import DEFAULT_SCALE
from tui.core.text.clean import clean_line
from tui.report.noise import shown_share
from tui.report.outliers import PEOPLE
from tui.report.pairs import (
    PREFERENCE,
    Candidate,
    Conditions,
    Counts,
    Difference,
    Failures,
    Figure,
    Kind,
    Matches,
    Pair,
    Unlike,
)
from tui.report.statistics.distributions import ALPHA
from tui.report.statistics.paired import PairedComparison, compare_paired, holm
from tui.report.statistics.prompts_missing import missing_decisive, missing_of_differences, missing_of_votes
from tui.report.statistics.prompts_needed import Stop, least_prompts, pairs_of, stop_rule
from tui.report.statistics.shares import WinRate, win_rate
from tui.report.statistics.times import LIMIT, compare_sessions, compare_times, session_noise
from tui.report.statistics.too_few import Reason, too_few

SAME_POINTS = 0.5
"""Mean scores that differ by no more, on the usual scale of five, are the same; on other scales in proportion."""
SAME_SHARE = LIMIT
"""The share by which times and rates may differ and be the same."""
SAME_RATE = 0.15
"""How far from a half a win rate may be, and neither is preferred."""
TIMES_FROM = 1.5
"""From this ratio on, a difference is said as so many times; below it in per cent."""
DIFFERENT_SESSIONS = "in different sessions"
NOT_SEPARABLE = "differs between these two sessions; cause not separable"
OF_A_RACE = "no verdict on speed from a race"
UNLIKE_LENGTHS = "no verdict on speed from answers of different length"
UNKNOWN = "-"
IF_YOU_STOP = "if you stop here"
"""Said of a verdict while more answers are to come: its interval and p are those of a number fixed beforehand."""
SHOWN_PAIRS = 3
"""So many pairs of a figure are all shown in a text; three models have as many."""
_NAME_SHOWN, _VALUE_SHOWN = 28, 40


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
    def full_method(self) -> str:
        """How interval and p were worked out, for whoever checks it; empty where there are none."""
        if self.outcome is Outcome.NONE:
            return ""
        interval = {
            Kind.SCORE: "Student's t interval of the prompts' differences",
            Kind.METRIC: "Student's t interval of the prompts' log ratios",
            Kind.VOTE: "adjusted Wald interval",
        }[self.pair.figure.kind]
        holm_of = f", Holm of {pairs_of(self.models)} pairs" if self.models > 2 else ""
        return f"{interval}; {self.method}{holm_of}; two one-sided tests for the same"


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
            wins = Counter(_ahead(verdict)[0] for verdict in group)
            first = min(wins, key=lambda who: (-wins[who], who))
            group = [verdict for verdict in group if first in (verdict.pair.first, verdict.pair.second)]
        shown += group
    return shown


def _ahead(verdict: Verdict) -> tuple[Candidate, Candidate]:
    """Who is ahead, and the other one."""
    pair, even = verdict.pair, _even(verdict)
    behind = verdict.effect < even if pair.figure.better is Better.HIGHER else verdict.effect > even
    return (pair.second, pair.first) if behind else (pair.first, pair.second)


def _even(verdict: Verdict) -> float:
    """The effect where neither is ahead."""
    return _shown_value(verdict.pair.figure.kind, 0)


Names = Mapping[Candidate, str]


def names_of(candidates: Iterable[Candidate]) -> Names:
    """A short name for each of these models: its alias, and as much more as tells it from the others."""
    every = sorted(set(candidates))
    spellings: tuple[Callable[[Candidate], str], ...] = (
        lambda who: who.alias,
        lambda who: f"{who.alias} {who.device}",
        lambda who: f"{who.alias} {who.variant or who.ep or who.device}",
        lambda who: who.model,
        lambda who: f"{who.host}/{who.model}",
        lambda who: f"{who.host}/{who.model} {who.alias} {who.variant} {who.device} {who.ep}",
    )
    clean = [lambda who, spelling=spelling: clean_line(spelling(who)).strip() for spelling in spellings]
    made = dict(zip(every, told_apart(every, clean), strict=True))
    shown = {who: clean_line(name, _NAME_SHOWN) for who, name in made.items()}
    times = Counter(shown.values())
    return {who: (made[who] if times[name] > 1 else name) or UNKNOWN for who, name in shown.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict in words, cleaned for the eyes and escaped for no format."""

    figure: str
    """What is compared."""
    counts: str
    """What was seen."""
    verdict: str
    """What it shows, with the number of prompts, effect, interval and method."""

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        return f"{self.figure}: {self.counts}; {self.verdict}"


def said(verdict: Verdict, names: Names) -> Said:
    """A verdict in words, from the side of the model that is ahead."""
    pair, figure = verdict.pair, verdict.pair.figure
    (ahead, other), counts = _ahead(verdict), _counts(verdict)
    timed = figure.kind is Kind.METRIC
    where = "in" if timed and not pair.apart else "on"
    of = f"of {counts.total}" + (f" {_prompts(counts.total)}" if where == "on" else "")
    amount, interval = _amount(verdict)
    if counts.equal == counts.total:
        seen = f"{names[ahead]} and {names[other]} equal {where} {counts.equal} {of}"
    else:
        more, less = _WORDS[figure.kind] if verdict.outcome is not Outcome.NONE else _WORDS_OF_COUNTS
        by = amount if amount.endswith("times") else f"by {amount}"
        by = f", {by}" if timed and verdict.outcome is not Outcome.NONE else ""
        if timed and counts.ahead == counts.behind:
            # One win each: only the mean says that one of them is ahead.
            more, less = more.split()[0], ""
            by = by and f", {names[ahead]} {by.removeprefix(', ')} on average"
            seen = f"{names[ahead]} and {names[other]} each {more} {where} {counts.ahead} {of}{by}"
        else:
            seen = f"{names[ahead]} {more} {names[other]} {where} {counts.ahead} {of}{by}"
        seen += f", equal {where} {counts.equal}" if counts.equal else ""
        # Of times where nothing is equal, the rest is plain to see; of few scores it is said all the same.
        plain = timed and not counts.equal and counts.ahead > counts.behind
        seen += f", {less} {where} {counts.behind}" if less and counts.behind and not plain else ""
    seen += f"; both good on {pair.both_good}" if pair.both_good else ""
    seen += f"; both bad on {pair.both_bad}" if pair.both_bad else ""
    if pair.lengths is not None and pair.lengths.unlike:
        seen += f"; answers {(pair.lengths if ahead == pair.first else pair.lengths.turned()).in_words}"
    if verdict.outcome is Outcome.NONE:
        return Said(figure_name(figure), seen, f"{verdict.caveat} (n {verdict.n})")
    parts = [f"n {verdict.n}", f"{amount} ({interval})", _method(verdict), verdict.caveat]
    return Said(figure_name(figure), seen, f"{_outcome(verdict, names)}: {', '.join(filter(None, parts))}")


_WORDS = {
    Kind.SCORE: ("higher than", "lower"),
    Kind.METRIC: ("faster than", "slower"),
    Kind.VOTE: ("preferred to", "the other"),
}
_WORDS_OF_COUNTS = ("ahead of", "behind")
"""Of times that say nothing of which model is faster."""


_OTHER_FIGURES = {PREFERENCE, *(name.casefold() for metric in METRICS for name in (metric.name, metric.label))}
"""What a criterion may be called, and is not."""


def figure_name(figure: Figure) -> str:
    """What is compared, in words."""
    name = clean_line(figure.label, _NAME_SHOWN)
    if figure.kind is Kind.SCORE and name.casefold() in _OTHER_FIGURES:
        name += ", score"
    if figure.scale is not None and figure.scale != DEFAULT_SCALE:
        name += f" (1-{figure.scale})"
    if figure.raters and figure.raters != PEOPLE:
        name += f", by {clean_line(figure.raters, _NAME_SHOWN)}"
    return f"{name}, cold" if figure.cold else name


def _outcome(verdict: Verdict, names: Names) -> str:
    # A model that is faster is not the better one.
    better = "faster" if verdict.pair.figure.kind is Kind.METRIC else "better"
    match verdict.outcome:
        case Outcome.A_BETTER:
            return f"{names[verdict.pair.first]} {better}"
        case Outcome.B_BETTER:
            return f"{names[verdict.pair.second]} {better}"
        case Outcome.SAME if verdict.pair.figure.kind is Kind.SCORE:
            return f"same within ±{verdict.margin:g} points"
        case Outcome.SAME if verdict.pair.figure.kind is Kind.VOTE:
            return f"same within ±{100 * verdict.margin:g} points of the win rate"
        case Outcome.SAME:
            return f"same within ±{100 * verdict.margin:g} %"
        case Outcome.TOO_FEW if verdict.more is not None:
            return f"too few (about {verdict.more} more {_prompts(verdict.more)})"
        case _:
            return verdict.outcome.value


def _amount(verdict: Verdict) -> tuple[str, str]:
    """The effect and its interval, seen from the model that is ahead."""
    effect, ends = verdict.effect, (verdict.low, verdict.high)
    turned = effect < _even(verdict)
    if verdict.pair.figure.kind is Kind.VOTE:
        rates = [end if end is None or not turned else 1 - end for end in (effect, *(ends[::-1] if turned else ends))]
        shown = [None if end is None else f"{100 * end:.0f}" for end in rates]
        return f"win rate {shown[0]} %", _interval(shown[1], shown[2])
    if verdict.pair.figure.kind is Kind.SCORE:
        effect, ends = (-effect, (_negative(ends[1]), _negative(ends[0]))) if turned else (effect, ends)
        shown = [None if end is None else f"{end + 0:.2f}" for end in (effect, *ends)]
        return f"{shown[0]} points", _interval(shown[1], shown[2])
    effect, ends = (1 / effect, (_inverse(ends[1]), _inverse(ends[0]))) if turned else (effect, ends)
    if effect >= TIMES_FROM:
        shown = [None if end is None else _times(end) for end in (effect, *ends)]
        return f"{shown[0]} times", _interval(shown[1], shown[2])
    shown = [None if end is None else _percent(end) for end in (effect, *ends)]
    return f"{shown[0]} %", _interval(shown[1], shown[2])


def _negative(value: float | None) -> float | None:
    return None if value is None else -value


def _inverse(value: float | None) -> float | None:
    return None if value is None else 1 / value


def _interval(low: str | None, high: str | None) -> str:
    return UNKNOWN if low is None or high is None else f"{low} to {high}"


def _times(ratio: float) -> str:
    if ratio < 0.01 or ratio > 1000:
        return "under 0.01" if ratio < 1 else "over 1000"
    return f"{ratio:.0f}" if ratio >= 9.95 else f"{ratio:.1f}" if ratio >= 0.95 else f"{ratio:.2g}"


def _percent(ratio: float) -> str:
    per_cent = 100 * (ratio - 1)
    if per_cent > 1000:
        return "over 1000"
    shown = f"{per_cent:.0f}" if abs(per_cent) >= 9.95 else f"{per_cent:.1f}"
    return "0" if shown in ("0.0", "-0.0") else shown


def _method(verdict: Verdict) -> str:
    if verdict.outcome is Outcome.SAME:
        return "two one-sided tests"
    if verdict.pair.figure.kind is Kind.VOTE:
        interval, test = "adjusted Wald", "sign test p"
    elif verdict.pair.apart and not verdict.caveat:
        interval, test = verdict.method, "p"
    else:
        interval, test = "paired t", "sign-flip p"
    if verdict.outcome is Outcome.TOO_FEW or verdict.p is None:
        return interval
    return f"{interval}, {test} {_p(verdict.p)}{' (Holm)' if verdict.models > 2 else ''}"


def _p(p: float) -> str:
    return "<.001" if p < 0.0005 else f"{p:.3f}".removeprefix("0") if p < 1 else "1"


def _prompts(count: int) -> str:
    return "prompt" if count == 1 else "prompts"


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def said_of_need(found: Iterable[Verdict]) -> str:
    """How many prompts so many models need for any verdict, where these have too few of them; empty where not."""
    models = max((one.models for one in found if _lacks_prompts(one)), default=0)
    if not models:
        return ""
    number = _NUMBERS[models] if models < len(_NUMBERS) else str(models)
    need = f"{number.capitalize()} models need {least_prompts(models)} prompts at least for any verdict"
    return f"{need}; further rounds of the same prompts do not count."


def _lacks_prompts(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.TOO_FEW and verdict.n < least_prompts(verdict.models)


MAY_STOP = "you may stop"
"""Said by the rule for looking often alone."""
LEFT_OUT_COLD = "Answers for which a model was loaded first are left out of the times."


def remarks(found: Sequence[Verdict]) -> list[str]:
    """What there is to know of all these verdicts together, as sentences."""
    said_too = [LEFT_OUT_COLD] if any(verdict.pair.cold_left_out for verdict in found) else []
    if hidden := len(found) - len(leading(found)):
        said_too.append(f"{hidden} more comparisons of these models are in reports as JSON and as comparisons-csv.")
    return said_too


def said_of_failures(failures: Failures, names: Names) -> str:
    """How many answers did not come to a good end, as a phrase."""
    return "failed: " + ", ".join(f"{names[who]} {failed} of {runs}" for who, failed, runs in failures.counts)


def said_of_unlike(every: Iterable[Unlike], names: Names) -> tuple[str, ...]:
    """Who cannot be compared, and why: a sentence for each set of conditions that differ."""
    who: dict[tuple[tuple[Difference, ...], bool, bool], list[str]] = {}
    for one in every:
        alone = one.first == one.second
        named = names[one.first] if alone else f"{names[one.first]} and {names[one.second]}"
        who.setdefault((one.differences, one.times_only, alone), []).append(named)
    return tuple(
        f"{'runs of ' if alone else ''}{', '.join(named)}: {'times ' if times_only else ''}not comparable: "
        + ", ".join(f"{found.name} {_value(found.first)} against {_value(found.second)}" for found in differences)
        + (f" {DIFFERENT_SESSIONS}" if times_only else "")
        for (differences, times_only, alone), named in who.items()
    )


def _value(value: str) -> str:
    return clean_line(value, _VALUE_SHOWN) or "unset"


def said_of_stop(stop: Stop, first: str, second: str) -> str:
    """Whether enough prompts were compared, however often somebody has looked; those that nobody won do not count."""
    most, all_of = max(stop.wins, stop.losses), stop.wins + stop.losses
    if stop.wins == stop.losses:
        seen = f"neither ahead on {all_of} decisive {_prompts(all_of)}" if all_of else "no decisive prompt yet"
    else:
        ahead = first if stop.wins > stop.losses else second
        seen = f"{ahead} ahead on {most} of {all_of} decisive {_prompts(all_of)}"
    return f"{MAY_STOP if stop.may_stop else 'go on'}: {seen}, E {_evidence(stop.e)} of {stop.needed:g}"


def _evidence(e: float) -> str:
    return f"{e:.0f}" if 9.95 <= e < 1e6 else f"{e:.2g}"


def said_so_far(verdict: Verdict, names: Names) -> Said:
    """A verdict while more answers are to come: the counts, whether one may stop, and what holds if one does."""
    final, pair, prompts = said(verdict, names), verdict.pair, verdict.prompts
    if verdict.outcome is Outcome.NONE:
        return final
    stop = stop_rule(prompts.ahead, prompts.behind, pairs_of(verdict.models))
    may_stop = said_of_stop(stop, names[pair.first], names[pair.second])
    return Said(final.figure, final.counts, f"{may_stop}; {IF_YOU_STOP}: {final.verdict}")


def foremost(found: Iterable[Verdict]) -> Verdict | None:
    """Of verdicts on one figure the one that a single row has room for: on the model that is ahead of most others, and
    the one that is nearest to it. None where there is no verdict."""
    every = list(found)
    if not every:
        return None
    wins = Counter(_ahead(verdict)[0] for verdict in every)
    first = min(wins, key=lambda who: (-wins[who], who))
    its = [verdict for verdict in every if first in (verdict.pair.first, verdict.pair.second)]
    return min(its, key=lambda verdict: (abs(verdict.effect - _even(verdict)), verdict.pair.first, verdict.pair.second))


def said_in_a_row(verdict: Verdict, names: Names, *, growing: bool) -> str:
    """Where the two of a verdict stand, for one row: the counts first, then what they show. While there are more to
    come (`growing`), it says that one may stop when that is so however often somebody looks."""
    return "; ".join([said(verdict, names).counts, _outcome(verdict, names), *_may_stop(verdict, growing=growing)])


def said_in_brief(verdict: Verdict, names: Names, *, growing: bool) -> str:
    """The same where there is less room, as `phi-4-mini ahead of qwen on 3 of 4, equal on 1; too few`."""
    (ahead, other), counts = _ahead(verdict), _counts(verdict)
    if counts.equal == counts.total:
        seen = f"{names[ahead]} and {names[other]} equal on {counts.equal} of {counts.total}"
    else:
        seen = f"{names[ahead]} ahead of {names[other]} on {counts.ahead} of {counts.total}"
        seen += f", equal on {counts.equal}" if counts.equal else ""
        seen += f", behind on {counts.behind}" if counts.behind else ""
    return "; ".join([seen, _short_outcome(verdict, names), *_may_stop(verdict, growing=growing)])


def said_in_short(verdict: Verdict, names: Names, *, growing: bool) -> str:
    """The same where there is hardly any room, as `phi-4-mini 3:0 qwen, 1 equal; too few`."""
    (ahead, other), counts = _ahead(verdict), _counts(verdict)
    equal = f", {counts.equal} equal" if counts.equal else ""
    seen = f"{names[ahead]} {counts.ahead}:{counts.behind} {names[other]}{equal}"
    return "; ".join([seen, _short_outcome(verdict, names), *_may_stop(verdict, growing=growing)])


def _counts(verdict: Verdict) -> Counts:
    """From the side of the model that is ahead."""
    pair = verdict.pair
    return pair.counts if _ahead(verdict)[0] == pair.first else pair.counts.turned()


def _short_outcome(verdict: Verdict, names: Names) -> str:
    better = verdict.outcome in (Outcome.A_BETTER, Outcome.B_BETTER)
    return _outcome(verdict, names) if better else verdict.outcome.value


def _may_stop(verdict: Verdict, *, growing: bool) -> list[str]:
    if not growing or verdict.outcome is Outcome.NONE:
        return []
    stop = stop_rule(verdict.prompts.ahead, verdict.prompts.behind, pairs_of(verdict.models))
    return [MAY_STOP] if stop.may_stop else []
