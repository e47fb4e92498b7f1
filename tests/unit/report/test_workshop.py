"""What reads the workshop's own files reads these, and finds figures that are what their names say."""

from __future__ import annotations

import json

from tests.support import sessions as make
from tui.core.requests.request import RequestState
from tui.report.aggregate import aggregate
from tui.report.formats.workshop import render_json, render_markdown
from tui.report.report import Report

KEYS = ["alias", "latency_avg", "latency_p95", "tokens_per_sec_avg", "rounds", "first_token_latency_avg"]
MORE = ["tokens_per_sec_from"]
"""What the workshop's own files do not have."""


def report_on(*first_ms: float, alias: str = "phi") -> Report:
    """Answers of one model, 10 ms a token, and a failure that is in no figure."""
    requests = [make.request(f"r{number}", round=number, first_ms=value) for number, value in enumerate(first_ms, 1)]
    requests.append(make.request("failed", state=RequestState.FAILED))
    return aggregate([make.session(requests, models=[make.target("m1", alias)])])


def test_seconds_averages_and_the_rate_of_decoding() -> None:
    (line,) = json.loads(render_json(report_on(100, 100, 400)))
    assert list(line) == [*KEYS, *MORE]
    assert line == {
        "alias": "phi", "latency_avg": 0.23, "latency_p95": None, "tokens_per_sec_avg": 100, "rounds": 3,
        "first_token_latency_avg": 0.2, "tokens_per_sec_from": "decode",
    }  # fmt: skip


def test_a_percentile_is_never_above_the_largest_value() -> None:
    (line,) = json.loads(render_json(report_on(*range(100, 2100, 100))))
    assert line["rounds"] == 20
    assert 1.9 < line["latency_p95"] <= 2.03


def test_the_table_has_the_same_with_dashes_for_what_is_unknown() -> None:
    heading, rule, row, _, remark = render_markdown(report_on(100, alias="a|b")).splitlines()
    assert heading.split(" | ")[1].strip() == "Avg Latency (s)" and set(rule) == {"|", "-"}
    assert row.split() == ["|", "a\\|b", "|", "0.13", "|", "-", "|", "100", "|", "1", "|", "0.1", "|"]
    assert remark == "Tokens/sec is the rate of decoding."


def test_two_rows_of_one_alias_are_told_apart() -> None:
    models = [make.target("m1", "phi", id="phi-cpu:1"), make.target("m2", "phi", id="phi-gpu:1")]
    report = aggregate([make.session([make.request("r1"), make.request("r2", model="m2")], models=models)])
    one, other = (line["alias"] for line in json.loads(render_json(report)))
    assert "phi-cpu:1" in one and "phi-gpu:1" in other
