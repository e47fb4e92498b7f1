"""Where people who scored the same answer differ, and as whom they decide it together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from statistics import mean

from tui.core.scoring.in_effect import RatingEntries, in_effect
from tui.core.scoring.rating import MAX_RATER, Rater, RaterKind, Score
from tui.core.text.clean import clean_line

_MOST_NAMED = 3
"""People whose scores are shown by name."""
TOGETHER = "together"
"""What the rater is called as whom several decide, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """One answer that two people or more scored for one criterion, on one scale."""

    run: str
    """The request's id."""
    criterion: str
    scale: int
    """The highest score there is."""
    rubric: str
    """The hash of the rubric that has the criterion; empty for the program's own."""
    scores: tuple[tuple[str, int], ...]
    """Each person's name and score, by name."""
    decided: Score | None = None
    """What was decided together; the people's own scores stay as they are."""

    @property
    def apart(self) -> int:
        """The highest score less the lowest."""
        values = [value for _, value in self.scores]
        return max(values) - min(values)

    @property
    def given(self) -> str:
        """Who gave what, as one line of clean text; of many people how many gave each score."""
        if len(self.scores) <= _MOST_NAMED:
            return ", ".join(f"{clean_line(name, 20)} {value}" for name, value in self.scores)
        counts = Counter(value for _, value in self.scores)
        return ", ".join(f"{value} by {count}" for value, count in sorted(counts.items()))

    @property
    def disagreement(self) -> tuple[float, float]:
        """What the list is ordered by: the distance between highest and lowest score, then the mean distance between
        two people's, both as shares of what the scale allows."""
        most = max(self.scale - 1, 1)
        pairs = combinations((value for _, value in self.scores), 2)
        return self.apart / most, mean(abs(one - other) for one, other in pairs) / most


def shared_answers(
    entries: RatingEntries, raters: Mapping[str, Rater], *, among: Iterable[str] = ()
) -> list[SharedAnswer]:
    """The answers that two people or more scored, those they differ about most first, else as they were asked first.

    `raters` is what the session knows of them: judges count for none. `among` are the people to look at, all without.
    """
    wanted = set(among)
    people: dict[tuple[str, str, int, str], dict[str, int]] = {}
    decided: dict[tuple[str, str, int, str], Score] = {}
    for score in in_effect(entries).scores.values():
        key = score.run, score.criterion, score.scale, score.rubric
        kind = raters.get(score.rater, Rater(score.rater)).kind
        if kind is RaterKind.ADJUDICATED:
            decided[key] = max(decided.get(key, score), score, key=lambda one: one.entry)
        elif kind is RaterKind.PERSON and score.value is not None and (not wanted or score.rater in wanted):
            people.setdefault(key, {})[score.rater] = score.value
    shared = [
        SharedAnswer(*key, tuple(sorted(given.items())), decided.get(key))
        for key, given in people.items()
        if len(given) > 1
    ]
    return sorted(shared, key=lambda one: one.disagreement, reverse=True)


def who_decides(raters: Mapping[str, Rater], settles: Iterable[str], name: str = TOGETHER) -> Rater:
    """The rater as whom these people decide together, to be added to the session before a score of theirs.

    Who decided with others before goes on to. Raises ValueError when `name` is that of a person or a judge, who would
    be taken for another.
    """
    name = name.strip()[:MAX_RATER]
    known = raters.get(name)
    if not name or (known is not None and known.kind is not RaterKind.ADJUDICATED):
        raise ValueError(f"{name} is a rater already" if name else "there is no name")
    before = known.settles if known is not None else ()
    return Rater(name, RaterKind.ADJUDICATED, settles=tuple(dict.fromkeys([*before, *settles])))
