"""A session of what is left of a damaged file: what belongs together is joined, and what is lost is said.

Nothing is made up but what the rest cannot be read without: the place of a lost prompt, model or plan is taken by one
that says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from operator import ne
from typing import Any

from tui.core.dict_reader import Table
from tui.core.plans.mode import Mode
from tui.core.requests.request import RequestState
from tui.core.sessions.entry_dict import ENTRY_KINDS, KIND_NAMED
from tui.core.sessions.plan_dict import model_from_dict, plan_from_dict, prompt_from_dict
from tui.core.sessions.rater_dict import rater_from_dict, rubric_from_dict
from tui.core.sessions.schema import ROWS
from tui.core.sessions.session import SCHEMA, Session, SessionState
from tui.core.sessions.session_dict import ARRAYS, END, request_from_dict, session_from_dict
from tui.core.sessions.upgrades import STEPS

UNNAMED = "?"
"""The name of a table whose header is lost."""
LOST_PROMPT = "(This prompt was lost: the file was damaged.)"
LOST_MODEL = "(lost)"
_READERS: dict[str, Callable[[Table], Any]] = {
    "rubric": rubric_from_dict, "rater": rater_from_dict, "plan": plan_from_dict, "model": model_from_dict,
    "prompt": prompt_from_dict, "run": request_from_dict, **{kind.name: kind.from_dict for kind in ENTRY_KINDS},
}  # fmt: skip
_KEYS = {"rubric": "hash", "rater": "id", "plan": "key", "model": "key", "prompt": "key", "run": "id"}
_STAMP = re.compile(r"(\d{8}T\d{6})Z")
_DAMAGED = "damaged"
"""The kind of a fault: the answer's file was damaged."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that could not be read."""

    line: int
    """Where it begins, from 1; 0 where that is not known."""
    what: str
    """As a sentence without its full stop."""

    def said(self) -> str:
        """With its line."""
        return f"line {self.line}: {self.what}" if self.line else self.what


@dataclass(slots=True)
class Piece:
    """A table that could be read, or what of it could."""

    line: int
    name: str
    """Of its header, with dots; empty for the beginning of the file."""
    is_array: bool
    table: Table
    cut_texts: set[str] = field(default_factory=set)
    """The keys whose text is damaged, and may lack a part."""
    is_damaged: bool = False
    """Whether some of its keys could not be read."""


def session_of(pieces: Iterable[Piece], name: str, written: datetime, lost: list[Loss]) -> Session:
    """The session of these pieces; what cannot be used is added to `lost`.

    `name` is that of the file without its ending, `written` when it was last. Raises ValueError when nothing is left
    that was asked or said.
    """
    data, lines = _joined(pieces, lost)
    beginning = _beginning(data, name, written)
    for kind in ENTRY_KINDS:
        _give_times(kind.name, data.get(kind.name), beginning["created"], lines, lost)
    for array, read in _READERS.items():
        data[array] = list(_readable(array, read, data.get(array, []), lines, lost))
    _name_once(data, lines, lost)
    _fill_in(data, lost)
    if not data["run"] and not any(data[kind.name] for kind in ENTRY_KINDS):
        raise ValueError("there is no answer, score or note left in it")
    promised = data.pop(END, {})
    data |= beginning
    counts = {"runs": len(data["run"])} | {kind.plural: len(data[kind.name]) for kind in ENTRY_KINDS}
    for what, number in counts.items():
        there = promised.get(what) if isinstance(promised, dict) else None
        if isinstance(there, int) and there != number:
            lost.append(Loss(0, f"{number} of {there} {what} are left"))
    return session_from_dict({**data, END: counts})


