"""A comparison as a blind rater may see it: nothing in it tells which model gave which answer.

Concealment is made here and nowhere else. What shows a comparison is given this view of it, and finds no name, no
host, no figure and no answer that has been named, wherever it looks; the sides that could tell, such as the order in
which answers come, are not there to be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tui.core.blind.masks import mask, masked_ranges
from tui.core.blind.orders import is_anything_hidden, models_in_order
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import CompareError
from tui.core.plans.plan import Plan
from tui.core.plans.plan_run import PlanRun
from tui.core.plans.questions import PlanQuestion, question_of
from tui.core.requests.request import Fault, Request, RequestState
from tui.core.scoring.in_effect import RatingsOf
from tui.core.scoring.rating import JUDGE, RaterKind
from tui.core.sessions.entry_dict import Entry, EntryKind, with_entries
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import SessionModel
from tui.core.sessions.view import ComparisonView, RatingCommands

HIDDEN = "hidden"
"""What every model is called in a view that conceals it: what tells their answers apart is the place."""
EARLY = "This answer ended early."
NO_ANSWER = "There is no answer here."
"""What is said of an answer that failed, was cut or was stopped: why, and where, could name the model."""


class ConcealableView:
    """A view that conceals while there is something to conceal, and else is the view that it is given.

    Something is to be concealed while a question was put before the rater blind whose models the rater has not seen.
    Then everything in the view is concealed, earlier answers included: a figure of another question can tell as well.
    """

    def __init__(self, view: ComparisonView, *, ahead: bool = False) -> None:
        """`ahead` conceals before anything is asked: the first question will be asked blind."""
        self._view = view
        self.ahead = ahead
        self._revealed = False
        """Whether a session that is only read was revealed."""
        self._found: tuple[object, bool] = (None, False)
        self._was = self.concealed
        self._session: Session | None = None
        self._known: tuple[object, ...] = ()
        self._run: tuple[PlanRun, PlanRun] | None = None
        self._made: dict[str, tuple[tuple[int, bool], Request]] = {}
        """The concealed requests, by id, with what they were made of."""
        self._told: set[str] = set()
        """Which of them `tick()` has told of."""

    @property
    def concealed(self) -> bool:
        """Whether names, figures and whatever else tells are hidden."""
        session = self._view.session
        if self._revealed:
            return False
        entries = (session.orders, session.reveals, session.scores, session.votes, session.facets)
        state = (self.ahead, len(session.requests), len(session.plans), *(len(one) for one in entries))
        if self._found[0] != state:
            ahead = self.ahead and not session.requests
            self._found = state, ahead or is_anything_hidden(session, self._view.ratings.rater)
        return self._found[1]

    def reveal(self, ratings: RatingCommands | None) -> None:
        """Conceal nothing from here on, and have it noted where there is somebody who rates."""
        self.ahead = False
        if ratings is not None:
            ratings.reveal()
        else:
            self._revealed = True

    @property
    def session(self) -> Session:
        """The session; concealed, one without hosts, whose models are all alike."""
        if not self.concealed:
            return self._view.session
        return self._concealed_session()

    @property
    def run(self) -> PlanRun | None:
        """The run that is looked at."""
        run = self._view.run
        if run is None or not self.concealed:
            return run
        requests = self._concealed_session().requests
        if self._run is None or self._run[0] is not run:
            self._run = run, PlanRun(run.plan)
        concealed = self._run[1].requests
        mine = {key: requests[key] for key in run.requests}
        if concealed.keys() != mine.keys():
            concealed.clear()
        concealed.update(mine)
        return self._run[1]

    @property
    def busy(self) -> bool:
        """Whether more is to come of the run."""
        return self._view.busy

    @property
    def pause_s(self) -> float | None:
        """Seconds before what failed is asked again; concealed, nothing is known to have failed."""
        return None if self.concealed else self._view.pause_s

    @property
    def paused(self) -> bool:
        """Whether somebody has paused the run."""
        return self._view.paused

    @property
    def tokens_per_chunk(self) -> Mapping[str, float]:
        """Tokens in a chunk, by the session's model key."""
        return {} if self.concealed else self._view.tokens_per_chunk

    @property
    def ratings(self) -> RatingsOf:
        """The scores and notes of the person who looks."""
        return self._view.ratings

    def models_in_order(self, plan: Plan, question: PlanQuestion | None) -> tuple[str, ...]:
        """The models of a plan in the order in which their answers to one of its questions are shown."""
        return models_in_order(self._view.session, plan, question, self._view.ratings.rater)

    def now(self) -> int:
        """The moment that is looked at, in nanoseconds; concealed, always the same one."""
        return 0 if self.concealed else self._view.now()

    def is_complete(self, request: Request) -> bool:
        """Whether a request has ended, and all its numbers that can be had are there."""
        return self._view.is_complete(self._view.session.requests[request.spec.id])

    def tick(self) -> set[str]:
        """Move on to what is true now, and return the ids of the requests that changed since the last call.

        Concealed, a question's requests change together, when the last of them has ended.
        """
        changed = self._view.tick()
        was, self._was = self._was, self.concealed
        if was is not self._was:
            self._session, self._run = None, None
            return set(self._view.session.requests)
        return self._take(changed) if self._was else changed

    def call_on_change(self, changed: Callable[[], None]) -> None:
        """Have `changed` called, on any thread, when `tick()` has more to do than to take in text."""
        self._view.call_on_change(changed)

    def problems(self) -> Sequence[CompareError]:
        """What has gone wrong since the last call without stopping anything."""
        return self._view.problems()

    def _concealed_session(self) -> Session:
        session = self._view.session
        known = (id(session), len(session.requests), len(session.models), len(session.plans))
        if self._session is None or self._known != known:
            self._known = known
            self._session = made = replace(
                session,
                host={},
                hosts={},
                tool={},
                extra={},
                unknown={},
                resumptions=[],
                models={key: concealed_model(key) for key in session.models},
                requests={},
            )
            shown = _shown_questions(session)
            made.requests.update((key, self._conceal(one, shown)) for key, one in session.requests.items())
        self._session.title, self._session.tags, self._session.rubric = session.title, session.tags, session.rubric
        self._session.state = session.state
        return self._session

    def _take(self, changed: set[str]) -> set[str]:
        """Conceal once more what changed. Returns what is another one for who looks."""
        session, made = self._view.session, self._concealed_session()
        questions = {question_of(session.requests[key]) for key in changed if key in session.requests}
        if not questions:
            return set()
        shown, differs = _shown_questions(session), set()
        for key, request in session.requests.items():
            if question_of(request) in questions:
                new = self._conceal(request, shown)
                if new is not made.requests[key] or key not in self._told:
                    self._told.add(key)
                    made.requests[key] = new
                    differs.add(key)
        return differs

    def _conceal(self, request: Request, shown: set[PlanQuestion]) -> Request:
        """The concealed request; the same one as long as nothing differs, so that who holds it holds the one that
        counts."""
        key, is_shown = request.spec.id, question_of(request) in shown
        state = (request.revision if is_shown else 0, is_shown)
        if key not in self._made or self._made[key][0] != state:
            self._made[key] = state, concealed(self._view.session, request, is_shown)
            self._told.discard(key)
        return self._made[key][1]


