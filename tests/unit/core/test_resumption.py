"""What is another than before when a session goes on is said by name, however often it went on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.support.sessions import WHEN, request, session, target
from tests.support.some import any_number_of
from tui.core.sessions.resumption import ChangedCondition, Resumption, after, changes, conditions, said_of
from tui.report.aggregate import aggregate

LATER = WHEN + timedelta(hours=1)
NAMED = st.dictionaries(st.sampled_from(["tool.version", "host.title", "host.a.endpoint"]), st.text(max_size=3))


def test_conditions_are_named_by_table_host_and_key() -> None:
    facts = {"kind": "openai", "local": True}
    assert conditions({"version": "1"}, facts, {}) == {"tool.version": "1", "host.kind": "openai", "host.local": "true"}
    assert conditions({}, {}, {"a": facts, "b": {"local": False}}) == {
        "host.a.kind": "openai", "host.a.local": "true", "host.b.local": "false",
    }  # fmt: skip


def test_only_what_differs_is_a_change() -> None:
    before = {"tool.version": "1", "tool.os": "Linux", "host.version": "2.2.1"}
    assert changes(before, {"tool.version": "2", "tool.os": "Linux", "host.endpoint": "http://a"}) == (
        ChangedCondition("tool.version", "1", "2"),
        ChangedCondition("host.version", "2.2.1", None),
        ChangedCondition("host.endpoint", None, "http://a"),
    )
    assert changes(before, before) == ()


@given(st.lists(NAMED, min_size=1, max_size=4))
def test_the_changes_lead_from_the_conditions_at_the_beginning_to_those_of_today(days: list[dict[str, str]]) -> None:
    begun, resumptions = days[0], list[Resumption]()
    for today in any_number_of(days[1:]):
        resumptions.append(Resumption(WHEN, changed=changes(after(begun, "", resumptions), today)))
        assert after(begun, "", resumptions) == today
    assert after(begun, "", []) == begun


def test_each_request_has_the_host_and_the_program_of_its_time() -> None:
    early, late, never = request("r1"), request("r2"), request("r3")
    late.started, never.started = LATER, None
    made = session([early, late, never], host={"kind": "openai", "version": "1.0", "endpoint": "http://a"})
    made.tool = {"version": "0.1.0"}
    changed = [("host.version", "1.0", "1.1"), ("host.endpoint", "http://a", None), ("tool.version", "0.1.0", "0.2.0")]
    made.resumptions = [Resumption(LATER, changed=tuple(ChangedCondition(*one) for one in changed))]
    assert made.host_at(early) == made.host_at(never) == made.host
    assert made.host_at(late) == {"kind": "openai", "version": "1.1"}
    assert [made.tool_at(one)["version"] for one in (early, late)] == ["0.1.0", "0.2.0"]
    (row,) = aggregate([made]).rows
    assert "from 2 different hosts or versions" in row.notes


def test_of_several_hosts_only_its_own_is_another() -> None:
    made = session(
        [request("r1"), request("r2", model="m2")], models=[target("m1", host="one"), target("m2", host="two")]
    )
    made.models = {key: replace(one, card=replace(one.card, host=one.host)) for key, one in made.models.items()}
    made.hosts = {"one": {"version": "1"}, "two": {"version": "1"}}
    made.resumptions = [Resumption(WHEN, changed=(ChangedCondition("host.two.version", "1", "2"),))]
    assert [made.host_at(one)["version"] for one in made.requests.values()] == ["1", "2"]


def test_what_is_another_than_before_is_said_in_a_phrase() -> None:
    changed = (ChangedCondition("host.version", "0.9", "0.10"), ChangedCondition("host.title", None, "box"))
    assert said_of(changed) == "host.version 0.9 → 0.10, host.title - → box"
    assert said_of(()) == ""
