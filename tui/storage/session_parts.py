"""A session too large for one file that can be read back: it goes on in `<name>-2.toml`, `<name>-3.toml` beside it.

Each part is a session file of its own, whole in itself, which names the session it is part of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TypeVar

from tui.core.plans.prompt import Prompt
from tui.core.requests.answer_limits import prompt_bytes, stored_bytes
from tui.core.scoring.judgement import Judgement
from tui.core.scoring.rating import Vote
from tui.core.sessions.entry_dict import ENTRY_KINDS, Entry, renumbered, with_entries
from tui.core.sessions.presentation import PaneOrder, Reveal
from tui.core.sessions.resumption import ChangedCondition
from tui.core.sessions.session import PART_OF, Session

_K = TypeVar("_K")
_T = TypeVar("_T")

PART_BYTES = 48 << 20
"""What the runs of one file may take, with their prompts, scores and notes; the largest run there can be fits."""
_ROW_BYTES = 300
"""What an entry takes at the most, texts and lists apart."""
_ITEM_BYTES = 32
"""What each item of a list in an entry takes at the most, texts apart."""


def part_path(path: Path, number: int) -> Path:
    """The file of one part of the session that begins at `path`, counted from 1."""
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def is_part(part: Session, of: Session) -> bool:
    """Whether one session is a further part of another."""
    return part.extra.get(PART_OF) == of.id


def split(session: Session, sizes: Mapping[str, int]) -> list[Session]:
    """The session in parts that fit into a file each: mostly one, the session itself. `sizes` are its runs' in bytes.

    Plans, models, raters and rubrics are in every part, as is what says from whom models are hidden; prompts and other
    entries are where their runs are, and else in the last.
    """
    extra = _extra_bytes(session)
    shared = sum(_entry_bytes(entry) for kind in ENTRY_KINDS for entry in kind.of(session) if _is_in_every_part(entry))
    if sum(sizes.values()) + sum(extra.values()) + sum(map(_prompt_bytes, session.prompts.values())) <= PART_BYTES:
        return [session]
    groups: list[list[str]] = [[]]
    taken, asked = shared, set[str]()
    for run, request in session.requests.items():
        size = sizes[run] + extra[run]
        prompt = _prompt_bytes(session.prompts.get(request.spec.prompt))
        new = 0 if request.spec.prompt in asked else prompt
        if groups[-1] and taken + size + new > PART_BYTES:
            groups.append([])
            taken, asked, new = shared, set(), prompt
        groups[-1].append(run)
        asked.add(request.spec.prompt)
        taken += size + new
    return [_part(session, number, group, last=number == len(groups)) for number, group in enumerate(groups, 1)]


def joined(session: Session, part: Session) -> Session:
    """Both as one. What both have is taken from `session`."""
    theirs = {entry.entry: entry for kind in ENTRY_KINDS for entry in kind.of(part)}
    mine = {entry.entry: entry for kind in ENTRY_KINDS for entry in kind.of(session)}
    if any(number in mine and mine[number] != entry for number, entry in theirs.items()):
        # Files of schema 1 had no numbers: each got its own when it was read.
        part = renumbered(part, max(mine))
    return replace(
        with_entries(session, lambda kind: _all(kind.of(session), kind.of(part))),
        raters=_both(session.raters, part.raters),
        rubrics=_both(session.rubrics, part.rubrics),
        plans=_both(session.plans, part.plans),
        models=_both(session.models, part.models),
        prompts=_both(session.prompts, part.prompts),
        requests=_both(session.requests, part.requests),
        unknown=_both(session.unknown, part.unknown),
    )


def _all(first: list[_T], second: list[_T]) -> list[_T]:
    known = set(first)
    return first + [entry for entry in second if entry not in known]


def _both(first: dict[_K, _T], second: dict[_K, _T]) -> dict[_K, _T]:
    return first | {key: value for key, value in second.items() if key not in first}


def _part(session: Session, number: int, runs: list[str], *, last: bool) -> Session:
    requests = {run: session.requests[run] for run in runs}
    asked = {request.spec.prompt for request in requests.values()}
    elsewhere = {request.spec.prompt for request in session.requests.values()} - asked

    home = _runs_of_entries(session)

    def belongs(entry: Entry) -> bool:
        run = home[entry.entry]
        return _is_in_every_part(entry) or run in requests or (last and run not in session.requests)

    return replace(
        with_entries(session, lambda kind: list(filter(belongs, kind.of(session)))),
        id=session.id if number == 1 else f"{session.id}-{number}",
        prompts={
            key: prompt for key, prompt in session.prompts.items() if key in asked or (last and key not in elsewhere)
        },
        requests=requests,
        extra=session.extra if number == 1 else {**session.extra, PART_OF: session.id},
    )


def _extra_bytes(session: Session) -> defaultdict[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    home = _runs_of_entries(session)
    for kind in ENTRY_KINDS:
        for entry in kind.of(session):
            found[home[entry.entry]] += _entry_bytes(entry)
    return found


def _runs_of_entries(session: Session) -> dict[int, str]:
    """The run whose part has each entry, by the entry's number; empty for those that belong to none.

    What is taken back and what takes it back are in one part: each part can be read alone.
    """
    home: dict[int, str] = {}
    for kind in ENTRY_KINDS:
        for entry in kind.of(session):
            home[entry.entry] = _run_of(entry)
    home |= {undo.entry: home.get(undo.takes_back, "") for undo in session.undos}
    home |= {redo.entry: home.get(redo.brings_back, "") for redo in session.redos}
    return home


def _run_of(entry: Entry) -> str:
    if isinstance(entry, Vote):
        return entry.runs[-1]  # The last of them is in the last part that has one.
    if isinstance(entry, Judgement):
        # Two answers in either order are two questions, which are counted together: both are in one part.
        return max(entry.runs, key=lambda run: (len(run), run))
    return getattr(entry, "run", "")


def _is_in_every_part(entry: Entry) -> bool:
    """Whether each part needs it: one that is read alone must not name the models of a blind review."""
    return isinstance(entry, (PaneOrder, Reveal))


def _entry_bytes(entry: Entry) -> int:
    return _ROW_BYTES + _inner_bytes(entry)


def _inner_bytes(entry: Entry) -> int:
    """What the texts and lists of an entry take."""
    return sum(_value_bytes(getattr(entry, field.name)) for field in fields(entry))


def _value_bytes(value: object) -> int:
    if isinstance(value, str):
        return stored_bytes(value)
    if isinstance(value, tuple):
        return sum(_ITEM_BYTES + _value_bytes(item) for item in value)
    if isinstance(value, ChangedCondition):
        return sum(_ITEM_BYTES + stored_bytes(text or "") for text in (value.name, value.before, value.after))
    return 0


def _prompt_bytes(prompt: Prompt | None) -> int:
    return 0 if prompt is None else prompt_bytes(prompt)
