"""Sessions as plain dicts, ready for TOML, and back. What is read is untrusted and checked field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, fields

from tui.core.dict_reader import Table, by_key, each, get, get_time, texts, without_none
from tui.core.plans.mode import Mode
from tui.core.requests.events import MOST_TOKENS, Usage
from tui.core.requests.memory_use import MemoryUse
from tui.core.requests.request import Fault, Request, RequestSpec, RequestState
from tui.core.scoring.rubric import DEFAULT_RUBRIC, Rubric
from tui.core.sessions.entry_dict import ENTRY_KINDS, complete_entries
from tui.core.sessions.plan_dict import (
    model_from_dict,
    model_to_dict,
    plan_from_dict,
    plan_to_dict,
    prompt_from_dict,
    prompt_to_dict,
)
from tui.core.sessions.rater_dict import rater_from_dict, rater_to_dict, rubric_from_dict, rubric_to_dict
from tui.core.sessions.schema import ROWS, end_of, unknown_keys, with_unknown
from tui.core.sessions.session import SCHEMA, Session, SessionState
from tui.core.sessions.timing_dict import timestamps_from_dict, timestamps_to_dict
from tui.core.sessions.upgrades import upgraded

ENTRIES = tuple(kind.name for kind in ENTRY_KINDS)
"""The keys of a session file that hold what was said and done; they come after the runs."""
ARRAYS = ("rubric", "rater", "plan", "model", "prompt", "run", *ENTRIES)
"""The keys of a session file that hold one table for each of something."""
END = "end"
"""The key of the last table, which counts what came before it."""
_KNOWN = ("schema", "id", "created", "state", "title", "tags", "tool", "host", *ARRAYS, END)
_KEYED = {"rubric": "hash", "rater": "id", "plan": "key", "model": "key", "prompt": "key", "run": "id"}
"""The key of each array's tables that names them."""
_END = end_of(["runs", *(kind.plural for kind in ENTRY_KINDS)])


def session_to_dict(session: Session) -> Table:
    """The session as the tables of its file, in the order they are written; nothing in it is None."""

    def rows(name: str, tables: Iterable[tuple[str, Table]]) -> list[Table]:
        return [table_with_unknown(session, name, key, table) for key, table in tables]

    return {
        "schema": SCHEMA,
        "id": session.id,
        "created": session.created,
        "state": session.state.value,
        **without_none(title=session.title or None, tags=list(session.tags) or None),
        "tool": table_with_unknown(session, "tool", "", session.tool),
        "host": [{"name": name, **facts} for name, facts in session.hosts.items()] or session.host,
        **session.extra,
        "rubric": rows("rubric", ((key, rubric_to_dict(key, rubric)) for key, rubric in _rubrics(session).items())),
        "rater": rows("rater", ((key, rater_to_dict(rater)) for key, rater in session.raters.items())),
        "plan": rows("plan", ((key, plan_to_dict(plan)) for key, plan in session.plans.items())),
        "model": rows("model", ((key, model_to_dict(model)) for key, model in session.models.items())),
        "prompt": rows("prompt", ((key, prompt_to_dict(prompt)) for key, prompt in session.prompts.items())),
        "run": rows("run", ((key, request_to_dict(request)) for key, request in session.requests.items())),
        **{
            kind.name: rows(kind.name, ((str(entry.entry), kind.to_dict(entry)) for entry in kind.of(session)))
            for kind in ENTRY_KINDS
        },
        END: table_with_unknown(session, END, "", _counts(session)),
    }


def about(session: Session) -> Table:
    """What people call the session, as the journal holds it."""
    return {"about": {"title": session.title, "tags": list(session.tags)}}


def table_with_unknown(session: Session, name: str, key: str, table: Table) -> Table:
    """One of the session's tables, with what this version did not know of it when it was read.

    `name` is that of its array, and `key` what names it there: of an entry its number.
    """
    unknown = session.unknown.get((name, key))
    return with_unknown(table, unknown) if unknown else table


def as_stored(session: Session) -> Session:
    """The session as its file has it, whose instants are rounded: a report of the file then has the same numbers."""
    return session_from_dict(session_to_dict(session))


def session_from_dict(data: Table) -> Session:
    """The session a file's tables hold. Raises ValueError naming what is wrong.

    One of a newer schema is read as far as this version understands it; see `Session.read_only`.
    """
    schema, data = get(data, "schema", int), upgraded(data)
    try:
        session = _read(data)
    except ValueError as error:
        if schema <= SCHEMA:
            raise
        raise ValueError(f"it has schema {schema}, and this version knows schema {SCHEMA}: {error}") from error
    session.schema = max(schema, SCHEMA)
    return session


