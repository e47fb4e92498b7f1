"""What `run` prints of a plan whose answers are shown blind: nothing that tells which model gave which."""

from __future__ import annotations

from tui import api
from tui.cli.output import say, show, show_heading, show_sentence
from tui.core.blind.concealed import concealed
from tui.core.blind.orders import hidden_questions, is_anything_hidden, models_in_order
from tui.core.plans.plan_run import PlanRun, newest
from tui.core.plans.questions import PlanQuestion, question_of
from tui.core.requests.request import Request
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line


class BlindOutput:
    """Says what happens. The answers to a question are printed together, when the last of them has come, in the order
    that was drawn for it."""

    def __init__(self, rater: str) -> None:
        self._rater = rater
        self._printed: set[PlanQuestion] = set()
        self._hidden = False

    def hides(self, session: Session) -> bool:
        """Whether it is hidden from the rater which model gave which answer of this session."""
        return is_anything_hidden(session, self._rater)

    def takes(self, update: api.Update, *, blind: bool) -> bool:
        """Say what may be said of an update that could tell; others are left to whoever says them, by returning False.
        `blind` says that a plan which is about to begin is blind."""
        match update:
            case api.ModelsChosen(_, models) if blind:
                self._hidden = True
                say(f"Asking {len(models)} models, blind: the answers to a question are printed together …")
            case api.SessionResumed(_, path, _, session) if session is not None and self.hides(session):
                self._hidden = True
                say(f"Going on with {clean_line(path.name)}, blind: the answers to a question are printed together …")
            case api.RequestEnded(session, asked, request):
                question = question_of(request)
                if question not in hidden_questions(session, self._rater):
                    return False
                if question not in self._printed and _is_complete(asked, question):
                    self._printed.add(question)
                    self._show(session, asked, question)
            case api.RetryPaused():
                return self._hidden
            case _:
                return False
        return True

    def _show(self, session: Session, asked: PlanRun, question: PlanQuestion) -> None:
        order = models_in_order(session, asked.plan, question, self._rater)
        mine = [one for one in newest(asked.requests.values()) if question_of(one) == question and not one.spec.warmup]
        for request in sorted(mine, key=lambda one: (one.spec.round, order.index(one.spec.model))):
            _show_answer(session, asked, concealed(session, request, shown=True), order)


def _is_complete(asked: PlanRun, question: PlanQuestion) -> bool:
    return all(one.state.final for one in asked.requests.values() if question_of(one) == question)


def _show_answer(session: Session, asked: PlanRun, request: Request, order: tuple[str, ...]) -> None:
    parts = [f"answer {order.index(request.spec.model) + 1}"]
    if len(asked.plan.prompts) > 1:
        parts.append(clean_line(session.prompts[request.spec.prompt].user, 40))
    if asked.plan.rounds > 1:
        parts.append(f"round {request.spec.round}")
    title = " · ".join(parts)
    show_heading(title)
    if request.answer:
        show(request.answer, own=False)
    if request.fault is not None:
        show_sentence(request.fault.message)
