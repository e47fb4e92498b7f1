"""Which answers conditions leave of sessions, of those too of which only the record is here.

What is left of a record is what contributions of the filtered session would be. A session whose record cannot tell is
read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import chain, compress
from operator import itemgetter
from typing import NamedTuple

from tui.core.conditions.filters import (
    RATER,
    Filtered,
    by_what_they_leave,
    dimension_holds,
    figure_holds,
    filtered_session,
    rater_holds,
)
from tui.core.conditions.grammar import Condition, Conditions
from tui.core.conditions.names import Dimension, Said, figures, mean_score
from tui.core.sessions.session import Session
from tui.report.contribution import Contribution, Held
from tui.report.recorded_requests import RecordedRequests
from tui.report.reported_request import GivenVote, ReportedRequest
from tui.report.session_record import AnySession, RecordedSession, as_read

_OF_SCORES = frozenset(figure.name for figure in figures() if figure.criteria)
"""The figures that are made of an answer's scores."""


def take_figures(conditions: Conditions) -> bool:
    """Whether conditions take the figures of records."""
    return any(
        one.name == RATER or not (isinstance(one.named, Dimension) or one.name in _OF_SCORES) for one in conditions
    )


def filtered_sessions(sessions: Iterable[AnySession], conditions: Conditions, tally: Filtered) -> Iterator[AnySession]:
    """As `filtered_session`, of records too. Raises BadInputError where a file that has to be read cannot be."""
    for session in sessions:
        left = _filtered(session, conditions, tally) if isinstance(session, RecordedSession) else None
        yield filtered_session(as_read(session), conditions, tally) if left is None else left


def _filtered(session: RecordedSession, conditions: Conditions, tally: Filtered) -> RecordedSession | None:
    """What conditions leave; None where the record cannot tell."""
    requests = session.requests
    if requests is None or session.judged or (take_figures(conditions) and not session.figures):
        return None  # What is said of judges is of the answers that they judged.
    of_scores, of_answers = by_what_they_leave(conditions)
    rows = _rated(session.rows, of_scores) if of_scores else session.rows
    runs = list(chain.from_iterable([row.runs for row in rows]))
    said = _said(requests, of_answers)
    columns = [said.held[one] if one in said.held else _of_figure(one, session, runs) for one in of_answers]
    found = list(zip(*columns, strict=True)) or [()] * len(requests.ids)
    kept = list(map(all, found))
    if any(kept[one] and not kept[first] for one, first in requests.follows):
        return None  # What was asked is told with what was asked before.
    for condition, instead in said.instead:
        tally.note(condition, instead)
    for run, of_run in zip(runs, found, strict=False):
        if run.state.final:
            tally.take(of_answers, of_run)
    if of_scores:
        _count_scores(session, kept, of_scores, tally)

    whole = session.read

    def read() -> Session:
        return filtered_session(whole(), conditions, Filtered(conditions))

    ids = frozenset(compress(requests.ids, kept))
    left = _left(rows, requests, kept, ids)
    return session._replace(held=lambda: Held.of(read()), runs=ids, rows=left, read=read, requests=None)


class _Said(NamedTuple):
    """What dimensions say of the requests of a session, under conditions."""

    held: Mapping[Condition, Sequence[bool | None]]
    """Whether a condition on a dimension holds for each."""
    instead: Sequence[tuple[Condition, Said]]
    """What some have instead of what a condition wants, in the order of the session."""


@lru_cache(maxsize=1024)
def _said(requests: RecordedRequests, conditions: Conditions) -> _Said:
    """The same for all sessions that have one shape."""
    held: dict[Condition, Sequence[bool | None]] = {}
    instead: list[tuple[int, Condition, Said]] = []
    for condition in conditions:
        if isinstance(condition.named, Dimension):
            values, numbers = requests.said[condition.name]
            holds = [dimension_holds(condition, value) for value in values]
            held[condition] = [holds[number] for number in numbers]
            those = zip(requests.places, numbers, strict=True)
            instead += [(place, condition, values[number]) for place, number in those if holds[number] is False]
    instead.sort(key=itemgetter(0))
    return _Said(held, list(dict.fromkeys((condition, value) for _, condition, value in instead)))


