"""What is kept of a session so that reports need not read its file again: its contributions to rows, as three texts.

Pure. A record says exactly what the session says, or there is none: whoever makes one reads it back and compares.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from enum import Enum
from functools import cache, lru_cache, partial
from itertools import repeat
from operator import attrgetter
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple

import tui
from tui.core.blind.orders import is_hidden_from
from tui.core.conditions.filters import about_answer
from tui.core.conditions.names import DIMENSIONS, figures
from tui.core.plans.mode import Mode
from tui.core.requests.request import RequestState
from tui.core.scoring.judgement import JudgeCounts
from tui.core.scoring.rating import Rater, RaterKind
from tui.core.sessions.session import PART_OF, Session
from tui.core.sessions.session_model import Parameters
from tui.report.contribution import Contribution, Held, Keep, contributions
from tui.report.judges import Judge, judges_in
from tui.report.recorded_requests import RecordedRequests, figure_number, numbers_of, requests_of, scores_given
from tui.report.reported_request import Choice, GivenFacets, GivenScore, GivenVote, ReportedRequest
from tui.report.subject import Subject

_OF_SESSION = ("session", "created")
"""What all runs of a session have in common."""
_TEXTS = ("answer", "checks", "out_of_time")
"""What only the session's file has."""
_OWN = ("values", "wide", "memory", "gpu_memory", "tokens", "characters", "votes")
"""What hardly two sessions have in common."""
_METRICS = ("values", "wide")
"""Of these there is a list of each metric, not of each run."""
_SHAPE = tuple(
    name for name in ReportedRequest._fields if name not in (*_OF_SESSION, *_TEXTS, *_OWN, "scores", "figures")
)
"""What many sessions have in common that asked the same of the same models."""


_JSON = json.JSONDecoder()


class SessionRecord(NamedTuple):
    """A record, as texts in ASCII."""

    shape: str
    """Much of what sessions of one plan have in common: so it is kept and read once."""
    runs: str
    """What is the session's own; below it, of each request a line with its scores, as many have the same."""
    figures: str
    """Of each figure a line with its number of every request, and in the last line how often raters scored each. Only
    conditions and some tables take more than every report has."""


class AboutSession(NamedTuple):
    """What lists of sessions, and fields to filter by, show of one."""

    created: datetime
    title: str
    models: tuple[str, ...]
    """Their names, raw."""
    requests: int
    """Without warm-ups, as in every report."""
    values: Mapping[str, Sequence[str]]
    """For each of `FILTERED_BY` the values that answers have; of a model its first name."""


_DIMENSIONS = {dimension.name: dimension for dimension in DIMENSIONS}
FILTERED_BY = ("model", "device", "mode", "rater", "tag")
"""The names of the dimensions whose values are known without looking at answers."""


class RecordedSession(NamedTuple):
    """A session as its record has it."""

    id: str
    held: Callable[[], Held]
    """How much its file holds: only asked where there are copies of it."""
    runs: Set[str]
    """The ids of its requests, warm-ups included."""
    rows: Sequence[Contribution]
    about: AboutSession
    hidden_from: Mapping[str, bool]
    """From which raters it is hidden which model gave which answer; under the empty name, from all others."""
    read: Callable[[], Session]
    """Reads its file. Raises BadInputError."""
    judged: Sequence[Judge]
    """The models that judged in it."""
    requests: RecordedRequests | None
    """What conditions choose among; None where its file has to be read for that."""
    figures: str
    """As `SessionRecord.figures`; empty where they were not asked for."""

    @property
    def whole_id(self) -> str:
        """Its id: of sessions in several files there is no record."""
        return self.id

    def is_hidden_from(self, rater: str) -> bool:
        """As `orders.is_hidden_from`."""
        return self.hidden_from.get(rater, self.hidden_from.get("", False))

    def numbers(self, figure: str) -> Sequence[float | None]:
        """The numbers that `requests` have of the figure of this name. Raises ValueError or LookupError for what was
        never a record, or knows no such figure."""
        found: Sequence[float | None] = _JSON.decode(self.figures.split("\n")[figure_number(figure)])
        return found

    def scores_given(self) -> Mapping[str, Sequence[int]]:
        """By rater how often each of the `requests` was scored, what was taken back included."""
        found: Mapping[str, Sequence[int]] = _JSON.decode(self.figures.rpartition("\n")[2])
        return found