def _joined(pieces: Iterable[Piece], lost: list[Loss]) -> tuple[Table, dict[int, int]]:
    """The file's tables, each part of a row in its row; and the line of each row, by its identity."""
    data: Table = {}
    lines: dict[int, int] = {}
    owner: dict[str, Table] = {}
    """The row that a part of a row belongs to, by the name of its array; none where its header is lost."""
    for piece in (one for found in pieces for one in _apart(found)):
        name = _meant(piece)
        if name is None:
            owner.clear()
            if piece.table:
                lost.append(Loss(piece.line, "a table whose header is lost does not say what it is"))
            continue
        first, *path = name.split(".")
        if not name:
            data |= {key: value for key, value in piece.table.items() if key not in ARRAYS and key != END}
        elif path:
            if not _put(owner.get(first), path, piece):
                owner.pop(first, None)
                lost.append(Loss(piece.line, f"[{name}] belongs to nothing that is left"))
        elif first in ARRAYS or (first == "host" and piece.is_array):
            rows = data.setdefault(first, [])
            row = dict(piece.table)
            if not isinstance(rows, list):
                rows = data[first] = []
            rows.append(row)
            owner[first], lines[id(row)] = row, piece.line
            says = _SAYS.get(first)
            if says is not None and says not in row and (piece.is_damaged or "at" not in row):
                # Without what it says it would take back what was said before.
                rows.pop()
                lost.append(Loss(piece.line, f"[[{first}]] cannot be used: `{says}` is lost"))
            if first == "run" and (piece.cut_texts or "answer" not in row):
                _mark_cut(row)
        elif piece.is_array:
            data.setdefault(first, []).append(piece.table) if isinstance(data.get(first, []), list) else None
        else:
            data[first] = piece.table
            owner[first] = piece.table
    return data, lines


def _apart(piece: Piece) -> Iterator[Piece]:
    """A piece that has the keys of another table too, whose header is lost, as two."""
    first, *path = piece.name.split(".")
    shape = ROWS.get(first, {}).get("items", {})
    for key in path:
        shape = shape.get("properties", {}).get(key, {})
        shape = shape.get("items", shape)
    known = shape.get("properties")
    if known:
        table = {_meant_key(key, known, piece.table): value for key, value in piece.table.items()}
        others = {key: value for key, value in table.items() if key not in known}
        apart = others if _by_shape(others) is not None else {}
        rest = {key: value for key, value in table.items() if key not in apart}
        yield Piece(piece.line, piece.name, piece.is_array, rest, piece.cut_texts & rest.keys(), piece.is_damaged)
        if apart:
            yield Piece(piece.line, UNNAMED, False, apart, piece.cut_texts & apart.keys(), piece.is_damaged)
    else:
        yield piece


def _meant_key(key: str, known: Iterable[str], table: Table) -> str:
    """The key that this one was before one letter of it was changed, if the table lacks that; else itself."""
    if key in known:
        return key
    near = [one for one in known if len(one) == len(key) and sum(map(ne, one, key)) == 1 and one not in table]
    return near[0] if len(near) == 1 else key


def _mark_cut(row: Table) -> None:
    """Say of a run that its answer is not all there."""
    if row.get("state") in (RequestState.FAILED, RequestState.STOPPED, RequestState.SKIPPED):
        return
    row["state"] = RequestState.CUT.value
    message = "The file of this answer was damaged: a part of it may be missing."
    row["error"] = {"kind": _DAMAGED, "type": "", "message": message, "hint": ""}


def _put(row: Table | None, path: list[str], piece: Piece) -> bool:
    """Put a part of a row where it belongs; whether that was possible."""
    *between, last = path
    for key in between:
        inner: Any = (row or {}).get(key)
        inner = inner[-1] if isinstance(inner, list) and inner else inner
        row = inner if isinstance(inner, dict) else None
    if row is None:
        return False
    if piece.is_array:
        rows = row.setdefault(last, [])
        if not isinstance(rows, list):
            return False
        rows.append(piece.table)
        return True
    if isinstance(row.get(last), dict) and last != "error":
        return False  # A second one: the header of a row between them is lost.
    row.setdefault(last, piece.table)
    return True