def _of_figure(condition: Condition, session: RecordedSession, runs: Sequence[ReportedRequest]) -> list[bool | None]:
    """Whether a condition on a figure holds for each request; no warm-up has scores."""
    if condition.name not in _OF_SCORES:
        return [figure_holds(condition, number) for number in session.numbers(condition.name)]
    warmups = sum(row.warmups for row in session.rows)
    wanted = condition.criterion
    scores = [[one.value for one in run.scores if wanted is None or one.criterion == wanted] for run in runs]
    return [figure_holds(condition, mean_score(values)) for values in (*scores, *[()] * warmups)]


def _rated(rows: Iterable[Contribution], of_scores: Conditions) -> list[Contribution]:
    """The rows with what those gave alone who are asked for."""

    @cache
    def counts(rater: str) -> bool:
        return rater_holds(of_scores, rater)

    return [replace(row, runs=[_rated_run(run, counts) for run in row.runs]) for row in rows]


def _rated_run(run: ReportedRequest, counts: Callable[[str], bool]) -> ReportedRequest:
    scores = tuple([one for one in run.scores if counts(one.rater)])
    votes = tuple([one for one in run.votes if counts(one.rater)])
    facets = tuple([one for one in run.facets if counts(one.rater)])
    if (scores, votes, facets) == (run.scores, run.votes, run.facets):
        return run
    figures = dict(run.figures)
    for name in _OF_SCORES.intersection(figures):
        figures[name] = mean_score([one.value for one in scores])
    return run._replace(scores=scores, votes=votes, facets=facets, figures=figures)


def _count_scores(session: RecordedSession, kept: Sequence[bool], of_scores: Conditions, tally: Filtered) -> None:
    tally.scores = tally.scores or 0
    for rater, counts in session.scores_given().items():
        count = sum(compress(counts, kept))
        tally.scores += count
        tally.scores_kept += count * rater_holds(of_scores, rater)


def _left(
    rows: Iterable[Contribution], requests: RecordedRequests, kept: Sequence[bool], ids: frozenset[str]
) -> list[Contribution]:
    """The rows of the requests that are kept, which have these ids, in the order in which those were asked."""
    left: list[tuple[int, Contribution]] = []
    at, warm = 0, sum([len(row.runs) for row in rows])
    for row in rows:
        of_runs, of_warmups = slice(at, at + len(row.runs)), slice(warm, warm + row.warmups)
        at, warm = of_runs.stop, of_warmups.stop
        places = [
            *compress(requests.places[of_runs], kept[of_runs]),
            *compress(requests.places[of_warmups], kept[of_warmups]),
        ]
        if not places:
            continue
        runs = [_with_votes(run, ids) for run in compress(row.runs, kept[of_runs])]
        weights = row.weights if any(run.scores for run in runs) else {}
        facts = row.size_mb, row.licence, row.context, weights, row.floors
        hosts = row.hosts if runs else set[tuple[str, ...]]()
        left.append((min(places), Contribution(row.subject, hosts, len(places) - len(runs), *facts, runs)))
    return [row for _, row in sorted(left, key=itemgetter(0))]


def _with_votes(run: ReportedRequest, ids: frozenset[str]) -> ReportedRequest:
    """A run with the votes of which all answers are kept."""
    votes = tuple([vote for vote in run.votes if ids.issuperset(_answers(run.session, vote))])
    return run if len(votes) == len(run.votes) else run._replace(votes=votes)


def _answers(session: str, vote: GivenVote) -> Sequence[str]:
    """The ids of those that a vote chose between."""
    return vote.vote[len(session) + len(vote.rater) + 2 :].split("\n")