AnySession = Session | RecordedSession
"""One that was read, or its record."""


def as_read(session: AnySession) -> Session:
    """The session itself, read where only its record is here. Raises BadInputError."""
    return session if isinstance(session, Session) else session.read()


def about_of(session: AnySession) -> AboutSession:
    """What is shown of a session."""
    if isinstance(session, RecordedSession):
        return session.about
    names = tuple(dict.fromkeys(model.name for model in session.models.values()))
    asked = sum(not request.spec.warmup for request in session.requests.values())
    return AboutSession(session.created, session.title, names, asked, _values(session))


def _values(session: Session) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {name: {} for name in FILTERED_BY}
    for request in session.requests.values():
        about = about_answer(session, request)
        for name, values in found.items():
            texts = _DIMENSIONS[name].texts(about) or ()
            # Of a model these are all its names, the id first.
            values.update(dict.fromkeys(texts[:1] if name == "model" else texts))
    found["rater"].update({score.rater: None for score in session.scores})
    return {name: list(values) for name, values in found.items()}


@cache
def record_version() -> int:
    """What makes records of one kind: they are of this program's very code, as every number comes from its formulas."""
    package = Path(tui.__file__).parent
    # Of a program whose modules lie in no files, its own file tells.
    found = [os.path.realpath(sys.executable), str(package / "files.py")]  # It goes by several names.
    for part in ("core", "report", "storage"):
        for folder, _, names in os.walk(package / part):
            found += [os.path.join(folder, name) for name in names if name.endswith(".py")]  # noqa: PTH118 - hundreds
    return zlib.crc32("\n".join(map(_stamp, sorted(found))).encode())


def _stamp(file: str) -> str:
    try:
        status = os.stat(file)  # noqa: PTH116 - of hundreds
    except OSError:
        return file
    return f"{file} {status.st_size} {status.st_mtime_ns}"


def record_of(session: Session) -> SessionRecord | None:
    """The record of a session; None where its file has to be read each time: it is a part of a session, or something of
    it cannot be said in a record."""
    if PART_OF in session.extra or session.whole_id != session.id:
        return None
    rows = contributions(session, keep=Keep(figures=figures()))
    requests = requests_of(session, rows)
    record = SessionRecord(
        _shape_of(session, rows, requests), _runs_of(session, rows), _figures_of(session, rows, requests)
    )
    try:
        found = read_record(record, lambda: session, tuple(figure.name for figure in figures()))
    except (ValueError, TypeError, LookupError):
        return None
    return record if _says(found, session, rows, requests) else None


def read_record(record: SessionRecord, read: Callable[[], Session], wanted: Sequence[str] = ()) -> RecordedSession:
    """The session of a record, each run with the `wanted` figures, by name; `read` reads its file.

    Raises ValueError, TypeError or LookupError for what was never a record, or knows no such figure.
    """
    shape = _read_shape(record.shape)
    head, *given = record.runs.split("\n")
    session, created, title, ended, requests, entries, hidden, judged, own = _JSON.decode(head)
    when = datetime.fromisoformat(created)
    count = shape.size
    columns: list[Any] = shape.columns.copy()
    columns[_AT["session"]] = repeat(session)
    columns[_AT["created"]] = repeat(when)
    for name, column in zip(_OWN, own, strict=True):
        columns[_AT[name]] = _READ_OWN[name](column) if name in _READ_OWN else column
    columns[_AT["scores"]] = map(_scores, given)
    if wanted:
        lines = record.figures.split("\n")
        found = [_JSON.decode(lines[figure_number(name)])[:count] for name in wanted]
        columns[_AT["figures"]] = [dict(zip(wanted, one, strict=True)) for one in zip(*found, strict=True)]
    # As `_make`, which takes three times as long to see that there are as many columns as fields.
    runs = list(map(partial(tuple.__new__, ReportedRequest), zip(*columns, strict=False)))
    if len(runs) != count:
        raise ValueError("runs without a shape")
    at, rows = 0, []
    for size, row in shape.rows:
        rows.append(row(runs=runs[at : at + size]))
        at += size
    asked = requests - sum(row.warmups for row in rows)
    about = AboutSession(when, title, shape.models, asked, shape.values)
    held = Held(ended, requests, tuple(entries))
    judges = [_read_judge(*one) for one in judged]
    return RecordedSession(
        session, lambda: held, shape.runs, rows, about, hidden, read, judges, shape.requests, record.figures
    )