def _read(data: Table) -> Session:
    several = isinstance(data.get("host"), list)
    tool = get(data, "tool", dict, {})
    session = Session(
        id=get(data, "id", str),
        created=get_time(data, "created"),
        state=SessionState(get(data, "state", str)),
        title=get(data, "title", str, ""),
        tags=texts(data, "tags"),
        tool={key: value for key, value in tool.items() if isinstance(value, str)},
        host={} if several else get(data, "host", dict, {}),
        hosts=dict(by_key(each(data, "host", _named_host), lambda host: host[0]).values()) if several else {},
        rubrics=dict(by_key(each(data, "rubric", rubric_from_dict), lambda rubric: rubric[0]).values()),
        raters=by_key(each(data, "rater", rater_from_dict), lambda rater: rater.id),
        plans=by_key(each(data, "plan", plan_from_dict), lambda plan: plan.key),
        models=by_key(each(data, "model", model_from_dict), lambda model: model.key),
        prompts=by_key(each(data, "prompt", prompt_from_dict), lambda prompt: prompt.key),
        requests=by_key(each(data, "run", request_from_dict), lambda request: request.spec.id),
        extra={key: value for key, value in data.items() if key not in _KNOWN},
    )
    session.rubric = next(reversed(session.rubrics.values()), DEFAULT_RUBRIC)
    for kind in ENTRY_KINDS:
        kind.of(session).extend(each(data, kind.name, kind.from_dict))
    _check_runs(session)
    for request in session.requests.values():
        request.question = session.question_of(request)
    _check_end(data, session)
    _number_entries(session)
    _keep_unknown(data, session)
    return session


def _rubrics(session: Session) -> dict[str, Rubric]:
    """The rubrics by hash, the session's own last; none where there was never another than the program's own."""
    if session.rubric in session.rubrics.values():
        mine = next(key for key, rubric in session.rubrics.items() if rubric == session.rubric)
        return {key: rubric for key, rubric in session.rubrics.items() if key != mine} | {mine: session.rubric}
    if not session.rubrics and not session.rubric_hash:
        return {}
    return session.rubrics | {session.rubric.hash: session.rubric}


def _check_runs(session: Session) -> None:
    seen: set[str] = set()
    for request in session.requests.values():
        spec = request.spec
        if spec.plan not in session.plans or spec.model not in session.models or spec.prompt not in session.prompts:
            raise ValueError(f"run {spec.id}: its plan, model or prompt is not in the file")
        seen.add(spec.id)
        # What is in another part of a large session is not here; what comes later would make a circle.
        if spec.follows in session.requests and (spec.follows not in seen or spec.follows == spec.id):
            raise ValueError(f"run {spec.id} follows run {spec.follows}, which is not before it")


def _number_entries(session: Session) -> None:
    counted = Counter(entry.entry for kind in ENTRY_KINDS for entry in kind.of(session) if entry.entry)
    number, count = max(counted.items(), key=lambda found: found[1], default=(0, 1))
    if count > 1:
        raise ValueError(f"two entries have the number {number}")
    complete_entries(session)


def _keep_unknown(data: Table, session: Session) -> None:
    for name, key in _KEYED.items():
        _keep_unknown_of(session, name, ((row[key], row) for row in data.get(name, [])))
    for kind in ENTRY_KINDS:
        numbers = (str(entry.entry) for entry in kind.of(session))
        _keep_unknown_of(session, kind.name, zip(numbers, data.get(kind.name, []), strict=True))
    tool = get(data, "tool", dict, {})
    if no_text := {key: value for key, value in tool.items() if not isinstance(value, str)}:
        session.unknown["tool", ""] = no_text
    if found := unknown_keys(data[END], _END):
        session.unknown[END, ""] = found


def _keep_unknown_of(session: Session, name: str, rows: Iterable[tuple[str, Table]]) -> None:
    for key, row in rows:
        if found := unknown_keys(row, ROWS[name]["items"]):
            session.unknown[name, key] = found


def spec_to_dict(spec: RequestSpec) -> Table:
    """The keys of a `[[run]]` table that say which request it is."""
    return {
        "id": spec.id,
        "plan": spec.plan,
        "mode": spec.mode.value,
        "model": spec.model,
        "prompt": spec.prompt,
        "round": spec.round,
        "launch": spec.launch,
        "warmup": spec.warmup,
        "contended": spec.contended,
        **without_none(nonce=spec.nonce or None, host=spec.host or None, follows=spec.follows or None),
    }


