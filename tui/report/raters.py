"""How far those agree who scored the same answers: people with each other, and each judge with people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from tui.core.scoring.rubric import DEFAULT_SCALE
from tui.core.text.clean import clean_line
from tui.report.agreement import LEAST_JUDGED, Agreement, Rating, agreement
from tui.report.reported_request import DECIDED, PEOPLE, ReportedRequest, scores_of
from tui.report.subject import Subject

_NAME_SHOWN = 24


@dataclass(frozen=True, slots=True)
class Agreed:
    """How far raters agree on one criterion."""

    criterion: str
    scale: int
    rubric: str
    judge: str
    """Who is compared with the mean of people; empty where people are compared with each other."""
    agreement: Agreement


_Criterion = tuple[str, int, str]


def agreements(rows: Iterable[tuple[Subject, Sequence[ReportedRequest]]]) -> list[Agreed]:
    """The agreement on each criterion of which two raters or more scored an answer in common."""
    rows = list(rows)
    raters: dict[_Criterion, set[str]] = {}
    for given in scores_of(chain.from_iterable(runs for _, runs in rows)):
        raters.setdefault((given.criterion, given.scale, given.rubric), set()).add(given.rater)
    several = {key for key, names in raters.items() if len(names) > 1}
    if not several:
        return []
    people: dict[_Criterion, list[Rating]] = {}
    judges: dict[tuple[_Criterion, str], list[Rating]] = {}
    for subject, runs in rows:
        for run in runs:
            prompt, answer = f"{subject.system or ''}\n{run.prompt}", f"{run.session}\n{run.id}"
            for given in run.scores:
                key = given.criterion, given.scale, given.rubric
                if key not in several:
                    continue
                rating = Rating(prompt, answer, given.rater, given.value)
                if given.raters == PEOPLE:
                    people.setdefault(key, []).append(rating)
                elif given.raters != DECIDED:  # What people decided together is no opinion beside theirs.
                    judges.setdefault((key, given.rater), []).append(rating)
    found = [Agreed(*key, "", agreement(people[key])) for key in sorted(people)]
    for key, judge in sorted(judges):
        # Several people of one answer count as their mean.
        together = [Rating(each.prompt, each.answer, PEOPLE, each.value) for each in people.get(key, ())]
        found.append(Agreed(*key, judge, agreement([*together, *judges[key, judge]])))
    return [one for one in found if one.agreement.answers]


def said_of_agreement(one: Agreed) -> str:
    """The agreement as a sentence without its stop: what anybody can count first, then the coefficient."""
    found = one.agreement
    what = one.criterion if one.scale == DEFAULT_SCALE else f"{one.criterion} (1-{one.scale})"
    who = f"{clean_line(one.judge, _NAME_SHOWN)} and people" if one.judge else f"{len(found.raters)} raters"
    return f"{clean_line(what, _NAME_SHOWN)}: {who}, {'; '.join(_parts(one))}"


def _parts(one: Agreed) -> Iterator[str]:
    found = one.agreement
    answers = "answer" if found.answers == 1 else "answers"
    prompts = "prompt" if found.prompts == 1 else "prompts"
    yield f"{found.answers} {answers} to {found.prompts} {prompts} in common"
    yield (
        f"same score {_percent(found.exact)}, at most 1 apart {_percent(found.within_one)}, "
        f"most frequent score {_percent(found.base_rate)}"
    )
    if found.no_alpha is not None:
        yield f"no alpha: {found.no_alpha}"
    else:
        yield f"alpha {_two(found.alpha)} ({_two(found.low)} to {_two(found.high)})"
    severity = [f"{clean_line(rater, _NAME_SHOWN)} {shift:+.2f}" for rater, shift in found.severity]
    yield f"mean difference from the others: {', '.join(severity)}"
    if one.judge and not found.proven:
        yield f"unproven below {LEAST_JUDGED} answers in common"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"


def _two(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
