"""The published schema of a report's JSON has every key, and would notice another. See also tests/conftest.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.report_schema import faults
from tests.support.session_schema import can_check
from tests.support.some import some
from tests.unit.report.test_writers import compared, rich
from tools.report_schema import report_schema
from tui.report.formats import json as to_json

pytestmark = pytest.mark.skipif(not can_check(), reason="jsonschema is not installed")


def test_a_report_is_as_the_schema_says() -> None:
    assert faults(to_json.render(rich())) == faults(to_json.render(compared())) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda report: report.update(mood=1), "'mood' was unexpected"),
        (lambda report: report.update(schema=2), "1 was expected"),
        (lambda report: report.pop("rows"), "'rows' is a required property"),
        (lambda report: report["rows"][0].update(runs="3"), "'3' is not of type 'integer'"),
        (lambda report: report["rows"][0]["ttft_ms"].pop("n"), "'n' is a required property"),
        (lambda report: report["comparisons"][0].update(outcome="won"), "'won' is not one of"),
    ],
)
def test_the_check_would_notice(change: Callable[[dict[str, Any]], object], says: str) -> None:
    report = json.loads(to_json.render(compared()))
    change(report)
    assert any(says in fault for fault in faults(json.dumps(report)))


def test_every_key_at_the_top_and_of_a_row_says_what_it_is() -> None:
    schema = report_schema()["properties"]
    assert all(value.get("description") for value in some(schema.values()))
    described = {key for key, value in schema["rows"]["items"]["properties"].items() if value.get("description")}
    assert {"runs", "failures", "scores", "ttft_ms", "notes"} <= described
