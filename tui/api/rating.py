"""Scores, votes, facets and notes that a script gives, kept in the session's file as those of a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING

from tui.core.errors import BadInputError, StoreError
from tui.core.requests.request import Request
from tui.core.scoring.rating import VoteChoice, can_be_scored
from tui.core.scoring.rubric import OVERALL
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line
from tui.runner.kept_session import open_kept_session

if TYPE_CHECKING:
    from tui.api.comparison import PathName
    from tui.core.sessions.view import RatingCommands


class Rating:
    """What one person says of the answers of a session. Each method raises BadInputError for what cannot be said."""

    def __init__(self, session: Session, commands: RatingCommands) -> None:
        self.session = session
        """With all that has been said of it so far."""
        self._commands = commands

    def score(self, answer: Request | str, value: int | None, criterion: str = OVERALL) -> None:
        """Score an answer: from 1 to the most of the criterion, which is 5 unless the rubric says otherwise. None takes
        a score back. `answer` is a request, or its id."""
        if criterion != OVERALL and self.session.rubric.get(criterion) is None:
            known = ", ".join(clean_line(one.id, 40) for one in self.session.rubric)
            raise BadInputError(f"The session's rubric has no {clean_line(criterion, 40)}", f"It has: {known}")
        with _sense():
            self._commands.score(self._id(answer), _whole(value), criterion=criterion)

    def tick(self, answer: Request | str, facet: str, ticked: bool | None = True) -> None:
        """Say whether an answer speaks of a facet of its prompt; None takes that back."""
        run = self._id(answer)
        facets = self.session.prompts[self.session.requests[run].spec.prompt].facets
        if facet not in facets:
            known = ", ".join(clean_line(one, 40) for one in facets) or "none"
            raise BadInputError(f"The prompt has no facet {clean_line(facet, 40)}", f"It has: {known}")
        self._commands.tick(run, facet, None if ticked is None else bool(ticked))

    def vote(self, answers: Sequence[Request | str], winner: Request | str | VoteChoice | None) -> None:
        """Choose between answers to one prompt: the better one, or `VoteChoice.BOTH_GOOD` or `BOTH_BAD`. None takes a
        vote back."""
        runs = [self._id(one) for one in answers]
        if len({self.session.requests[run].spec.prompt for run in runs}) > 1:
            raise BadInputError("A vote is on answers to one prompt")
        with _sense():
            if winner is None or isinstance(winner, VoteChoice):
                self._commands.vote(runs, winner)
            else:
                self._commands.vote(runs, VoteChoice.WINNER, self._id(winner))

    def note(self, answer: Request | str, text: str) -> None:
        """Write a note on an answer; an empty text takes it back."""
        if not isinstance(text, str):
            raise BadInputError(f"A note is a text, and this is of type {type(text).__name__}")
        self._commands.note(self._id(answer), text)

    def _id(self, answer: Request | str) -> str:
        run = answer.spec.id if isinstance(answer, Request) else str(answer)
        known = self.session.requests.get(run)
        if known is None:
            raise BadInputError(f"There is no request {clean_line(run, 40)} in this session")
        if not can_be_scored(known):
            raise BadInputError(f"{clean_line(run, 40)} has no answer that could be scored")
        return run


@contextmanager
def rating(file: PathName, rater: str | None = None) -> Iterator[Rating]:
    """Rate the answers of a session's file, which is held meanwhile and written at the end.

    `rater` is whose opinion it is, by default the user's login name. Raises BadInputError when the file is no session,
    and StoreError when it cannot be written, or another program has it open.
    """
    kept = open_kept_session(Path(file), rater)
    try:
        if kept.ratings is None:
            why = next(iter(kept.notices), None)
            raise StoreError(*((why.title, why.detail, why.hint) if why is not None else ("It is only read",)))
        yield Rating(kept.view.session, kept.ratings)
    finally:
        whole = kept.close()
    if not whole:
        raise StoreError(kept.missing_report())


def _whole(value: object) -> int | None:
    """A score, also of numpy's types. Raises ValueError: what is no whole number cannot be kept."""
    if value is None:
        return None
    try:
        if not isinstance(value, bool):
            return index(value)  # type: ignore[arg-type]
    except TypeError:
        pass
    raise ValueError(f"{clean_line(repr(value), 40)} is no whole number")


@contextmanager
def _sense() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise BadInputError(f"{error}"[:1].upper() + f"{error}"[1:]) from error
