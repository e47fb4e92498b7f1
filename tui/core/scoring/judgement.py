"""What a model that judges said to one question, how that was got, and which score or vote it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING

from tui.core.scoring.rating import Rater, Score, Vote, VoteChoice
from tui.core.scoring.rubric import DEFAULT_SCALE

if TYPE_CHECKING:
    from tui.core.sessions.session import Session

NO_JUDGES = "The demo models cannot judge: what they answer is no verdict."
"""Said before one of them is asked to."""


class JudgementState(StrEnum):
    """What became of a question to a judge that was answered."""

    DECIDED = "decided"
    REFUSED = "refused"
    """It declined to judge, twice."""
    UNUSABLE = "unusable"
    """What it said was no verdict, twice."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One question to a judge, and what came of it. Of a judge's on the same question the latest counts."""

    runs: tuple[str, ...]
    """The id of the request whose answer was to be scored; or of two, in the order in which the judge read them."""
    rater: str
    state: JudgementState
    at: datetime
    """UTC."""
    criterion: str = ""
    """What the answer was to be scored for; empty for two that were compared."""
    scale: int = DEFAULT_SCALE
    """The highest score."""
    value: int | None = None
    """The score; None where nothing was decided, and of two answers."""
    better: str = ""
    """Of two answers the id of the better one's request; empty for neither, and where nothing was decided."""
    rubric: str = ""
    """The hash of the rubric that has the criterion; empty for the program's own."""
    schema: bool = False
    """Whether the host took a JSON schema for the answer; else JSON was asked for in words alone."""
    retried: str = ""
    """What was wrong with the first answer; empty where that was used."""
    reason: str = ""
    """Why, in the judge's words; where nothing was decided, what was wrong with the second answer."""
    entry: int = field(default=0, compare=False)
    """Its number among the session's entries, from 1; 0 when it has none yet."""

    @property
    def question(self) -> tuple[tuple[str, ...], str, str]:
        """What was asked: the same for each time that it was. Two answers in either order are two questions."""
        return self.runs, self.criterion, self.rubric


def latest_judgements(session: Session, rater: str) -> Mapping[tuple[tuple[str, ...], str, str], Judgement]:
    """What a judge said last, by the question."""
    return {one.question: one for one in session.judgements if one.rater == rater}


def judge_of(session: Session, wanted: Rater) -> Rater:
    """The judge among the session's raters that is asked in the same way, else a new one by a name that nobody has.

    The same model that is asked in other words, or with other parameters, is another judge.
    """
    for number in count(1):
        judge = replace(wanted, id=f"{wanted.id} {number}" if number > 1 else wanted.id)
        if session.raters.get(judge.id, judge) == judge:
            return judge
    raise AssertionError("one of endless names is free")


def rating_of(session: Session, made: Judgement) -> Score | Vote | None:
    """The score or vote that the session is to get for a judgement, before which it has all others; None for none.

    Two answers have a vote once the judge has read them in both orders, and named the same one as the better. Where it
    says something else now, an earlier vote is taken back.
    """
    if made.state is not JudgementState.DECIDED:
        return None
    if len(made.runs) == 1:
        return Score(made.runs[0], made.rater, made.value, made.at, made.criterion, made.scale, blind=True,
                     rubric=made.rubric)  # fmt: skip
    other = latest_judgements(session, made.rater).get((made.runs[::-1], made.criterion, made.rubric))
    if other is None or other.state is not JudgementState.DECIDED:
        return None
    winner = made.better if made.better == other.better else ""
    runs = tuple(sorted(made.runs))
    before = next((one for one in reversed(session.votes) if one.rater == made.rater and {*one.runs} == {*runs}), None)
    if winner:
        return Vote(runs, made.rater, VoteChoice.WINNER, made.at, winner, blind=True)
    if before is not None and before.choice is not None:
        return Vote(runs, made.rater, None, made.at, blind=True)
    return None


@dataclass(frozen=True, slots=True)
class JudgeCounts:
    """How a judge's verdicts were got."""

    scores: int = 0
    pairs: int = 0
    """Pairs of answers that were decided in both orders."""
    called: int = 0
    """Of these the ones of which the same answer was named as the better both times."""
    neither: int = 0
    """Of these the ones of which neither was, both times."""
    flipped: int = 0
    """Of these the ones of which it said something else in the other order: they are not called."""
    retried: int = 0
    """Questions that were decided by the second answer."""
    refused: int = 0
    unusable: int = 0
    schema: int = 0
    """Questions for which the host took a JSON schema."""
    questions: int = 0

    def __add__(self, other: JudgeCounts) -> JudgeCounts:
        return JudgeCounts(*(getattr(self, name) + getattr(other, name) for name in JudgeCounts.__slots__))


def judge_counts(judgements: Iterable[Judgement]) -> JudgeCounts:
    """How one judge's verdicts in one session were got: of each question what was said last."""
    latest = {one.question: one for one in judgements}
    found = list(latest.values())
    decided = [one for one in found if one.state is JudgementState.DECIDED]
    pairs = [
        (one, latest[other])
        for one in decided
        if len(one.runs) == 2 and one.runs == tuple(sorted(one.runs))
        and (other := (one.runs[::-1], one.criterion, one.rubric)) in latest
        and latest[other].state is JudgementState.DECIDED
    ]  # fmt: skip
    same = [one.better for one, other in pairs if one.better == other.better]
    return JudgeCounts(
        scores=sum(len(one.runs) == 1 for one in decided),
        pairs=len(pairs),
        called=sum(map(bool, same)),
        neither=same.count(""),
        flipped=len(pairs) - len(same),
        retried=sum(bool(one.retried) for one in decided),
        refused=sum(one.state is JudgementState.REFUSED for one in found),
        unusable=sum(one.state is JudgementState.UNUSABLE for one in found),
        schema=sum(one.schema for one in found),
        questions=len(found),
    )


def said_of_counts(counts: JudgeCounts) -> str:
    """How verdicts were got, as a phrase: counts alone."""
    by_words = counts.questions - counts.schema
    parts = [
        f"{counts.scores} scores" if counts.scores != 1 else "1 score",
        f"flips {counts.flipped} of {counts.pairs}" if counts.pairs else "",
        f"{counts.neither} without a preference" if counts.neither else "",
        f"{counts.retried} after a retry" if counts.retried else "",
        f"{counts.refused} refused" if counts.refused else "",
        f"{counts.unusable} no verdict" if counts.unusable else "",
        "by JSON schema" if not by_words else "by prompt" if not counts.schema else f"{by_words} by prompt, not schema",
    ]
    if not counts.scores and counts.pairs:
        parts[0] = f"{counts.called} of {counts.pairs} pairs called"
    return ", ".join(filter(None, parts))