class _Shape(NamedTuple):
    size: int
    """Runs."""
    columns: list[Any]
    """Of runs, in the order of their fields; of what is not in a shape there is what all have who lack it."""
    rows: list[tuple[int, Callable[..., Contribution]]]
    """Of each row how many runs it has, and what makes its contribution of them."""
    runs: Set[str]
    requests: RecordedRequests | None
    models: tuple[str, ...]
    values: Mapping[str, Sequence[str]]


_AT = {name: number for number, name in enumerate(ReportedRequest._fields)}


def _shape_of(session: Session, rows: Sequence[Contribution], requests: RecordedRequests | None) -> str:
    runs = [run for row in rows for run in row.runs]
    return json.dumps([
        list(session.requests),
        None if requests is None else requests.to_json(),
        about_of(session).models,
        about_of(session).values,
        [[len(row.runs), *_facts(row)] for row in rows],
        [list(map(attrgetter(name), runs)) for name in _SHAPE],
    ])  # fmt: skip


def _facts(row: Contribution) -> tuple[object, ...]:
    model = row.size_mb, row.licence, row.context
    how = tuple(getattr(row.subject.parameters, name) for name in Parameters.__dataclass_fields__)
    subject = [how if name == "parameters" else getattr(row.subject, name) for name in Subject.__dataclass_fields__]
    return subject, sorted(row.hosts), row.warmups, *model, row.weights, row.floors


@lru_cache(maxsize=512)
def _read_shape(text: str) -> _Shape:
    runs, requests, models, values, rows, columns = json.loads(text)
    made: list[Any] = [repeat(ReportedRequest._field_defaults.get(name)) for name in ReportedRequest._fields]
    for name, column in zip(_SHAPE, columns, strict=True):
        made[_AT[name]] = [_decoded(name, value) for value in column]
    return _Shape(
        sum(row[0] for row in rows), made, [(row[0], _read_facts(*row[1:])) for row in rows], frozenset(runs),
        None if requests is None else RecordedRequests.from_json(requests, runs), tuple(models), values,
    )  # fmt: skip


def _read_facts(
    subject: Any, hosts: Any, warmups: int, size_mb: Any, licence: Any, context: Any, weights: Any, floors: Any
) -> Callable[..., Contribution]:
    return partial(
        Contribution, _subject(_tuples(subject)), set(_tuples(hosts)), warmups, size_mb, licence, context,
        {name: tuple(weight) for name, weight in weights.items()}, floors,
    )  # fmt: skip


@cache
def _subject(values: tuple[Any, ...]) -> Subject:
    """The same object for all sessions that have it."""
    found = dict(zip(Subject.__dataclass_fields__, values, strict=True))
    return Subject(**found | {"mode": Mode(found["mode"]), "parameters": Parameters(*found["parameters"])})


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _runs_of(session: Session, rows: Sequence[Contribution]) -> str:
    held = Held.of(session)
    created = session.created.isoformat()
    hidden = {rater: is_hidden_from(session, rater) for rater in ("", *_raters(session))} if session.orders else {}
    runs = [run for row in rows for run in row.runs]
    own = [list(map(attrgetter(name), runs)) for name in _OWN]
    own = [list(zip(*of, strict=True)) if name in _METRICS else of for name, of in zip(_OWN, own, strict=True)]
    judged = list(map(_judge, judges_in(session)))
    head = [session.id, created, session.title, held.ended, held.requests, held.entries, hidden, judged, own]
    return "\n".join([json.dumps(head, default=_value), *(json.dumps(run.scores) for run in runs)])


