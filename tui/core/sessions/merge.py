"""Several people's copies of one session as one, with what each of them said of its answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from itertools import accumulate
from typing import Any, TypeVar

from tui.core.requests.request import Request
from tui.core.scoring.in_effect import in_effect
from tui.core.scoring.judgement import Judgement
from tui.core.scoring.rating import MAX_RATER, FacetTick, Note, Rater, Redo, Score, Undo, Vote
from tui.core.sessions.entry_dict import ENTRY_KINDS, KIND_NAMED, KIND_OF, Entry, EntryKind, with_entries
from tui.core.sessions.noise_floor import NoiseFloor
from tui.core.sessions.presentation import NameMask, PaneOrder
from tui.core.sessions.resumption import Resumption
from tui.core.sessions.session import PART_OF, SCHEMA, Session, newer_schema

_HALF = (MAX_RATER - 3) // 2
"""Characters of a name, and of the copy's, where both together call a rater."""
_K = TypeVar("_K")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Copy:
    """One person's copy of a session."""

    name: str
    """What to call it in a sentence: its file."""
    session: Session


@dataclass(slots=True)
class Merged:
    """The copies as one session, and what is to be said of them, each as a sentence without its full stop."""

    session: Session
    copies: int = 1
    """How many of the copies are in it."""
    duplicates: list[str] = field(default_factory=list)
    """What several copies have: files that add nothing, and raters who scored one answer in two of them."""
    mismatches: list[str] = field(default_factory=list)
    """What does not belong together, and was left out."""


def merged(copies: Sequence[Copy], *, apart: bool = False) -> Merged:
    """All ratings of the copies, on the answers of the copy that has most; of several such the first. None is changed.

    What two copies both have is there once; of a rater's scores of one answer the latest counts, whichever copy has it.
    With `apart`, a name under which several copies scored one answer is several people, each called by their copy. What
    is left out is named in `mismatches`. Raises ValueError when there is no copy that can be merged.
    """
    usable = [copy for copy in copies if not _unusable(copy)]
    if not usable:
        raise ValueError(next((why for copy in copies if (why := _unusable(copy))), "there is no session"))
    base = max(usable, key=lambda copy: _holds(copy.session))
    found = Merged(base.session, mismatches=[why for copy in copies if (why := _unusable(copy))])
    taken: list[Copy] = []
    for copy in usable:
        if copy.session.id != base.session.id:
            found.mismatches.append(f"{copy.name} is another session ({copy.session.id}) than {base.name}")
        else:
            taken.append(copy if copy is base else Copy(copy.name, _on(base, copy, found)))
    # Only now, when the base has all requests that it takes from others.
    mine = [Copy(copy.name, found.session) if copy.session is base.session else copy for copy in taken]
    found.copies = len(mine)
    shared = _shared_names(mine)
    found.duplicates += [*_adding_nothing(mine), *(one.said(apart=apart) for one in shared)]
    if apart and shared:
        names = {one.rater for one in shared}
        mine, raters = _told_apart(mine, names)
        left = {getattr(one, "rater", "") for copy in mine for kind in ENTRY_KINDS for one in kind.of(copy.session)}
        kept = {name: rater for name, rater in found.session.raters.items() if name in left or name not in names}
        found.session = replace(found.session, raters=_both(kept, raters))
    found.session = _with_all_entries(found.session, [copy.session for copy in mine])
    return found


def _unusable(copy: Copy) -> str:
    """Why a copy cannot be merged at all; empty where it can."""
    if copy.session.read_only:
        return f"{copy.name}: {newer_schema(copy.session)}"
    return f"{copy.name} is a further part of a session" if PART_OF in copy.session.extra else ""


def _holds(session: Session) -> tuple[int, int]:
    return sum(request.state.final for request in session.requests.values()), len(session.requests)


