"""The rows of a report: what is said of one model as it was asked under one set of conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from operator import itemgetter

from tui.core.metrics.registry import Metric, Place, metrics_in
from tui.core.scoring.rubric import DEFAULT_SCALE
from tui.report.in_times import which_count
from tui.report.outliers import Outlier
from tui.report.reported_request import PEOPLE, ReportedRequest, column, ended_of
from tui.report.statistics.sample import Stat, stat_of
from tui.report.subject import Subject


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many runs ended in which state."""

    done: int = 0
    empty: int = 0
    cut: int = 0
    failed: int = 0
    stopped: int = 0
    skipped: int = 0

    @property
    def runs(self) -> int:
        """All runs that ended."""
        return self.done + self.failures

    @property
    def failures(self) -> int:
        """All that ended without a complete answer."""
        return self.empty + self.cut + self.failed + self.stopped + self.skipped

    @property
    def failure_rate(self) -> float | None:
        """Failures over all runs, 0 to 1; None when there was no run."""
        return self.failures / self.runs if self.runs else None


@dataclass(frozen=True, slots=True)
class ScoreMean:
    """The mean of the scores that count, for one criterion on one scale (1 to `scale`)."""

    criterion: str
    mean: float
    n: int
    scale: int = DEFAULT_SCALE
    raters: str = PEOPLE
    """Which kind of raters gave them."""
    blind: int = 0
    """How many of the `n` were given blind."""
    blind_mean: float | None = None
    """The mean of those; None where there are none."""

    @property
    def open_mean(self) -> float | None:
        """The mean of those that were not given blind; None where there are none."""
        rest = self.n - self.blind
        return (self.mean * self.n - (self.blind_mean or 0) * self.blind) / rest if rest else None


@dataclass(frozen=True, slots=True)
class FacetShare:
    """Of how many facets of their prompts the answers speak that were marked for them."""

    met: int
    of: int
    answers: int
    """How many answers were marked; one that several raters marked counts for each of them."""
    raters: str = PEOPLE

    @property
    def share(self) -> float:
        """What was met of all, 0 to 1."""
        return self.met / self.of


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    subject: Subject
    sessions: int
    prompts: int
    """How many different prompts were asked."""
    outcomes: Outcomes
    warmups: int
    unfinished: int
    """Runs that never came to an end, because the program ended first."""
    stats: Mapping[str, Stat]
    """The metrics of a report, by name."""
    flags: Mapping[str, int]
    """For how many runs each of a report's flags holds, by name: of those that ended, or of those that count, as its
    `tally` says."""
    scores: tuple[ScoreMean, ...]
    size_mb: float | None
    licence: str | None
    memory_mb: float | None = None
    """The most that the serving process was seen to hold; with all that it served at the time."""
    gpu_memory_mb: float | None = None
    """The most that all GPUs of the machine were seen to have in use, by whatever ran there."""
    notes: tuple[str, ...] = ()
    """What else differs between the runs put together here, as phrases."""
    outliers: tuple[Outlier, ...] = ()
    """Numbers that stand apart from those of the same prompt; they are in every statistic."""
    facets: tuple[FacetShare, ...] = ()
    """The facets met, by kind of raters."""
    context: int | None = None
    """Tokens of prompt and answer together that the model takes."""
    quality: float | None = None
    """What people scored, joined over the criteria by the rubric's weights, on the usual scale from 1 on. None where
    one of the criteria has no score, or where rubrics do not agree on the weights."""
    weights: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    """Weight and scale of each criterion that `quality` is joined of; empty where rubrics do not agree."""
    flagged: Mapping[str, int] = field(default_factory=dict)
    """How many answers are left out because of a flag, by the flag's name; they are in nothing else of the row."""
    cold: int = 0
    """Answers that count and for which the model was loaded first: they are in no time and no rate of a row that has
    others."""
    requests: tuple[ReportedRequest, ...] = field(default=(), repr=False)
    """The runs that the row is made of, those that never came to an end included."""
    floors: Mapping[str, float] = field(default_factory=dict)
    """The noise floors of metrics, by name, where the model was measured against itself: 0.04 for 4 %."""

    @property
    def wide(self) -> Mapping[str, Stat]:
        """The metrics of wide tables alone, by name."""
        return {metric.name: self.stat(metric.name) for metric in metrics_in(Place.WIDE)}

    def stat(self, metric: str) -> Stat:
        """The statistic of a metric of the narrow or the wide tables."""
        if metric not in self.stats and metric not in self._further:
            number = next((at for at, one in enumerate(metrics_in(Place.WIDE)) if one.name == metric), None)
            self._further[metric] = Stat() if number is None else _wide_stat(ended_of(self.requests), number)
        return self.stats.get(metric) or self._further[metric]

    @cached_property
    def _further(self) -> dict[str, Stat]:
        """The metrics of wide tables that were asked for: few tables have all of them."""
        return {}


def report_stats(ended: Sequence[ReportedRequest]) -> dict[str, Stat]:
    """The statistics of the metrics of every report, by name, of runs that ended."""
    metrics = metrics_in(Place.REPORT)
    columns = zip(*column(ended, "values"), strict=True) if ended else [()] * len(metrics)
    return dict(_stats(zip(metrics, columns, strict=True), ended))


def _wide_stat(ended: Sequence[ReportedRequest], number: int) -> Stat:
    """The same of the metric of wide tables that has this number among them."""
    ((_, found),) = _stats(
        [(metrics_in(Place.WIDE)[number], list(map(itemgetter(number), column(ended, "wide"))))], ended
    )
    return found


def _stats(
    columns: Iterable[tuple[Metric, Sequence[float | None]]], ended: Sequence[ReportedRequest]
) -> Iterator[tuple[str, Stat]]:
    """The statistics of metrics with the value of each run: of warm answers, and of cold ones only where no other has a
    value."""
    cold, estimated = column(ended, "cold"), column(ended, "estimated")
    for metric, values in columns:
        kept = which_count([value is not None for value in values], cold)
        unsure = metric.needs_tokens and any(compress(estimated, kept))
        yield metric.name, stat_of(compress(values, kept), estimated=unsure, cold=any(compress(cold, kept)))