def _judge(one: Judge) -> tuple[object, ...]:
    rater = {name: getattr(one.rater, name) for name in Rater.__dataclass_fields__}
    if one.rater.parameters is not None:
        rater["parameters"] = [getattr(one.rater.parameters, name) for name in Parameters.__dataclass_fields__]
    return list(rater.values()), [getattr(one.counts, name) for name in JudgeCounts.__slots__], one.partial


def _read_judge(rater: Any, counts: Any, partial: Any) -> Judge:
    found = dict(zip(Rater.__dataclass_fields__, _tuples(rater), strict=True))
    parameters = None if found["parameters"] is None else Parameters(*found["parameters"])
    known = Rater(**found | {"kind": RaterKind(found["kind"]), "parameters": parameters})
    return Judge(known, JudgeCounts(*counts), tuple(partial))


def _raters(session: Session) -> Iterator[str]:
    """All who rated, were shown something or had it revealed."""
    yield from session.raters
    for entries in (session.orders, session.reveals, session.scores, session.votes, session.facets):
        yield from (entry.rater for entry in entries)


def _figures_of(session: Session, rows: Sequence[Contribution], requests: RecordedRequests | None) -> str:
    given = None if requests is None else scores_given(session, requests)
    return "\n".join(map(json.dumps, [*numbers_of(session, rows, requests), given]))


def _value(choice: Enum) -> Any:
    """What JSON says of a choice, which is no text."""
    return choice.value


def _decoded(name: str, value: Any) -> Any:
    return intern(value) if isinstance(value, str) and name not in _DECODE else _DECODE.get(name, _same)(value)


def _same(value: Any) -> Any:
    return value


def _texts(found: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(intern, found))


def _facets(found: Sequence[Any]) -> tuple[GivenFacets, ...]:
    return tuple([GivenFacets(*one) for one in found])


@lru_cache(maxsize=4096)
def _scores(line: str) -> tuple[GivenScore, ...]:
    """The same object for all answers that were given the same."""
    return tuple([
        GivenScore(intern(criterion), scale, intern(raters), intern(rater), value, intern(rubric), *how)
        for criterion, scale, raters, rater, value, rubric, *how in _JSON.decode(line)
    ])  # fmt: skip


def _votes(found: Sequence[Any]) -> tuple[GivenVote, ...]:
    if not found:
        return ()
    return tuple([
        GivenVote(intern(vote), intern(raters), intern(rater), Choice(choice), *how)
        for vote, raters, rater, choice, *how in found
    ])  # fmt: skip


_DECODE: Mapping[str, Callable[[Any], Any]] = {
    "state": RequestState,
    "flags": _texts,
    "tags": _texts,
    "served_by": _texts,
    "facets": _facets,
}
"""How a field of a shape is made of what JSON has of it, where that is not the same."""
_READ_OWN: Mapping[str, Callable[[Any], Iterable[Any]]] = {
    "votes": partial(map, _votes),
    **dict.fromkeys(_METRICS, lambda column: zip(*column, strict=True)),
}
"""How a column of a session's own is made of what JSON has of it, where that is not the same."""


def _says(
    found: RecordedSession, session: Session, rows: Sequence[Contribution], requests: RecordedRequests | None
) -> bool:
    """Whether what was read back is what was written."""
    same = (found.id, found.held(), found.runs) == (session.id, Held.of(session), session.requests.keys())
    same = same and list(found.judged) == judges_in(session)
    if requests is None or found.requests is None:
        same = same and requests is found.requests
    else:
        same = same and vars(found.requests) == vars(requests)
        every = [list(found.numbers(figure.name)) for figure in figures()]
        same = same and every == list(map(list, numbers_of(session, rows, requests)))
        same = same and found.scores_given() == scores_given(session, requests)
    # Equal instants need not have one offset.
    offsets = {run.created.utcoffset() for row in found.rows for run in row.runs if run.created is not None}
    same = same and found.about == about_of(session) and list(found.rows) == list(rows)
    return same and offsets <= {session.created.utcoffset()}
