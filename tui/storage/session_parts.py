"""A session too large for one file that can be read back: it goes on in `<name>-2.toml`, `<name>-3.toml` beside it.

Each part is a session file of its own, whole in itself, which names the session it is part of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from tui.core.plans.prompt import Prompt
from tui.core.requests.answer_limits import stored_bytes
from tui.core.scoring.rating import Note, Score
from tui.core.sessions.session import PART_OF, Session

_T = TypeVar("_T")

PART_BYTES = 48 << 20
"""What the runs of one file may take, with their prompts, scores and notes; the largest run there can be fits."""
_ROW_BYTES = 300
"""What a score takes at the most, and a note without its text."""


def part_path(path: Path, number: int) -> Path:
    """The file of one part of the session that begins at `path`, counted from 1."""
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def is_part(part: Session, of: Session) -> bool:
    """Whether one session is a further part of another."""
    return part.extra.get(PART_OF) == of.id


def split(session: Session, sizes: Mapping[str, int]) -> list[Session]:
    """The session in parts that fit into a file each: mostly one, the session itself. `sizes` are its runs' in bytes.

    Plans and models are in every part; prompts, scores and notes where their runs are, and else in the last one.
    """
    extra = _extra_bytes(session)
    if sum(sizes.values()) + sum(extra.values()) + sum(map(_prompt_bytes, session.prompts.values())) <= PART_BYTES:
        return [session]
    groups: list[list[str]] = [[]]
    taken, asked = 0, set[str]()
    for run, request in session.requests.items():
        size = sizes[run] + extra[run]
        prompt = _prompt_bytes(session.prompts.get(request.spec.prompt))
        new = 0 if request.spec.prompt in asked else prompt
        if groups[-1] and taken + size + new > PART_BYTES:
            groups.append([])
            taken, asked, new = 0, set(), prompt
        groups[-1].append(run)
        asked.add(request.spec.prompt)
        taken += size + new
    return [_part(session, number, group, last=number == len(groups)) for number, group in enumerate(groups, 1)]


def joined(session: Session, part: Session) -> Session:
    """Both as one. What both have is taken from `session`."""
    scores, notes = set(session.scores), set(session.notes)
    return replace(
        session,
        plans=_both(session.plans, part.plans),
        models=_both(session.models, part.models),
        prompts=_both(session.prompts, part.prompts),
        requests=_both(session.requests, part.requests),
        scores=session.scores + [score for score in part.scores if score not in scores],
        notes=session.notes + [note for note in part.notes if note not in notes],
    )


def _both(first: dict[str, _T], second: dict[str, _T]) -> dict[str, _T]:
    return first | {key: value for key, value in second.items() if key not in first}


def _part(session: Session, number: int, runs: list[str], *, last: bool) -> Session:
    requests = {run: session.requests[run] for run in runs}
    asked = {request.spec.prompt for request in requests.values()}
    elsewhere = {request.spec.prompt for request in session.requests.values()} - asked

    def belongs(entry: Score | Note) -> bool:
        return entry.run in requests or (last and entry.run not in session.requests)

    return replace(
        session,
        id=session.id if number == 1 else f"{session.id}-{number}",
        prompts={
            key: prompt for key, prompt in session.prompts.items() if key in asked or (last and key not in elsewhere)
        },
        requests=requests,
        scores=list(filter(belongs, session.scores)),
        notes=list(filter(belongs, session.notes)),
        extra=session.extra if number == 1 else {**session.extra, PART_OF: session.id},
    )


def _extra_bytes(session: Session) -> defaultdict[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    for score in session.scores:
        found[score.run] += _ROW_BYTES
    for note in session.notes:
        found[note.run] += _ROW_BYTES + stored_bytes(note.text)
    return found


def _prompt_bytes(prompt: Prompt | None) -> int:
    return 0 if prompt is None else stored_bytes(prompt.user) + stored_bytes(prompt.system or "")
