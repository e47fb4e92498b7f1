"""Whether raters prefer what is longer, or what stood first. Pure; nothing is adjusted for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from tui.report.aggregate import Row
from tui.report.outliers import Choice, ReportedRequest
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
    runs = [run for row in rows for run in row.requests]
    found = []
    for what, decided in (("votes", _by_vote(runs)), ("scores", _by_score(runs))):
        cases: dict[str, list[_Decided]] = {}
        for raters, case in decided:
            cases.setdefault(raters, []).append(case)
        for raters, those in sorted(cases.items()):
            longer = longer_share((case.prompt, *case.lengths) for case in those)
            first = first_share((case.prompt, *case.places) for case in those if case.places is not None)
            if longer.n or first.n:
                found.append(RatingCheck(what, raters, longer, first))
    return found


class _Decided(NamedTuple):
    prompt: str
    lengths: tuple[int, int]
    """Of the answer that was preferred, and of the other one."""
    places: tuple[int, int] | None


def _decided(won: ReportedRequest, lost: ReportedRequest, places: tuple[int | None, int | None]) -> _Decided:
    counted = won.tokens is not None and lost.tokens is not None
    lengths = (won.tokens or 0, lost.tokens or 0) if counted else (won.characters, lost.characters)
    first, second = places
    return _Decided(won.prompt, lengths, None if first is None or second is None else (first, second))


def _by_vote(runs: Sequence[ReportedRequest]) -> Iterator[tuple[str, _Decided]]:
    sides: dict[str, list[tuple[ReportedRequest, Choice, int | None, str]]] = {}
    for run in runs:
        for vote in run.votes:
            sides.setdefault(vote.vote, []).append((run, vote.choice, vote.position, vote.raters))
    for of_vote in sides.values():
        won = [side for side in of_vote if side[1] is Choice.WON]
        for winner in won:
            for loser in (side for side in of_vote if side[1] is Choice.LOST):
                yield winner[3], _decided(winner[0], loser[0], (winner[2], loser[2]))


def _by_score(runs: Sequence[ReportedRequest]) -> Iterator[tuple[str, _Decided]]:
    """Pairs of answers side by side: to one prompt, of one session, plan and round, by one rater and criterion."""
    beside: dict[tuple[object, ...], list[tuple[ReportedRequest, int, int, int | None]]] = {}
    for run in runs:
        where = run.session, run.plan, run.prompt, run.round
        for given in run.scores:
            key = given.raters, given.rater, given.criterion, given.scale, where
            beside.setdefault(key, []).append((run, given.value, given.scale, given.position))
    for of, scored in beside.items():
        for one, other in combinations(scored, 2):
            best, worse = (one, other) if one[1] > other[1] else (other, one)
            if best[1] == best[2] and worse[1] < best[2]:
                yield str(of[0]), _decided(best[0], worse[0], (best[3], worse[3]))


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
