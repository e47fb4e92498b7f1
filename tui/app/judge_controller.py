"""Has a model judge the session that is open: it is asked in a thread, and what it says is kept on the app's loop."""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import TYPE_CHECKING

from tui.app.threaded_controller import ThreadedController
from tui.background import Worker
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import BadInputError
from tui.core.scoring.judge_questions import Assignment, assignment
from tui.core.scoring.judgement import judge_counts, said_of_counts
from tui.core.sessions.entry_dict import copied
from tui.core.sessions.session import Session
from tui.core.text.clean import clean_line
from tui.runner.judging import Settled, ask_judge
from tui.runner.runner import Runner
from tui.runner.sitting import Sitting
from tui.ui.compare.judging import Judging

if TYPE_CHECKING:
    from tui.app.app import CompareApp

AT_WORK = "A judge reads the answers"
STOPS = "esc on F2 stops it, and keeps what it said."


class JudgeController(ThreadedController):
    """One judge at a time. While it is at work nothing else is asked, and no other session takes the place of its."""

    def __init__(self, app: CompareApp, sitting: Sitting) -> None:
        self._thread = Worker("judge")
        super().__init__(app, self._thread)
        self._sitting = sitting
        self._runner: Runner | None = None
        """The one whose session is judged; None while none is."""
        self._given_up = Event()
        self._failed: list[str] = []
        """Why questions were not answered at all."""

    @property
    def why_not_left(self) -> BadInputError | None:
        """Why no other session can take the place of the one that is open; None where one can."""
        return None if self._runner is None else BadInputError(AT_WORK, hint=STOPS)

    def close(self) -> None:
        """Ask nothing more. Waits for nothing."""
        self._given_up.set()
        super().close()

    def stop(self) -> None:
        """Ask nothing more, and stop what is being answered; what was said is kept."""
        self._given_up.set()

    def begin(self, card: ModelCard, *, pairs: bool) -> None:
        """Have this model judge, from where it was left."""
        runner, info = self._sitting.runner, self._sitting.info
        if self._runner is not None or runner is None or info is None:
            return  # The screen has said why.
        if runner.busy:
            self._app.show_error(
                BadInputError("Answers are still coming", hint="A judge reads them when all are there.")
            )
            return
        self._runner, self._given_up, self._failed = runner, Event(), []
        runner.held = AT_WORK
        self._show_far(card.alias or card.id, "reading the answers …")
        session = copied(runner.session)
        self._thread.submit(partial(self._guarded, partial(self._ask, session, card, pairs, self._given_up)))

    def _guarded(self, work: partial[None]) -> None:
        """In the thread: whatever happens, something else can be asked afterwards."""
        try:
            self._run(work)
        finally:
            self._show(self._ended)

    def _ask(self, session: Session, card: ModelCard, pairs: bool, given_up: Event) -> None:
        assigned = assignment(session, card, pairs=pairs)
        info = self._sitting.info
        assert info is not None, "begin() has seen it"
        ask_judge(
            self._sitting.host,
            info,
            assigned,
            lambda one: self._show(partial(self._settled, assigned, one)),
            lambda far: self._show(partial(self._show_far, assigned.judge.id, far.in_words())),
            given_up=given_up.is_set,
        )
        self._show(partial(self._told, assigned))

    # On the app's loop

    def _settled(self, assigned: Assignment, one: Settled) -> None:
        runner = self._runner
        if runner is None:
            return
        if one.judgement is None:
            self._failed.append(one.failure)
        else:
            runner.judged(assigned.judge, assigned.rubric, one.judgement)
            if (part := self._part) is not None:
                part.heard(one.judgement.runs)

    def _told(self, assigned: Assignment) -> None:
        """Say what came of it."""
        runner, who = self._runner, clean_line(assigned.judge.id, 40)
        if runner is None:
            return
        if not assigned.questions:
            self._app.notify(f"{who} has decided all that there is to decide.", timeout=10, markup=False)
            return
        counts = judge_counts(one for one in runner.session.judgements if one.rater == assigned.judge.id)
        left = "Stopped: v goes on with what is left. " if self._given_up.is_set() else ""
        self._app.notify(f"{left}{who}: {said_of_counts(counts)}. S says more.", timeout=10, markup=False)
        if self._failed:
            why = clean_line(self._failed[0], 200)
            self._app.notify(
                f"{len(self._failed)} questions have no answer: {why}", severity="warning", timeout=10, markup=False
            )

    def _ended(self) -> None:
        if self._runner is not None:
            self._runner.held = ""
        self._runner = None
        self._show_far("", "")

    def _show_far(self, who: str, far: str) -> None:
        if (part := self._part) is not None:
            part.show(who, far)

    @property
    def _part(self) -> Judging | None:
        return next((part for part in self._app.compare.parts if isinstance(part, Judging)), None)
