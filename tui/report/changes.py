"""What became of each model and prompt since a baseline: better, worse, same or unknown, each named with its reason.

Of a model, its prompts are compared as `regressions` does. Of one prompt the noise between sessions can only be known
from four sessions of the baseline; several prompts of a model are compared with Holm's method.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import geometric_mean, median

from tui.core.conditions.names import Figure
from tui.core.metrics.registry import Better
from tui.core.plans.mode import Mode
from tui.report.baseline import Earlier, match
from tui.report.change_outcomes import ChangeOutcome, of_times, times_in_words
from tui.report.regressions import compared_figures, compared_times, medians_of, values_of
from tui.report.reported_request import PEOPLE, ReportedRequest
from tui.report.rows import Row
from tui.report.statistics.distributions import ALPHA
from tui.report.statistics.paired import compare_paired, holm
from tui.report.statistics.per_prompt import paired
from tui.report.statistics.times import LEAST_SESSIONS, LIMIT, compare_prompt
from tui.report.subject import Subject
from tui.report.verdicts import OF_A_RACE, SAME_POINTS

_USUAL_POINTS = 4
"""Points between the ends of the usual scale, for which `SAME_POINTS` is."""


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of one model, on the prompts that the baseline has, too."""

    subject: Subject
    """The row's."""
    figure: str
    """The metric, or the criterion."""
    outcome: ChangeOutcome
    prompts: int
    now: float | None
    """The geometric mean of the prompts' medians, so that now over before is the factor in `why`; of scores the mean of
    the prompts' means."""
    before: float | None
    why: str
    """How it is known, or why it is not, as a phrase."""
    prompt: str = ""
    """The prompt, where it is of one alone."""


def changes(rows: Sequence[Row], baseline: Earlier) -> tuple[Change, ...]:
    """Every figure of each row, then of each of its prompts. The runs must have `compared_figures()`."""
    found: list[Change] = []
    for row in rows:
        like = match(row, baseline)
        if like.why_not:
            found.append(Change(row.subject, "", ChangeOutcome.UNKNOWN, 0, None, None, like.why_not))
            continue
        for figure in compared_figures():
            found += _of_figure(row.subject, figure, like.mine, like.theirs)
        found += _of_scores(row.subject, like.mine, like.theirs)
    return tuple(found)


def _of_figure(
    subject: Subject, figure: Figure, mine: Sequence[ReportedRequest], theirs: Sequence[ReportedRequest]
) -> Iterator[Change]:
    both = paired(medians_of(figure, mine), medians_of(figure, theirs))
    prompts, rate = both.prompts, figure.better is Better.HIGHER
    if not prompts:
        return
    now, before = (_by_prompt(figure, runs) for runs in (mine, theirs))

    def own(values: Iterable[float]) -> float:
        """Their geometric mean in the figure's own unit: a rate is turned over while it is compared."""
        middle = geometric_mean(values)
        return 1 / middle if rate else middle

    middle = own(both.a), own(both.b)
    if subject.mode is Mode.RACE:
        yield Change(subject, figure.name, ChangeOutcome.UNKNOWN, len(prompts), middle[0], middle[1], OF_A_RACE)
        return
    compared, why_not = compared_times(figure, mine, theirs)
    outcome, why = (ChangeOutcome.UNKNOWN, why_not) if compared is None else of_times(compared, rate=rate)
    yield Change(subject, figure.name, outcome, len(prompts), middle[0], middle[1], why)
    found = {prompt: compare_prompt(list(now[prompt].values()), list(before[prompt].values())) for prompt in prompts}
    known = [prompt for prompt in prompts if found[prompt] is not None]
    adjusted = dict(zip(known, holm([one.p for one in found.values() if one is not None]), strict=True))
    for prompt in prompts:
        sides = own(now[prompt].values()), own(before[prompt].values())
        one = found[prompt]
        if one is None:
            there = "is one" if len(before[prompt]) == 1 else f"are {len(before[prompt])}"
            why = f"{LEAST_SESSIONS} sessions of the baseline are needed, and there {there}"
            yield Change(subject, figure.name, ChangeOutcome.UNKNOWN, 1, *sides, why, prompt)
            continue
        ends = times_in_words(one.ratio, one.low, one.high, rate=rate)
        outcome = ChangeOutcome.UNKNOWN
        if adjusted[prompt] <= ALPHA and one.ratio > 1 + LIMIT:
            outcome = ChangeOutcome.WORSE
        elif adjusted[prompt] <= ALPHA and one.ratio < 1 / (1 + LIMIT):
            outcome = ChangeOutcome.BETTER
        elif one.same_within():
            outcome = ChangeOutcome.SAME
        yield Change(subject, figure.name, outcome, 1, *sides, ends, prompt)


