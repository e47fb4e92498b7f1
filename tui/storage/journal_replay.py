"""What the journals of a session know that its file does not: both together are the whole session."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from tui.core.dict_reader import Table, get, get_time, texts
from tui.core.errors import StoreError
from tui.core.requests import events as ev
from tui.core.requests.request import BROKEN_OFF, Fault, Request, RequestState
from tui.core.sessions.entry_dict import KIND_NAMED, complete_entries, with_entries, without_entries
from tui.core.sessions.plan_dict import model_from_dict, plan_from_dict, prompt_from_dict
from tui.core.sessions.rater_dict import rater_from_dict, rubric_from_dict
from tui.core.sessions.session import Session, SessionState
from tui.core.sessions.session_dict import request_to_dict, session_from_dict, spec_from_dict
from tui.storage.journal import read_entries
from tui.storage.journal_collisions import entries_beyond, found_again, is_another, with_free_ids, with_runs
from tui.storage.toml_writer import storable

_T = TypeVar("_T")

_TEXT_OF = re.compile(rb'\{"event":"delta","request":"([^"\\]+)",')
"""How an entry begins that holds a piece of an answer's text: nearly all of a journal are such."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A session with what its journals add to its file."""

    session: Session
    changed: bool
    """Whether the file is to be written."""
    answers: int
    """Requests that the file lacked, or of which it lacked something."""
    scores: int


def completed(file: Session | None, journals: Sequence[Path], *, running: bool = False) -> Completed:
    """The session of a file, or of none yet, with what its journals hold beyond that.

    A request without an end is cut, because its program has ended; while that is `running`, it is left out. Raises
    StoreError when the journals cannot be understood, OSError when they cannot be read.
    """
    replay = _replay(journals, file)
    found, made = replay.kept_apart(file.requests if file is not None else {})
    base = file or replace(without_entries(found), requests={})
    ended = {run for run, request in found.requests.items() if request.state.final}
    requests: dict[str, Request] = {}
    for run, request in found.requests.items():
        if _has_begun(request) and (run in ended or not running):
            cut = _cut_unless_ended(request, replay.seen.get(run, 0))
            if (more := _request_completed(cut, base.requests.get(run), ended=run in ended)) is not None:
                requests[run] = more
    entries = entries_beyond(found, base)
    session = replace(
        with_entries(base, lambda kind: kind.of(base) + entries[kind.plural]),
        title=found.title,
        tags=found.tags,
        plans=_both(base.plans, found.plans),
        models=_both(base.models, found.models),
        prompts=_both(base.prompts, found.prompts),
        requests=_in_order({**base.requests, **requests}, made),
        raters={**base.raters, **found.raters},
        rubric=found.rubric,
        rubrics=_both(base.rubrics, found.rubrics),
    )
    complete_entries(session)
    changed = file is None or file.state is SessionState.RUNNING or session != file
    # What is said of answers, and a title, come after the end as well, and leave it one.
    finished = file is not None and file.state is SessionState.FINISHED
    only_said = finished and not requests and session.plans == base.plans
    if running or (changed and not only_said):
        session.state = SessionState.RUNNING if running else SessionState.INTERRUPTED
    return Completed(session, changed, len(requests), len(entries["scores"]))


