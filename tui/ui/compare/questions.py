"""Which question of a session is shown, and the way to the others."""

from __future__ import annotations

from dataclasses import replace

from tui.core.plans.plan import Plan
from tui.core.plans.plan_run import PlanRun
from tui.core.plans.questions import PlanQuestion, question_of, questions_of
from tui.core.requests.request import Request
from tui.core.sessions.view import ComparisonView
from tui.ui.state import AppState

ONLY_NEWEST = "Only the newest question is asked again or stopped: } leads to it."


class Questions:
    """The questions of a view, and which of them is looked at."""

    def __init__(self, view: ComparisonView, *, can_act: bool = True) -> None:
        """`can_act` says whether models can be asked: then the panes may wait for another question."""
        self._view = view
        self._can_act = can_act
        self._looked_at: PlanQuestion | None = None
        """The question that is looked at; None to follow what is asked."""
        self._by_question = _ByQuestion()
        self._all: tuple[int, list[PlanQuestion]] = (0, [])

    @property
    def looks_back(self) -> bool:
        """Whether an earlier question is looked at than the newest one."""
        return self._looked_at is not None

    @property
    def run(self) -> PlanRun | None:
        """The requests of the question that is shown, whose plan has the models in the order of their panes; None when
        nothing has been asked."""
        run = self._run()
        if run is None or not self._view.session.orders:
            return run
        models = self._view.models_in_order(run.plan, _newest_begun(run))
        return run if models == run.plan.models else PlanRun(replace(run.plan, models=models), run.requests)

    def _run(self) -> PlanRun | None:
        current, question = self._view.run, self._looked_at
        if current is not None and (question is None or question.plan == current.plan.key):
            question = (question or _newest_begun(current)) if len(current.plan.prompts) > 1 else None
            return current if question is None else self._by_question.run(current.plan, current.requests, question)
        if question is None:
            return None
        session = self._view.session
        return self._by_question.run(session.plans[question.plan], session.requests, question)

    @property
    def all(self) -> list[PlanQuestion]:
        """All questions of the session, the oldest first."""
        requests = self._view.session.requests
        # What takes a request's place asks the same, so that the count says whether there are more.
        if self._all[0] != len(requests):
            self._all = len(requests), questions_of(requests.values())
        return self._all[1]

    @property
    def can_rerun(self) -> bool:
        """Whether what is shown is what the current run asks: only that can be asked again, or stopped."""
        current = self._view.run
        return self._looked_at is None or (current is not None and self._looked_at.plan == current.plan.key)

    def follow(self) -> None:
        """Show the newest question, and whatever is asked after it."""
        self._looked_at = None

    def look_at(self, question: PlanQuestion, app_state: AppState) -> None:
        """Show a question of the session."""
        is_newest = self.all.index(question) == self._newest_place(app_state)
        self._looked_at = None if is_newest else question

    def turn(self, step: int, app_state: AppState) -> str:
        """Look at the question `step` after this one. Returns a sentence when there is none, and stays then."""
        questions, newest = self.all, self._newest_place(app_state)
        place = self.place(app_state) + step
        if not questions:
            return "Nothing has been asked yet."
        if place < 0:
            return "This is the oldest question." if len(questions) > 1 else "There is no other question."
        if place >= max(len(questions), newest + 1):
            return "This is the newest question." if len(questions) > 1 else "There is no other question."
        if place == newest:
            self.follow()
        else:
            self.look_at(questions[place], app_state)
        return ""

    def number(self, question: PlanQuestion) -> int:
        """A question's number among those of the session, from 1."""
        return self.all.index(question) + 1

    def place(self, app_state: AppState) -> int:
        """Where the question that is shown stands among all, from 0; behind them all while the panes wait for
        another one."""
        return self._newest_place(app_state) if self._looked_at is None else self.all.index(self._looked_at)

    def _newest_place(self, app_state: AppState) -> int:
        """Where that stands which is shown when nothing earlier is looked at."""
        run, questions = self._view.run, self.all
        if run is None or not self.shows_run(app_state):
            return len(questions)
        newest = _newest_begun(run)
        return questions.index(newest) if newest in questions else len(questions)

    def shows_run(self, app_state: AppState) -> bool:
        """Whether the panes are those of the current run, when nothing earlier is looked at."""
        run, models = self._view.run, self._view.session.models
        # While names are hidden, no other models can be chosen.
        if run is None or not self._can_act or self._view.busy or self._view.concealed:
            return run is not None
        asked, chosen = {models[key].card.key for key in run.plan.models}, set(app_state.chosen)
        # A follow-up leaves out the models that have no answer to go on from.
        return asked == chosen or (bool(run.plan.follows) and asked < chosen)


def _newest_begun(run: PlanRun) -> PlanQuestion | None:
    """The question of the run's newest request that has begun, or else of its newest one; None without requests."""
    requests = run.requests.values()
    begun = (one for one in reversed(requests) if one.timestamps.asked is not None or one.state.final)
    newest = next(begun, next(reversed(requests), None))
    return question_of(newest) if newest is not None else None


class _ByQuestion:
    """Which of many requests belong to a question: found once, for it is asked for dozens of times a key."""

    def __init__(self) -> None:
        self._of: dict[str, Request] = {}
        self._seen: tuple[int, str | None] = (0, None)
        """How many requests there were, and the newest: one that takes another's place is a newer one."""
        self._ids: dict[PlanQuestion, list[str]] = {}

    def run(self, plan: Plan, requests: dict[str, Request], question: PlanQuestion) -> PlanRun:
        """Of these requests those that belong to a question, which is one of the plan's."""
        seen = len(requests), next(reversed(requests), None)
        if self._of is not requests or self._seen != seen:
            self._of, self._seen, self._ids = requests, seen, {}
            for key, request in requests.items():
                self._ids.setdefault(question_of(request), []).append(key)
        return PlanRun(plan, {key: requests[key] for key in self._ids.get(question, ())})