def _meant(piece: Piece) -> str | None:
    """The name of a piece; by its keys, where its header is lost or was changed. None where that does not tell."""
    first, *path = piece.name.split(".")
    if path:
        known = ROWS.get(first, {}).get("items", {}).get("properties")
        if known is None or path[0] in known:
            return piece.name
    elif piece.name in ("", *ARRAYS, END, "tool", "host") or (piece.name != UNNAMED and not piece.is_array):
        return piece.name
    guessed = _by_shape(piece.table)
    return guessed or (piece.name if piece.name != UNNAMED else None)


def _by_shape(table: Table) -> str | None:
    """Which table has these keys, and all that it must have; None where none or several have."""
    shapes = [(name, rows["items"]) for name, rows in ROWS.items()]
    shapes += [(f"run.{part}", ROWS["run"]["items"]["properties"][part]) for part in _PARTS]
    keys = table.keys()
    fits = [
        name
        for name, shape in shapes
        if len(keys) > 1 and keys <= shape["properties"].keys() and keys >= set(shape.get("required", ()))
    ]
    # A note on an answer has keys that others have too; what says something has `text`, `value` or `facet`.
    if len(fits) > 1:
        fits = [name for name in fits if keys & _TELLING.get(name, set())]
    return fits[0] if len(fits) == 1 else None


_SAYS = {"score": "value", "vote": "choice", "facet": "ticked", "note": "text"}
"""What an entry says; without it, it takes an earlier one back."""
_PARTS = ("usage", "timing", "memory", "error")
"""The tables in a run."""
_TELLING = {"score": {"value", "criterion", "scale"}, "note": {"text"}, "facet": {"facet"}, "run": {"answer"},
            "prompt": {"user"}, "plan": {"rounds"}, "model": {"alias"}, "vote": {"runs"}}  # fmt: skip


def _readable(
    array: str, read: Callable[[Table], Any], rows: Any, lines: dict[int, int], lost: list[Loss]
) -> Iterator[Table]:
    """The rows that can be read, without those of their keys that cannot."""
    must = set(ROWS[array]["items"].get("required", ()))
    for row in rows if isinstance(rows, list) else []:
        line = lines.get(id(row), 0)
        if array == "run":
            _complete_run(row)
        needed = must | ({_SAYS[array]} if array in _SAYS else set())
        try:
            read(row)
            yield row
            continue
        except (ValueError, OverflowError) as error:
            reason = str(error)
        found = _without_what_is_wrong(row, read, needed)
        if found is None:
            lost.append(Loss(line, f"[[{array}]] cannot be used: {reason}"))
            continue
        gone = ", ".join(f"`{key}`" for key in row if key not in found)
        lost.append(Loss(line, f"[[{array}]] lacks {gone}: {reason}"))
        lines[id(found)] = line
        yield found


def _give_times(array: str, rows: Any, begun: datetime, lines: dict[int, int], lost: list[Loss]) -> None:
    """Give each entry that lacks its time that of the one before it: what was said counts in its place."""
    before = begun
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row.get("at"), datetime):
            before = row["at"]
        else:
            lost.append(Loss(lines.get(id(row), 0), f"[[{array}]] lacks its time: that of the one before it is taken"))
            row["at"] = before


def _without_what_is_wrong(row: Table, read: Callable[[Table], Any], must: set[str]) -> Table | None:
    """The row without one of its keys, or else without all that it can do without but texts; None where that is not
    enough."""
    spare = [key for key in row if key not in must]
    tries = [{name: value for name, value in row.items() if name != key} for key in spare]
    tries.append({name: value for name, value in row.items() if name in must or name in ("answer", "reasoning")})
    for found in tries:
        try:
            read(found)
        except (ValueError, OverflowError):
            continue
        return found
    return None


def _complete_run(row: Table) -> None:
    """Give a run whose answer is there what else it must have."""
    if not isinstance(row.get("answer"), str):
        return
    if not isinstance(row.get("state"), str) or row["state"] not in set(RequestState):
        row["state"] = RequestState.CUT.value
    if not isinstance(row.get("mode"), str) or row["mode"] not in set(Mode):
        row["mode"] = Mode.RACE.value
    for key in ("plan", "model", "prompt", "id"):
        if not isinstance(row.get(key), str) or not row[key]:
            row[key] = "lost"


