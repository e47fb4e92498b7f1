"""Whether models answer as they did in an earlier session, word for word."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tui.core.requests.request import Request, RequestState
from tui.core.sessions.session import Session
from tui.core.text.cell_width import wrapped
from tui.core.text.clean import clean_line
from tui.core.text.diff import Change, diff

_NAME_SHOWN, _PROMPT_SHOWN = 60, 40
_AROUND = 24
"""Characters of equal text that are shown on either side of a change."""
_OTHERWISE = "it was asked with other parameters there, or on another device"
_ROWS = 6
"""Rows of a difference that are shown."""


class Likeness(StrEnum):
    """What became of a model's answer to a prompt."""

    SAME = "same"
    CHANGED = "changed"
    NONE = "nothing to compare with"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model answered to a prompt in all rounds, against what it answered before."""

    model: str
    """Its name."""
    prompt: str
    rounds: int
    """How many answers were compared."""
    changed: tuple[int, ...] = ()
    """The rounds with another answer than before."""
    before: str = ""
    """Of the first of these rounds: the earlier answer."""
    after: str = ""
    why_none: str = ""
    """Why there is nothing to compare with, as a phrase; empty where the earlier sessions have nothing of it."""

    @property
    def likeness(self) -> Likeness:
        """How the answers came out."""
        if not self.rounds:
            return Likeness.NONE
        return Likeness.CHANGED if self.changed else Likeness.SAME


def compared_answers(session: Session, requests: Iterable[Request], earlier: Iterable[Session]) -> list[Answers]:
    """For each model and prompt of these requests of a session, how the answers compare with earlier ones.

    Earlier answers are of the same model on the same device, to the same prompt with the same parameters; of several
    sessions the latest counts that has them. Each is compared with that of its own round, else with the first one.
    The session itself is not an earlier one. Only whole answers are compared.
    """
    before: dict[Hashable, dict[int, str]] = {}
    otherwise: set[Hashable] = set()
    for held in sorted((one for one in earlier if one.whole_id != session.whole_id), key=lambda one: one.created):
        of_session: dict[Hashable, dict[int, str]] = {}
        for request in held.requests.values():
            if _is_whole(request):
                of_session.setdefault(_asked(held, request), {})[request.spec.round] = request.answer
                otherwise.add(_asked_whatever(held, request))
        before |= of_session
    found: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
    why: dict[tuple[str, str], str] = {}
    for request in requests:
        rows = found.setdefault((request.spec.model, request.spec.prompt), [])
        answers = before.get(_asked(session, request))
        if answers and _is_whole(request):
            old = answers.get(request.spec.round, answers[min(answers)])
            rows.append((request.spec.round, old, request.answer))
        elif answers:
            why[request.spec.model, request.spec.prompt] = "no whole answer came"
        elif _asked_whatever(session, request) in otherwise:
            why[request.spec.model, request.spec.prompt] = _OTHERWISE
    made = []
    for (model, prompt), rows in found.items():
        other = sorted(row for row in rows if row[1] != row[2])
        _, old, new = other[0] if other else (0, "", "")
        name, asked = session.models[model].name, session.prompts[prompt].user
        made.append(
            Answers(name, asked, len(rows), tuple(row[0] for row in other), old, new, why.get((model, prompt), ""))
        )
    return made


def _is_whole(request: Request) -> bool:
    return request.state is RequestState.DONE and not request.spec.warmup


def _asked(session: Session, request: Request) -> Hashable:
    model, prompt = session.model_of(request), session.prompts[request.spec.prompt]
    card = model.card
    return (
        card.id, card.variant, card.device, card.ep, session.system_of(request), prompt.user,
        session.parameters_of(request),
    )  # fmt: skip


def _asked_whatever(session: Session, request: Request) -> Hashable:
    """The model and the prompt, whatever else was said."""
    return session.model_of(request).card.id, session.prompts[request.spec.prompt].user


def said_of_answers(found: Sequence[Answers], width: int) -> list[str]:
    """The answers in lines of at most so many cells: of what changed the difference, `[-old-]` and `{+new+}`."""
    lines = []
    for one in found:
        what = f"{clean_line(one.model, _NAME_SHOWN)}, {clean_line(one.prompt, _PROMPT_SHOWN)}"
        match one.likeness:
            case Likeness.SAME:
                text = f"same in {one.rounds} of {one.rounds} rounds" if one.rounds > 1 else "same"
            case Likeness.CHANGED:
                of = f" in {len(one.changed)} of {one.rounds} rounds, first in round {one.changed[0]}"
                text = f"changed{of if one.rounds > 1 else ''}"
            case _:
                text = one.likeness.value + (f": {one.why_none}" if one.why_none else "")
        first, *more = wrapped(f"{what}: {text}", width - 2)
        lines += [f"- {first}", *(f"  {line}" for line in more)]
        if one.changed:
            rows = wrapped(difference(one.before, one.after), width - 4)
            rows = rows if len(rows) <= _ROWS else [*rows[:_ROWS], "…"]
            lines += [f"    {row}" for row in rows]
    return lines


def difference(before: str, after: str) -> str:
    """What differs, in one line: `… the [-old-]{+new+} words …`."""
    parts, found = [], diff(before, after)
    if not found.changed:
        return found.remark
    pieces = found.pieces
    for place, piece in enumerate(pieces):
        begin, end = piece.old if piece.change is not Change.ADDED else piece.new
        text = clean_line((before if piece.change is not Change.ADDED else after)[begin:end])
        match piece.change:
            case Change.REMOVED:
                parts.append(f"[-{text}-]")
            case Change.ADDED:
                parts.append(f"{{+{text}+}}")
            case Change.EQUAL:
                parts.append(_shortened(text, first=place == 0, last=place == len(pieces) - 1))
    return "".join(parts)


def _shortened(text: str, *, first: bool, last: bool) -> str:
    """The ends of a text that is equal, next to what is not."""
    if len(text) <= 2 * _AROUND + 5:
        return text
    head, tail = "" if first else text[:_AROUND], "" if last else text[-_AROUND:]
    return f"{head} … {tail}".strip(" ") if first or last else f"{head} … {tail}"
