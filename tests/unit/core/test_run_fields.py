"""What may be set of the next run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.some import some
from tui.core.plans.plan import PlanOptions
from tui.core.plans.run_fields import RUN_FIELDS, RunOptions, spell_stops, stops_of
from tui.core.sessions.session_model import Parameters

FIELDS = {one.name: one for one in RUN_FIELDS}
SET = RunOptions(
    PlanOptions(rounds=3, warmup=0, parameters=Parameters(64, 0.2, 0.95, -4, ("\n\n", "END"))), "Be brief.\nBe kind."
)
TEXTS = {
    "system": "Be brief.\nBe kind.", "temperature": "0.2", "top_p": "0.95", "max_tokens": "64", "seed": "-4",
    "stop": "\\n\\n, END", "rounds": "3", "warmup": "0",
}  # fmt: skip


def test_what_is_set_is_typed_and_read_field_by_field_and_empty_is_what_is_usual() -> None:
    assert {name: one.text_of(SET) for name, one in FIELDS.items()} == TEXTS
    made, again = RunOptions(), SET
    for name, one in some(FIELDS.items()):
        assert one.text_of(RunOptions()) == "", "the usual is not named"
        made, again = one.put(made, f" {TEXTS[name]}" if name != "system" else TEXTS[name]), one.put(again, " ")
    assert (made, again) == (SET, RunOptions())


def test_only_what_differs_is_named() -> None:
    assert RunOptions().in_words() == []
    assert RunOptions(PlanOptions(parameters=Parameters(temperature=0.0)), "x\x1b[31m" * 9).in_words() == [
        ("system “x␛[31mx␛[31mx␛[…”", "system"),
        ("temp 0", "temp 0"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("temperature", "hot", "should be a number from 0 to 2"),
        ("temperature", "3", "should be a number from 0 to 2"),
        ("top_p", "0", "should be a number above 0, and at most 1"),
        ("max_tokens", "0", "should be a whole number"),
        ("seed", "1.5", "should be a whole number"),
        ("rounds", "1001", "should be a whole number from 1 to 1000"),
        ("warmup", "-1", "should be a whole number from 0 to 1000"),
        ("stop", ",".join("abcdefghijklmnopq"), "has 17 texts; 16 are the most"),
    ],
)
def test_what_makes_no_sense_is_refused_in_the_words_of_the_settings(name: str, text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        FIELDS[name].put(RunOptions(), text)


@given(st.lists(st.text(min_size=1), max_size=4).map(tuple))
def test_stops_that_are_spelled_out_are_read_as_they_were(stops: tuple[str, ...]) -> None:
    assert stops_of(spell_stops(stops)) == stops
