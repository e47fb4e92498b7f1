"""Which numbers stand apart, and that they are shown and kept."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations
from statistics import median

import pytest

from tests.support import sessions as make
from tests.support.some import some
from tui.core.requests.request import Request, RequestState
from tui.report.aggregate import aggregate
from tui.report.contribution import contributions
from tui.report.formats import csv as to_csv
from tui.report.formats import json as to_json
from tui.report.formats import markdown as to_markdown
from tui.report.outliers import outliers
from tui.report.reported_request import ReportedRequest

FIRST = (100, 102, 104, 106, 108)
"""With 104 once more and any value, the median absolute deviation is 2; 3.5 of those, scaled, are 10.378."""


def requests(*first_ms: float, **facts: object) -> list[Request]:
    return [make.request(f"r{n}", first_ms=first, round=n, usage=False, **facts) for n, first in enumerate(first_ms, 1)]


def quick(request: Request, prompt: str = "Why?") -> ReportedRequest:
    session = make.session([request], session_id="s1")
    session.prompts[request.spec.prompt] = replace(session.prompts[request.spec.prompt], user=prompt)
    return contributions(session)[0].runs[0]


def firsts(*first_ms: float) -> list[float]:
    found = outliers(map(quick, requests(*first_ms)))
    return [outlier.value for outlier in found if outlier.metric == "ttft_ms"]


@pytest.mark.parametrize(("value", "apart"), [(114.3, False), (114.5, True), (93.7, False), (93.5, True)])
def test_beyond_three_and_a_half_scaled_deviations_a_number_stands_apart(value: float, apart: bool) -> None:
    values = (*FIRST, 104, value)
    deviation = median(abs(each - median(values)) for each in values)
    assert deviation == 2
    assert (value in firsts(*values)) is apart
    assert (0.6745 * abs(value - 104) / deviation > 3.5) is apart


@pytest.mark.parametrize(("value", "apart"), [(104.9, False), (105.2, True), (95.1, False), (94.8, True)])
def test_what_is_within_five_per_cent_of_the_median_does_not_stand_apart(value: float, apart: bool) -> None:
    values = (99.9, 99.95, 100, 100.05, 100.1, value)
    assert abs(value - median(values)) / median(abs(each - median(values)) for each in values) > 30
    assert (value in firsts(*values)) is apart


def test_an_outlier_says_where_it_is_and_how_far_away() -> None:
    found, *_ = outliers(map(quick, requests(*FIRST, 104, 134)))
    assert (found.session, found.run, found.prompt, found.round, found.n) == ("s1", "r7", "Why?", 7, 7)
    assert (found.metric, found.value, found.median) == ("ttft_ms", 134, 104)
    assert found.deviations == pytest.approx(0.6745 * 30 / 2)


def test_of_answers_all_alike_but_one_that_one_stands_apart_without_a_deviation() -> None:
    found = outliers(quick(request) for request in requests(100, 100, 100, 100, 100, 5000))
    assert [(outlier.value, outlier.deviations) for outlier in found if outlier.metric == "ttft_ms"] == [(5000, None)]
    assert firsts(100, 100, 100, 100, 100, 104) == []


def test_outliers_are_named_from_five_answers_on() -> None:
    assert firsts(100, 101, 102, 5000) == []
    assert firsts(100, 101, 102, 103, 5000) == [5000]


def test_the_order_of_outliers_is_not_that_of_the_files() -> None:
    sessions = [
        make.session(
            [make.request(f"r{n}", first_ms=100 + n + 900 * (n == 3), prompt=f"p{n % 2}") for n in range(7, 0, -1)],
            session_id=name,
        )
        for name in ("b", "a", "c")
    ]
    reports = [aggregate(order) for order in permutations(sessions)]
    (row,) = reports[0].rows
    metrics = list(dict.fromkeys(outlier.metric for outlier in row.outliers))
    assert metrics[:2] == ["ttft_ms", "end_ms"]
    assert [(outlier.session, outlier.metric) for outlier in row.outliers] == [
        (name, metric) for metric in metrics for name in "abc"
    ]
    assert len(reports) == 6 and all(report == reports[0] for report in some(reports))


def test_the_order_of_outliers_is_not_that_of_the_runs() -> None:
    made = requests(*FIRST, 104, 5000, 4000)
    one, other = (aggregate([make.session(runs)]).rows[0].outliers for runs in (made, made[::-1]))
    assert one == other
    assert [outlier.run for outlier in one if outlier.metric == "end_ms"] == ["r7", "r8"]


def test_answers_to_different_prompts_are_not_compared() -> None:
    slow = [quick(request, "Write a book.") for request in requests(900, 902, 904, 906, 908)]
    assert outliers([*map(quick, requests(*FIRST)), *slow]) == ()
    assert outliers(run._replace(prompt="Why?") for run in [*map(quick, requests(*FIRST, 104)), *slow[:1]]) != ()


def test_what_does_not_count_is_no_outlier() -> None:
    failed = requests(9000, state=RequestState.CUT)
    assert outliers(quick(request) for request in requests(*FIRST) + failed) == ()


def test_every_report_shows_the_outliers_and_keeps_them() -> None:
    report = aggregate([make.session(requests(*FIRST, 104, 5000))])
    (row,) = report.rows
    assert (row.stats["ttft_ms"].n, row.stats["ttft_ms"].maximum) == (7, 5000)
    shown = to_markdown.render(report)
    assert "### Outliers" in shown and "Outliers are kept in all numbers: they lie more than 3.5 scaled" in shown
    line = next(line for line in shown.splitlines() if "| r7 " in line)
    assert [cell.strip() for cell in line.split("|")][5:10] == ["Question p1?", "first text, ms", "5000", "104", "7"]
    (told,) = json.loads(to_json.render(report))["rows"]
    assert [(outlier["run"], outlier["metric"]) for outlier in told["outliers"]][:2] == [
        ("r7", "ttft_ms"),
        ("r7", "end_ms"),
    ]
    headings, cells = to_csv.render(report).splitlines()
    assert dict(zip(headings.split(","), cells.split(","), strict=True))["outliers"] == str(len(row.outliers))


def test_a_report_without_outliers_does_not_speak_of_them() -> None:
    assert "utliers" not in to_markdown.render(aggregate([make.session(requests(*FIRST))]))
