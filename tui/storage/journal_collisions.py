"""Two programs that went on with one session at once gave the same ids and numbers to different things: what the
journal of one has is kept beside what the file has of the other, under ids and numbers of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import count

from tui.core.plans.plan_run import planned_request_of
from tui.core.requests.request import Request
from tui.core.scoring.judgement import Judgement
from tui.core.scoring.rating import FacetTick, Note, Redo, Score, Undo, Vote
from tui.core.sessions.entry_dict import ENTRY_KINDS, KIND_OF, Entry, with_entries
from tui.core.sessions.presentation import NameMask
from tui.core.sessions.session import Session


def is_another(request: Request, kept: Request) -> bool:
    """Whether two requests that were sent under one id are two. The time of day at which each was sent decides, and
    what it carried out; what is not known of both decides nothing."""
    return not _is_same(request, kept) or request.spec.launch != kept.spec.launch


def found_again(request: Request, kept: Iterable[Request]) -> Request | None:
    """The request that was kept of this one under another id, when its journal was taken in before."""
    others = (one for one in kept if one.spec.id != request.spec.id and one.started is not None)
    return next((one for one in others if _is_same(request, one)), None)


def _is_same(request: Request, kept: Request) -> bool:
    hosts = {request.spec.host, kept.spec.host} - {""}
    times = {request.started, kept.started} - {None}
    planned = planned_request_of(request) == planned_request_of(kept) and request.spec.plan == kept.spec.plan
    return planned and len(hosts) < 2 and len(times) < 2


def with_free_ids(found: Session, kept_apart: Iterable[str], taken: Mapping[str, Request]) -> tuple[Session, list[str]]:
    """The session with an id that nobody has for each request of `kept_apart`, and these ids.

    `taken` are the requests of the file. Each is one more launch of what it carried out.
    """
    free = (key for number in count(1) if (key := f"r{number}") not in taken and key not in found.requests)
    names = dict(zip(kept_apart, free, strict=False))
    if not names:
        return found, []
    launches = [*taken.values(), *(request for run, request in found.requests.items() if run not in names)]
    for run, name in names.items():
        request = found.requests[run]
        same = [one.spec.launch for one in launches if _carries_out(one) == _carries_out(request)]
        request.spec = replace(request.spec, id=name, launch=max([request.spec.launch, *(1 + one for one in same)]))
        if request.usage is not None:
            request.usage = replace(request.usage, request=name)
        launches.append(request)
    requests = {names.get(run, run): request for run, request in found.requests.items()}
    for request in requests.values():
        if request.spec.follows in names:
            request.spec = replace(request.spec, follows=names[request.spec.follows])
    session = with_entries(found, lambda kind: [with_runs(entry, names) for entry in kind.of(found)])
    return replace(session, requests=requests), list(names.values())


def _carries_out(request: Request) -> object:
    return request.spec.plan, planned_request_of(request)


def with_runs(entry: Entry, names: Mapping[str, str]) -> Entry:
    """The entry, with the runs that it is about under their new names."""
    if isinstance(entry, Vote):
        runs = tuple(names.get(run, run) for run in entry.runs)
        return replace(entry, runs=runs, winner=names.get(entry.winner, entry.winner))
    if isinstance(entry, Judgement):
        runs = tuple(names.get(run, run) for run in entry.runs)
        return replace(entry, runs=runs, better=names.get(entry.better, entry.better))
    if isinstance(entry, Score | Note | FacetTick | NameMask):
        return replace(entry, run=names.get(entry.run, entry.run))
    return entry


def entries_beyond(found: Session, kept: Session) -> dict[str, list[Entry]]:
    """The entries that are not kept yet, by the plural of their kind: by number and content; those of schema 1, which
    have no number, by content.

    One whose number another entry has gets one of its own, and so do all after it: their order decides what counts.
    """
    there = [entry for kind in ENTRY_KINDS for entry in kind.of(kept)]
    pairs = {(type(entry), entry.entry, entry) for entry in there}
    numbers = {entry.entry for entry in there} - {0}
    by_content = {(type(entry), entry): entry.entry for entry in there}
    ours = [entry for kind in ENTRY_KINDS for entry in kind.of(found)]
    free: Iterator[int] = count(1 + max([*numbers, *(entry.entry for entry in ours)], default=0))
    moved: dict[int, int] = {}
    beyond: dict[int, Entry | None] = {}
    # In the order in which they were added: what is taken back comes before what takes it back.
    for place, entry in sorted(enumerate(ours), key=lambda numbered: numbered[1].entry):
        said = _with_others(entry, moved)
        if not entry.entry:
            new = (type(said), said) not in by_content
        elif (type(said), said.entry, said) in pairs:
            new = False
        elif entry.entry not in numbers and not moved:
            new = True
        else:
            before = by_content.get((type(said), said))
            new = before is None
            moved[entry.entry] = next(free) if before is None else before
            said = replace(said, entry=moved[entry.entry])
        beyond[place] = said if new else None
    result: dict[str, list[Entry]] = {kind.plural: [] for kind in ENTRY_KINDS}
    for place in range(len(ours)):
        if (said_there := beyond[place]) is not None:
            result[KIND_OF[type(said_there)].plural].append(said_there)
    return result


def _with_others(entry: Entry, moved: Mapping[int, int]) -> Entry:
    """The entry, with the entry that it takes or brings back under its new number."""
    match entry:
        case Undo():
            return replace(entry, takes_back=moved.get(entry.takes_back, entry.takes_back))
        case Redo():
            return replace(entry, brings_back=moved.get(entry.brings_back, entry.brings_back))
        case _:
            return entry
