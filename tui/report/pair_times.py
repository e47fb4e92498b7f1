"""Times and rates of two candidates, prompt by prompt, and what keeps those of different sessions apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import compress
from operator import itemgetter
from statistics import median
from typing import Any, NamedTuple

from tui.core.metrics.registry import METRICS, Metric, Place, metrics_in
from tui.report.lengths import lengths_of
from tui.report.pairs import (
    ByQuestion,
    Candidate,
    Conditions,
    Counts,
    Difference,
    Figure,
    Kind,
    Pair,
    Question,
    Runs,
    shared_questions,
)
from tui.report.reported_request import ReportedRequest, column, fields_of

_Read = Callable[[Runs], list[Any]]
"""Reads one metric off runs."""

Readable = Sequence[tuple[Metric, _Read]]
"""The metrics that are compared, each with how it is read off runs."""


def usual_metrics() -> Readable:
    """Those that every report compares."""
    return [(metric, _reader(number)) for number, metric in enumerate(metrics_in(Place.REPORT))]


def metrics_called(names: Iterable[str]) -> Readable:
    """Those of these names; the runs have to have them among their figures."""
    wanted = set(names)
    return [(metric, _by_name(metric.name)) for metric in METRICS if metric.name in wanted]


def _by_name(name: str) -> _Read:
    return lambda runs: [figures.get(name) for figures in column(runs, "figures")]


def times(
    how: Conditions,
    first: Candidate,
    second: Candidate,
    one: ByQuestion,
    other: ByQuestion,
    metrics: Readable,
    floors: Sequence[Mapping[str, float]] = (),
    beside: Beside | None = None,
) -> tuple[list[Pair], tuple[Difference, ...]]:
    """A pair for each metric that has a better end; or what keeps times of different sessions from being compared."""
    pairs: list[Pair] = []
    beside = beside or Beside()
    kinds, every = _kinds(one, other, beside), [*one.values(), *other.values()]
    for metric, read in metrics:
        if metric.better is None:
            continue
        mine, theirs = _like_answers(kinds, read, beside)
        shared = [(mine[question], theirs[question]) for question in sorted(mine.keys() & theirs.keys())]
        if not shared:
            continue
        together, key = beside.together(shared)
        if not together and any(map(_of_one_session, shared)):
            continue  # They were asked in one session, but never both with a value in one round.
        if not together and (differences := _differences_apart(first, second, shared)):
            return [], differences
        prompts = together or shared
        values = [(median(some.values), median(others.values)) for some, others in prompts]
        better, cold = metric.better, shared[0][0].runs[0].cold
        pairs.append(
            Pair(
                how,
                Figure(Kind.METRIC, metric.name, metric.label, better, cold=cold),
                first,
                second,
                tuple(values),
                Counts.of(beside.rounds(together, key) if together else values, better),
                apart=not together,
                cold_left_out=0 if cold else sum(beside.cold_with_values(runs, read) for runs in every),
                floor=max((share for side in floors if (share := side.get(metric.name))), default=None),
                history=() if together else _history(mine, theirs),
                lengths=lengths_of((some.runs, others.runs) for some, others in prompts)
                if metric.grows_with_answer
                else None,
            )
        )
    return pairs, ()


def _reader(number: int) -> _Read:
    return lambda runs: list(map(itemgetter(number), column(runs, "values")))


class _Values(NamedTuple):
    """The answers to one question that have a value of a metric, with these."""

    runs: Runs
    values: list[Any]


_Sides = tuple[_Values, _Values]
"""Those of both candidates."""
_Kind = tuple[bool, bool]
"""Cold and contended."""


def _kinds(one: ByQuestion, other: ByQuestion, beside: Beside) -> Mapping[_Kind, tuple[ByQuestion, ByQuestion]]:
    """The answers of both to the questions that both have, by their kind, warm ones first."""
    found: dict[_Kind, tuple[ByQuestion, ByQuestion]] = {
        (cold, contended): ({}, {}) for cold in (False, True) for contended in (False, True)
    }
    for question in shared_questions(one, other):
        for place, runs in enumerate((one[question], other[question])):
            for kind, alike in beside.by_kind(runs).items():
                found[kind][place][question] = alike
    return found


def _like_answers(
    kinds: Mapping[_Kind, tuple[ByQuestion, ByQuestion]], read: _Read, beside: Beside
) -> tuple[dict[Question, _Values], dict[Question, _Values]]:
    """The answers of both with a value, of one kind: warm ones if both have any, else cold ones; of these the contended
    or the others, whichever both have for more prompts."""
    best: tuple[bool, int] = (False, 0)
    found: tuple[dict[Question, _Values], dict[Question, _Values]] = {}, {}
    for (cold, _), sides in kinds.items():
        mine, theirs = (
            {question: kept for question, runs in side.items() if (kept := beside.with_values(runs, read)).runs}
            for side in sides
        )
        rank = (not cold, len(mine.keys() & theirs.keys()))
        if rank[1] and rank > best:
            best, found = rank, (mine, theirs)
    return found


def _of_kind(runs: Runs, kinds: Sequence[_Kind], kind: _Kind) -> Runs:
    return [run for run, its in zip(runs, kinds, strict=True) if its == kind]


def _with_values(runs: Runs, read: _Read) -> _Values:
    values = read(runs)
    if all(values):
        return _Values(runs, values)
    kept = [(run, value) for run, value in zip(runs, values, strict=True) if value]
    return _Values([run for run, _ in kept], [value for _, value in kept])


_Key = Callable[[ReportedRequest], Any]
"""What the answers that were measured next to each other have in common."""


class Beside:
    """Which answers of two candidates were measured next to each other, and their values. Of runs that are asked for
    again it is known: those of a candidate are compared with those of every other."""

    def __init__(self) -> None:
        self._keys_of: dict[tuple[int, _Key], tuple[Runs, list[Any]]] = {}
        """By the runs' identity, with the runs, so that no others get it."""
        self._values_of: dict[tuple[int, _Read], tuple[Runs, _Values]] = {}
        self._kinds_of: dict[int, tuple[Runs, Mapping[_Kind, Runs]]] = {}

    def by_kind(self, runs: Runs) -> Mapping[_Kind, Runs]:
        """The answers of each kind."""
        known = self._kinds_of.get(id(runs))
        if known is None:
            kinds = list(zip(column(runs, "cold"), column(runs, "contended"), strict=True))
            present = set(kinds)
            alike = {one: runs if len(present) == 1 else _of_kind(runs, kinds, one) for one in present}
            known = self._kinds_of[id(runs)] = runs, alike
        return known[1]

    def cold_with_values(self, runs: Runs, read: _Read) -> int:
        """How many of the answers for which a model was loaded have a value."""
        kinds = self.by_kind(runs).items()
        return sum(len(self.with_values(alike, read).runs) for (cold, _), alike in kinds if cold)

    def with_values(self, runs: Runs, read: _Read) -> _Values:
        """Those of the answers that have a value."""
        known = self._values_of.get((id(runs), read))
        if known is None:
            known = self._values_of[id(runs), read] = runs, _with_values(runs, read)
        return known[1]

    def together(self, prompts: Sequence[_Sides]) -> tuple[list[_Sides], _Key]:
        """The answers that were measured next to each other: in one round of one plan, or, where no plan asked both, in
        rounds of one session. And what they have in common."""
        for key in (_of_plan, _of_session):
            found = []
            for mine, theirs in prompts:
                keys = self._keys(mine.runs, key), self._keys(theirs.runs, key)
                if keys[0] == keys[1]:
                    found.append((mine, theirs))
                    continue
                shared = set(keys[0]).intersection(keys[1])
                if shared:
                    found.append((_those(mine, keys[0], shared), _those(theirs, keys[1], shared)))
            if found:
                return found, key
        return [], _of_session

    def rounds(self, prompts: Iterable[_Sides], key: _Key) -> Iterator[tuple[float, float]]:
        """The values of both next to each other: round by round, and in the order of their answers where both were
        asked again in a round."""
        for both in prompts:
            if self._keys(both[0].runs, key) == self._keys(both[1].runs, key):
                yield from zip(both[0].values, both[1].values, strict=True)
                continue
            mine, theirs = (self._by_key(side, key) for side in both)
            for one in mine.keys() & theirs.keys():
                yield from zip(mine[one], theirs[one], strict=False)

    def _by_key(self, side: _Values, key: _Key) -> Mapping[Any, Sequence[float]]:
        keys = self._keys(side.runs, key)
        alone = dict(zip(keys, zip(side.values), strict=True))
        if len(alone) == len(keys):
            return alone
        found: dict[Any, list[float]] = {}
        for one, value in zip(keys, side.values, strict=True):
            found.setdefault(one, []).append(value)
        return found

    def _keys(self, runs: Runs, key: _Key) -> list[Any]:
        known = self._keys_of.get((id(runs), key))
        if known is None:
            known = self._keys_of[id(runs), key] = runs, list(map(key, runs))
        return known[1]


