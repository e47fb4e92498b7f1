"""The front of quality against speed: the models to which none is preferable in one of the two and at least equal in
the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tui.core.metrics.registry import Place, metrics_in
from tui.core.plans.mode import Mode
from tui.core.sessions.session_model import Parameters
from tui.report.pairs import Candidate, Matches, candidate_of
from tui.report.rows import Row, ScoreMean

TIME = "end_ms"
"""The time that stands for speed: that of the whole answer."""


@dataclass(frozen=True, slots=True)
class FrontPoint:
    """A row in the plane of time and quality."""

    row: Row
    time_ms: float
    """The median time of its whole answers."""
    mean: float
    """Of the criterion's scores."""


@dataclass(frozen=True, slots=True)
class Front:
    """Rows of one mode and of the same settings, by one criterion and the time of the whole answer."""

    mode: Mode
    parameters: Parameters
    nonce: bool
    system: str | None
    criterion: ScoreMean
    """Its mean and `n` are of no meaning here: criterion, scale and kind of raters are."""
    points: tuple[FrontPoint, ...]
    ahead: tuple[bool, ...] = ()
    """Which of the points are on the front; empty where nothing may be said of one."""
    why_not: str = ""
    """Why there is no front, as a sentence; empty where there is one."""


def fronts(rows: Iterable[Row], matches: Matches) -> list[Front]:
    """A front for each mode, settings and criterion that two rows or more were timed and scored for."""
    alike: dict[tuple[Mode, Parameters, bool, str | None], list[Row]] = {}
    for row in rows:
        what = row.subject
        alike.setdefault((what.mode, what.parameters, what.nonce, what.system), []).append(row)
    made = []
    for how, of_these in alike.items():
        for criterion in {_key(mean): mean for row in of_these for mean in row.scores}.values():
            points = tuple(point for row in of_these if (point := _point(row, criterion)) is not None)
            if len(points) > 1:
                why_not = why_no_front(how[0], [point.row for point in points], criterion, matches)
                made.append(Front(*how, criterion, points, () if why_not else _ahead(points), why_not))
    return made


def why_no_front(mode: Mode, rows: Sequence[Row], criterion: ScoreMean, matches: Matches) -> str:
    """Why nothing may be said of which of these models are ahead, as a sentence; empty where it may."""
    if mode is Mode.RACE:
        return "No front is marked: in a race each time tells of the whole race."
    number = [metric.name for metric in metrics_in(Place.REPORT)].index(TIME)
    timed = {frozenset(run.prompt for run in row.requests if run.values[number] is not None) for row in rows}
    scored = {
        frozenset(run.prompt for run in row.requests for score in run.scores if score[:3] == _key(criterion))
        for row in rows
    }
    if len(timed) > 1 or len(scored) > 1:
        return "No front is marked: not all of them were timed on the same prompts, or not all scored on the same ones."
    who: set[Candidate] = {candidate_of(row.subject) for row in rows}
    if any(found.times_only and {found.first, found.second} <= who for found in matches.unlike):
        return "No front is marked: their times are not comparable."
    if any(pair.apart and {pair.first, pair.second} <= who for pair in matches.pairs):
        return "No front is marked: their times are of different sessions."
    return ""


def _key(mean: ScoreMean) -> tuple[str, int, str]:
    return mean.criterion, mean.scale, mean.raters


def _point(row: Row, criterion: ScoreMean) -> FrontPoint | None:
    mean = next((mean.mean for mean in row.scores if _key(mean) == _key(criterion)), None)
    time = row.stat(TIME).median
    return None if mean is None or time is None else FrontPoint(row, time, mean)


def _ahead(points: Sequence[FrontPoint]) -> tuple[bool, ...]:
    return ahead([(point.time_ms, point.mean) for point in points])


def ahead(points: Sequence[tuple[float, float]]) -> tuple[bool, ...]:
    """Which of these, each a time and a mean, are on the front: none is preferable in one of time (less) and mean
    (more), and equal or preferable in the other."""
    return tuple(
        not any(time <= its_time and mean >= its_mean and (time, mean) != (its_time, its_mean) for time, mean in points)
        for its_time, its_mean in points
    )
