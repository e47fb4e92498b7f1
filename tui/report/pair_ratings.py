"""What raters said of two candidates, prompt by prompt: scores and votes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from tui.report.pairs import (
    PREFERENCE,
    ByQuestion,
    Candidate,
    Conditions,
    Counts,
    Figure,
    Kind,
    Pair,
    Question,
    Runs,
    shared_questions,
)
from tui.report.reported_request import Choice, ReportedRequest, scores_of, votes_on

_Criterion = tuple[str, int, str, str]
"""A criterion's id, its scale, the kind of raters, and the hash of the rubric that says what it means."""


def scores(how: Conditions, first: Candidate, second: Candidate, one: ByQuestion, other: ByQuestion) -> Iterator[Pair]:
    """A pair for each criterion on each scale and kind of raters that scored both on some prompt."""
    found: dict[_Criterion, dict[Question, tuple[Fraction, Fraction]]] = {}
    for question in shared_questions(one, other):
        given, taken = _given(one[question]), _given(other[question])
        for key in given.keys() & taken.keys():
            # Whoever scored one of them alone says nothing of which is better.
            raters = given[key].keys() & taken[key].keys()
            if raters:
                means = (_mean(given[key][rater] for rater in raters), _mean(taken[key][rater] for rater in raters))
                found.setdefault(key, {})[question] = means
    for (criterion, scale, kind, rubric), by_question in sorted(found.items()):
        means_of_both = list(by_question.values())
        yield Pair(
            how,
            Figure(Kind.SCORE, criterion, criterion, scale=scale, raters=kind, rubric=rubric),
            first,
            second,
            tuple((float(mine), float(theirs)) for mine, theirs in means_of_both),
            Counts.of(means_of_both),
            questions=tuple(by_question),
        )


def votes(how: Conditions, first: Candidate, second: Candidate, one: ByQuestion, other: ByQuestion) -> Iterator[Pair]:
    """A pair for each kind of raters that chose between answers of both to some prompt."""
    found: dict[str, dict[Question, set[Choice] | int]] = {}
    for question in shared_questions(one, other):
        for kind, by_rater in _chosen(one[question], other[question]).items():
            won = [_sign(sum(map(_point, choices))) for choices in by_rater.values()]
            total = _sign(sum(won))
            said = {choice for choices in by_rater.values() for choice in choices}
            found.setdefault(kind, {})[question] = said if not total and len(said) == 1 else total
    for kind, by_question in sorted(found.items()):
        prompts = list(by_question.values())
        points = [point if isinstance(point, int) else 0 for point in prompts]
        yield Pair(
            how,
            Figure(Kind.VOTE, PREFERENCE, PREFERENCE, raters=kind),
            first,
            second,
            tuple(((1 + point) / 2, (1 - point) / 2) for point in points),
            Counts(points.count(1), points.count(0), points.count(-1)),
            questions=tuple(by_question),
            both_good=prompts.count({Choice.BOTH_GOOD}),
            both_bad=prompts.count({Choice.BOTH_BAD}),
        )


def _chosen(mine: Runs, theirs: Runs) -> dict[str, dict[str, list[Choice]]]:
    """The votes on answers of both, seen from the first, by kind of rater and rater. One that a third answer won says
    nothing of these two."""
    found: dict[str, dict[str, list[Choice]]] = {}
    others = {given.vote: given for given in votes_on(theirs)}
    for given in votes_on(mine):
        answer = others.get(given.vote)
        if answer is not None and (given.choice, answer.choice) != (Choice.LOST, Choice.LOST):
            found.setdefault(given.raters, {}).setdefault(given.rater, []).append(given.choice)
    return found


def _point(choice: Choice) -> int:
    return (choice is Choice.WON) - (choice is Choice.LOST)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _mean(by_rater: Iterable[Sequence[int]]) -> Fraction:
    """The mean of the raters' means: who scored more rounds counts no more. Exact, so that equal means are equal."""
    means = [Fraction(sum(values), len(values)) for values in by_rater]
    return sum(means, Fraction()) / len(means)


def _given(runs: Iterable[ReportedRequest]) -> dict[_Criterion, dict[str, list[int]]]:
    """The scores of these answers by criterion, scale, kind of rater and rubric, then by rater."""
    found: dict[_Criterion, dict[str, list[int]]] = {}
    for given, count in scores_of(runs).items():
        key = given.criterion, given.scale, given.raters, given.rubric
        found.setdefault(key, {}).setdefault(given.rater, []).extend([given.value] * count)
    return found
