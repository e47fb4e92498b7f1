"""Sessions to plain dicts, ready for TOML, and back. What comes back is untrusted and checked field by field."""

from __future__ import annotations

from dataclasses import asdict, fields

from tui.core.events import Usage
from tui.core.lane import Fault, Lane, LaneSpec, LaneState
from tui.core.memory import MemoryUse
from tui.core.plan import Mode
from tui.core.rating import OVERALL, SCALE, Note, Score
from tui.core.session import SCHEMA, Session, SessionState
from tui.core.session_plan import (
    plan_from_dict,
    plan_to_dict,
    prompt_from_dict,
    prompt_to_dict,
    target_from_dict,
    target_to_dict,
)
from tui.core.session_timing import marks_from_dict, marks_to_dict
from tui.core.tables import Table, by_key, each, get, instant, known

_KNOWN = ("schema", "id", "created", "state", "tool", "host", "plan", "model", "prompt", "run", "score", "note", "end")


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
        "model": [target_to_dict(target) for target in session.targets.values()],
        "prompt": [prompt_to_dict(prompt) for prompt in session.prompts.values()],
        "run": [lane_to_dict(lane) for lane in session.lanes.values()],
        "score": [score_to_dict(score) for score in session.scores],
        "note": [note_to_dict(note) for note in session.notes],
        "end": {"runs": len(session.lanes), "scores": len(session.scores), "notes": len(session.notes)},
    }


def session_from_dict(data: Table) -> Session:
    """The session a file's tables hold. Raises ValueError naming what is wrong."""
    schema = get(data, "schema", int)
    if schema != SCHEMA:
        raise ValueError(f"it has schema {schema}; this version reads schema {SCHEMA}")
    several = isinstance(data.get("host"), list)
    session = Session(
        id=get(data, "id", str),
        created=instant(data, "created"),
        state=SessionState(get(data, "state", str)),
        tool={key: str(value) for key, value in get(data, "tool", dict, {}).items()},
        host={} if several else get(data, "host", dict, {}),
        hosts=dict(by_key(each(data, "host", _named_host), lambda host: host[0]).values()) if several else {},
        plans=by_key(each(data, "plan", plan_from_dict), lambda plan: plan.key),
        targets=by_key(each(data, "model", target_from_dict), lambda target: target.key),
        prompts=by_key(each(data, "prompt", prompt_from_dict), lambda prompt: prompt.key),
        lanes=by_key(each(data, "run", lane_from_dict), lambda lane: lane.spec.id),
        scores=each(data, "score", score_from_dict),
        notes=each(data, "note", note_from_dict),
        extra={key: value for key, value in data.items() if key not in _KNOWN},
    )
    for lane in session.lanes.values():
        spec = lane.spec
        if spec.plan not in session.plans or spec.model not in session.targets or spec.prompt not in session.prompts:
            raise ValueError(f"run {spec.id}: its plan, model or prompt is not in the file")
    _check_end(data, session)
    return session


def spec_to_dict(spec: LaneSpec) -> Table:
    """The part of a `[[run]]` table that says which request it was."""
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


def spec_from_dict(table: Table) -> LaneSpec:
    """Which request a `[[run]]` table tells of."""
    return LaneSpec(
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


def lane_to_dict(lane: Lane) -> Table:
    """A `[[run]]` table with its sub-tables."""
    table = spec_to_dict(lane.spec)
    table |= known(state=lane.state.value, finish_reason=lane.finish_reason, started=lane.started)
    if lane.adjusted:
        table["adjusted"] = list(lane.adjusted)
    table["answer"] = lane.answer
    if lane.reasoning:
        table["reasoning"] = lane.reasoning
    usage = lane.usage
    table["usage"] = (
        {"source": "none"}
        if usage is None
        else known(
            source=usage.source,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            cached_tokens=usage.cached_tokens,
        )
    )
    table["timing"] = marks_to_dict(lane.marks)
    if lane.memory is not None:
        table["memory"] = known(**asdict(lane.memory))
    if lane.fault is not None:
        fault = lane.fault
        table["error"] = {"kind": fault.kind, "type": fault.type, "message": fault.message, "hint": fault.hint}
    return table


def lane_from_dict(table: Table) -> Lane:
    """The lane of a `[[run]]` table."""
    lane = Lane(spec_from_dict(table), state=LaneState(get(table, "state", str)))
    lane.finish_reason = get(table, "finish_reason", str, None)
    lane.started = instant(table, "started") if "started" in table else None
    lane.adjusted = tuple(str(name) for name in get(table, "adjusted", list, []))
    lane.restore_text(get(table, "answer", str, ""), get(table, "reasoning", str, ""))
    usage = get(table, "usage", dict, {})
    source = get(usage, "source", str, "none")
    if source != "none":
        lane.usage = Usage(
            lane.spec.id,
            prompt_tokens=get(usage, "prompt_tokens", int, None),
            completion_tokens=get(usage, "completion_tokens", int, None),
            reasoning_tokens=get(usage, "reasoning_tokens", int, None),
            source=source,
            cached_tokens=get(usage, "cached_tokens", int, None),
        )
    lane.marks = marks_from_dict(get(table, "timing", dict, {}))
    if "memory" in table:
        memory = get(table, "memory", dict)
        lane.memory = MemoryUse(*(get(memory, field.name, int, None) for field in fields(MemoryUse)))
    if "error" in table:
        error = get(table, "error", dict)
        lane.fault = Fault(*(get(error, key, str, "") for key in ("kind", "message", "hint", "type")))
    return lane


def score_to_dict(score: Score) -> Table:
    """A `[[score]]` table; a score taken back has no value."""
    return known(
        run=score.run, rater=score.rater, criterion=score.criterion, value=score.value, scale=score.scale,
        position=score.position, blind=score.blind, at=score.at,
    )  # fmt: skip


def score_from_dict(table: Table) -> Score:
    """The score of a `[[score]]` table."""
    value, scale = get(table, "value", int, None), get(table, "scale", int, SCALE[-1])
    if value is not None and not 1 <= value <= scale:
        raise ValueError(f"a score of {value} on a scale of {scale}")
    return Score(
        run=get(table, "run", str),
        rater=get(table, "rater", str),
        value=value,
        at=instant(table, "at"),
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
    return Note(get(table, "run", str), get(table, "rater", str), get(table, "text", str), instant(table, "at"))


def _named_host(table: Table) -> tuple[str, Table]:
    """A `[[host]]` table, where several took part."""
    return get(table, "name", str), {key: value for key, value in table.items() if key != "name"}


def _check_end(data: Table, session: Session) -> None:
    end = get(data, "end", dict, {})
    counts = {"runs": len(session.lanes), "scores": len(session.scores), "notes": len(session.notes)}
    wrong = [f"{key}: {end.get(key)} promised, {count} found" for key, count in counts.items() if end.get(key) != count]
    if wrong:
        raise ValueError("the file is cut or was changed by hand: " + ", ".join(wrong))
