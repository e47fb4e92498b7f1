"""Events travel as plain dicts; what is no event is refused with a ValueError and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.core.requests import events as ev
from tui.core.requests.events import Kind, from_dict, to_dict

request = st.text(max_size=5)
at = st.integers(0, 2**62)
count = st.none() | st.integers(0, 10**6)
events = st.one_of(
    *(
        st.builds(kind, request, at)
        for kind in (ev.Queued, ev.Loading, ev.Loaded, ev.Headers, ev.Cancelled, ev.Skipped)
    ),
    st.builds(ev.Sent, request, at, at, st.booleans()),
    st.builds(ev.Delta, request, at, st.integers(0, 10**6), st.sampled_from(Kind), st.text()),
    st.builds(ev.Usage, request, count, count, count, st.sampled_from(["server", "tokenizer"]), count),
    st.builds(ev.ThinkingFound, request, count.filter(bool), count.filter(bool), count.filter(bool)),
    st.builds(ev.OptionsDropped, request, at, st.lists(st.text()).map(tuple)),
    st.builds(ev.Ended, request, at, st.none() | st.text(), st.booleans()),
    st.builds(ev.Failed, request, at, st.text(), st.text(), st.text(), st.text()),
    st.builds(ev.FailureExplained, request, at, st.text(), st.text()),
    st.builds(ev.Memory, request, at, count, count),
)


@settings(max_examples=100, deadline=None)
@given(events)
def test_an_event_survives_a_line_of_json(event: ev.Event) -> None:
    line = json.dumps(to_dict(event))
    back = from_dict(json.loads(line))
    assert back == event
    assert type(back) is type(event)


def test_an_event_says_its_name() -> None:
    assert to_dict(ev.Delta("r1", 5, 2, Kind.REASONING, "hm")) == {
        "event": "delta", "request": "r1", "at": 5, "read": 2, "kind": "r", "text": "hm",
    }  # fmt: skip


def test_fields_with_a_usual_value_may_be_left_out() -> None:
    assert from_dict({"event": "sent", "request": "r1", "at": 1}) == ev.Sent("r1", 1, 0, reused=False)


DELTA = {"event": "delta", "request": "r1", "at": 5, "read": 1, "kind": "a", "text": "x"}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"event": "explode"},
        {"event": None},
        {"event": ["delta"]},
        {"event": {}},
        {"event": "queued"},
        {"event": "queued", "request": "r1", "at": 1, "mood": "good"},
        {"event": "queued", "request": "r1", "at": "1"},
        {"event": "queued", "request": "r1", "at": 1.5},
        {"event": "queued", "request": "r1", "at": True},
        {"event": "queued", "request": "r1", "at": 2**63},
        {"event": "queued", "request": "r1", "at": -(2**70)},
        {"event": "queued", "request": ["r1"], "at": 1},
        {"event": "adjusted", "request": "r1", "at": 1, "left_out": "seed"},
        {"event": "adjusted", "request": "r1", "at": 1, "left_out": ["seed", 3]},
        {"event": "sent", "request": "r1", "at": 1, "reused": "yes"},
        {"event": "ended", "request": "r1", "at": 1, "finish_reason": 3},
        {"event": "usage", "request": "r1", "completion_tokens": "12"},
        {"event": "failed", "request": "r1", "at": 1, "kind": "stream", "message": None},
        DELTA | {"kind": "z"},
        DELTA | {"kind": []},
        DELTA | {"text": None},
        DELTA | {"text": ["x"]},
        DELTA | {"read": "1"},
        {key: value for key, value in DELTA.items() if key != "kind"},
    ],
    ids=str,
)
def test_what_is_no_event_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^not an? |is not a valid Kind"):
        from_dict(data)


names = st.sampled_from(["delta", "sent", "usage", "failed", "ended", "queued"])
values = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
)
keys = st.sampled_from(["request", "at", "read", "kind", "text", "message", "reused", "completion_tokens", "x"])


@settings(max_examples=100, deadline=None)
@given(names, st.dictionaries(keys, values))
def test_a_damaged_journal_line_gives_an_event_or_a_value_error(name: str, fields: dict[str, Any]) -> None:
    try:
        event = from_dict({"event": name, **fields})
    except ValueError:
        return
    assert to_dict(event)["event"] == name
