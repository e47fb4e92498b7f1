"""Whether raters prefer what is longer, or what stood first. Pure; nothing is adjusted for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations, compress, product

from tui.report.reported_request import Choice, GivenScore, GivenVote, ReportedRequest, column, fields_of
from tui.report.rows import Row
from tui.report.statistics.shares import Share, first_share, longer_share


@dataclass(frozen=True, slots=True)
class RatingCheck:
    """How often the answer that was preferred is the longer one, or the one that stood first."""

    what: str
    """`votes`, or `scores`: of pairs of answers that one rater scored, of which one alone has the highest score."""
    raters: str
    """Which kind of raters."""
    longer: Share
    """Of prompts; a half is what length without influence gives."""
    first: Share
    """The same of positions; of prompts whose answers' positions are known."""


def rating_checks(rows: Iterable[Row]) -> list[RatingCheck]:
    """Of votes and of scores, for each kind of raters; none where nothing was decided between two answers."""
    runs = list(chain.from_iterable(row.requests for row in rows))
    found = []
    for what, decided in (("votes", _by_vote(runs)), ("scores", _by_score(runs))):
        for raters, cases in sorted(decided.items()):
            longer, first = longer_share(cases.lengths), first_share(cases.places)
            if longer.n or first.n:
                found.append(RatingCheck(what, raters, longer, first))
    return found


_Answer = tuple[str, int | None, int]
"""Its prompt, and how long it is in tokens, where they are known, and in characters."""
_ANSWER: Callable[[ReportedRequest], _Answer] = fields_of("prompt", "tokens", "characters")
_Case = tuple[str, int, int]
"""A prompt, and a number of the answer to it that was preferred, then of the other one."""


@dataclass(slots=True)
class _Cases:
    """What was decided between two answers."""

    lengths: list[_Case] = field(default_factory=list)
    places: list[_Case] = field(default_factory=list)
    """Only where both are known."""

    def add(self, won: _Answer, lost: _Answer, place: int | None, other_place: int | None) -> None:
        prompt, tokens, characters = won
        _, other_tokens, other_characters = lost
        if tokens is not None and other_tokens is not None:
            self.lengths.append((prompt, tokens, other_tokens))
        else:
            self.lengths.append((prompt, characters, other_characters))
        if place is not None and other_place is not None:
            self.places.append((prompt, place, other_place))


def _by_vote(runs: Sequence[ReportedRequest]) -> dict[str, _Cases]:
    """By kind of raters."""
    sides: dict[str, list[tuple[_Answer, GivenVote]]] = {}
    for run in compress(runs, column(runs, "votes")):
        for vote in run.votes:
            sides.setdefault(vote.vote, []).append((_ANSWER(run), vote))
    found: dict[str, _Cases] = {}
    for of_vote in sides.values():
        for winner, won in of_vote:
            for loser, lost in of_vote:
                if (won.choice, lost.choice) == (Choice.WON, Choice.LOST):
                    found.setdefault(won.raters, _Cases()).add(winner, loser, won.position, lost.position)
    return found


def _by_score(runs: Sequence[ReportedRequest]) -> dict[str, _Cases]:
    """By kind of raters. Of pairs of answers side by side: to one prompt, of one session, plan and round, by one rater
    and criterion."""
    beside: dict[tuple[str, str, str, int], list[tuple[tuple[GivenScore, ...], _Answer]]] = {}
    for scores, session, plan, prompt, number, tokens, characters in map(_SCORED, runs):
        if scores:
            answer = prompt, tokens, characters
            beside.setdefault((session, plan, prompt, number), []).append((scores, answer))
    found: dict[str, _Cases] = {}
    # Many answers share one list of scores.
    known: dict[tuple[int, int], list[tuple[GivenScore, GivenScore]]] = {}
    for (given, one), (taken, other) in chain.from_iterable(combinations(those, 2) for those in beside.values()):
        both = id(given), id(taken)
        if (decided := known.get(both)) is None:
            decided = known[both] = list(_decided(given, taken))
        for mine, theirs in decided:
            cases = found.get(mine.raters) or found.setdefault(mine.raters, _Cases())
            if mine.value == mine.scale:
                cases.add(one, other, mine.position, theirs.position)
            else:
                cases.add(other, one, theirs.position, mine.position)
    return found


def _decided(one: Iterable[GivenScore], other: Iterable[GivenScore]) -> Iterator[tuple[GivenScore, GivenScore]]:
    """The scores of two answers by one rater and criterion of which one alone is the highest there is."""
    for mine, theirs in product(one, other):
        if (mine.value == mine.scale) is not (theirs.value == mine.scale) and mine[:_WHOSE] == theirs[:_WHOSE]:
            yield mine, theirs


_SCORED = fields_of("scores", "session", "plan", "prompt", "round", "tokens", "characters")


_WHOSE = GivenScore._fields.index("value")
"""The fields before this one say what was scored, and by whom."""


def said_of_check(check: RatingCheck) -> str:
    """It as a sentence: what was counted, then the interval."""
    what = "decided votes" if check.what == "votes" else "pairs of answers of which one alone has the highest score"
    parts = [
        f"{_said(share)} the {side}" + (f" on {share.n} prompts" if share.n != 1 else " on one prompt")
        for side, share in (("longer answer", check.longer), ("answer that stood first", check.first))
        if share.n
    ]
    return f"Of {what} ({check.raters}) {', '.join(parts)}; half is what neither would give by itself."


def _said(share: Share) -> str:
    if share.share is None or share.low is None or share.high is None:
        return "-"
    return f"{100 * share.share:.0f} % ({100 * share.low:.0f} to {100 * share.high:.0f}) went to"
