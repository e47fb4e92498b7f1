"""What the format says of itself: any session is as its JSON Schema says, and keys it does not list are kept."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.session_schema import can_check, faults, strict
from tests.support.some import some
from tests.unit.core.test_session_dict import sessions
from tui.core.sessions.entry_dict import ENTRY_KINDS
from tui.core.sessions.schema import ROWS, file_schema, unknown_keys, with_unknown
from tui.core.sessions.session import Session
from tui.core.sessions.session_dict import ARRAYS, session_from_dict, session_to_dict

needs_jsonschema = pytest.mark.skipif(not can_check(), reason="jsonschema is not installed")
SLOWLY = [HealthCheck.too_slow, HealthCheck.data_too_large]


@needs_jsonschema
@settings(max_examples=15, deadline=None, suppress_health_check=SLOWLY)
@given(sessions())
def test_any_session_is_as_the_schema_says_and_has_no_other_key(session: Session) -> None:
    session.extra.clear()
    session.host = {key: value for key, value in session.host.items() if key in ("kind", "title")}
    session.tool = {key: value for key, value in session.tool.items() if key in ("version", "os")}
    session.host |= {"kind": "openai", "local": True}
    session.tool |= {"version": "0.1.0"}
    assert faults(session_to_dict(session)) == []


@needs_jsonschema
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mood": "x"}, "'mood' was unexpected"),
        ({"state": "asleep"}, "'asleep' is not one of"),
        ({"schema": 1}, "2 was expected"),
        ({"created": "2026-11-22T11:03:01"}, "is not a 'date-time'"),
        ({"note": [{"rater": "ann", "text": "x"}]}, "'at' is a required property"),
    ],
)
def test_the_check_would_notice(change: dict[str, Any], says: str) -> None:
    tables = session_to_dict(Session("s", session_from_dict(HEAD).created)) | change
    assert any(says in fault for fault in faults(tables))


HEAD: dict[str, Any] = {
    "schema": 2, "id": "s", "created": "2026-11-22T11:03:01+00:00", "state": "finished",
    "end": {"runs": 0, "scores": 0, "notes": 0},
}  # fmt: skip


def test_every_array_of_the_file_is_described_and_no_other() -> None:
    assert list(ROWS) == list(ARRAYS)
    assert all(kind.name in ROWS for kind in some(ENTRY_KINDS))
    assert all(part["description"] for part in some(described(file_schema())))


def described(schema: Any) -> Iterator[dict[str, Any]]:
    """Every key's own schema, at every level."""
    for value in [*schema.get("properties", {}).values()]:
        yield value
        for inner in (value, value.get("items", {})):
            yield from described(inner)


def test_the_schema_itself_is_plain_json() -> None:
    assert json.loads(json.dumps(file_schema())) == file_schema()
    assert strict(file_schema())["properties"]["run"]["items"]["additionalProperties"] is False


def tables_in(value: Any) -> Iterator[dict[str, Any]]:
    """The table itself, and all that are in it at any level."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from tables_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from tables_in(inner)


FOREIGN = st.sampled_from([{"a": 1}, [{"b": [1, 2]}, {}], [], 3.5, True, {"c": {"d": "e"}}])


@settings(max_examples=15, deadline=None, suppress_health_check=SLOWLY)
@given(sessions(), FOREIGN)
def test_what_a_later_version_adds_to_any_table_is_kept(session: Session, foreign: Any) -> None:
    written = copy.deepcopy(session_to_dict(session))
    for table in some(list(tables_in(written))):
        table["from_later"] = copy.deepcopy(foreign)
    assert session_to_dict(session_from_dict(copy.deepcopy(written))) == written


def test_what_is_not_known_goes_back_to_where_it_was() -> None:
    schema = ROWS["run"]["items"]
    table = {"id": "r1", "mood": 1, "usage": {"source": "none", "mood": {"x": 1}}, "timing": {"end": 3}}
    left = unknown_keys(table, schema)
    assert left == {"mood": 1, "usage": {"mood": {"x": 1}}}
    learnt = {"id": "r1", "usage": {"source": "server", "mood": 2}}
    assert with_unknown(learnt, left) == {"id": "r1", "mood": 1, "usage": {"source": "server", "mood": 2}}
    assert unknown_keys({"id": "r1"}, schema) == {}
