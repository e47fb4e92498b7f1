"""Gives scores, votes, ticks and notes, each of which can be taken back and brought back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tui.core.blind.orders import is_blind
from tui.core.scoring.in_effect import RatingsOf, in_effect, next_redo, next_undo
from tui.core.scoring.rating import (
    FacetTick,
    Note,
    Rater,
    Rating,
    RatingChange,
    Redo,
    Score,
    Undo,
    Vote,
    VoteChoice,
)
from tui.core.scoring.rubric import DEFAULT_SCALE, OVERALL
from tui.core.scoring.score_pass import pass_seed
from tui.core.sessions.entry_dict import Entry, add_entry, to_journal
from tui.core.sessions.presentation import Reveal, ScorePassOrder
from tui.core.sessions.rater_dict import rater_to_dict
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import about

if TYPE_CHECKING:
    from tui.core.scoring.disagreement import SharedAnswer

_BEYOND = 1 << 62
"""A number above those of all entries."""


class Ratings(RatingsOf):
    """One person's ratings in one session. Each change is an entry that is added to the session and handed to
    `record`."""

    def __init__(
        self, session: Session, rater: str, now: Callable[[], datetime], record: Callable[[dict[str, Any]], None]
    ) -> None:
        """`now` gives the time in UTC."""
        super().__init__(session, rater)
        self._session = session
        self._now = now
        self._record = record

    def score(
        self,
        request_id: str,
        value: int | None,
        position: int | None = None,
        criterion: str = OVERALL,
        *,
        took_ms: int | None = None,
    ) -> None:
        """Score a request's answer from 1 to the most that the criterion of the session's rubric has; None takes the
        score back. Raises ValueError for any other value."""
        session = self._session
        known = session.rubric.get(criterion)
        scale = known.scale if known is not None else DEFAULT_SCALE
        if value is not None and not 1 <= value <= scale:
            raise ValueError(f"{value} is not on the scale of 1 to {scale}")
        if self.score_of(request_id, criterion) != value:
            rubric = session.rubric_hash
            blind = self.is_blind(request_id)
            self._add(
                Score(request_id, self.rater, value, self._now(), criterion, scale, position, blind, took_ms, rubric)
            )

    def decide(self, answer: SharedAnswer, value: int | None) -> None:
        """Keep what people decided together on an answer that several scored, beside their own scores and as that of a
        rater of its own; None takes it back. Raises ValueError for a value that is not on the answer's scale, and when
        somebody has that rater's name."""
        from tui.core.scoring.disagreement import TOGETHER, who_decides  # takes long to load, and is seldom needed

        if value is not None and not 1 <= value <= answer.scale:
            raise ValueError(f"{value} is not on the scale of 1 to {answer.scale}")
        people = [name for name, _ in answer.scores]
        name = answer.decided.rater if answer.decided is not None else TOGETHER
        known = in_effect(self._session).scores.get((answer.run, name, answer.criterion))
        if (known.value if known is not None else None) == value:
            return
        self._know(who_decides(self._session.raters, people, name))
        blind = all(is_blind(self._session, [answer.run], person) for person in people)
        self._keep(
            Score(
                answer.run, name, value, self._now(), answer.criterion, answer.scale, blind=blind, rubric=answer.rubric
            )
        )

    def note(self, request_id: str, text: str, *, model: str = "") -> None:
        """Write a note on a request's answer; with an empty id on a model of the session, by its key, or else on the
        session. Empty text takes it back."""
        if self.note_of(request_id, model=model) != text:
            self._add(Note(request_id, self.rater, text, self._now(), model))

    def vote(
        self,
        request_ids: Sequence[str],
        choice: VoteChoice | None,
        winner: str = "",
        *,
        positions: Iterable[int] = (),
        took_ms: int | None = None,
    ) -> None:
        """Choose between the answers of these requests; None takes the vote back. Raises ValueError when the winner is
        none of them, or the choice has none."""
        if len(set(request_ids)) < 2:
            raise ValueError("a vote is on two answers or more")
        if (choice is VoteChoice.WINNER) is not bool(winner) or (winner and winner not in request_ids):
            raise ValueError("a vote for a winner names one of the answers, and no other does")
        before = self.vote_on(request_ids)
        if (None if before is None else (before.choice, before.winner)) != (choice and (choice, winner)):
            runs, places, blind = tuple(request_ids), tuple(positions), self.is_blind(*request_ids)
            self._add(Vote(runs, self.rater, choice, self._now(), winner, blind, places, took_ms))

    def tick(self, request_id: str, facet: str, ticked: bool | None) -> None:
        """Say whether a request's answer speaks of a facet of its prompt; None takes that back."""
        if self.facets_of(request_id).get(facet) is not ticked:
            blind = self.is_blind(request_id)
            self._add(FacetTick(request_id, facet, self.rater, ticked, self._now(), blind))

    def call_session(self, title: str) -> None:
        """Give the session a title; an empty one takes it away. It is no rating: nothing undoes it."""
        if self._session.title != title:
            self._session.title = title
            self._record(about(self._session))

    def order_pass(self, seed: int | None) -> None:
        """Go through what lacks a score in the order of this seed; None for the order in which the answers came."""
        if pass_seed(self._session, self.rater) != seed:
            self._add(ScorePassOrder(self.rater, self._now(), seed))

    def is_blind(self, *request_ids: str) -> bool:
        """Whether what is said now of these requests' answers is blind. The entries say so: nothing that the rater has
        been shown the models of is stored as blind, whoever calls it that."""
        return is_blind(self._session, request_ids, self.rater)

    def reveal(self) -> None:
        """Note that the rater sees which model gave which of the answers that there are: what is said of them from here
        on is not blind."""
        self._add(Reveal(self.rater, self._now()))

    @property
    def last(self) -> RatingChange | None:
        """What `undo()` takes back; None when there is nothing to take back."""
        rating = next_undo(self._session, self.rater)
        return None if rating is None else self._change(rating)

    @property
    def next(self) -> RatingChange | None:
        """What `redo()` brings back; None when there is nothing to bring back."""
        rating = next_redo(self._session, self.rater)
        return None if rating is None else self._change(rating)

    def undo(self) -> RatingChange | None:
        """Take the last rating back, as far as to the beginning of the session, and return it; None when there is
        nothing to take back."""
        change = self.last
        if change is not None:
            self._add(Undo(change.new.entry, self.rater, self._now()))
        return change

    def redo(self) -> RatingChange | None:
        """Bring back what was taken back last, unless something was rated since, and return it; None for nothing."""
        change = self.next
        if change is not None:
            self._add(Redo(change.new.entry, self.rater, self._now()))
        return change

    def _change(self, new: Rating) -> RatingChange:
        """The rating, and what counts where it does not."""
        session = self._session
        without = replace(session, undos=[*session.undos, Undo(new.entry, self.rater, new.at, _BEYOND)])
        found = in_effect(without)
        match new:
            case Score():
                old: Rating = found.scores.get((new.run, new.rater, new.criterion), replace(new, value=None))
                return RatingChange(new.run, old, new)
            case Vote():
                old = found.votes.get((frozenset(new.runs), new.rater), replace(new, choice=None, winner=""))
                return RatingChange(new.runs[0], old, new)
            case FacetTick():
                old = found.facets.get((new.run, new.rater, new.facet), replace(new, ticked=None))
                return RatingChange(new.run, old, new)
            case Note():
                old = found.notes.get((new.run, new.model, new.rater), replace(new, text=""))
                return RatingChange(new.run, old, new)

    def _add(self, entry: Entry) -> None:
        if self.rater not in self._session.raters:
            self._know(Rater(self.rater))
        self._keep(entry)

    def _know(self, rater: Rater) -> None:
        if self._session.raters.get(rater.id) != rater:
            self._session.raters[rater.id] = rater
            self._record({"rater": rater_to_dict(rater)})

    def _keep(self, entry: Entry) -> None:
        self._record(to_journal(add_entry(self._session, entry)))