@dataclass
class _Replay:
    """What journals say of a session, taken in entry by entry."""

    old: Session | None
    """What its file holds."""
    session: Session
    made: dict[str, None] = field(default_factory=dict)
    """The requests that were made, in that order."""
    seen: dict[str, int] = field(default_factory=dict)
    """The last instant that is known of each request."""
    in_file: set[bytes] = field(default_factory=set)
    """The ids of requests whose text in the journal need not be read, because the file has it."""
    _names: dict[str, str] = field(default_factory=dict)
    """What requests are called here that the journal calls as another one is called already."""
    _again: dict[str, Request] = field(default_factory=dict)
    """Requests that were made under the id of one that had been sent: until they are sent, they may be the same."""
    _apart: list[str] = field(default_factory=list)
    """The requests, as they are called here, that get an id of their own."""

    def apply(self, entry: Table) -> None:
        """Apply one entry; events of a request that was never made are passed over, as they were while it ran."""
        session = self.session
        if "event" in entry:
            self._fold(ev.from_dict(entry))
            return
        (kind, table), *_ = storable(entry).items()
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
                if spec.follows in self._names:
                    spec = replace(spec, follows=self._names[spec.follows])
                key = self._names.get(spec.id, spec.id)
                made = session.requests.get(key)
                if made is None or made.timestamps.sent is None:
                    session.requests[key] = Request(spec)
                    self.made.setdefault(key)
                else:
                    self._again[spec.id] = Request(spec)
            case "started":
                self._started(get(table, "run", str), get_time(table, "at"))
            case "rater":
                rater = rater_from_dict(table)
                session.raters[rater.id] = rater
            case "rubric":
                key, rubric = rubric_from_dict(table)
                session.rubrics[key] = session.rubric = rubric
            case "about":
                session.title, session.tags = get(table, "title", str, ""), texts(table, "tags")
            case _ if kind in KIND_NAMED:
                KIND_NAMED[kind].of(session).append(with_runs(KIND_NAMED[kind].from_dict(table), self._names))
            case _:
                raise ValueError(f"it holds {kind!r}, which this version does not know")

    def _started(self, run: str, at: datetime) -> None:
        """A request was sent at this time of day: that shows whether one of its id that is known is another."""
        requests, key = self.session.requests, self._names.get(run, run)
        again, request = self._again.pop(run, None), requests.get(key)
        if again is not None and request is not None:
            again.started = at
            if is_another(again, request):
                self._keep_apart(run, again)
        elif request is not None:
            request.started = at
            kept = self.old.requests.get(run) if self.old is not None and key == run and key in self.made else None
            if kept is not None and _was_asked(kept) and is_another(request, kept):
                del requests[run], self.made[run]
                self._keep_apart(run, request)

    def _keep_apart(self, run: str, request: Request) -> None:
        """Keep a request by itself that the journal calls as another one is called."""
        kept = found_again(request, self.old.requests.values()) if self.old is not None else None
        if kept is not None:
            key = kept.spec.id
            request.spec = kept.spec
        else:
            key = f"{run} {len(self._apart) + 1}"  # No id has a space.
            self._apart.append(key)
            self.in_file.discard(run.encode())
        self._names[run] = key
        self.session.requests[key] = request
        self.made.setdefault(key)
        self.seen[key] = self.seen.get(run, 0)

    def kept_apart(self, taken: Mapping[str, Request]) -> tuple[Session, list[str]]:
        """The session with an id of its own for each request, and the requests that were made, in that order.

        `taken` are those of the file.
        """
        session, names = with_free_ids(self.session, self._apart, taken)
        named = dict(zip(self._apart, names, strict=True))
        self.seen |= {name: self.seen[key] for key, name in named.items()}
        return session, [named.get(key, key) for key in self.made]

    def _fold(self, event: ev.Event) -> None:
        again, key = self._again.get(event.request), self._names.get(event.request, event.request)
        if again is not None:
            again.fold(event)
            return
        request = self.session.requests.get(key)
        if request is None and self.old is not None and key in self.old.requests:
            request = self.session.requests[key] = copy(self.old.requests[key])
        if request is not None:
            request.fold(event)
            self.seen[key] = getattr(event, "at", self.seen.get(key, 0))


def _replay(journals: Iterable[Path], old: Session | None) -> _Replay:
    """Raises StoreError when the journals cannot be understood."""
    replay: _Replay | None = None
    if old is not None:
        empty = replace(without_entries(old), plans={}, models={}, prompts={}, requests={}, raters={}, rubrics={})
        replay = _Replay(old, empty)
        # What the file has of an answer stays as it is: its text need not be put together once more.
        replay.in_file = {
            run.encode()
            for run, request in old.requests.items()
            if run.isascii() and request.state.final and request.timestamps.sent is not None
        }

    def is_in_file(line: bytes) -> bool:
        text = _TEXT_OF.match(line) if replay is not None and replay.in_file else None
        return text is not None and replay is not None and text[1] in replay.in_file and line.endswith(b'"}\n')

    for path in journals:
        try:
            for entry in read_entries(path, is_in_file):
                if replay is None:
                    replay = _Replay(None, _begin(entry))
                elif "session" not in entry:
                    replay.apply(entry)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:  # Its tables may hold anything.
            title, hint = f"The journal {path.name} cannot be understood", "It was left as it is."
            raise StoreError(title, f"{path.parent}: {error}", hint) from error
    if replay is None:
        raise StoreError("A journal holds no whole entry", ", ".join(map(str, journals)), "It can be deleted.")
    return replay


def _begin(entry: Table) -> Session:
    table = get(entry, "session", dict)
    return session_from_dict({**table, "end": {"runs": 0, "scores": 0, "notes": 0}})


def _request_completed(found: Request, kept: Request | None, *, ended: bool) -> Request | None:
    """A request as it is to be in the file, when the journal knows more of it; None when the file has it all.

    `ended` says that the journal has the request's own end. The file's text and timestamps stay as they are, but what
    was learnt after the end may have come after the file was written.
    """
    never_asked = kept is not None and kept.timestamps.sent is None and found.timestamps.sent is not None
    if kept is not None and _was_asked(kept) and found.started is None and found.timestamps.sent is None:
        return None  # Another program made it under this id, and never sent it.
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


def _was_asked(request: Request) -> bool:
    """Whether a request is nobody else's any more; one that was stopped before it was sent gives its id away."""
    return request.timestamps.sent is not None or (request.started is not None and request.state is RequestState.FAILED)


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


def _in_order(requests: dict[str, Request], made: Iterable[str]) -> dict[str, Request]:
    """First those that only the file knows, which an earlier program made; then those that were `made`."""
    later = {run: requests[run] for run in made if run in requests}
    return {run: request for run, request in requests.items() if run not in later} | later


def _both(first: dict[str, _T], second: dict[str, _T]) -> dict[str, _T]:
    return first | {key: value for key, value in second.items() if key not in first}
