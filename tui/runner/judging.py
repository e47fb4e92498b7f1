"""Has a model score or compare the answers of a session. Its ratings are kept apart from those of people.

The judge is asked one question at a time, through the same runner as any other model, and nothing of that is kept but
what it said and how that was got: a session for it would take part in reports.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from tui.core.answers.refusals import is_refusal
from tui.core.catalog.model_card import ModelCard
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions
from tui.core.plans.progress import Progress
from tui.core.requests.dropped_options import ANSWER_FORMAT
from tui.core.requests.outcome import outcome
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.judge_questions import (
    PARAMETERS,
    Assignment,
    JudgeQuestion,
    PairQuestion,
    assignment,
    once_more,
)
from tui.core.scoring.judgement import JudgeCounts, Judgement, JudgementState, judge_counts
from tui.core.scoring.rubric import Rubric
from tui.core.sessions.session_model import ModelChoice
from tui.hosts.base import Host, HostInfo
from tui.runner.host_models import HostModels
from tui.runner.kept_session import recorder_to_add_to
from tui.runner.open_session import connected_host, open_session
from tui.runner.runner import Runner
from tui.runner.updates import Listener, RequestEnded, Update, run_to_end
from tui.signals import uninterrupted

DECLINED = "it declined to judge"


@dataclass(frozen=True, slots=True)
class Settled:
    """A question to a judge is settled: nothing more is asked of it."""

    key: str
    """What the question is called: the ids of the requests, and the criterion."""
    judgement: Judgement | None
    """None where the judge gave no answer at all."""
    failure: str = ""
    """Why it gave none, as a sentence."""


@dataclass(frozen=True, slots=True)
class JudgeProgress(Progress):
    """How many questions are settled, of all."""

    left_s: None = None
    again: int = 0
    """Questions whose first answer was no verdict, and which are still to be asked once more."""
    began: bool = True
    """Whether anything was answered."""

    def in_words(self) -> str:
        """As a phrase: `7 of 24, 2 to ask again: no verdict`."""
        far = f"{self.ended} of {self.total}"
        if not self.began:
            return f"{far}, waiting for the first answer"
        return f"{far}, {self.again} to ask again: no verdict" if self.again else far


@dataclass
class Judged:
    """What came of one session."""

    path: Path
    rater: str
    """What ratings call the judge."""
    card: ModelCard
    asked: int = 0
    """How many questions it was asked."""
    counts: JudgeCounts = field(default_factory=JudgeCounts)
    """How what was asked now stands, with what had been decided of the same pairs before."""
    undecided: dict[str, str] = field(default_factory=dict)
    """Questions that were answered twice without a verdict: why."""
    failed: dict[str, str] = field(default_factory=dict)
    """Questions without an answer, with the sentence why."""
    partial: tuple[str, ...] = ()
    """What makes the judge partial, as phrases."""


def judge(
    file: Path,
    model: str,
    *,
    host: str | Sequence[str] = (),
    pairs: bool = False,
    rubric: Rubric | None = None,
    again: bool = False,
    on_update: Listener | None = None,
) -> Judged:
    """Have a model, by its id or alias, score each answer of a session's file for each criterion; or, with `pairs`,
    compare each two answers to a prompt, in both orders.

    What it says is kept in the file as it comes, under a rater of its own of kind `judge`; what it decided before is
    not asked once more unless `again`. `rubric` is the session's own by default. Raises BadInputError when the file is
    no session; NoHostError and NoModelError; and StoreError when another program has it open or it cannot be written.
    """
    with connected_host([host] if isinstance(host, str) else host) as (opened, info):
        card = HostModels(opened, info).find(model)
        return judge_file(file, opened, info, card, pairs=pairs, rubric=rubric, again=again,
                          on_update=on_update or (lambda update: None))  # fmt: skip


def judge_file(
    file: Path,
    host: Host,
    info: HostInfo,
    card: ModelCard,
    *,
    pairs: bool = False,
    rubric: Rubric | None = None,
    again: bool = False,
    on_progress: Callable[[JudgeProgress], object] = lambda far: None,
    on_update: Listener = lambda update: None,
) -> Judged:
    """As `judge`, by a model of a host that is connected already. `on_progress` hears how far it is, from the beginning
    on and after each answer."""
    # The file is held while the judge is asked: what it decides is not to be refused at the end.
    with recorder_to_add_to(file) as recorder:
        assigned = assignment(recorder.session, card, pairs=pairs, rubric=rubric, again=again)
        judged = Judged(file, assigned.judge.id, card, len(assigned.questions), partial=assigned.partial)

        def settled(one: Settled) -> None:
            with uninterrupted():
                if one.judgement is None:
                    judged.failed[one.key] = one.failure
                else:
                    recorder.judged(assigned.judge, assigned.rubric, one.judgement)
                    if one.judgement.state is not JudgementState.DECIDED:
                        judged.undecided[one.key] = one.judgement.reason

        ask_judge(host, info, assigned, settled, on_progress, on_update)
        asked = {(frozenset(runs), *rest) for runs, *rest in (one.judgement for one in assigned.questions)}
        judged.counts = judge_counts(
            one
            for one in recorder.session.judgements
            if one.rater == assigned.judge.id and (frozenset(one.runs), *one.question[1:]) in asked
        )
    return judged


def ask_judge(
    host: Host,
    info: HostInfo,
    assigned: Assignment,
    on_settled: Callable[[Settled], object],
    on_progress: Callable[[JudgeProgress], object] = lambda far: None,
    on_update: Listener = lambda update: None,
    given_up: Callable[[], bool] = lambda: False,
) -> None:
    """Ask all questions, those whose answers cannot be used once more. `on_settled` is called as soon as each is
    settled, `on_progress` before the first answer and after each, in this thread. Once `given_up` says so, what is
    being answered is stopped, and nothing more is asked."""
    if not assigned.questions:
        return
    on_progress(JudgeProgress(0, len(assigned.questions), began=False))
    with open_session(host, info, None, save=False, on_update=on_update) as (runner, _):
        _Asker(runner, assigned, on_settled, on_progress, on_update, given_up).ask_all()


class _Asker:
    """Asks the judge, and reads what it answers."""

    def __init__(
        self,
        runner: Runner,
        assigned: Assignment,
        on_settled: Callable[[Settled], object],
        on_progress: Callable[[JudgeProgress], object],
        on_update: Listener,
        given_up: Callable[[], bool],
    ) -> None:
        self._runner, self._assigned, self._given_up = runner, assigned, given_up
        self._on_settled, self._on_progress, self._on_update = on_settled, on_progress, on_update
        self._done = 0
        self._again = 0
        """Questions that are still to be asked once more."""

    def ask_all(self) -> None:
        questions = {one.prompt.id: one for one in self._assigned.questions}
        wrong = self._ask(questions, {})
        if wrong and not self._given_up():
            self._ask({key: questions[key] for key in wrong}, wrong)

    def _ask(self, questions: Mapping[str, JudgeQuestion], wrong: Mapping[str, str]) -> dict[str, str]:
        """Ask these; `wrong` says what was wrong with their first answers, if it is not the first time. Returns what is
        wrong with those that are to be asked once more."""
        from tui.core.scoring.judge_answers import schema_of  # Loads pydantic, which only a judge needs.

        again: dict[str, str] = {}
        prompts = [
            replace(once_more(one.prompt, wrong[key]) if key in wrong else one.prompt, answer_schema=schema_of(one))
            for key, one in questions.items()
        ]

        def heard(update: Update) -> None:
            if isinstance(update, RequestEnded):
                key = update.session.prompts[update.request.spec.prompt].id
                if update.request.state is not RequestState.STOPPED:  # Given up: it is asked another time.
                    self._take(questions[key], update.request, wrong.get(key), again)
                    self._again = self._again - 1 if wrong else len(again)
                    self._on_progress(JudgeProgress(self._done, len(self._assigned.questions), again=self._again))
            self._on_update(update)

        options = PlanOptions(mode=Mode.MEASURE, warmup=0, parameters=PARAMETERS)
        with uninterrupted():
            run = self._runner.begin([ModelChoice(self._assigned.card)], prompts, options)
        run_to_end(self._runner, run, heard, enough=self._enough)
        return again

    def _enough(self) -> bool:
        given_up = self._given_up()
        if given_up:
            self._runner.stop_all()
        return given_up

    def _take(self, question: JudgeQuestion, request: Request, wrong: str | None, again: dict[str, str]) -> None:
        from tui.core.scoring.judge_answers import understood

        key = question.prompt.id
        if request.state is not RequestState.DONE:
            self._settle(key, None, outcome(request))
            return
        runs, criterion, rubric = question.judgement
        pair = isinstance(question, PairQuestion)
        made = Judgement(
            runs, self._assigned.judge.id, JudgementState.DECIDED, datetime.now(UTC), criterion, rubric=rubric,
            schema=ANSWER_FORMAT not in request.adjusted, retried=wrong or "",
        )  # fmt: skip
        try:
            value, reason = understood(question, request.answer)
        except ValueError as error:
            refused = is_refusal(request.answer)
            why = DECLINED if refused else str(error)
            if wrong is None:
                again[key] = why
                return
            state = JudgementState.REFUSED if refused else JudgementState.UNUSABLE
            made = replace(made, state=state, reason=why)
        else:
            made = replace(made, reason=reason)
            made = replace(made, better=str(value)) if pair else replace(made, value=int(value))
        if not isinstance(question, PairQuestion):
            made = replace(made, scale=question.criterion.scale)
        self._settle(key, made)

    def _settle(self, key: str, made: Judgement | None, failure: str = "") -> None:
        self._done += 1
        self._on_settled(Settled(key, made, failure))
