"""The figures of the Report screen: what a cell says, what is said of it, and which answers are behind it."""

from __future__ import annotations

from dataclasses import replace

from tests.support import sessions as make
from tests.support.some import some
from tests.unit.report.test_writers import HOSTILE, rich
from tests.unit.report.test_writers import compared as two_models
from tui.core.conditions.grammar import parse
from tui.core.conditions.names import Use
from tui.core.requests.request import RequestState
from tui.core.scoring.rating import Vote, VoteChoice
from tui.report.aggregate import aggregate
from tui.report.options import ReportOptions, parse_by
from tui.report.report import Report
from tui.report.rows import Row
from tui.report.session_record import about_of
from tui.ui.report.figures import FIXED, FigureColumn, about_row, compared, figure_columns, figure_rows, shown_rows
from tui.ui.report.narrowing import FilterBy, KnownValues, condition


def columns_of(report: Report) -> dict[str, FigureColumn]:
    return {column.title: column for column in figure_columns(report.rows)}


def row_called(report: Report, alias: str) -> Row:
    return next(row for row in report.rows if row.subject.alias == alias)


def test_every_row_has_a_cell_for_each_figure_that_one_of_them_has() -> None:
    report = rich()
    columns = figure_columns(report.rows)
    titles = [column.title for column in columns]
    assert titles[:3] == ["first text, ms", "whole answer, ms", "decoding, tok/s"]
    assert {"overall, 1-5", "style, 1-5", "failed", "disk, MB", "licence"} <= set(titles)
    assert "votes" not in titles and "memory, MB" not in titles, "nobody knows them here"
    for row in some(figure_rows(shown_rows(report), columns)):
        assert len(row.cells) == len(FIXED) + len(columns) and all(some(row.cells))


def test_rows_that_are_split_stand_below_their_groups_which_are_no_rows() -> None:
    report = rich()
    by = replace(report, options=ReportOptions(by=parse_by(["prompt"])))
    lines = shown_rows(by)
    heads = [line for line in lines if line.row is None]
    assert len(heads) == len({(row.subject.mode, run.prompt) for row in report.rows for run in row.requests})
    assert len({line.key for line in lines}) == len(lines)
    parts = [line for line in lines if line.row is not None]
    assert sum(line.row.outcomes.runs for line in parts if line.row) == sum(row.outcomes.runs for row in report.rows)
    group = ""
    for line in some(lines):
        group = line.name if line.row is None else group
        assert line.group == group
    for shown in some(figure_rows(lines, figure_columns(report.rows))):
        assert len(shown.cells) == len(FIXED) + len(figure_columns(report.rows))
    assert len(shown_rows(by, most=3)) == 3


def test_behind_a_time_are_the_answers_that_have_it_the_slowest_first() -> None:
    report = rich()
    row, column = row_called(report, "alpha"), columns_of(report)["first text, ms"]
    answers = column.answers(row)
    assert [answer.value for answer in answers[:2]] == ["119 ms", "118 ms"] and len(answers) == 20
    assert {answer.request.id for answer in answers} == {f"a{n}" for n in range(20)}
    said = " ".join(column.about(row))
    assert "median 110 ms, average 110, from 100 to 119, of 20 answers." in said
    assert "95 % interval of the median" in said and "p95: 118." in said
    few = " ".join(column.about(row_called(report, "beta")))
    assert "takes 6 answers" in few and "takes 20 answers" in few


def test_behind_a_mean_are_the_scores_the_lowest_first_and_behind_failures_what_failed() -> None:
    report = rich()
    columns = columns_of(report)
    scored = columns["overall, 1-5"].answers(row_called(report, "alpha"))
    assert [answer.value.split()[0] for answer in scored] == ["4", "5"]
    assert columns["overall, 1-5"].cell(row_called(report, "beta")) == "-"
    assert "1-5 scores one" in columns["overall, 1-5"].about(row_called(report, "beta"))[0]
    (failed,) = columns["failed"].answers(row_called(report, "beta"))
    assert (failed.request.id, failed.value) == ("b9", RequestState.FAILED.value)
    assert not columns["licence"].answers(row_called(report, "alpha"))


def test_behind_votes_are_those_that_were_lost_first() -> None:
    requests = [make.request(f"{key}{n}", model=key, prompt=f"p{n}") for key in "ab" for n in range(2)]
    votes = [Vote((f"a{n}", f"b{n}"), "ann", VoteChoice.WINNER, make.WHEN, winner=f"{'ab'[n]}{n}") for n in range(2)]
    models = [make.target(key, key, id=key) for key in "ab"]
    report = aggregate([replace(make.session(requests, models=models), votes=votes)])
    column = columns_of(report)["votes"]
    assert column.cell(row_called(report, "a")) == "1-1-0"
    assert [answer.value for answer in column.answers(row_called(report, "a"))] == ["lost ann", "won ann"]


def test_beside_a_figure_stands_what_a_report_says_of_the_pair() -> None:
    report = two_models()
    said = compared(report)
    columns = columns_of(report)
    sentences = [sentence for row in report.rows for column in columns.values() for sentence in said(row, column)]
    assert sentences and all(": " in sentence for sentence in some(sentences))
    assert not said(report.rows[0], columns["answers"])


def test_hostile_names_are_clean() -> None:
    for name in some(HOSTILE):
        report = two_models(name)
        columns = figure_columns(report.rows)
        for row in some(report.rows):
            texts = [*about_row(row), *(text for column in columns for text in column.about(row))]
            texts += [answer.value for column in columns for answer in column.answers(row)]
            assert not any("\x1b" in text or "\n" in text or "\u202e" in text for text in some(texts))
        for shown in some(figure_rows(shown_rows(report), columns)):
            assert not any("\x1b" in cell or "\n" in cell for cell in some(shown.cells))


def test_a_value_that_is_stepped_to_is_a_condition_that_the_value_meets() -> None:
    found = KnownValues()
    run = make.request("r1")
    models = [make.target("m1", "phi", id='odd "name", 1', device="GPU")]
    found.add(about_of(replace(make.session([run], models=models, scores=[make.score("r1", 4)]), tags=("night, sky",))))
    assert found.values[FilterBy.MODEL] == ('odd "name", 1',) and found.values[FilterBy.DEVICE] == ("GPU",)
    assert len(found.values[FilterBy.RATER]) == 1
    for by, values in some(found.values.items()):
        for value in some(values):
            (parsed,) = parse(condition(by, value), Use.FILTER)
            assert (parsed.name, parsed.value) == (by.value, value)
