"""Which of a session's ratings count: the latest of each that has not been taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from tui.core.scoring.rating import FacetTick, Note, Rating, Redo, Score, Undo, Vote
from tui.core.scoring.rubric import OVERALL
from tui.core.sessions.presentation import Reveal


class RatingEntries(Protocol):
    """What raters have said and taken back, each list in the order of its entries. A session is one."""

    @property
    def scores(self) -> Sequence[Score]:
        """Scores of answers."""
        ...

    @property
    def votes(self) -> Sequence[Vote]:
        """Choices between answers."""
        ...

    @property
    def facets(self) -> Sequence[FacetTick]:
        """Which answers speak of which facets."""
        ...

    @property
    def notes(self) -> Sequence[Note]:
        """Notes on answers, models and the session."""
        ...

    @property
    def undos(self) -> Sequence[Undo]:
        """Which of these were taken back."""
        ...

    @property
    def redos(self) -> Sequence[Redo]:
        """Which of these were brought back."""
        ...

    @property
    def reveals(self) -> Sequence[Reveal]:
        """When raters saw which model had answered."""
        ...


@dataclass(frozen=True, slots=True)
class RatingsInEffect:
    """The ratings that count, of all raters."""

    scores: Mapping[tuple[str, str, str], Score]
    """By request, rater and criterion. None of them is without a value."""
    votes: Mapping[tuple[frozenset[str], str], Vote]
    """By the requests whose answers were compared, and rater. None of them is without a choice."""
    facets: Mapping[tuple[str, str, str], FacetTick]
    """By request, rater and facet. None of them is without an answer."""
    notes: Mapping[tuple[str, str, str], Note]
    """By request, model and rater: the request is empty for a note on a model, both are for one on the session. None of
    them is without text."""


def in_effect(entries: RatingEntries) -> RatingsInEffect:
    """The ratings that count: of those that were not undone, the latest of each rater on each thing.

    One that a rater went back to after the models were revealed was given blind, and chosen with open eyes: it is not
    blind.
    """
    undone = undone_entries(entries)
    scores = {(one.run, one.rater, one.criterion): one for one in entries.scores if one.entry not in undone}
    votes = {(frozenset(one.runs), one.rater): one for one in entries.votes if one.entry not in undone}
    facets = {(one.run, one.rater, one.facet): one for one in entries.facets if one.entry not in undone}
    notes = {(one.run, one.model, one.rater): one for one in entries.notes if one.entry not in undone}
    if late := _taken_back_late(entries):
        for score in (one for one in entries.scores if one.entry in late):
            _open_eyes(scores, (score.run, score.rater, score.criterion))
        for vote in (one for one in entries.votes if one.entry in late):
            _open_eyes(votes, (frozenset(vote.runs), vote.rater))
        for tick in (one for one in entries.facets if one.entry in late):
            _open_eyes(facets, (tick.run, tick.rater, tick.facet))
    return RatingsInEffect(
        {key: one for key, one in scores.items() if one.value is not None},
        {key: one for key, one in votes.items() if one.choice is not None},
        {key: one for key, one in facets.items() if one.ticked is not None},
        {key: one for key, one in notes.items() if one.text},
    )


Key = TypeVar("Key")
Blindly = TypeVar("Blindly", Score, Vote, FacetTick)


def _open_eyes(found: dict[Key, Blindly], key: Key) -> None:
    if key in found:
        found[key] = replace(found[key], blind=False)


def _taken_back_late(entries: RatingEntries) -> set[int]:
    """The numbers of ratings that were given before a reveal to their rater, and undone or redone after it."""
    steps = [(step.rater, step.takes_back, step.entry) for step in entries.undos]
    steps += [(step.rater, step.brings_back, step.entry) for step in entries.redos]
    return {
        rating
        for rater, rating, step in steps
        if any(one.rater == rater and rating < one.entry < step for one in entries.reveals)
    }


def undone_entries(entries: RatingEntries) -> set[int]:
    """The numbers of the ratings that were undone, and not redone since."""
    undone: set[int] = set()
    steps: list[Undo | Redo] = [*entries.undos, *entries.redos]
    for step in sorted(steps, key=lambda step: step.entry):
        if isinstance(step, Undo):
            undone.add(step.takes_back)
        else:
            undone.discard(step.brings_back)
    return undone


def next_undo(entries: RatingEntries, rater: str) -> Rating | None:
    """The rating that this rater takes back next: the last one that counts or did. None when all are taken back."""
    undone = undone_entries(entries)
    left = [one for one in _ratings_by(entries, rater) if one.entry and one.entry not in undone]
    return max(left, key=lambda one: one.entry, default=None)


def latest_ratings(entries: RatingEntries, rater: str, most: int) -> list[Rating]:
    """The last `most` ratings of this rater that were not taken back, the newest first."""
    undone = undone_entries(entries)
    left = [one for one in _ratings_by(entries, rater) if one.entry and one.entry not in undone]
    return sorted(left, key=lambda one: -one.entry)[:most]


def next_redo(entries: RatingEntries, rater: str) -> Rating | None:
    """The rating that this rater brings back next: the one undone last. None when there is none, or when something was
    rated since: what was undone before that stays so."""
    undone = undone_entries(entries)
    mine = {one.entry: one for one in _ratings_by(entries, rater)}
    newest = max(mine, default=0)
    steps = [step for step in entries.undos if step.rater == rater and step.takes_back in undone]
    last = max((step for step in steps if step.entry > newest), key=lambda step: step.entry, default=None)
    return mine.get(last.takes_back) if last is not None else None


def _ratings_by(entries: RatingEntries, rater: str) -> list[Rating]:
    every: list[Rating] = [*entries.scores, *entries.votes, *entries.facets, *entries.notes]
    return [one for one in every if one.rater == rater]


class RatingsOf:
    """The ratings of one rater that count. The entries are gone through again only when there are more."""

    def __init__(self, entries: RatingEntries, rater: str) -> None:
        """`entries` is a session, whose lists grow."""
        self.rater = rater
        self._entries = entries
        self._seen = -1
        self._scores: dict[str, dict[str, Score]] = {}
        self._notes: dict[tuple[str, str], str] = {}
        self._facets: dict[str, dict[str, bool]] = {}
        self._votes: dict[frozenset[str], Vote] = {}
        self._vote_with: dict[str, Vote] = {}

    def scores_of(self, request_id: str) -> Mapping[str, Score]:
        """The scores of a request's answer, by criterion."""
        self._read()
        return self._scores.get(request_id, {})

    def score_of(self, request_id: str, criterion: str = OVERALL) -> int | None:
        """The score of a request's answer for one criterion; None when there is none."""
        score = self.scores_of(request_id).get(criterion)
        return score.value if score else None

    def note_of(self, request_id: str, *, model: str = "") -> str:
        """The note on a request's answer; with an empty id that on a model, by its key, or else on the session. Empty
        when there is none."""
        self._read()
        return self._notes.get((request_id, model), "")

    def facets_of(self, request_id: str) -> Mapping[str, bool]:
        """Of which facets a request's answer speaks, and of which not, as far as that was said."""
        self._read()
        return self._facets.get(request_id, {})

    def vote_on(self, request_ids: Iterable[str]) -> Vote | None:
        """The vote on exactly these requests' answers; None when there is none."""
        self._read()
        return self._votes.get(frozenset(request_ids))

    def vote_with(self, request_id: str) -> Vote | None:
        """The last vote on this request's answer and others; None when there is none."""
        self._read()
        return self._vote_with.get(request_id)

    def _read(self) -> None:
        entries = self._entries
        held = (entries.scores, entries.notes, entries.facets, entries.votes, entries.undos, entries.redos)
        seen = sum(map(len, held))
        if self._seen == seen:
            return
        self._seen = seen
        found = in_effect(entries)
        # New tables, so that those handed out before stay as they were.
        self._scores, self._facets = {}, {}
        for (run, rater, criterion), score in found.scores.items():
            if rater == self.rater:
                self._scores.setdefault(run, {})[criterion] = score
        for (run, rater, facet), tick in found.facets.items():
            if rater == self.rater:
                self._facets.setdefault(run, {})[facet] = bool(tick.ticked)
        self._notes = {
            (run, model): note.text for (run, model, rater), note in found.notes.items() if rater == self.rater
        }
        self._votes = {runs: vote for (runs, rater), vote in found.votes.items() if rater == self.rater}
        by_entry = sorted(self._votes.values(), key=lambda vote: vote.entry)
        self._vote_with = {run: vote for vote in by_entry for run in vote.runs}
