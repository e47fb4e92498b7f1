"""Makes session files of the journals that a program left behind when it died."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass, replace
from glob import escape
from os.path import lexists
from pathlib import Path
from typing import TypeVar

from tui.core.dict_reader import Table, get, get_time
from tui.core.errors import CompareError, StoreError
from tui.core.requests import events as ev
from tui.core.requests.request import BROKEN_OFF, Fault, Request, RequestState
from tui.core.sessions.plan_dict import model_from_dict, plan_from_dict, prompt_from_dict
from tui.core.sessions.session import Session, SessionState
from tui.core.sessions.session_dict import (
    note_from_dict,
    request_to_dict,
    score_from_dict,
    session_from_dict,
    spec_from_dict,
)
from tui.files import is_missing, is_there
from tui.storage.atomic_file import store_error
from tui.storage.file_lock import SessionLock, lock_holder, lock_path
from tui.storage.journal import SUFFIX, read_entries
from tui.storage.session_files import load_whole, save
from tui.storage.toml_writer import storable

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was made of one session's journal."""

    path: Path
    """The session file; the journal when there is a problem."""
    answers: int = 0
    """Requests that the session file lacked, or of which it lacked something."""
    scores: int = 0
    problem: CompareError | None = None
    """Why the journal was left where it is."""


def recover(
    directory: Path, spare: Path | None = None, began: Callable[[Path], None] = lambda journal: None
) -> list[Recovered]:
    """Bring the journals in `directory`, and those in `spare` that could not be there, into session files.

    Sessions that another program has open are left alone. `began` is given each journal before it is read, which for
    a large one takes seconds.
    """
    folders = [directory] if spare is None or spare == directory else [directory, spare]
    names: set[str] = set()
    results: list[Recovered] = []
    for folder in folders:
        try:
            names |= {path.name.removesuffix(SUFFIX) for path in folder.glob("*" + SUFFIX)}
        except OSError as error:
            refused = store_error("Sessions that were broken off could not be looked for", folder, error)
            results.append(Recovered(folder, problem=refused))
    for name in sorted(names):
        journals = [folder / f"{name}{SUFFIX}" for folder in folders]
        first = next((path for path in journals if lexists(path)), journals[0])
        try:
            result = _recover_unless_open(directory, name, journals, began)
        except CompareError as error:
            result = Recovered(first, problem=error)
        except OSError as error:
            result = Recovered(first, problem=store_error(f"{first.name} could not be recovered", directory, error))
        if result is not None:
            results.append(result)
    return results


def sessions_only_in_journals(folders: Sequence[Path]) -> Iterator[Path]:
    """The journals in these folders whose session has no file, and that no program writes to."""
    for folder in folders:
        try:
            journals = sorted(folder.glob(f"*{SUFFIX}"))
        except OSError:
            continue  # Whoever lists the folder's sessions says that it cannot be listed.
        for journal in journals:
            name = journal.name.removesuffix(SUFFIX)
            open_elsewhere = lock_holder(lock_path(folder, name)) is not None
            if not open_elsewhere and not any(is_there(one / f"{name}.toml") for one in folders):
                yield journal


def _recover_unless_open(
    directory: Path, name: str, journals: Sequence[Path], began: Callable[[Path], None]
) -> Recovered | None:
    # The locks beside the journals come first: a program that writes to the spare folder may have none in the other.
    folders = dict.fromkeys([*(path.parent for path in journals if lexists(path)), directory])
    with ExitStack() as held:
        for folder in folders:
            lock = SessionLock(lock_path(folder, name))
            if not lock.acquire():
                return None
            held.callback(lock.release)
        left = [path for path in journals if lexists(path) and not _removed_as_empty(path)]
        for path in left[:1]:
            began(path)
        return _recover(directory / f"{name}.toml", left) if left else None


def _removed_as_empty(journal: Path) -> bool:
    empty = journal.is_file() and journal.stat().st_size == 0
    if empty:
        journal.unlink()
    return empty


def _recover(path: Path, journals: Sequence[Path]) -> Recovered:
    old = None if is_missing(path) else load_whole(path)
    found, ended = _replay(journals, old)
    base = old or replace(found, requests={}, scores=[], notes=[])
    more = {
        run: _completed(request, base.requests.get(run), ended=run in ended) for run, request in found.requests.items()
    }
    requests = {run: request for run, request in more.items() if request is not None}
    scores, notes = _not_in(found.scores, base.scores), _not_in(found.notes, base.notes)
    if old is None or requests or scores or notes or old.state is SessionState.RUNNING:
        session = replace(
            base,
            state=SessionState.INTERRUPTED,
            plans={**found.plans, **base.plans},
            models={**found.models, **base.models},
            prompts={**found.prompts, **base.prompts},
            requests={**base.requests, **requests},
            scores=base.scores + scores,
            notes=base.notes + notes,
        )
        save(session, path)
    half_written = path.parent.glob(f"{escape(path.name)}.*.tmp")
    for file in (*journals, *half_written):
        file.unlink(missing_ok=True)
    return Recovered(path, len(requests), len(scores))


