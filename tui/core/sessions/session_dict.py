"""Sessions as plain dicts, ready for TOML, and back. What is read is untrusted and checked field by field."""

from __future__ import annotations

from dataclasses import asdict, fields

from tui.core.dict_reader import Table, by_key, each, get, get_time, without_none
from tui.core.plans.plan import Mode
from tui.core.requests.events import Usage
from tui.core.requests.memory_use import MemoryUse
from tui.core.requests.request import Fault, Request, RequestSpec, RequestState
from tui.core.scoring.rating import OVERALL, SCALE, Note, Score
from tui.core.sessions.plan_dict import (
    model_from_dict,
    model_to_dict,
    plan_from_dict,
    plan_to_dict,
    prompt_from_dict,
    prompt_to_dict,
)
from tui.core.sessions.session import SCHEMA, Session, SessionState
from tui.core.sessions.timing_dict import timestamps_from_dict, timestamps_to_dict

ARRAYS = ("plan", "model", "prompt", "run", "score", "note")
"""The keys of a session file that hold one table for each of something."""
END = "end"
"""The key of the last table, which counts what came before it."""
_KNOWN = ("schema", "id", "created", "state", "tool", "host", *ARRAYS, END)


def session_to_dict(session: Session) -> Table:
    """The session as the tables of its file, in the order they are written; nothing in it is None."""
    return {
        "schema": SCHEMA,
        "id": session.id,
        "created": session.created,
        "state": session.state.value,
        "tool": session.tool,
        "host": [{"name": name, **facts} for name, facts in session.hosts.items()] or session.host,
        **session.extra,
        "plan": [plan_to_dict(plan) for plan in session.plans.values()],
        "model": [model_to_dict(model) for model in session.models.values()],
        "prompt": [prompt_to_dict(prompt) for prompt in session.prompts.values()],
        "run": [request_to_dict(request) for request in session.requests.values()],
        "score": [score_to_dict(score) for score in session.scores],
        "note": [note_to_dict(note) for note in session.notes],
        "end": {"runs": len(session.requests), "scores": len(session.scores), "notes": len(session.notes)},
    }


def session_from_dict(data: Table) -> Session:
    """The session a file's tables hold. Raises ValueError naming what is wrong."""
    schema = get(data, "schema", int)
    if schema != SCHEMA:
        raise ValueError(f"it has schema {schema}; this version reads schema {SCHEMA}")
    several = isinstance(data.get("host"), list)
    session = Session(
        id=get(data, "id", str),
        created=get_time(data, "created"),
        state=SessionState(get(data, "state", str)),
        tool={key: str(value) for key, value in get(data, "tool", dict, {}).items()},
        host={} if several else get(data, "host", dict, {}),
        hosts=dict(by_key(each(data, "host", _named_host), lambda host: host[0]).values()) if several else {},
        plans=by_key(each(data, "plan", plan_from_dict), lambda plan: plan.key),
        models=by_key(each(data, "model", model_from_dict), lambda model: model.key),
        prompts=by_key(each(data, "prompt", prompt_from_dict), lambda prompt: prompt.key),
        requests=by_key(each(data, "run", request_from_dict), lambda request: request.spec.id),
        scores=each(data, "score", score_from_dict),
        notes=each(data, "note", note_from_dict),
        extra={key: value for key, value in data.items() if key not in _KNOWN},
    )
    for request in session.requests.values():
        spec = request.spec
        if spec.plan not in session.plans or spec.model not in session.models or spec.prompt not in session.prompts:
            raise ValueError(f"run {spec.id}: its plan, model or prompt is not in the file")
    _check_end(data, session)
    return session


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
        **({"nonce": spec.nonce} if spec.nonce else {}),
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
            prompt_tokens=get(usage, "prompt_tokens", int, None),
            completion_tokens=get(usage, "completion_tokens", int, None),
            reasoning_tokens=get(usage, "reasoning_tokens", int, None),
            source=source,
            cached_tokens=get(usage, "cached_tokens", int, None),
        )
    request.timestamps = timestamps_from_dict(get(table, "timing", dict, {}))
    if "memory" in table:
        memory = get(table, "memory", dict)
        request.memory = MemoryUse(*(get(memory, field.name, int, None) for field in fields(MemoryUse)))
    if "error" in table:
        error = get(table, "error", dict)
        request.fault = Fault(*(get(error, key, str, "") for key in ("kind", "message", "hint", "type")))
    return request


def score_to_dict(score: Score) -> Table:
    """A `[[score]]` table; a score taken back has no value."""
    return without_none(
        run=score.run, rater=score.rater, criterion=score.criterion, value=score.value, scale=score.scale,
        position=score.position, blind=score.blind, at=score.at,
    )  # fmt: skip


def score_from_dict(table: Table) -> Score:
    """The score of a `[[score]]` table. Raises ValueError when it is not on its scale."""
    value, scale = get(table, "value", int, None), get(table, "scale", int, SCALE[-1])
    if value is not None and not 1 <= value <= scale:
        raise ValueError(f"a score of {value} on a scale of {scale}")
    return Score(
        run=get(table, "run", str),
        rater=get(table, "rater", str),
        value=value,
        at=get_time(table, "at"),
        criterion=get(table, "criterion", str, OVERALL),
        scale=scale,
        position=get(table, "position", int, None),
        blind=get(table, "blind", bool, False),
    )


def note_to_dict(note: Note) -> Table:
    """A `[[note]]` table."""
    return {"run": note.run, "rater": note.rater, "text": note.text, "at": note.at}


def note_from_dict(table: Table) -> Note:
    """The note of a `[[note]]` table."""
    return Note(get(table, "run", str), get(table, "rater", str), get(table, "text", str), get_time(table, "at"))


def _named_host(table: Table) -> tuple[str, Table]:
    """A `[[host]]` table, where several took part."""
    return get(table, "name", str), {key: value for key, value in table.items() if key != "name"}


def _check_end(data: Table, session: Session) -> None:
    end = get(data, "end", dict, {})
    counts = {"runs": len(session.requests), "scores": len(session.scores), "notes": len(session.notes)}
    wrong = [f"{key}: {end.get(key)} promised, {count} found" for key, count in counts.items() if end.get(key) != count]
    if wrong:
        raise ValueError("the file is cut or was changed by hand: " + ", ".join(wrong))