def _by_prompt(figure: Figure, runs: Iterable[ReportedRequest]) -> dict[str, dict[str, float]]:
    """As a time, so that more is worse of a rate, too: by prompt the median of each session."""
    sessions: dict[str, list[ReportedRequest]] = {}
    for run in runs:
        sessions.setdefault(run.session, []).append(run)
    found: dict[str, dict[str, float]] = {}
    for session, of_session in sorted(sessions.items()):
        values: dict[str, list[float]] = {}
        for prompt, value in values_of(figure, of_session):
            values.setdefault(prompt, []).append(value)
        for prompt, every in values.items():
            found.setdefault(prompt, {})[session] = median(every)
    return found


def _of_scores(
    subject: Subject, mine: Sequence[ReportedRequest], theirs: Sequence[ReportedRequest]
) -> Iterator[Change]:
    """Scores of the raters who scored a prompt's answers both times: whoever scored once says nothing of a change."""
    now, before = _scores(mine), _scores(theirs)
    for criterion, scale in sorted(now.keys() & before.keys()):
        pairs: dict[str, tuple[float, float]] = {}
        for prompt in sorted(now[criterion, scale].keys() & before[criterion, scale].keys()):
            sides = now[criterion, scale][prompt], before[criterion, scale][prompt]
            raters = sides[0].keys() & sides[1].keys()
            if raters:
                one, other = (_mean([_mean(side[rater]) for rater in sorted(raters)]) for side in sides)
                pairs[prompt] = one, other
        if not pairs:
            continue
        mean_now, mean_before = (_mean([pair[place] for pair in pairs.values()]) for place in (0, 1))
        compared = compare_paired([pair[0] for pair in pairs.values()], [pair[1] for pair in pairs.values()])
        margin = SAME_POINTS * (scale - 1) / _USUAL_POINTS
        better = compared.better()
        outcome, why = ChangeOutcome.UNKNOWN, "too few prompts, or not shown either way"
        if better or compared.same_within(margin):
            outcome = {1: ChangeOutcome.BETTER, -1: ChangeOutcome.WORSE, 0: ChangeOutcome.SAME}[better]
            why = f"{compared.effect:+.2f} points ({compared.low:.2f} to {compared.high:.2f})"
        yield Change(subject, criterion, outcome, len(pairs), mean_now, mean_before, why)
        for prompt, (one, other) in pairs.items():
            why = "one prompt has one value for each time: nothing tells a change from chance"
            yield Change(subject, criterion, ChangeOutcome.UNKNOWN, 1, one, other, why, prompt)


def _scores(runs: Iterable[ReportedRequest]) -> dict[tuple[str, int], dict[str, dict[str, list[float]]]]:
    """By criterion and scale, prompt, and rater."""
    found: dict[tuple[str, int], dict[str, dict[str, list[float]]]] = {}
    for run in runs:
        for score in run.scores:
            if score.raters == PEOPLE:
                of = found.setdefault((score.criterion, score.scale), {}).setdefault(run.prompt, {})
                of.setdefault(score.rater, []).append(float(score.value))
    return found


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