def _completed(found: Request, kept: Request | None, *, ended: bool) -> Request | None:
    """A request as it is to be in the file, when the journal knows more of it; None when the file has it all.

    `ended` says that the journal has the request's own end. The file's text and timestamps stay as they are, but what
    was learnt after the end may have come after the file was written.
    """
    never_asked = kept is not None and kept.timestamps.sent is None and found.timestamps.sent is not None
    if kept is None or not kept.state.final or never_asked:
        return found  # A plan that is resumed gives the id of a request that was never sent to another.
    if not ended:
        return None
    more = copy(kept)
    more.usage, more.memory, more.fault = (
        found.usage or kept.usage,
        found.memory or kept.memory,
        found.fault or kept.fault,
    )
    return more if storable(request_to_dict(more)) != request_to_dict(kept) else None


def _replay(journals: Iterable[Path], old: Session | None) -> tuple[Session, set[str]]:
    """The session of the journals, with the ids of those requests whose own end is in them; and requests of the file
    of which something was learnt later. Raises StoreError when the journals cannot be understood."""
    session = replace(old, plans={}, models={}, prompts={}, requests={}, scores=[], notes=[]) if old else None
    seen: dict[str, int] = {}
    for path in journals:
        try:
            for entry in read_entries(path):
                if session is None:
                    session = _begin(entry)
                elif "session" not in entry:
                    _apply(entry, session, old, seen)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:  # Its tables may hold anything.
            title, hint = f"The journal {path.name} cannot be understood", "It was left as it is."
            raise StoreError(title, f"{path.parent}: {error}", hint) from error
    if session is None:
        raise StoreError("A journal holds no whole entry", ", ".join(map(str, journals)), "It can be deleted.")
    ended = {run for run, request in session.requests.items() if request.state.final}
    session.requests = {
        run: _cut_unless_ended(request, seen.get(run, 0))
        for run, request in session.requests.items()
        if _has_begun(request)
    }
    return session, ended


def _begin(entry: Table) -> Session:
    table = get(entry, "session", dict)
    return session_from_dict({**table, "end": {"runs": 0, "scores": 0, "notes": 0}})


def _apply(entry: Table, session: Session, old: Session | None, seen: dict[str, int]) -> None:
    """Apply one entry; events of a request that was never made are passed over, as they were while it ran."""
    if "event" in entry:
        event = ev.from_dict(entry)
        request = session.requests.get(event.request)
        if request is None and old is not None and event.request in old.requests:
            request = session.requests[event.request] = copy(old.requests[event.request])
        if request is not None:
            request.fold(event)
            seen[event.request] = getattr(event, "at", seen.get(event.request, 0))
        return
    (kind, table), *_ = entry.items()
    match kind:
        case "plan":
            plan = plan_from_dict(table)
            session.plans[plan.key] = plan
        case "model":
            model = model_from_dict(table)
            session.models[model.key] = model
        case "prompt":
            prompt = prompt_from_dict(table)
            session.prompts[prompt.key] = prompt
        case "request" | "lane":
            spec = spec_from_dict(table)
            made = session.requests.get(spec.id)
            if made is None or made.timestamps.sent is None:
                session.requests[spec.id] = Request(spec)
        case "started":
            request = session.requests.get(get(table, "run", str))
            if request is not None:
                request.started = get_time(table, "at")
        case "score":
            session.scores.append(score_from_dict(table))
        case "note":
            session.notes.append(note_from_dict(table))
        case _:
            raise ValueError(f"it holds {kind!r}, which this version does not know")


def _has_begun(request: Request) -> bool:
    return (
        request.started is not None
        or request.state is not RequestState.QUEUED
        or request.timestamps.load_start is not None
    )


def _cut_unless_ended(request: Request, at: int) -> Request:
    """The request; if it had not come to its end, cut at the last instant `at` that is known of it."""
    if not request.state.final:
        request.fold(ev.Ended(request.spec.id, at))
        when = "in the middle of this answer" if request.answer else "before this was answered"
        request.fault = Fault(
            BROKEN_OFF, f"The program ended {when}.", "`run --resume` with the session asks it again."
        )
    return request


def _not_in(found: Iterable[_T], there: Iterable[_T]) -> list[_T]:
    known = set(there)
    return [entry for entry in found if entry not in known]