_of_plan: _Key = fields_of("session", "plan", "round")
_of_session: _Key = fields_of("session", "round")


def _those(side: _Values, keys: Sequence[Any], shared: Collection[Any]) -> _Values:
    """The answers of these keys."""
    if len(shared) == len(keys):
        return side
    kept = [key in shared for key in keys]
    return side if all(kept) else _Values(list(compress(side.runs, kept)), list(compress(side.values, kept)))


def _of_one_session(both: _Sides) -> bool:
    return not {run.session for run in both[0].runs}.isdisjoint(run.session for run in both[1].runs)


def _history(one: Mapping[Question, _Values], other: Mapping[Question, _Values]) -> tuple[Mapping[str, float], ...]:
    """For the candidate that was asked all their questions in more sessions: its medians in each of these sessions.
    What they differ by is what sessions differ by when nothing else does."""
    shared = one.keys() & other.keys()
    found: list[list[dict[str, float]]] = []
    for asked in (one, other):
        by_session: dict[str, dict[Question, list[float]]] = {}
        for question in shared:
            for run, value in zip(*asked[question], strict=True):
                by_session.setdefault(run.session, {}).setdefault(question, []).append(value)
        whole = [values for _, values in sorted(by_session.items()) if len(values) == len(shared)]
        found.append(
            [{"\x00".join(question): median(values[question]) for question in sorted(values)} for values in whole]
        )
    mine, theirs = found
    return tuple(theirs if len(theirs) > len(mine) else mine)


def _differences_apart(first: Candidate, second: Candidate, sides: Sequence[_Sides]) -> tuple[Difference, ...]:
    """What differs besides what is compared, where no session has both: the model; or of one model its build; or of
    one build the host."""
    hosts = [
        ", ".join(sorted({" ".join(run.served_by) for both in sides for run in both[side].runs})) for side in (0, 1)
    ]
    checked: list[Difference] = []
    same_model = first.alias == second.alias
    if not same_model:
        checked += [Difference("device", first.device, second.device)]
        checked += [Difference("execution provider", first.ep, second.ep)]
    if not same_model or (first.variant, first.device, first.ep) != (second.variant, second.device, second.ep):
        checked += [Difference("host", first.host, second.host), Difference("host", hosts[0], hosts[1])]
    return tuple(found for found in checked if found.first != found.second)[:1]
