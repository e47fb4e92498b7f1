"""Models that judged: how their verdicts were got, what makes them partial, and whether they are proven."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tui.core.catalog.model_card import ModelCard
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.judge_questions import relations
from tui.core.scoring.judgement import JudgeCounts, judge_counts, said_of_counts
from tui.core.scoring.rating import Rater, RaterKind
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line
from tui.report.agreement import LEAST_JUDGED
from tui.report.raters import Agreed, said_of_agreement

_NAME_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Judge:
    """A model that judged, in all sessions where it was asked in the same way."""

    rater: Rater
    counts: JudgeCounts
    partial: tuple[str, ...]
    """What makes it partial, as phrases: it is one of the judged, or of the family of one."""
    shared: int = 0
    """The answers that people scored for the same criterion, of the criterion with the most."""

    @property
    def proven(self) -> bool:
        """Whether there are enough of these to rely on what is said of its agreement with people."""
        return self.shared >= LEAST_JUDGED


def judges_in(session: Session) -> list[Judge]:
    """Those whose ratings count in a session."""
    found = in_effect(session)
    rated: dict[str, set[str]] = {}
    for one in session.judgements:
        rated.setdefault(one.rater, set()).update(one.runs)
    for score in found.scores.values():
        rated.setdefault(score.rater, set()).add(score.run)
    for vote in found.votes.values():
        rated.setdefault(vote.rater, set()).update(vote.runs)
    return [
        Judge(
            rater,
            judge_counts(one for one in session.judgements if one.rater == name),
            relations(rater, _cards(session, rated[name])),
        )
        for name, rater in session.raters.items()
        if rater.kind is RaterKind.JUDGE and name in rated
    ]


def _cards(session: Session, runs: Iterable[str]) -> list[ModelCard]:
    models = {session.requests[run].spec.model for run in runs if run in session.requests}
    return [model.card for key, model in session.models.items() if key in models]


def judges(found: Iterable[Judge], agreed: Sequence[Agreed]) -> tuple[Judge, ...]:
    """Those of several sessions, with how many answers each shares with people."""
    together: dict[Rater, Judge] = {}
    for one in found:
        before = together.get(one.rater)
        if before is not None:
            partial = tuple(dict.fromkeys([*before.partial, *one.partial]))
            one = replace(one, counts=before.counts + one.counts, partial=partial)
        together[one.rater] = one
    shared: dict[str, int] = {}
    for each in agreed:
        shared[each.judge] = max(each.agreement.answers, shared.get(each.judge, 0))
    return tuple(replace(one, shared=shared.get(rater.id, 0)) for rater, one in together.items())


def said_of_judge(one: Judge) -> str:
    """How its verdicts were got, and what they are worth, as a sentence without its stop."""
    how = said_of_counts(one.counts) if one.counts.questions else "how its verdicts were got is not known"
    parts = [how, *(clean_line(phrase, 120) for phrase in one.partial)]
    if not one.proven:
        scored = f"{one.shared} answers" if one.shared != 1 else "1 answer"
        parts.append(f"unproven: people have scored {scored} of those it did, and it takes {LEAST_JUDGED}")
    return f"{clean_line(one.rater.id, _NAME_SHOWN)}, a model: {'; '.join(parts)}"


def said_of_raters(agreed: Iterable[Agreed], found: Iterable[Judge]) -> list[str]:
    """What is said of raters in a report, as sentences: how far they agree, and how judges came to their verdicts."""
    return [f"{text}." for text in (*map(said_of_agreement, agreed), *map(said_of_judge, found))]
