"""Has a model score or compare the answers of kept sessions. Its ratings are kept apart from those of people.

The judge is asked one question at a time, through the same runner as any other model, and nothing of that is kept but
what it decided and why: a session for it would take part in reports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui.core.catalog.model_card import ModelCard
from tui.core.errors import BadInputError
from tui.core.plans.mode import Mode
from tui.core.plans.plan import PlanOptions
from tui.core.plans.prompt import Prompt
from tui.core.requests.outcome import outcome
from tui.core.requests.request import RequestState
from tui.core.scoring.judge_questions import (
    MAX_REASON,
    JudgeQuestion,
    PairQuestion,
    ScoreQuestion,
    called,
    instructions_hash,
    json_of,
    judge_name,
    once_more,
    pair_questions,
    relations,
    score_questions,
)
from tui.core.scoring.rating import Note, Rater, RaterKind, Score, Vote, VoteChoice
from tui.core.scoring.rubric import DEFAULT_RUBRIC, Rubric
from tui.core.sessions.entry_dict import add_entry
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import ModelChoice, Parameters
from tui.runner.host_models import HostModels
from tui.runner.kept_session import session_to_add_to
from tui.runner.open_session import connected_host, open_session
from tui.runner.runner import Runner
from tui.runner.updates import Listener, RequestEnded, Update, run_to_end
from tui.signals import uninterrupted

PARAMETERS = Parameters(max_tokens=512, temperature=0.0, seed=7)
"""How a judge is asked."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge said to one question."""

    value: int | str
    """The score; of a pair the id of the better answer's request, empty for neither."""
    reason: str
    retried: bool
    """Whether the first answer could not be used."""


@dataclass
class Judged:
    """What came of one session."""

    path: Path
    rater: str
    card: ModelCard
    asked: int = 0
    scores: int = 0
    votes: int = 0
    neither: int = 0
    """Pairs of which neither was preferred, in either order: nothing is kept of them."""
    flipped: int = 0
    """Pairs that are not called: with the answers in the other order, the judge said something else."""
    pairs: int = 0
    retried: int = 0
    """Questions whose first answer could not be used, and whose second one could."""
    unusable: dict[str, str] = field(default_factory=dict)
    """What the judge answered twice that was no verdict, by question: why."""
    failed: dict[str, str] = field(default_factory=dict)
    """Questions without an answer, with the sentence why."""
    partial: tuple[str, ...] = ()
    """What makes the judge partial."""


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
    """Have a model score each answer of a session for each criterion, or compare each two answers of a prompt.

    What it decides is added to the session's file under a rater of its own, of kind `judge`, with its reasons as notes;
    what it decided before is not asked once more unless `again` is set. `rubric` is the session's own by default.
    Raises BadInputError when the file is no session, another program has it open, or there is nothing to judge;
    NoHostError and NoModelError; and StoreError when it cannot be written.
    """
    listener = on_update or (lambda update: None)
    interrupted = None
    # The file is held while the judge is asked: what it decides is not to be refused at the end.
    with (
        session_to_add_to(file) as session,
        connected_host([host] if isinstance(host, str) else host) as (opened, info),
    ):
        criteria = rubric or session.rubric
        card = HostModels(opened, info).named(model)[0]
        rater = judge_name(card)
        questions: Sequence[JudgeQuestion] = (
            pair_questions(session, rater, again=again)
            if pairs
            else score_questions(session, criteria, rater, again=again)
        )
        judged = Judged(file, rater, card, len(questions))
        judged.partial = tuple(dict.fromkeys(relations(card, (one.card for one in session.models.values()))))
        if questions:
            with open_session(opened, info, None, save=False, on_update=listener) as (runner, _):
                asker = _Asker(runner, card, listener)
                verdicts = asker.verdicts(questions, judged)
            _add(session, questions, verdicts, judged, criteria)
            interrupted = asker.interrupted
    if interrupted is not None:
        raise interrupted
    return judged


