"""The rows of a report, split by dimensions. Pure: a part of a row is never put together with one of another row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tui.core.conditions.names import Figure
from tui.core.plans.mode import Mode
from tui.report.aggregate import narrowed
from tui.report.in_times import in_times
from tui.report.options import By, is_metric
from tui.report.reported_request import PEOPLE, ReportedRequest, ended_of
from tui.report.rows import Row
from tui.report.statistics.sample import Stat, stat_of

_TIME = "end_ms"


@dataclass(frozen=True, slots=True)
class Group:
    """What stands under one key of each dimension."""

    keys: tuple[str, ...]
    rows: tuple[Row, ...]
    """Of each row of the report the part that belongs here."""
    apart: float | None = None
    """How far the models' mean scores are apart, as a share of the scale; None where fewer than two have any."""
    ratio: float | None = None
    """The longest median time of a whole answer over the shortest."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The rows of one mode, split."""

    mode: Mode
    by: tuple[By, ...]
    groups: tuple[Group, ...]
    placeless: int = 0
    """How many runs stand under no key."""

    @property
    def differing_first(self) -> bool:
        """Whether the groups stand in the order of how much the models differ there."""
        return any(by.name in ("prompt", "tag") for by in self.by) and any(
            group.apart is not None or group.ratio is not None for group in self.groups
        )


def breakdowns(rows: Sequence[Row], by: tuple[By, ...]) -> tuple[Breakdown, ...]:
    """These rows split by these dimensions, those of each mode apart; none where there is no dimension."""
    if not by:
        return ()
    return tuple(
        _breakdown(mode, of_mode, by) for mode in Mode if (of_mode := [row for row in rows if row.subject.mode is mode])
    )


def _breakdown(mode: Mode, rows: Sequence[Row], by: tuple[By, ...]) -> Breakdown:
    found: dict[tuple[str, ...], dict[int, list[ReportedRequest]]] = {}
    placeless = 0
    for place, row in enumerate(rows):
        for run in row.requests:
            parts = list(_parts(row, run, by))
            placeless += not parts
            for keys, part in parts:
                found.setdefault(keys, {}).setdefault(place, []).append(part)
    by_rater = any(one.name == "rater" for one in by)
    groups = [
        _group(keys, [_part(rows[place], runs, timed=not by_rater) for place, runs in of_rows.items()])
        for keys, of_rows in found.items()
    ]
    made = Breakdown(mode, by, tuple(sorted(groups, key=lambda group: group.keys)), placeless)
    if made.differing_first:
        ordered = sorted(made.groups, key=lambda group: (-(group.apart or 0), -(group.ratio or 0), group.keys))
        return Breakdown(mode, by, tuple(ordered), placeless)
    return made


def _parts(row: Row, run: ReportedRequest, by: Sequence[By]) -> Iterator[tuple[tuple[str, ...], ReportedRequest]]:
    """The keys that a run stands under, with what of it does; each dimension may narrow its ratings."""
    parts: list[tuple[tuple[str, ...], ReportedRequest]] = [((), run)]
    for one in by:
        parts = [((*keys, key), part) for keys, so_far in parts for key, part in one.split(row.subject, so_far)]
    yield from parts


def _part(row: Row, runs: Sequence[ReportedRequest], *, timed: bool) -> Row:
    """The part of a row that is of these runs. That of a rater is no `timed` one: the time that an answer took is no
    rater's, and would stand there again for each."""
    part = narrowed(row, runs)
    return part if timed else replace(part, stats=dict.fromkeys(part.stats, Stat()))


def _group(keys: tuple[str, ...], rows: Sequence[Row]) -> Group:
    means: dict[tuple[str, int], list[float]] = {}
    for row in rows:
        for mean in row.scores:
            if mean.raters == PEOPLE:
                means.setdefault((mean.criterion, mean.scale), []).append(mean.mean)
    apart = [(max(each) - min(each)) / (scale - 1) for (_, scale), each in means.items() if len(each) > 1]
    stats = [stat for row in rows if (stat := row.stat(_TIME)).median]
    unlike = len({stat.cold for stat in stats}) > 1  # Cold and warm are not compared.
    times = [] if unlike else [stat.median for stat in stats if stat.median]
    return Group(keys, tuple(rows), max(apart, default=None), max(times) / min(times) if len(times) > 1 else None)


def with_figure(runs: Sequence[ReportedRequest], figure: Figure) -> list[ReportedRequest]:
    """The runs that ended and have a figure; of times and rates those that count."""
    known = [run for run in ended_of(runs) if run.figures.get(figure.name) is not None]
    return in_times(known, lambda run: run)[0] if is_metric(figure) else known


def figure_stat(row: Row, figure: Figure) -> Stat:
    """The statistic of a figure of a row, whose runs have it; of times and rates that of warm answers, if any."""
    ended = with_figure(row.requests, figure)
    estimated = is_metric(figure) and figure.unit.startswith("tok") and any(run.estimated for run in ended)
    cold = is_metric(figure) and any(run.cold for run in ended)
    return stat_of([run.figures[figure.name] for run in ended], estimated=estimated, cold=cold)