def _on(base: Copy, copy: Copy, found: Merged) -> Session:
    """A copy with only those entries that the merged session can have; what that lacks is added to it."""
    ours, theirs = found.session, copy.session
    same, added, unlike = set[str](), dict[str, Request](), list[str]()
    for run, request in theirs.requests.items():
        if (mine := ours.requests.get(run)) is not None:
            (same.add if _asks(ours, mine) == _asks(theirs, request) else unlike.append)(run)
        elif _fits(ours, theirs, request) and request.spec.follows in {"", *same, *added}:
            added[run] = request
        else:
            unlike.append(run)
    if unlike:
        found.mismatches.append(
            f"{copy.name} has other answers than {base.name} as {_listed(unlike)}: what was said of them is left out"
        )
    for name, rater in theirs.raters.items():
        if (known := ours.raters.get(name)) is not None and (known.kind, known.model) != (rater.kind, rater.model):
            found.mismatches.append(f"{name} is a {known.kind} in {base.name} and a {rater.kind} in {copy.name}")
    found.session = replace(
        ours,
        title=ours.title or theirs.title,
        tags=tuple(dict.fromkeys([*ours.tags, *theirs.tags])),
        plans=_both(ours.plans, theirs.plans),
        models=_both(ours.models, theirs.models),
        prompts=_both(ours.prompts, theirs.prompts),
        requests=_both(ours.requests, added),
        raters={
            name: replace(rater, settles=tuple(dict.fromkeys([*rater.settles, *theirs.raters[name].settles])))
            if name in theirs.raters
            else rater
            for name, rater in _both(ours.raters, theirs.raters).items()
        },
        rubrics=_both(ours.rubrics, theirs.rubrics),
        unknown=_both(ours.unknown, {key: one for key, one in theirs.unknown.items() if key[0] not in KIND_NAMED}),
        schema=SCHEMA,
    )
    requests = same | added.keys()

    def belongs(entry: Entry) -> bool:
        if isinstance(entry, PaneOrder):
            return _alike(ours.plans, theirs.plans, entry.plan) and _alike(ours.prompts, theirs.prompts, entry.prompt)
        return _is_on(entry, requests, bool(added))

    return with_entries(theirs, lambda kind: list(filter(belongs, kind.of(theirs))))


def _asks(session: Session, request: Request) -> object:
    """What makes two requests of one id the same: the question, the model, and the answer."""
    question = session.question_of(request)
    asked = None if question is None else (question.system, question.user, question.card.id)
    return asked, request.answer, request.spec.round, request.spec.launch


def _fits(ours: Session, theirs: Session, request: Request) -> bool:
    """Whether a request that only the copy has means the same plan, model and prompt in the merged session."""
    spec = request.spec
    return (
        _alike(ours.plans, theirs.plans, spec.plan)
        and _alike(ours.models, theirs.models, spec.model)
        and _alike(ours.prompts, theirs.prompts, spec.prompt)
    )


def _alike(ours: Mapping[str, object], theirs: Mapping[str, object], key: str) -> bool:
    """Whether a key means the same in both, as far as both have it."""
    return key not in ours or key not in theirs or ours[key] == theirs[key]


def _is_on(entry: Entry, runs: set[str], went_on: bool) -> bool:
    match entry:
        case Score() | FacetTick() | NameMask():
            return entry.run in runs
        case Note():
            return not entry.run or entry.run in runs
        case Vote() | Judgement():
            return runs.issuperset(entry.runs)
        case Resumption() | NoiseFloor():
            return went_on  # It says what was another for the requests after it.
        case _:
            return True


def _with_all_entries(session: Session, copies: Sequence[Session]) -> Session:
    """The session with the entries of all copies, numbered from 1 in the order of their time."""
    named = [_named(copy) for copy in copies]
    order = {key: number for number, key in enumerate(_in_order(named), 1)}
    entries: dict[int, Entry] = {}
    unknown: dict[tuple[str, str], dict[str, Any]] = {}
    for copy, keys in zip(copies, named, strict=True):
        for key, entry in keys.items():
            kind = KIND_OF[type(entry)]
            entries.setdefault(order[key], _renumbered(entry, key, order))
            if (more := copy.unknown.get((kind.name, str(entry.entry)))) is not None:
                unknown.setdefault((kind.name, str(order[key])), more)

    def of(kind: EntryKind) -> list[Any]:
        return [entry for _, entry in sorted(entries.items()) if isinstance(entry, kind.type)]

    others = {key: one for key, one in session.unknown.items() if key[0] not in KIND_NAMED}
    return replace(with_entries(session, of), unknown=others | unknown)


_Key = tuple[Hashable, ...]
"""An entry that two copies have has one key in both: its content, what it takes back, and which of several alike."""


def _named(session: Session) -> dict[_Key, Entry]:
    """The entries of a copy by their keys, in the order of their numbers. What takes nothing back is left out."""
    found: dict[_Key, Entry] = {}
    keys: dict[int, _Key] = {}
    for entry in sorted((one for kind in ENTRY_KINDS for one in kind.of(session)), key=lambda one: one.entry):
        content: _Key
        match entry:
            case Undo():
                if entry.takes_back not in keys:
                    continue
                content = replace(entry, takes_back=0), keys[entry.takes_back]
            case Redo():
                if entry.brings_back not in keys:
                    continue
                content = replace(entry, brings_back=0), keys[entry.brings_back]
            case _:
                content = (entry,)
        alike = 0
        while (key := (*content, alike)) in found:
            alike += 1
        found[key] = entry
        keys[entry.entry] = key
    return found