def concealed_model(key: str) -> SessionModel:
    """A model of which nothing is known but that it takes part. `key` is the session's, which nobody is shown."""
    return SessionModel(key, ModelCard(HIDDEN, HIDDEN), "")


def with_judges_unnamed(session: Session) -> Session:
    """The session, in which no model that judged has a name: it may be one of the judged, and if only such judges had
    none, that would tell which of them takes part."""
    judges = [one for one in session.raters.values() if one.kind is RaterKind.JUDGE]
    called = {one.id: f"{JUDGE} {number}" if len(judges) > 1 else JUDGE for number, one in enumerate(judges, 1)}
    raters = [replace(one, id=called[one.id], model="", alias="") if one.id in called else one
              for one in session.raters.values()]  # fmt: skip

    def entries(kind: EntryKind) -> list[Entry]:
        return [
            replace(one, rater=called[rater]) if (rater := getattr(one, "rater", "")) in called else one
            for one in kind.of(session)
        ]

    return replace(with_entries(session, entries), raters={one.id: one for one in raters})


def concealed(session: Session, request: Request, shown: bool) -> Request:
    """What a blind rater may know of a request: its answer without names, once it is `shown`, and whether that came to
    its end. Before that it waits, whatever it does."""
    spec = replace(request.spec, host="", nonce="", contended=False)
    if not shown:
        return Request(spec)
    answer = mask(request.answer, masked_ranges(session, request))
    whole = request.state is RequestState.DONE and request.finish_reason in (None, "stop")
    if answer:
        state, fault = (RequestState.DONE, None) if whole else (RequestState.CUT, Fault(HIDDEN, EARLY))
    else:
        state, fault = RequestState.EMPTY, Fault(HIDDEN, NO_ANSWER)
    made = Request(spec, state, fault=fault)
    made.restore_text(answer, "")
    return made


def _shown_questions(session: Session) -> set[PlanQuestion]:
    """The questions all of whose requests have ended."""
    open_ones = {question_of(one) for one in session.requests.values() if not one.state.final}
    return {question_of(one) for one in session.requests.values()} - open_ones
