"""What is shown beside the list of sessions: the one under the cursor, in a few lines. No scores but the reader's own:
somebody may be about to score it without knowing what others gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from textual.content import Content

from tui.core.plans.questions import questions_of, run_of
from tui.core.requests.outcome import outcome
from tui.core.scoring.in_effect import RatingsOf
from tui.core.scoring.judgement import Judgement, judge_counts, said_of_counts
from tui.core.scoring.rating import RaterKind
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import titles_of
from tui.core.text.clean import clean, clean_line
from tui.core.text.formatting import data_size
from tui.storage.index.catch_up import Hit
from tui.storage.index.rows import DamagedFile, SessionRow
from tui.ui.history.rows import models_text, states_text, when

_QUESTIONS = 5
"""How many questions are shown, the newest first."""
_PROMPT, _ANSWER = 400, 240
"""Characters that are shown of a prompt, and of an answer."""


def about(row: SessionRow, rater: str, hit: Hit | None, session: Session | None) -> Content:
    """A session; `session` is what its file holds, None while that is not read."""
    summary = row.summary
    undecided = summary.undecided(rater)
    lines = [Content.styled(clean_line(summary.name or "Nothing was asked", 200), "bold")]
    for place in {str(place.extract): place for place in (hit.shown if hit is not None else ())}.values():
        extract = place.extract
        lines.append(
            Content.assemble(
                (f"{place.where}: ", "bold"),
                clean_line(extract.before),
                (clean_line(extract.found), "reverse"),
                clean_line(extract.after),
            )
        )
    judges = _judges(session) if session is not None and not summary.concealed else {}
    people = [name for name in summary.raters if name not in judges]
    lines += [
        Content(clean_line(line, 300))
        for line in (
            " · ".join((when(summary.created), ", ".join(summary.modes) or "no plan", data_size(row.size))),
            models_text(row),
            f"answers: {states_text(row)}"
            + (f" · {undecided} of {summary.answers} undecided by {rater}{summary.which_answers}" if undecided else ""),
            f"scored by {', '.join(people)}" if people else "",
            *(f"judged by {told}" for told in judges.values()),
            f"tags: {', '.join(summary.tags)}" if summary.tags else "",
            row.path.name,
        )
        if line
    ]
    if summary.concealed:
        lines.append(Content("It is scored blind: its models are not named before they are revealed."))
    elif session is not None:
        lines += _questions(session, rater)
    return Content("\n").join(lines)


def about_damaged(file: DamagedFile) -> Content:
    """A file that cannot be read, and what can be done."""
    lines = (
        clean_line(file.path.name, 200),
        f"This file cannot be read as a session: {clean(file.reason)}.",
        "It is left as it is. `foundry-compare sessions repair FILE` makes a new file of what can be read of it.",
    )
    return Content("\n").join([Content.styled(lines[0], "bold"), *map(Content, lines[1:])])


def _judges(session: Session) -> Mapping[str, str]:
    """The models that judged, by the names of their ratings: how they came to them, without what they say."""
    found: dict[str, list[Judgement]] = {}
    for one in session.judgements:
        found.setdefault(one.rater, []).append(one)
    return {
        name: f"{name}, a model" + (f": {said_of_counts(judge_counts(found[name]))}" if name in found else "")
        for name, rater in session.raters.items()
        if rater.kind is RaterKind.JUDGE
    }


def _questions(session: Session, rater: str) -> Iterator[Content]:
    ratings = RatingsOf(session, rater)
    named = dict(zip(session.models, titles_of(list(session.models.values())), strict=True))
    questions = questions_of(session.requests.values())
    for question in reversed(questions[-_QUESTIONS:]):
        plan = session.plans[question.plan]
        run = run_of(plan, session.requests.values(), question)
        yield Content("")
        yield Content.styled(
            clean_line(" ".join(session.prompts[question.prompt].user[: 4 * _PROMPT].split()), _PROMPT), "bold"
        )
        for key in plan.models:
            request = run.shown_request(key)
            if request is None:
                continue
            score = ratings.score_of(request.spec.id)
            said = clean_line(named[key], 60) + (f" · {score}" if score is not None else "")
            text = clean_line(" ".join((request.answer[: 4 * _ANSWER] or outcome(request)).split()), _ANSWER)
            yield Content.assemble((said, "underline"), ": ", text)
    if len(questions) > _QUESTIONS:
        yield Content(f"\n{len(questions) - _QUESTIONS} earlier questions")