def _name_once(data: Table, lines: dict[int, int], lost: list[Loss]) -> None:
    """Of several rows of one name the first is kept; of answers, all, under names of their own."""
    names = {row["id"] for row in data["run"]}
    free_names = (free for free in map("r{}".format, count(1)) if free not in names)
    for array, key in _KEYS.items():
        kept: dict[str, Table] = {}
        for row in data[array]:
            name = row[key]
            if name not in kept:
                kept[name] = row
            elif array == "run" and row.get("answer") and row.get("answer") != kept[name].get("answer"):
                free = next(free_names)
                lost.append(Loss(lines.get(id(row), 0), f"a second run {name} is called {free}"))
                kept[free] = row | {"id": free}
            else:
                lost.append(Loss(lines.get(id(row), 0), f"a second [[{array}]] {name} is left out"))
        data[array] = list(kept.values())
    numbers = Counter(row.get("entry") for kind in ENTRY_KINDS for row in data[kind.name])
    seen: set[Any] = set()
    for kind in KIND_NAMED:
        for row in data[kind]:
            if numbers[row.get("entry")] > 1 and row.get("entry") in seen:
                row.pop("entry", None)
            seen.add(row.get("entry"))
    before: set[str] = set()
    for row in data["run"]:
        before.add(row["id"])
        follows = row.get("follows")
        if follows == row["id"] or (follows in names and follows not in before):
            row.pop("follows", None)


def _fill_in(data: Table, lost: list[Loss]) -> None:
    """Put something that says so in the place of each plan, model and prompt that is lost."""
    there = {array: {row["key"] for row in data[array]} for array in ("plan", "model", "prompt")}
    for run in data["run"]:
        plan, model, prompt = run["plan"], run["model"], run["prompt"]
        if plan not in there["plan"]:
            data["plan"].append({"key": plan, "mode": run["mode"], "models": [model], "prompts": [prompt]})
        if model not in there["model"]:
            data["model"].append({"key": model, "alias": f"{LOST_MODEL} {model}", "id": f"{LOST_MODEL} {model}"})
        if prompt not in there["prompt"]:
            data["prompt"].append({"key": prompt, "user": LOST_PROMPT})
        for array, name in (("plan", plan), ("model", model), ("prompt", prompt)):
            if name not in there[array]:
                there[array].add(name)
                lost.append(Loss(0, f"{array} {name} is lost: another stands in its place, and says so"))


def _beginning(data: Table, name: str, written: datetime) -> Table:
    """The keys that a session must begin with."""
    found = data.get("id")
    own = found if isinstance(found, str) and found else name
    created = data.get("created")
    if not isinstance(created, datetime):
        said = _STAMP.search(own)
        created = _instant(said[1]) if said else None
    state = data.get("state")
    kept = (SessionState.FINISHED.value, SessionState.INTERRUPTED.value)
    schema, tags = data.get("schema"), data.get("tags")
    return {
        "schema": schema if isinstance(schema, int) and schema >= min(STEPS) else SCHEMA,
        "id": own,
        "created": created or written,
        "state": state if state in kept else SessionState.INTERRUPTED.value,
        "title": data["title"] if isinstance(data.get("title"), str) else "",
        "tags": [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
        "tool": data["tool"] if isinstance(data.get("tool"), dict) else {},
        "host": _host(data.get("host")),
    }


def _host(found: Any) -> Any:
    """The hosts that can be used: one, or those of several that have a name."""
    if isinstance(found, dict):
        return found
    rows = found if isinstance(found, list) else []
    named = {row["name"]: row for row in rows if isinstance(row, dict) and isinstance(row.get("name"), str)}
    return list(named.values()) or {}


def _instant(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
