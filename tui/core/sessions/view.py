"""What may be seen of a comparison, and what may be done with it. Screens know these alone, and never a runner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from tui.core.catalog.model_card import ModelCard
from tui.core.errors import CompareError
from tui.core.plans.plan import Plan, PlanOptions
from tui.core.plans.plan_run import PlanRun
from tui.core.requests.request import Request
from tui.core.scoring.rating import OVERALL, RatingChange, RatingsOf
from tui.core.sessions.session import Session


class ComparisonView(Protocol):
    """A comparison as it is at this moment. The runner is one that goes on, `StoredComparison` one that was kept."""

    @property
    def session(self) -> Session:
        """Everything that was asked, answered, measured and scored."""
        ...

    @property
    def run(self) -> PlanRun | None:
        """The run of a plan that is looked at: the current one, or the last. None when nothing has been asked."""
        ...

    @property
    def busy(self) -> bool:
        """Whether more is to come of the run."""
        ...

    @property
    def pause_s(self) -> float | None:
        """Seconds before what failed is asked again; None when nothing waits for that."""
        ...

    @property
    def tokens_per_chunk(self) -> Mapping[str, float]:
        """Tokens in a chunk, by the session's model key, as far as they are known: live counters are estimated so."""
        ...

    @property
    def ratings(self) -> RatingsOf:
        """The scores and notes of the person who looks."""
        ...

    def now(self) -> int:
        """The moment that is looked at, in nanoseconds, on the clock of the requests' timestamps."""
        ...

    def is_complete(self, request: Request) -> bool:
        """Whether a request has ended, and all its numbers that can be had are there."""
        ...

    def tick(self) -> set[str]:
        """Move on to what is true now, and return the ids of the requests that changed since the last call."""
        ...

    def call_on_change(self, changed: Callable[[], None]) -> None:
        """Have `changed` called, on any thread, when `tick()` has more to do than to take in text. While `busy`, text
        may have come without that."""
        ...

    def problems(self) -> Sequence[CompareError]:
        """What has gone wrong since the last call without stopping anything, such as a file that is not written."""
        ...


class RatingCommands(Protocol):
    """Scores and notes, by the id of the request whose answer they are for."""

    @property
    def last(self) -> RatingChange | None:
        """What `undo()` takes back; None when there is nothing to take back."""
        ...

    def score(self, request_id: str, value: int | None, position: int | None = None, criterion: str = OVERALL) -> None:
        """Score an answer from 1 to 5, None to take the score back; `position` is that of its pane, counted from 1."""
        ...

    def note(self, request_id: str, text: str) -> None:
        """Write a note on an answer; empty text takes it back."""
        ...

    def undo(self) -> RatingChange | None:
        """Take the last score or note back, and return it."""
        ...


class Commands(Protocol):
    """What a screen asks of whoever runs the comparison. Nothing here blocks."""

    @property
    def ratings(self) -> RatingCommands:
        """The scores and notes of the person who gives the commands."""
        ...

    def begin(self, models: Sequence[ModelCard], asked: str, options: PlanOptions) -> PlanRun:
        """Put a question to models. Raises BadInputError when that makes no sense, or while a run goes on."""
        ...

    def stop(self, request_id: str) -> None:
        """Stop one request; what arrived is kept."""
        ...

    def stop_all(self) -> None:
        """Stop every request, those that have not begun included."""
        ...

    def rerun(self, model: str) -> None:
        """Ask one model of the run again, by its key in the session. Raises BadInputError while it is answering."""
        ...

    def rerun_all(self) -> None:
        """Ask every model of the run again. Raises BadInputError when there is no run, or while it goes on."""
        ...


class StoredComparison:
    """A view of a session that was kept: one of its plans, at one moment. It needs neither runner, engine nor host."""

    pause_s = None

    def __init__(
        self, session: Session, plan: Plan | None = None, *, at: int | None = None, rater: str | None = None
    ) -> None:
        """`plan` is one of the session's, by default the last. `at` is the moment that is looked at, in nanoseconds of
        the session's clock, by default the end. `rater` is whose scores are shown, by default who scored last."""
        self.session = session
        self.run = _run_of(session, plan or next(reversed(session.plans.values()), None))
        raters = [*(note.rater for note in session.notes), *(score.rater for score in session.scores)]
        self.ratings = RatingsOf(session.scores, session.notes, rater or next(reversed(raters), ""))
        self.tokens_per_chunk: Mapping[str, float] = {}
        self._at = _last_moment(session) if at is None else at

    @property
    def busy(self) -> bool:
        """Nothing more comes."""
        return False

    def now(self) -> int:
        """The moment that is looked at, in nanoseconds."""
        return self._at

    def is_complete(self, request: Request) -> bool:
        """Whether a request has ended: nobody will know more of it."""
        return request.state.final

    def tick(self) -> set[str]:
        """Nothing changes."""
        return set()

    def call_on_change(self, changed: Callable[[], None]) -> None:
        """Nothing changes."""

    def problems(self) -> Sequence[CompareError]:
        """Nothing goes wrong."""
        return ()


def _run_of(session: Session, plan: Plan | None) -> PlanRun | None:
    if plan is None:
        return None
    mine = {key: request for key, request in session.requests.items() if request.spec.plan == plan.key}
    return PlanRun(plan, mine)


def _last_moment(session: Session) -> int:
    """The last instant that a request of the session noted, in nanoseconds; 0 when there is none."""
    every = [request.timestamps for request in session.requests.values()]
    moments = [moment for one in every for moment in (one.asked, one.sent, one.end, *one.at[-1:])]
    return max((moment for moment in moments if moment is not None), default=0)
