"""Which answers of a session conditions leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tui.core.conditions.compare import number_holds, text_holds
from tui.core.conditions.grammar import Condition, Conditions, text_of
from tui.core.conditions.names import About, Dimension, Said
from tui.core.metrics.metrics import Metrics
from tui.core.requests.request import Request
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.rating import FacetTick, RaterKind, Score, Vote
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line

_NAMED = 8
"""How many of the texts that there are an error names."""
_SHOWN = 60
RATER = "rater"
"""The dimension of scores: conditions on it leave answers as they are, and take the scores of others out."""


@dataclass(slots=True)
class Filtered:
    """What conditions left of the sessions that were filtered."""

    conditions: Conditions
    kept: int = 0
    """Runs that are left, without warm-ups."""
    left_out: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    """How many of those that were left out lack what a condition is about, by its name."""
    scores: int | None = None
    """The scores of the runs that are left, where raters are asked for."""
    scores_kept: int = 0
    there_is: dict[str, dict[str, None]] = field(default_factory=dict)
    """What answers that were left out have instead of a text that conditions want, by the dimension's name."""

    def sentence(self) -> str:
        """What was asked for and what is left, for a report and for stderr."""
        lacking = "".join(f"; of {count} the {name} is not known" for name, count in sorted(self.unknown.items()))
        runs = self.kept + self.left_out
        scores = "" if self.scores is None else f", {self.scores_kept} of {self.scores} scores"
        return f"Only what has {text_of(self.conditions)} is counted: {self.kept} of {runs} runs{lacking}{scores}."

    def why_nothing(self) -> tuple[str, str]:
        """Why nothing is left, and what there would be, as the detail and the hint of an error."""
        found = (
            f"{name} is {', '.join(list(texts)[:_NAMED])}{', …' * (len(texts) > _NAMED)}"
            for name, texts in self.there_is.items()
        )
        there = "; ".join(found)
        return self.sentence(), f"In these sessions {there}." if there else ""

    def take(self, conditions: Conditions, found: Sequence[bool | None]) -> None:
        """Count a run that is no warm-up and came to its end, given for each condition whether it holds."""
        kept = all(found)
        self.kept += kept
        self.left_out += not kept
        if False not in found:
            self.unknown.update({one.name for one, held in zip(conditions, found, strict=True) if held is None})

    def note(self, condition: Condition, said: Said) -> None:
        """Remember what an answer has instead of what the condition wants."""
        if isinstance(said, tuple):
            others = self.there_is.setdefault(condition.name, {})
            if len(others) <= _NAMED:
                others.update(dict.fromkeys(clean_line(text, _SHOWN) for text in said[:1]))


def holds(condition: Condition, session: Session, request: Request, scores: Sequence[Score]) -> bool | None:
    """Whether a condition holds for an answer, given the scores that count of it; None where that is not known."""
    named = condition.named
    if isinstance(named, Dimension):
        return dimension_holds(condition, named.said(about_answer(session, request, scores)))
    if condition.criterion is not None:
        scores = [score for score in scores if score.criterion == condition.criterion]
    if named.criteria:
        scores = [score for score in scores if not _is_judge(session, score.rater)]
    return figure_holds(condition, named.read(request, request.metrics if request.state.counts else Metrics(), scores))


def _is_judge(session: Session, rater: str) -> bool:
    known = session.raters.get(rater)
    return known is not None and known.kind is RaterKind.JUDGE


def about_answer(session: Session, request: Request, scores: Iterable[Score] = ()) -> About:
    """What dimensions are read from, of an answer with these scores."""
    target = session.model_of(request)
    raters = tuple(dict.fromkeys(score.rater for score in scores))
    prompt = session.prompts[request.spec.prompt]
    return About(target.card, target.host, request.spec.mode, prompt, raters, (*prompt.tags, *session.tags))


def dimension_holds(condition: Condition, said: Said) -> bool | None:
    """Whether a condition holds for what its dimension says of an answer or a row; None where it says nothing."""
    value = condition.value
    if isinstance(said, tuple):
        return text_holds(condition.operator, said, value) if isinstance(value, str) else None
    return figure_holds(condition, said)


def figure_holds(condition: Condition, number: float | None) -> bool | None:
    """Whether a condition holds for a number; None where that is not known."""
    value = condition.value
    if number is None or not isinstance(value, float):
        return None
    return number_holds(condition.operator, number, value, value)


def by_what_they_leave(conditions: Conditions) -> tuple[Conditions, Conditions]:
    """The conditions that choose scores, and those that choose answers."""
    of_scores = tuple(condition for condition in conditions if condition.name == RATER)
    return of_scores, tuple(condition for condition in conditions if condition.name != RATER)


def rater_holds(of_scores: Conditions, rater: str) -> bool:
    """Whether what this rater gave is counted."""
    return all(text_holds(one.operator, (rater,), str(one.value)) for one in of_scores)


def filtered_session(session: Session, conditions: Conditions, tally: Filtered) -> Session:
    """The session with the answers and scores for which all conditions hold; `tally` counts them."""
    of_scores, of_answers = by_what_they_leave(conditions)

    def wanted(rating: Score | Vote | FacetTick) -> bool:
        return rater_holds(of_scores, rating.rater)

    scores = [score for score in session.scores if wanted(score)]
    counted: dict[str, list[Score]] = {}
    for score in in_effect(replace(session, scores=scores)).scores.values():
        counted.setdefault(score.run, []).append(score)
    kept = {}
    for run, request in session.requests.items():
        given = counted.get(run, ())
        found = [holds(one, session, request, given) for one in of_answers]
        if all(found):
            kept[run] = request
        for one, held in zip(of_answers, found, strict=True):
            if held is False and isinstance(named := one.named, Dimension):
                tally.note(one, named.said(about_answer(session, request, given)))
        if request.state.final and not request.spec.warmup:
            tally.take(of_answers, found)
    left = [score for score in scores if score.run in kept]
    if of_scores:
        tally.scores = (tally.scores or 0) + sum(score.run in kept for score in session.scores)
        tally.scores_kept += len(left)
    votes = [vote for vote in session.votes if wanted(vote) and all(run in kept for run in vote.runs)]
    facets = [tick for tick in session.facets if wanted(tick) and tick.run in kept]
    return replace(session, requests=kept, scores=left, votes=votes, facets=facets)
