"""Verdicts in words: in full, for a row, in brief and in short. Nothing else makes these sentences.

Pure. Every surface (reports, `run`, the screen) shows these texts, which are cleaned for the eyes and escaped for no
format.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tui.core.metrics.registry import METRICS
from tui.core.scoring.rubric import DEFAULT_SCALE
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN
from tui.report.candidate_names import Names
from tui.report.pairs import PREFERENCE, Counts, Figure, Kind
from tui.report.reported_request import PEOPLE
from tui.report.shown_verdicts import leading
from tui.report.statistics.prompts_needed import Stop, least_prompts, pairs_of
from tui.report.verdicts import Outcome, Verdict

TIMES_FROM = 1.5
"""From this ratio on, a difference is said as so many times; below it in per cent."""
IF_YOU_STOP = "if you stop here"
"""Said of a verdict while more answers are to come: its interval and p are those of a number fixed beforehand."""
MAY_STOP = "you may stop"
"""Said by the rule for looking often alone."""
LEFT_OUT_COLD = "Answers for which a model was loaded first are left out of the times."
_NAME_SHOWN = 28


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
    figure, (amount, interval) = figure_name(verdict.pair.figure), _amount(verdict)
    seen = "; ".join([_seen(verdict, names, amount), *_seen_besides(verdict)])
    if verdict.outcome is Outcome.NONE:
        return Said(figure, seen, f"{verdict.caveat} (n {verdict.n})")
    parts = [f"n {verdict.n}", f"{amount} ({interval})", _method(verdict), verdict.caveat]
    return Said(figure, seen, f"{_outcome(verdict, names)}: {', '.join(filter(None, parts))}")


_WORDS = {
    Kind.SCORE: ("higher than", "lower"),
    Kind.METRIC: ("faster than", "slower"),
    Kind.VOTE: ("preferred to", "the other"),
}
_WORDS_OF_COUNTS = ("ahead of", "behind")
"""Of times that say nothing of which model is faster."""


def _seen(verdict: Verdict, names: Names, amount: str) -> str:
    """On how many prompts, or in how many runs, which of the two was ahead, and of times by how much."""
    ahead, other, counts = names[verdict.ahead], names[verdict.other], _counts(verdict)
    kind, judged = verdict.pair.figure.kind, verdict.outcome is not Outcome.NONE
    timed = kind is Kind.METRIC
    where = "in" if timed and not verdict.pair.apart else "on"
    of = f"of {counts.total}" + (f" {_prompts(counts.total)}" if where == "on" else "")
    if counts.equal == counts.total:
        return f"{ahead} and {other} equal {where} {counts.equal} {of}"
    more, less = _WORDS[kind] if judged else _WORDS_OF_COUNTS
    by = (amount if amount.endswith("times") else f"by {amount}") if timed and judged else ""
    if timed and counts.ahead == counts.behind:
        # One win each: only the mean says that one of them is ahead.
        more, less = more.split()[0], ""
        seen = f"{ahead} and {other} each {more} {where} {counts.ahead} {of}"
        seen += f", {ahead} {by} on average" if by else ""
    else:
        seen = f"{ahead} {more} {other} {where} {counts.ahead} {of}"
        seen += f", {by}" if by else ""
    seen += f", equal {where} {counts.equal}" if counts.equal else ""
    # Of times where nothing is equal, the rest is plain to see; of few scores it is said all the same.
    plain = timed and not counts.equal and counts.ahead > counts.behind
    return seen + (f", {less} {where} {counts.behind}" if less and counts.behind and not plain else "")


def _seen_besides(verdict: Verdict) -> Iterator[str]:
    """What else was seen of the two answers: votes for both or neither, lengths that are unlike."""
    pair = verdict.pair
    if pair.both_good:
        yield f"both good on {pair.both_good}"
    if pair.both_bad:
        yield f"both bad on {pair.both_bad}"
    if pair.lengths is not None and pair.lengths.unlike:
        yield f"answers {(pair.lengths if verdict.ahead == pair.first else pair.lengths.turned()).in_words}"


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
    turned = effect < verdict.even
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


def full_method(verdict: Verdict) -> str:
    """How interval and p were worked out, for whoever checks it; empty where there are none."""
    if verdict.outcome is Outcome.NONE:
        return ""
    interval = {
        Kind.SCORE: "Student's t interval of the prompts' differences",
        Kind.METRIC: "Student's t interval of the prompts' log ratios",
        Kind.VOTE: "adjusted Wald interval",
    }[verdict.pair.figure.kind]
    holm_of = f", Holm of {pairs_of(verdict.models)} pairs" if verdict.models > 2 else ""
    return f"{interval}; {verdict.method}{holm_of}; two one-sided tests for the same"


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


def remarks(found: Sequence[Verdict]) -> list[str]:
    """What there is to know of all these verdicts together, as sentences."""
    said_too = [LEFT_OUT_COLD] if any(verdict.pair.cold_left_out for verdict in found) else []
    if hidden := len(found) - len(leading(found)):
        said_too.append(f"{hidden} more comparisons of these models are in reports as JSON and as comparisons-csv.")
    return said_too


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
    final, pair = said(verdict, names), verdict.pair
    if verdict.stop is None:
        return final
    may_stop = said_of_stop(verdict.stop, names[pair.first], names[pair.second])
    return Said(final.figure, final.counts, f"{may_stop}; {IF_YOU_STOP}: {final.verdict}")


def said_in_a_row(verdict: Verdict, names: Names, *, growing: bool) -> str:
    """Where the two of a verdict stand, for one row: the counts first, then what they show. While there are more to
    come (`growing`), it says that one may stop when that is so however often somebody looks."""
    return "; ".join([said(verdict, names).counts, _outcome(verdict, names), *_may_stop(verdict, growing=growing)])


def said_in_brief(verdict: Verdict, names: Names, *, growing: bool) -> str:
    """The same where there is less room, as `phi-4-mini ahead of qwen on 3 of 4, equal on 1; too few`."""
    ahead, other, counts = verdict.ahead, verdict.other, _counts(verdict)
    if counts.equal == counts.total:
        seen = f"{names[ahead]} and {names[other]} equal on {counts.equal} of {counts.total}"
    else:
        seen = f"{names[ahead]} ahead of {names[other]} on {counts.ahead} of {counts.total}"
        seen += f", equal on {counts.equal}" if counts.equal else ""
        seen += f", behind on {counts.behind}" if counts.behind else ""
    return "; ".join([seen, _short_outcome(verdict, names), *_may_stop(verdict, growing=growing)])


def said_in_short(verdict: Verdict, names: Names, *, growing: bool) -> str:
    """The same where there is hardly any room, as `phi-4-mini 3:0 qwen, 1 equal; too few`."""
    ahead, other, counts = verdict.ahead, verdict.other, _counts(verdict)
    equal = f", {counts.equal} equal" if counts.equal else ""
    seen = f"{names[ahead]} {counts.ahead}:{counts.behind} {names[other]}{equal}"
    return "; ".join([seen, _short_outcome(verdict, names), *_may_stop(verdict, growing=growing)])


def _counts(verdict: Verdict) -> Counts:
    """From the side of the model that is ahead."""
    pair = verdict.pair
    return pair.counts if verdict.ahead == pair.first else pair.counts.turned()


def _short_outcome(verdict: Verdict, names: Names) -> str:
    better = verdict.outcome in (Outcome.A_BETTER, Outcome.B_BETTER)
    return _outcome(verdict, names) if better else verdict.outcome.value


def _may_stop(verdict: Verdict, *, growing: bool) -> list[str]:
    return [MAY_STOP] if growing and verdict.may_stop else []