class _Asker:
    """Asks the judge, and reads what it answers."""

    def __init__(self, runner: Runner, card: ModelCard, on_update: Listener) -> None:
        self._runner, self._card, self._on_update = runner, card, on_update
        self.interrupted: KeyboardInterrupt | None = None
        """What broke the asking off; what was answered until then counts."""

    def verdicts(self, questions: Sequence[JudgeQuestion], judged: Judged) -> dict[str, Verdict]:
        """What it said, by the id of the question's prompt. What cannot be used is asked once more."""
        by_id = {one.prompt.id: one for one in questions}
        answers = self._ask([one.prompt for one in questions], judged)
        found: dict[str, Verdict] = {}
        wrong: dict[str, str] = {}
        for key, text in answers.items():
            self._read(by_id[key], text, found, wrong, retried=False)
        if wrong and self.interrupted is None:
            again = self._ask([once_more(by_id[key].prompt, why) for key, why in wrong.items()], judged)
            for key, text in again.items():
                self._read(by_id[key], text, found, judged.unusable, retried=True)
        judged.retried = sum(one.retried for one in found.values())
        return found

    def _ask(self, prompts: Sequence[Prompt], judged: Judged) -> dict[str, str]:
        options = PlanOptions(mode=Mode.MEASURE, warmup=0, parameters=PARAMETERS)
        answers: dict[str, str] = {}

        def on_update(update: Update) -> None:
            if isinstance(update, RequestEnded):
                key, request = update.session.prompts[update.request.spec.prompt].id, update.request
                if request.state is RequestState.DONE:
                    answers[key] = request.answer
                else:
                    judged.failed[key] = outcome(request)
            self._on_update(update)

        try:
            with uninterrupted():
                run = self._runner.begin([ModelChoice(self._card)], prompts, options)
            run_to_end(self._runner, run, on_update)
        except KeyboardInterrupt as interrupt:
            self.interrupted = interrupt
        return answers

    def _read(
        self, question: JudgeQuestion, text: str, found: dict[str, Verdict], wrong: dict[str, str], *, retried: bool
    ) -> None:
        try:
            value, reason = _understood(question, text)
        except ValueError as error:
            wrong[question.prompt.id] = str(error)
        else:
            found[question.prompt.id] = Verdict(value, reason[:MAX_REASON], retried)


def _understood(question: JudgeQuestion, text: str) -> tuple[int | str, str]:
    """The score, or the id of the better answer's request, and the reason. Raises ValueError with what is wrong."""
    from pydantic import BaseModel, ConfigDict, ValidationError

    class Scored(BaseModel):
        model_config = ConfigDict(strict=True, extra="forbid")
        reason: str
        score: int

    class Compared(BaseModel):
        model_config = ConfigDict(strict=True, extra="forbid")
        reason: str
        better: str

    try:
        if isinstance(question, ScoreQuestion):
            scored = Scored.model_validate_json(json_of(text))
            if not 1 <= scored.score <= question.criterion.scale:
                raise ValueError(f"the score is {scored.score}, and it should be from 1 to {question.criterion.scale}")
            return scored.score, scored.reason
        compared = Compared.model_validate_json(json_of(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{where + ': ' if where else ''}{first['msg'].lower()}") from error
    winners = {"A": question.first, "B": question.second, "neither": ""}
    if compared.better not in winners:
        raise ValueError("`better` should be A, B or neither")
    return winners[compared.better], compared.reason


def _add(
    session: Session,
    questions: Sequence[JudgeQuestion],
    verdicts: Mapping[str, Verdict],
    judged: Judged,
    rubric: Rubric,
) -> None:
    name = judged.rater
    known = session.raters.get(name)
    if known is not None and known.kind is not RaterKind.JUDGE:
        raise BadInputError(f"{name} is somebody else in this session", "A person's ratings are under that name")
    session.raters[name] = Rater(name, RaterKind.JUDGE, judged.card.id)
    at = datetime.now(UTC)
    digest = "" if rubric == DEFAULT_RUBRIC else rubric.hash
    if digest:
        session.rubrics.setdefault(digest, rubric)
    reasons: dict[str, list[str]] = {}
    pairs: dict[frozenset[str], list[tuple[PairQuestion, Verdict]]] = {}
    for question in questions:
        verdict = verdicts.get(question.prompt.id)
        if verdict is None:
            continue
        if isinstance(question, PairQuestion):
            pairs.setdefault(frozenset((question.first, question.second)), []).append((question, verdict))
            continue
        value: Any = verdict.value
        add_entry(session, Score(question.run, name, value, at, question.criterion.id, question.criterion.scale,
                                 blind=True, rubric=digest))  # fmt: skip
        judged.scores += 1
        said = f"{question.criterion.title} {value}: {verdict.reason}" + " (second answer)" * verdict.retried
        reasons.setdefault(question.run, []).append(said)
    for run, texts in reasons.items():
        add_entry(session, Note(run, name, "\n".join([*texts, _how()]), at))
    for both in pairs.values():
        _add_pair(session, both, judged, at)


def _how() -> str:
    return (
        f"Asked for JSON by prompt, temperature {PARAMETERS.temperature:g}, seed {PARAMETERS.seed},"
        f" instructions {instructions_hash()}."
    )


def _add_pair(session: Session, both: Sequence[tuple[PairQuestion, Verdict]], judged: Judged, at: datetime) -> None:
    if len(both) < 2:
        return  # One of the two orders has no verdict, which is said.
    judged.pairs += 1
    (question, first), (_, second) = both
    winner = called((first.value, second.value))
    if winner is None:
        judged.flipped += 1
    elif not winner:
        judged.neither += 1
    else:
        runs = (question.first, question.second)
        add_entry(session, Vote(runs, judged.rater, VoteChoice.WINNER, at, winner, blind=True))
        judged.votes += 1
