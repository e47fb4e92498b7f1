"""Whether a row is slower than it was, or fails where it did not.

A time or a rate of a row is compared with that of the baseline prompt by prompt, the median of each prompt's warm runs.
It has become worse where the 95 % interval of the ratio excludes 1 and the ratio is beyond the limit; the interval
holds what sessions of the baseline differ by among themselves, which takes four of them. See `docs/statistics.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.core.conditions.names import Figure, known_names
from tui.core.metrics.registry import Better, Place, metrics_in
from tui.core.plans.mode import Mode
from tui.report.baseline import Earlier, match
from tui.report.change_outcomes import figure_in_words, times_in_words
from tui.report.failures import compared_failures
from tui.report.lengths import lengths_of
from tui.report.reported_request import ReportedRequest
from tui.report.row_names import row_names
from tui.report.rows import Row
from tui.report.statistics.per_prompt import medians_by_prompt, paired
from tui.report.statistics.times import LEAST_SESSIONS, LIMIT, TimeComparison, compare_sessions, session_noise
from tui.report.verdicts import OF_A_RACE

LEAST_RUNS = 4
"""Runs on each side, of fewer of which nothing is said."""


@dataclass(frozen=True, slots=True)
class Regressions:
    """What became of comparing rows with a baseline."""

    found: tuple[str, ...] = ()
    """A sentence for each figure of a row that has become worse."""
    passed: int = 0
    """How many figures are not shown to have become worse."""
    ruled_out: int = 0
    """Of how many of those it is shown that they have not."""
    not_judged: tuple[str, ...] = ()
    """Why others cannot be judged, a sentence for each row."""
    failing: tuple[str, ...] = ()
    """A sentence for each row that fails where the baseline did not, too seldom to tell it from chance."""


def compared_figures() -> tuple[Figure, ...]:
    """The times and rates of a report: those of which it is known which value is the better one."""
    named = (known_names()[metric.name] for metric in metrics_in(Place.REPORT) if metric.better is not None)
    return tuple(figure for figure in named if isinstance(figure, Figure))


def regressions(rows: Sequence[Row], baseline: Earlier) -> Regressions:
    """Compare each row with the row of the baseline that is like it. The runs must have `compared_figures()`."""
    found, passed, ruled_out, not_judged, failing = [], 0, 0, [], []
    for name, row in zip(row_names(rows), rows, strict=True):
        like = match(row, baseline)
        if like.why_not:
            not_judged.append(f"{name}: {like.why_not}.")
            continue
        failures = compared_failures(like.mine, like.theirs)
        if failures.worse:
            found.append(f"{name}: {failures.in_words}.")
        elif failures.now and not failures.before:
            failing.append(f"{name}: {failures.in_words}.")
        if row.subject.mode is Mode.RACE:
            not_judged.append(f"{name}: {OF_A_RACE}.")
            continue
        reasons: dict[str, list[str]] = {}
        for figure in compared_figures():
            compared, why_not = compared_times(figure, like.mine, like.theirs)
            if compared is None:
                reasons.setdefault(why_not, []).append(figure_in_words(figure.name))
            elif compared.slower():
                found.append(f"{name}: {_in_words(figure, compared)}.")
            else:
                passed += 1
                ruled_out += bool(compared.not_slower())
        if reasons:
            said = (f"{', '.join(names)}: {why}" for why, names in reasons.items())
            not_judged.append(f"{name}: {'; '.join(said)}.")
    if not rows:
        not_judged.append("There are no rows.")
    return Regressions(tuple(found), passed, ruled_out, tuple(not_judged), tuple(failing))


def compared_times(
    figure: Figure, mine: Sequence[ReportedRequest], theirs: Sequence[ReportedRequest]
) -> tuple[TimeComparison | None, str]:
    """How the times of a row and of its baseline compare, or why they cannot be, as half a sentence."""
    now, before = (len(values_of(figure, runs)) for runs in (mine, theirs))
    if min(now, before) < LEAST_RUNS:
        return (
            None,
            f"{LEAST_RUNS} runs that have it are needed on both sides, and there are {now} now, {before} before",
        )
    if unlike := _unlike_lengths(figure, mine, theirs):
        return None, unlike
    sessions: dict[str, list[ReportedRequest]] = {}
    for run in theirs:
        sessions.setdefault(run.session, []).append(run)
    measured = [medians for runs in sessions.values() if (medians := medians_of(figure, runs))]
    noise = session_noise(measured)
    both = paired(medians_of(figure, mine), medians_of(figure, theirs))
    compared = compare_sessions(both.a, both.b, noise)
    if compared.slower() is not None:
        return compared, ""
    if noise is None:
        there = "there is one" if len(measured) == 1 else f"there are {len(measured)}"
        if len(measured) >= LEAST_SESSIONS:
            there = f"of no prompt is it known in all {len(measured)} that there are"
        return None, (
            f"a difference between sessions may be noise: {LEAST_SESSIONS} sessions of the baseline that have it of "
            f"the same prompts are needed to tell, and {there}"
        )
    return None, "two prompts are needed on both sides"


def _unlike_lengths(figure: Figure, mine: Iterable[ReportedRequest], theirs: Iterable[ReportedRequest]) -> str:
    """What keeps times that grow with the answer from being compared, as half a sentence; empty where nothing does."""
    if figure.name not in {metric.name for metric in metrics_in(Place.REPORT) if metric.grows_with_answer}:
        return ""
    sides: list[dict[str, list[ReportedRequest]]] = [{}, {}]
    for side, runs in zip(sides, (mine, theirs), strict=True):
        for run in runs:
            if _counts(figure, run):
                side.setdefault(run.prompt, []).append(run)
    now, before = sides
    lengths = lengths_of((now[prompt], before[prompt]) for prompt in sorted(now.keys() & before.keys()))
    return f"answers {lengths.in_words}" if lengths is not None and lengths.unlike else ""


def _counts(figure: Figure, run: ReportedRequest) -> bool:
    # A cold run is another thing than a warm one.
    return run.state.final and not run.cold and (run.figures[figure.name] or 0) > 0


def values_of(figure: Figure, runs: Iterable[ReportedRequest]) -> list[tuple[str, float]]:
    """With their prompts, what is known of a figure as a time, of warm answers: a rate is turned over, so that more is
    worse of both."""
    known = ((run.prompt, run.figures[figure.name]) for run in runs if _counts(figure, run))
    over = figure.better is Better.HIGHER
    return [(prompt, 1 / value if over else value) for prompt, value in known if value is not None]


def medians_of(figure: Figure, runs: Iterable[ReportedRequest]) -> dict[str, float]:
    """The median of each prompt's values, as `values_of` has them."""
    return medians_by_prompt(values_of(figure, runs))


def _in_words(figure: Figure, compared: TimeComparison) -> str:
    rate = figure.better is Better.HIGHER
    ends = compared.ratio or 1.0, compared.low or 1.0, compared.high or 1.0  # All known of what is slower.
    limit = 1 / (1 + LIMIT) if rate else 1 + LIMIT
    return (
        f"{figure_in_words(figure.name)} is {times_in_words(*ends, rate=rate)} the baseline's (in brackets the 95 % "
        f"interval; {compared.n} prompts, {compared.method}; the limit is {limit:.2f})"
    )
