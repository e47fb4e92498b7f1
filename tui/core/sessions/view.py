"""What may be seen of a comparison, and what may be done with it. Screens know these alone, and never a runner."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from tui.core.catalog.model_card import ModelCard
from tui.core.errors import CompareError
from tui.core.plans.plan import Plan, PlanOptions
from tui.core.plans.plan_run import PlanRun
from tui.core.plans.prompt import Prompt
from tui.core.plans.questions import PlanQuestion
from tui.core.requests.request import Request
from tui.core.scoring.in_effect import RatingsOf
from tui.core.scoring.rating import Rater, RaterKind, RatingChange, VoteChoice
from tui.core.scoring.rubric import OVERALL, Rubric
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
    def concealed(self) -> bool:
        """Whether it is hidden which model gave which answer. Then the session has no names, hosts and figures: what
        there is to be shown may be shown, and models are called by the places of their answers."""
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
    def paused(self) -> bool:
        """Whether somebody has paused the run: what is in flight comes to its end, and nothing more is asked."""
        ...

    @property
    def tokens_per_chunk(self) -> Mapping[str, float]:
        """Tokens in a chunk, by the session's model key, as far as they are known: live counters are estimated so."""
        ...

    @property
    def ratings(self) -> RatingsOf:
        """The scores and notes of the person who looks."""
        ...

    def models_in_order(self, plan: Plan, question: PlanQuestion | None) -> tuple[str, ...]:
        """The models of a plan, by their keys, in the order in which their answers to one of its questions are shown;
        without a question in the plan's."""
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
    """What a person says of answers, by the ids of the requests, and takes back."""

    @property
    def last(self) -> RatingChange | None:
        """What `undo()` takes back; None when there is nothing to take back."""
        ...

    @property
    def next(self) -> RatingChange | None:
        """What `redo()` brings back; None when there is nothing to bring back."""
        ...

    def score(
        self,
        request_id: str,
        value: int | None,
        position: int | None = None,
        criterion: str = OVERALL,
        *,
        took_ms: int | None = None,
    ) -> None:
        """Score an answer from 1 to the criterion's `scale`, None to take the score back; `position` is that of its
        pane, counted from 1. `took_ms` is how long the decision took. Whether it is blind is not for the caller to
        say: the session's entries do."""
        ...

    def vote(
        self,
        request_ids: Sequence[str],
        choice: VoteChoice | None,
        winner: str = "",
        *,
        positions: Iterable[int] = (),
        took_ms: int | None = None,
    ) -> None:
        """Choose between answers, in the order in which they are shown; None takes the vote back."""
        ...

    def tick(self, request_id: str, facet: str, ticked: bool | None) -> None:
        """Say whether an answer speaks of a facet of its prompt; None takes that back."""
        ...

    def note(self, request_id: str, text: str, *, model: str = "") -> None:
        """Write a note on an answer; with an empty id on a model, by its key in the session, or else on the session.
        Empty text takes it back."""
        ...

    def call_session(self, title: str) -> None:
        """Give the session a title; an empty one takes it away."""
        ...

    def order_pass(self, seed: int | None) -> None:
        """From now on this person's score pass goes through the answers in the order of this seed, or, without one, in
        the order in which they came."""
        ...

    def reveal(self) -> None:
        """Note that the rater sees which model gave which of the answers that there are."""
        ...

    def undo(self) -> RatingChange | None:
        """Take the last rating back, as far as to the beginning of the session, and return it."""
        ...

    def redo(self) -> RatingChange | None:
        """Bring back what was taken back last, unless something was rated since, and return it."""
        ...


class Commands(Protocol):
    """What a screen asks of whoever runs the comparison. Nothing here blocks."""

    @property
    def ratings(self) -> RatingCommands:
        """The scores and notes of the person who gives the commands."""
        ...

    def begin(self, models: Sequence[ModelCard], asked: str | Sequence[Prompt], options: PlanOptions) -> PlanRun:
        """Put questions to models. Raises BadInputError when that makes no sense, or while a run goes on."""
        ...

    def follow_up(self, runs: Collection[str], asked: str | Sequence[Prompt], options: PlanOptions) -> PlanRun:
        """Put questions to the models of these requests, by their ids: each goes on with its own conversation. Raises
        BadInputError likewise, and when one of them has no answer to go on from."""
        ...

    def pause(self, paused: bool) -> None:
        """Ask nothing more of a plan that has requests to come, or go on with it. Raises BadInputError when none
        are."""
        ...

    def score_for(self, rubric: Rubric) -> None:
        """Have the answers of the session scored for this. Raises BadInputError when something else has been asked
        for already."""
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

    concealed = False
    pause_s = None
    paused = False

    def __init__(
        self, session: Session, plan: Plan | None = None, *, at: int | None = None, rater: str | None = None
    ) -> None:
        """`plan` is one of the session's, by default the last. `at` is the moment that is looked at, in nanoseconds of
        the session's clock, by default the end. `rater` is whose scores are shown, by default the person
        who scored last."""
        self.session = session
        plan = plan or next(reversed(session.plans.values()), None)
        self.run = None if plan is None else stored_run(session, plan)
        raters = [*(note.rater for note in session.notes), *(score.rater for score in session.scores)]
        raters = [one for one in raters if session.raters.get(one, Rater(one)).kind is not RaterKind.JUDGE]
        self.ratings = RatingsOf(session, rater or next(reversed(raters), ""))
        self.tokens_per_chunk: Mapping[str, float] = {}
        self._at = _last_moment(session) if at is None else at

    @property
    def busy(self) -> bool:
        """Nothing more comes."""
        return False

    def models_in_order(self, plan: Plan, question: PlanQuestion | None) -> tuple[str, ...]:
        """The models of a plan in the order in which their answers are shown."""
        return plan.models

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


def stored_run(session: Session, plan: Plan) -> PlanRun:
    """All that a session has of one of its plans."""
    mine = {key: request for key, request in session.requests.items() if request.spec.plan == plan.key}
    return PlanRun(plan, mine)


def _last_moment(session: Session) -> int:
    """The last instant that a request of the session noted, in nanoseconds; 0 when there is none."""
    every = [request.timestamps for request in session.requests.values()]
    moments = [moment for one in every for moment in (one.asked, one.sent, one.end, *one.at[-1:])]
    return max((moment for moment in moments if moment is not None), default=0)
