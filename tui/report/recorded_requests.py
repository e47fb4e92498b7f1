"""What a record says of every request of its session, warm-ups included, for conditions that choose among them.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

from tui.core.catalog.model_card import to_megabytes
from tui.core.conditions.filters import RATER, about_answer
from tui.core.conditions.names import DIMENSIONS, Said, figures
from tui.core.metrics.metrics import Metrics
from tui.core.sessions.session import Session
from tui.report.contribution import Contribution, floors_in, subject_of
from tui.report.subject import Subject

RECORDED = tuple(dimension for dimension in DIMENSIONS if dimension.name != RATER)
"""The dimensions of which is known what they say of each request. Who rated is read off the ratings."""
_Column = tuple[tuple[Said, ...], tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class RecordedRequests:
    """All requests of a session: first the runs of its rows, in their order, then the rows' warm-ups."""

    ids: tuple[str, ...]
    places: tuple[int, ...]
    """The place that each has in its session."""
    said: Mapping[str, _Column]
    """By the name of a dimension what it says of requests, in the order in which that occurs in the session, and which
    of that it says of each."""
    follows: tuple[tuple[int, int], ...]
    """Which request is a follow-up of which: what was asked before is a part of what it asks."""

    def to_json(self) -> object:
        """What `from_json` makes the same of."""
        return self.places, self.said, self.follows

    @classmethod
    def from_json(cls, found: Any, requests: Sequence[str]) -> RecordedRequests:
        """Of what `to_json` made, and the ids of the session's requests in their order."""
        places, columns, follows = found
        said = {
            name: (tuple(tuple(one) if isinstance(one, list) else one for one in values), tuple(numbers))
            for name, (values, numbers) in columns.items()
        }
        ids = tuple(requests[place] for place in places)
        return cls(ids, tuple(places), said, tuple((one, first) for one, first in follows))


def requests_of(session: Session, rows: Sequence[Contribution]) -> RecordedRequests | None:
    """Those of a session with these rows. None where a row would say something else of its model or its host if it had
    fewer of its requests, where a warm-up was scored, which no row says, or where the name of a vote does not tell its
    answers, one in a line."""
    warmups: dict[Subject, list[str]] = {row.subject: [] for row in rows}
    for run, request in session.requests.items():
        if request.spec.warmup:
            warmups[subject_of(session, request)].append(run)
    unlike = not all(_is_of_one_kind(session, row, warmups[row.subject]) for row in rows)
    scored = {score.run for score in session.scores}.intersection(chain.from_iterable(warmups.values()))
    if unlike or scored or any("\n" in run for vote in session.votes for run in vote.runs):
        return None
    ids = (*(run.id for row in rows for run in row.runs), *chain.from_iterable(warmups.values()))
    place = {run: number for number, run in enumerate(session.requests)}
    places = tuple(place[run] for run in ids)
    about = [about_answer(session, request) for request in session.requests.values()]
    said = {dimension.name: _column(list(map(dimension.said, about)), places) for dimension in RECORDED}
    number = {run: one for one, run in enumerate(ids)}
    followed = [(run, request.spec.follows) for run, request in session.requests.items()]
    follows = tuple((number[run], number[first]) for run, first in followed if first in number)
    return RecordedRequests(ids, places, said, follows)


def _is_of_one_kind(session: Session, row: Contribution, warmups: Iterable[str]) -> bool:
    """Whether each of its requests says of model and host what a row says."""
    floors = floors_in(session)
    specs = (session.requests[run].spec for run in (*(run.id for run in row.runs), *warmups))
    for plan, model in {(spec.plan, spec.model) for spec in specs}:
        card = session.models[model].card
        said = to_megabytes(card.size_bytes), card.licence, card.context, floors.get((plan, model), {})
        if said != (row.size_mb, row.licence, row.context, row.floors):
            return False
    return len(row.hosts) <= 1


def _column(every: Sequence[Said], places: Sequence[int]) -> _Column:
    values = {value: number for number, value in enumerate(dict.fromkeys(every))}
    return tuple(values), tuple(values[every[place]] for place in places)


def numbers_of(
    session: Session, rows: Sequence[Contribution], requests: RecordedRequests | None
) -> Iterator[Sequence[float | None]]:
    """The numbers of each figure: of all runs, which have them, and then of all warm-ups."""
    runs = [run.figures for row in rows for run in row.runs]
    warmups = () if requests is None else [session.requests[run] for run in requests.ids[len(runs) :]]
    of_warmups = [(one, one.metrics if one.state.counts else Metrics(), ()) for one in warmups]
    for figure in figures():
        yield [*(run[figure.name] for run in runs), *(figure.read(*one) for one in of_warmups)]


def scores_given(session: Session, requests: RecordedRequests) -> Mapping[str, Sequence[int]]:
    """By rater how often each request was scored, what was taken back included."""
    number = {run: one for one, run in enumerate(requests.ids)}
    given: dict[str, list[int]] = {}
    for score in session.scores:
        if score.run in number:
            given.setdefault(score.rater, [0] * len(number))[number[score.run]] += 1
    return given


@cache
def figure_number(name: str) -> int:
    """Which of the figures has this name. Raises LookupError where none has."""
    return {figure.name: number for number, figure in enumerate(figures())}[name]