def spec_from_dict(table: Table) -> RequestSpec:
    """Which request a `[[run]]` table is of."""
    return RequestSpec(
        id=get(table, "id", str),
        plan=get(table, "plan", str),
        mode=Mode(get(table, "mode", str)),
        model=get(table, "model", str),
        prompt=get(table, "prompt", str),
        round=get(table, "round", int, 1),
        launch=get(table, "launch", int, 1),
        warmup=get(table, "warmup", bool, False),
        contended=get(table, "contended", bool, False),
        nonce=get(table, "nonce", str, ""),
        host=get(table, "host", str, ""),
        follows=get(table, "follows", str, ""),
    )


def request_to_dict(request: Request) -> Table:
    """A `[[run]]` table with its sub-tables."""
    table = spec_to_dict(request.spec)
    table |= without_none(state=request.state.value, finish_reason=request.finish_reason, started=request.started)
    if request.adjusted:
        table["adjusted"] = list(request.adjusted)
    table["answer"] = request.answer
    if request.reasoning:
        table["reasoning"] = request.reasoning
    usage = request.usage
    table["usage"] = (
        {"source": "none"}
        if usage is None
        else without_none(
            source=usage.source,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            cached_tokens=usage.cached_tokens,
        )
    )
    table["timing"] = timestamps_to_dict(request.timestamps)
    if request.memory is not None:
        table["memory"] = without_none(**asdict(request.memory))
    if request.fault is not None:
        fault = request.fault
        table["error"] = {"kind": fault.kind, "type": fault.type, "message": fault.message, "hint": fault.hint}
    return table


def request_from_dict(table: Table) -> Request:
    """The request of a `[[run]]` table."""
    request = Request(spec_from_dict(table), state=RequestState(get(table, "state", str)))
    request.finish_reason = get(table, "finish_reason", str, None)
    request.started = get_time(table, "started") if "started" in table else None
    request.adjusted = tuple(str(name) for name in get(table, "adjusted", list, []))
    request.restore_text(get(table, "answer", str, ""), get(table, "reasoning", str, ""))
    usage = get(table, "usage", dict, {})
    source = get(usage, "source", str, "none")
    if source != "none":
        request.usage = Usage(
            request.spec.id,
            prompt_tokens=_tokens(usage, "prompt_tokens"),
            completion_tokens=_tokens(usage, "completion_tokens"),
            reasoning_tokens=_tokens(usage, "reasoning_tokens"),
            source=source,
            cached_tokens=_tokens(usage, "cached_tokens"),
        )
    request.timestamps = timestamps_from_dict(get(table, "timing", dict, {}))
    if "memory" in table:
        memory = get(table, "memory", dict)
        amounts = (field.name for field in fields(MemoryUse) if field.name != "no_gpu")
        request.memory = MemoryUse(
            **{name: get(memory, name, int, None) for name in amounts}, no_gpu=get(memory, "no_gpu", str, None)
        )
    if "error" in table:
        error = get(table, "error", dict)
        request.fault = Fault(*(get(error, key, str, "") for key in ("kind", "message", "hint", "type")))
    return request


def _tokens(usage: Table, key: str) -> int | None:
    count = get(usage, key, int, None)
    return None if count is None or not 0 <= count <= MOST_TOKENS else count


def _named_host(table: Table) -> tuple[str, Table]:
    """A `[[host]]` table, where several took part."""
    return get(table, "name", str), {key: value for key, value in table.items() if key != "name"}


def _counts(session: Session) -> Table:
    """How many of each there are: runs, scores and notes always, of other entries where there is one."""
    counts = {kind.plural: len(kind.of(session)) for kind in ENTRY_KINDS}
    always = {"runs": len(session.requests), "scores": counts.pop("scores"), "notes": counts.pop("notes")}
    return always | {name: count for name, count in counts.items() if count}


def _check_end(data: Table, session: Session) -> None:
    none = {kind.plural: 0 for kind in ENTRY_KINDS}
    found = none | _counts(session)
    promised = none | {"scores": None, "notes": None} | get(data, END, dict, {})
    wrong = [
        f"{key}: {promised.get(key)} promised, {count} found"
        for key, count in found.items()
        if promised.get(key) != count
    ]
    if wrong:
        raise ValueError("the file is cut or was changed by hand: " + ", ".join(wrong))
