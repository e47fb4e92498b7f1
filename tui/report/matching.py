"""Which of many rows are paired with which, and which cannot be, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import combinations
from types import MappingProxyType
from typing import Any

from tui.core.plans.mode import Mode
from tui.report.pair_ratings import scores, votes
from tui.report.pair_times import Beside, Readable, times, usual_metrics
from tui.report.pairs import (
    ByQuestion,
    Candidate,
    Conditions,
    Difference,
    Failures,
    Kind,
    Matches,
    Pair,
    Runs,
    Unlike,
    candidate_of,
)
from tui.report.reported_request import ReportedRequest, column, ended_of
from tui.report.subject import Subject


@dataclass(slots=True)
class _Asked:
    """The runs of one candidate under one set of conditions."""

    runs: Runs = field(default_factory=list)
    questions: ByQuestion = field(default_factory=dict)
    floors: dict[str, float] = field(default_factory=dict)

    def add(self, runs: Runs, system: str | None, floors: Mapping[str, float]) -> None:
        self.runs += runs
        # Of several systems' prompts the highest.
        self.floors.update({name: max(share, self.floors.get(name, 0.0)) for name, share in floors.items()})
        for prompt, asked in _by("prompt", runs).items():
            self.questions.setdefault((system or "", prompt), []).extend(asked)


def _by(name: str, runs: Runs) -> dict[Any, Runs]:
    """The runs by their field of this name."""
    values = column(runs, name)
    if len(set(values)) == 1:
        return {values[0]: runs}
    found: dict[Any, Runs] = {}
    for value, run in zip(values, runs, strict=True):
        found.setdefault(value, []).append(run)
    return found


def match(
    rows: Iterable[tuple[Subject, Sequence[ReportedRequest]]],
    floors: Mapping[Subject, Mapping[str, float]] = MappingProxyType({}),
    metrics: Readable | None = None,
    *,
    rated: bool = True,
) -> Matches:
    """Everything that may be compared in these rows. Neither their order nor that of their runs matters.

    `floors` are the noise floors of metrics, by name. `metrics` are the times and rates, without which it is those of
    every report; `rated` says whether scores and votes are compared, too.
    """
    metrics = usual_metrics() if metrics is None else metrics
    asked: dict[Conditions, dict[Candidate, _Asked]] = {}
    for subject, runs in rows:
        who = candidate_of(subject)
        noise = floors.get(subject, {})
        for era, ended in _by("era", ended_of(runs)).items():
            how = Conditions(subject.mode, subject.parameters, subject.nonce, era)
            asked.setdefault(how, {}).setdefault(who, _Asked()).add(ended, subject.system, noise)
    beside = Beside()
    pairs: list[Pair] = []
    failures: list[Failures] = []
    unlike: list[Unlike] = []
    for how, candidates in sorted(asked.items(), key=lambda item: _order(item[0])):
        compared: dict[Candidate, _Asked] = {}
        for first, second in combinations(sorted(candidates), 2):
            one, other = candidates[first], candidates[second]
            if one.questions.keys().isdisjoint(other.questions):
                continue
            if rated:
                pairs += scores(how, first, second, one.questions, other.questions)
                pairs += votes(how, first, second, one.questions, other.questions)
            floors_of_both = one.floors, other.floors
            timed, differences = times(
                how, first, second, one.questions, other.questions, metrics, floors_of_both, beside
            )
            pairs += timed
            if differences:
                unlike.append(Unlike(first, second, differences, times_only=True))
            compared |= {first: one, second: other}
        failures += _failures(how, compared)
    return Matches(tuple(_with_rubrics(pairs)), tuple(failures), tuple(dict.fromkeys([*unlike, *_unlike(asked)])))


def _with_rubrics(pairs: Sequence[Pair]) -> Iterator[Pair]:
    """The pairs, with the rubric in the label of each criterion that several rubrics have."""
    rubrics: dict[str, set[str]] = {}
    for figure in (pair.figure for pair in pairs if pair.figure.kind is Kind.SCORE):
        rubrics.setdefault(figure.name, set()).add(figure.rubric)
    for pair in pairs:
        figure = pair.figure
        if figure.kind is Kind.SCORE and len(rubrics[figure.name]) > 1:
            label = f"{figure.label}, {f'rubric {figure.rubric[:7]}' if figure.rubric else 'no rubric'}"
            yield replace(pair, figure=replace(figure, label=label))
        else:
            yield pair


def _order(how: Conditions) -> tuple[bool, str]:
    """Measured before raced; the rest in an order that does not depend on that of the files."""
    return how.mode is not Mode.MEASURE, repr(how)


def _failures(how: Conditions, compared: Mapping[Candidate, _Asked]) -> Iterator[Failures]:
    counts = tuple(
        (who, sum([not state.counts for state in column(asked.runs, "state")]), len(asked.runs))
        for who, asked in sorted(compared.items(), key=lambda item: item[0])
    )
    if any(failed for _, failed, _ in counts):
        yield Failures(how, counts)


def _unlike(asked: Mapping[Conditions, Mapping[Candidate, _Asked]]) -> Iterator[Unlike]:
    """Those that were asked the same, but never alike: with what differed when they were asked most nearly alike."""
    found: dict[tuple[Candidate, Candidate], list[tuple[Difference, ...]]] = {}
    every = [
        (who, how, asked_of) for how, candidates in sorted(asked.items(), key=lambda item: _order(item[0]))
        for who, asked_of in sorted(candidates.items(), key=lambda item: item[0])
    ]  # fmt: skip
    for (who, how, mine), (whom, other_how, theirs) in combinations(every, 2):
        if {user for _, user in mine.questions}.isdisjoint(user for _, user in theirs.questions):
            continue
        differences = _differences(how, other_how)
        if mine.questions.keys().isdisjoint(theirs.questions):
            differences += (Difference("system prompt", *_systems(mine, theirs)),)
        # A race and a measurement of the same model are told apart by the report's sections.
        if who == whom and how.mode is not other_how.mode:
            continue
        if who > whom:
            who, whom = whom, who
            differences = tuple(Difference(one.name, one.second, one.first) for one in differences)
        found.setdefault((who, whom), []).append(differences)
    for (who, whom), every_way in sorted(found.items()):
        if all(every_way):
            yield Unlike(who, whom, min(every_way, key=lambda way: (len(way), way)))


def _systems(one: _Asked, other: _Asked) -> tuple[str, str]:
    shared = {user for _, user in one.questions} & {user for _, user in other.questions}
    mine, theirs = (
        ", ".join(sorted({f'"{system}"' for system, user in asked.questions if user in shared and system}))
        for asked in (one, other)
    )
    return mine, theirs


def _differences(one: Conditions, other: Conditions) -> tuple[Difference, ...]:
    """What differs between the two, by name, with what it is in either; empty where it is left to the host."""
    sides: list[dict[str, Any]] = [
        {
            "mode": how.mode.value,
            **{known.name: getattr(how.parameters, known.name) for known in fields(how.parameters)},
            "marker ahead of each prompt": "yes" if how.nonce else "no",
            "way of measuring": how.era,
        }
        for how in (one, other)
    ]
    return tuple(
        Difference(name, _said(value), _said(sides[1][name]))
        for name, value in sides[0].items()
        if value != sides[1][name]
    )


def _said(value: Any) -> str:
    match value:
        case None | ():
            return ""
        case tuple():
            return " ".join(map(repr, value))
        case float():
            return f"{value:g}"
        case _:
            return str(value)
