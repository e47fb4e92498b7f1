"""A session with its measurements and without what anybody wrote: for a bug report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tui.core.plans.prompt import Prompt
from tui.core.requests.request import Request
from tui.core.scoring.judgement import Judgement
from tui.core.scoring.rating import FacetTick, Note
from tui.core.scoring.rubric import Rubric
from tui.core.sessions.entry_dict import ENTRY_KINDS, Entry, EntryKind, with_entries
from tui.core.sessions.session import PART_OF, Session
from tui.core.sessions.session_dict import request_from_dict, request_to_dict


def length_of(text: str) -> str:
    """What stands in the place of a text."""
    return f"({len(text):,} characters)" if text else ""


def without_texts(session: Session) -> Session:
    """A copy in which prompts, answers, thinking, notes, titles and what servers said of failures are lengths, raters
    are numbered, and what this version does not know is left out."""
    raters = {name: f"rater{number}" for number, name in enumerate(_raters(session), 1)}

    def entries(kind: EntryKind) -> list[Entry]:
        return [_entry(entry, raters) for entry in kind.of(session)]

    return replace(
        with_entries(session, entries),
        title=length_of(session.title),
        tags=tuple(map(length_of, session.tags)),
        plans={
            key: replace(plan, parameters=replace(plan.parameters, stop=tuple(map(length_of, plan.parameters.stop))))
            for key, plan in session.plans.items()
        },
        models={
            key: replace(
                model,
                own=replace(
                    model.own,
                    system=None if model.own.system is None else length_of(model.own.system),
                    stop=None if model.own.stop is None else tuple(map(length_of, model.own.stop)),
                ),
            )
            for key, model in session.models.items()
        },
        prompts={key: _prompt(prompt) for key, prompt in session.prompts.items()},
        requests={key: _request(request) for key, request in session.requests.items()},
        raters={
            raters[name]: replace(rater, id=raters[name], settles=tuple(raters[one] for one in rater.settles))
            for name, rater in session.raters.items()
        },
        rubric=_rubric(session.rubric),
        rubrics={key: _rubric(rubric) for key, rubric in session.rubrics.items()},
        extra={key: value for key, value in session.extra.items() if key == PART_OF},
        unknown={},
    )


def _raters(session: Session) -> Iterable[str]:
    named = [entry.rater for kind in ENTRY_KINDS for entry in kind.of(session) if hasattr(entry, "rater")]
    settled = [name for rater in session.raters.values() for name in rater.settles]
    return dict.fromkeys(name for name in [*session.raters, *settled, *named] if name)


def _prompt(prompt: Prompt) -> Prompt:
    system = None if prompt.system is None else length_of(prompt.system)
    return Prompt(
        length_of(prompt.user),
        system,
        tuple(map(length_of, prompt.facets)),
        tuple(map(length_of, prompt.tags)),
        prompt.key,
    )


def _request(request: Request) -> Request:
    made = request_from_dict(request_to_dict(request) | {"answer": length_of(request.answer)})
    made.restore_text(length_of(request.answer), length_of(request.reasoning))
    if made.fault is not None:
        made.fault = replace(made.fault, message=length_of(made.fault.message), hint=length_of(made.fault.hint))
    made.question = None
    return made


def _rubric(rubric: Rubric) -> Rubric:
    return Rubric(
        tuple(replace(one, name=length_of(one.name), description=length_of(one.description)) for one in rubric)
    )


def _entry(entry: Entry, raters: dict[str, str]) -> Entry:
    rater = getattr(entry, "rater", "")
    changed: dict[str, Any] = {"rater": raters[rater]} if rater else {}
    if isinstance(entry, Note):
        changed["text"] = length_of(entry.text)
    if isinstance(entry, FacetTick):
        changed["facet"] = length_of(entry.facet)
    if isinstance(entry, Judgement):
        changed |= {"reason": length_of(entry.reason), "retried": length_of(entry.retried)}
    return replace(entry, **changed)