def _in_order(copies: Sequence[Mapping[_Key, Entry]]) -> Iterator[_Key]:
    """Every key once, in the order of time, and as each copy has them: a clock may have been set back."""
    rows = [list(copy.items()) for copy in copies]
    times = [list(accumulate((entry.at for _, entry in row), max)) for row in rows]
    heads = [(times[number][0], number, 0) for number, row in enumerate(rows) if row]
    heapify(heads)
    seen: set[_Key] = set()
    while heads:
        _, number, place = heappop(heads)
        key = rows[number][place][0]
        if key not in seen:
            seen.add(key)
            yield key
        if place + 1 < len(rows[number]):
            heappush(heads, (times[number][place + 1], number, place + 1))


def _renumbered(entry: Entry, key: _Key, order: Mapping[Any, int]) -> Entry:
    match entry:
        case Undo():
            return replace(entry, entry=order[key], takes_back=order[key[1]])
        case Redo():
            return replace(entry, entry=order[key], brings_back=order[key[1]])
        case _:
            return replace(entry, entry=order[key])


def _adding_nothing(copies: Sequence[Copy]) -> Iterator[str]:
    """The copies with ratings all of which a copy before them has."""
    before: list[tuple[str, set[_Key]]] = []
    for copy in copies:
        keys = {
            key for key, entry in _named(copy.session).items() if isinstance(entry, Score | Vote | FacetTick | Note)
        }
        if keys and (whole := next((name for name, has in before if keys <= has), None)) is not None:
            yield f"{copy.name} has nothing that {whole} has not"
        before.append((copy.name, keys))


@dataclass(frozen=True, slots=True)
class _SharedName:
    """A rater who scored the same answers more than once, each time in another copy: perhaps they are two people."""

    rater: str
    scores: int
    unlike: int
    """How many of them differ."""
    copies: Sequence[str]

    def said(self, *, apart: bool) -> str:
        scores = "score" if self.scores == 1 else "scores"
        files = f"in more than one file ({_listed(self.copies)}), {self.unlike} of them differently"
        if apart:
            then = "they are kept as several people's, each called by the file"
        else:
            then = "the latest count. If these are two people, each needs a name of their own"
        return f"{self.rater} gave {self.scores} {scores} {files}: {then}"


def _told_apart(copies: Sequence[Copy], names: set[str]) -> tuple[list[Copy], dict[str, Rater]]:
    """The copies, in each of which these raters are called by the copy in what no other copy has; and these raters."""
    held = Counter(key for copy in copies for key in _named(copy.session))
    raters: dict[str, Rater] = {}
    found: list[Copy] = []
    for copy in copies:
        alone = {entry.entry for key, entry in _named(copy.session).items() if held[key] == 1}
        called = {name: f"{name[:_HALF]} ({copy.name.removesuffix('.toml')[-_HALF:]})" for name in names}

        def renamed(
            kind: EntryKind, session: Session = copy.session, alone: set[int] = alone, called: dict[str, str] = called
        ) -> list[Any]:
            return [
                replace(one, rater=called[one.rater])
                if one.entry in alone and getattr(one, "rater", None) in called
                else one
                for one in kind.of(session)
            ]

        session = with_entries(copy.session, renamed)
        mine = {one.rater for kind in ENTRY_KINDS for one in kind.of(session) if hasattr(one, "rater")}
        known = {name: copy.session.raters.get(name, Rater(name)) for name in names}
        raters |= {new: replace(known[old], id=new) for old, new in called.items() if new in mine}
        found.append(Copy(copy.name, session))
    return found, raters


def _shared_names(copies: Sequence[Copy]) -> list[_SharedName]:
    shared: list[_SharedName] = []
    given: dict[str, dict[tuple[str, str], dict[str, Score]]] = {}
    for copy in copies:
        for (run, rater, criterion), score in in_effect(copy.session).scores.items():
            given.setdefault(rater, {}).setdefault((run, criterion), {})[copy.name] = score
    have = {copy.name: set(copy.session.scores) for copy in copies}
    for rater, answers in given.items():
        files: dict[str, None] = {}
        several = unlike = 0
        for by_copy in answers.values():
            # One whose score another copy has too, and went on from, is no second opinion.
            apart = {
                name: score
                for name, score in by_copy.items()
                if not any(score in have[other] for other in by_copy if other != name and by_copy[other] != score)
            }
            if len(set(apart.values())) > 1:
                several += 1
                unlike += len({score.value for score in apart.values()}) > 1
                files |= dict.fromkeys(apart)
        if several:
            shared.append(_SharedName(rater, several, unlike, list(files)))
    return shared


def _listed(names: Sequence[str], most: int = 5) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _both(first: dict[_K, _T], second: Mapping[_K, _T]) -> dict[_K, _T]:
    return first | {key: one for key, one in second.items() if key not in first}
