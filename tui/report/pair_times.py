"""Times and rates of two candidates, prompt by prompt, and what keeps those of different sessions apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from tui.core.metrics.registry import METRICS, Metric, Place, metrics_in
from tui.report.lengths import lengths_of
from tui.report.outliers import ReportedRequest
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

_Read = Callable[[ReportedRequest], Any]
"""Reads one metric off a run."""

Readable = Sequence[tuple[Metric, _Read]]
"""The metrics that are compared, each with how it is read off a run."""


def usual_metrics() -> Readable:
    """Those that every report compares."""
    return [(metric, _reader(number)) for number, metric in enumerate(metrics_in(Place.REPORT))]


def metrics_called(names: Iterable[str]) -> Readable:
    """Those of these names; the runs have to have them among their figures."""
    wanted = set(names)
    return [(metric, _by_name(metric.name)) for metric in METRICS if metric.name in wanted]


def _by_name(name: str) -> _Read:
    return lambda run: run.figures.get(name)


def times(
    how: Conditions,
    first: Candidate,
    second: Candidate,
    one: ByQuestion,
    other: ByQuestion,
    metrics: Readable,
    floors: Sequence[Mapping[str, float]] = (),
) -> tuple[list[Pair], tuple[Difference, ...]]:
    """A pair for each metric that has a better end; or what keeps times of different sessions from being compared."""
    pairs: list[Pair] = []
    for metric, read in metrics:
        if metric.better is None:
            continue
        mine, theirs = _like_answers(one, other, read)
        shared = list(_shared(mine, theirs))
        if not shared:
            continue
        together, beside = _together(shared)
        if not together and any(map(_of_one_session, shared)):
            continue  # They were asked in one session, but never both with a value in one round.
        if not together and (differences := _differences_apart(first, second, shared)):
            return [], differences
        values = [(median(map(read, some)), median(map(read, others))) for some, others in (together or shared)]
        better, cold = metric.better, shared[0][0][0].cold
        left_out = (
            0
            if cold
            else sum(run.cold and bool(read(run)) for side in (one, other) for runs in side.values() for run in runs)
        )
        pairs.append(
            Pair(
                how,
                Figure(Kind.METRIC, metric.name, metric.label, better, cold=cold),
                first,
                second,
                tuple(values),
                Counts.of(_rounds(together, beside, read) if together else values, better),
                apart=not together,
                cold_left_out=left_out,
                floor=max((share for side in floors if (share := side.get(metric.name))), default=None),
                history=() if together else _history(mine, theirs, read),
                lengths=lengths_of(together or shared) if metric.grows_with_answer else None,
            )
        )
    return pairs, ()


def _reader(number: int) -> _Read:
    return lambda run: run.values[number]


def _shared(one: ByQuestion, other: ByQuestion) -> Iterator[tuple[Runs, Runs]]:
    """The runs of both for each question that both have, in the order of the questions."""
    for question in shared_questions(one, other):
        yield one[question], other[question]


def _like_answers(one: ByQuestion, other: ByQuestion, read: _Read) -> tuple[ByQuestion, ByQuestion]:
    """The answers of both with a value, of one kind: warm ones if both have any, else cold ones; of these the contended
    or the others, whichever both have for more prompts."""
    kinds = []
    for cold in (False, True):
        for contended in (False, True):
            mine, theirs = (
                {
                    question: kept
                    for question, runs in asked.items()
                    if (kept := [r for r in runs if read(r) and r.cold == cold and r.contended == contended])
                }
                for asked in (one, other)
            )
            kinds.append((not cold, len(mine.keys() & theirs.keys()), mine, theirs))
    *_, mine, theirs = max((kind for kind in kinds if kind[1]), key=lambda kind: kind[:2], default=(False, 0, {}, {}))
    return mine, theirs


_Beside = Callable[[ReportedRequest], tuple[str, str, int]]
"""What the answers that were measured next to each other have in common."""


def _together(prompts: Sequence[tuple[Runs, Runs]]) -> tuple[list[tuple[Runs, Runs]], _Beside]:
    """The answers that were measured next to each other: in one round of one plan, or, where no plan asked both, in
    rounds of one session. And what they have in common."""
    for beside in (_of_plan, _of_session):
        found = []
        for mine, theirs in prompts:
            shared = set(map(beside, mine)) & set(map(beside, theirs))
            if shared:
                kept = [[run for run in runs if beside(run) in shared] for runs in (mine, theirs)]
                found.append((kept[0], kept[1]))
        if found:
            return found, beside
    return [], _of_session


def _of_plan(run: ReportedRequest) -> tuple[str, str, int]:
    return run.session, run.plan, run.round


def _of_session(run: ReportedRequest) -> tuple[str, str, int]:
    return run.session, "", run.round


def _of_one_session(both: tuple[Runs, Runs]) -> bool:
    return not {run.session for run in both[0]}.isdisjoint(run.session for run in both[1])


def _rounds(prompts: Iterable[tuple[Runs, Runs]], beside: _Beside, read: _Read) -> Iterator[tuple[float, float]]:
    """The values of both next to each other: round by round, and in the order of their answers where both were asked
    again in a round."""
    for both in prompts:
        mine, theirs = (_by_round(runs, beside, read) for runs in both)
        for key in mine.keys() & theirs.keys():
            yield from zip(mine[key], theirs[key], strict=False)


def _by_round(runs: Runs, beside: _Beside, read: _Read) -> dict[tuple[str, str, int], list[float]]:
    found: dict[tuple[str, str, int], list[float]] = {}
    for run in runs:
        found.setdefault(beside(run), []).append(read(run))
    return found


def _history(one: ByQuestion, other: ByQuestion, read: _Read) -> tuple[Mapping[str, float], ...]:
    """For the candidate that was asked all their questions in more sessions: its medians in each of these sessions.
    What they differ by is what sessions differ by when nothing else does."""
    shared = one.keys() & other.keys()
    found: list[list[dict[str, float]]] = []
    for asked in (one, other):
        by_session: dict[str, dict[Question, list[float]]] = {}
        for question in shared:
            for run in asked[question]:
                by_session.setdefault(run.session, {}).setdefault(question, []).append(read(run))
        whole = [values for _, values in sorted(by_session.items()) if len(values) == len(shared)]
        found.append(
            [{"\x00".join(question): median(values[question]) for question in sorted(values)} for values in whole]
        )
    mine, theirs = found
    return tuple(theirs if len(theirs) > len(mine) else mine)


def _differences_apart(
    first: Candidate, second: Candidate, shared: Iterable[tuple[Runs, Runs]]
) -> tuple[Difference, ...]:
    """What differs besides what is compared, where no session has both: the model; or of one model its build; or of
    one build the host."""
    sides = list(shared)
    hosts = [", ".join(sorted({" ".join(run.served_by) for both in sides for run in both[side]})) for side in (0, 1)]
    checked: list[Difference] = []
    same_model = first.alias == second.alias
    if not same_model:
        checked += [Difference("device", first.device, second.device)]
        checked += [Difference("execution provider", first.ep, second.ep)]
    if not same_model or (first.variant, first.device, first.ep) != (second.variant, second.device, second.ep):
        checked += [Difference("host", first.host, second.host), Difference("host", hosts[0], hosts[1])]
    return tuple(found for found in checked if found.first != found.second)[:1]
