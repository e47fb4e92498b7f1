"""A table, a plot, a chart and a sentence of one report say the same of the same row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.support import sessions as make
from tests.support.some import some
from tui.core.plans.mode import Mode
from tui.core.requests.memory_use import MemoryUse
from tui.core.sessions.session import Session
from tui.report.baseline import Earlier
from tui.report.changes import Change, changes
from tui.report.formats.html import render as html
from tui.report.formats.narrow_tables import numbered_names, tables
from tui.report.formats.registry import format_called
from tui.report.formats.sections.changes import changes_section
from tui.report.formats.sections.every import sections
from tui.report.formats.terminal_plots import terminal_plots
from tui.report.formats.text import render as render_text
from tui.report.options import ReportOptions, parse_by
from tui.report.regressions import compared_figures, regressions
from tui.report.render import aggregated
from tui.report.report import Report
from tui.report.session_record import about_of, read_record, record_of
from tui.report.trend import trends
from tui.storage.session_files import load_sessions

EXAMPLES = sorted((Path(__file__).parents[3] / "sessions" / "examples").glob("*.toml"))
*BASELINE, SLOWER = EXAMPLES[:5]
FACTOR = re.compile(r"(\d[\d.]*) times \(")


@pytest.fixture(scope="module")
def report() -> Report:
    return aggregated(load_sessions(EXAMPLES))


def rows_of(report: Report) -> Iterator[tuple[Mode, list[tuple[str, tuple[str, ...]]]]]:
    """Of each mode the rows of the table of speed: the row's name, and n and median of the whole answer."""
    for mode in Mode:
        rows = [row for row in report.rows if row.subject.mode is mode]
        headings, cells = tables(rows)[0].table
        at = next(place for place, heading in enumerate(headings) if heading.startswith("whole answer"))
        yield mode, [(line[0].strip(), (line[1], line[at])) for line in cells]


def test_medians_and_counts_below_the_plot_of_times_are_those_of_the_table(report: Report) -> None:
    assert any(row.cold for row in report.rows), "there is something to leave out"
    plots = {plot.title: plot.says for plot in terminal_plots(report)}
    for mode, rows in some(rows_of(report)):
        says = plots[f"Times of whole answers ({mode.value})"]
        found = re.findall(r"(\d+ [\w-]+): [\d.]+, ([\d.]+), [\d.]+ ms \((\d+) answers\)", says)
        assert [(name, (n, median)) for name, median, n in found] == rows


def test_medians_and_counts_of_the_chart_of_the_page_are_those_of_the_table(report: Report) -> None:
    page = html(report)
    found = [
        (name, (n, median))
        for table in re.findall(r'<caption id="\w+-chart.*?</table>', page, re.DOTALL)
        for name, n, _, _, median, *_ in (re.findall(r">([^<>\n]+)</t[hd]>", line) for line in table.split("<tr>")[2:])
    ]
    assert found == [row for _, rows in rows_of(report) for row in rows]


def test_a_cold_answer_of_a_split_row_is_marked_and_its_times_are_compared_with_none(report: Report) -> None:
    split = replace(report, options=ReportOptions(by=parse_by(["prompt"])))
    (raced,) = (part for part in sections(split, split.matches) if part.title == "By prompt, raced")
    ((_, (_, lines)),) = raced.tables
    cells = [cell for line in lines for cell in line if cell.endswith(" cold")]
    assert len(cells) == sum(len(row.requests[0].values) for row in report.rows if row.cold) - 1, "one has no rate"
    assert any(remark.startswith("cold: ") for remark in raced.remarks)


def test_of_a_trend_each_row_is_drawn_or_named_with_the_reason_and_no_two_times_read_the_same(report: Report) -> None:
    measured = [row for row in report.rows if row.subject.mode is Mode.MEASURE]
    for plot in some([plot for plot in terminal_plots(report) if plot.title.startswith("Trend of ")]):
        assert all(f"{name.strip()}: " in plot.says for name in some(numbered_names(measured)))
        ticks = re.findall(r"\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?", plot.draw(80, 20, False).splitlines()[-2])
        assert len(ticks) == len({*ticks}) == 5
    (decoding,) = (plot for plot in terminal_plots(report) if plot.title == "Trend of decoding (measure)")
    assert "Not drawn: 3 demo-small: no prompt has it in all sessions." in decoding.says


def test_the_latest_of_a_trend_and_what_became_of_it_since_a_baseline_are_judged_alike(
    since: tuple[Report, Earlier, tuple[Change, ...]], report: Report
) -> None:
    changed = {(one.subject, one.figure): one.outcome for one in since[2] if not one.prompt}
    found = [one for one in trends(report.rows) if one.figure in {figure for _, figure in changed}]
    assert len(found) == len(changed) - 1, "of one no prompt has a rate in all sessions"
    for one in some(found):
        assert len(one.points) == 5 and one.outcome is changed[one.subject, one.figure]


def test_a_line_that_ends_before_the_latest_session_says_so() -> None:
    def day(number: int, **prompts: int) -> Session:
        requests = [
            make.request(f"{model}{n}", model=model, prompt=f"p{n}")
            for model, many in prompts.items()
            for n in range(many)
        ]
        name = f"2026112{number}T110301Z-7f3a"
        return replace(make.session(requests, session_id=name), created=make.WHEN + timedelta(days=number))

    both = aggregated([day(1, m1=4, m2=4), day(2, m1=4, m2=4), day(3, m1=4, m2=2)])
    first = next(plot.says for plot in terminal_plots(both) if plot.title.startswith("Trend of first text"))
    assert "1 model-m1: 100 → 100, the latest is unknown" in first
    assert "2 model-m2: 100 → 100 in sessions 1 and 2 of 3, of these the last is unknown" in first
    assert "2 model-m2: 130 in the first of its 2 sessions, 130 in its last, number 2 of 3" in html(both)


@pytest.fixture(scope="module")
def since() -> tuple[Report, Earlier, tuple[Change, ...]]:
    figures = compared_figures()
    now, before = (aggregated(load_sessions(files), figures=figures) for files in ([SLOWER], BASELINE))
    earlier = Earlier(before.rows)
    return now, earlier, changes(now.rows, earlier)


def test_now_over_before_is_the_factor_beside_them(since: tuple[Report, Earlier, tuple[Change, ...]]) -> None:
    _, _, found = since
    with_factor = [(one, match) for one in found if (match := FACTOR.search(one.why))]
    assert {bool(one.prompt) for one, _ in with_factor} == {True, False}
    for one, match in some(with_factor):
        assert one.now is not None and one.before is not None
        shown = float(match[1])
        assert one.now / one.before == pytest.approx(shown, abs=0.0051 if shown >= 0.1 else 0.06 * shown)


def test_the_table_and_the_sentences_of_a_baseline_say_the_same_factor_by_the_same_name(
    since: tuple[Report, Earlier, tuple[Change, ...]],
) -> None:
    now, earlier, found = since
    (section,) = changes_section(replace(now, changes=found))
    rows = {
        (first.split(": ")[0][2:], first.split(": ")[1].rpartition(", ")[0]): cells
        for first, *cells in section.tables[0].table[1]
    }
    said = regressions(now.rows, earlier)
    for sentence in some(said.found):
        model, figure = re.findall(r"^([\w-]+) .*?: (.*?) is ", sentence)[0]
        *_, outcome, why = rows[model, figure]
        assert outcome == "worse" and f" is {why} the baseline's " in sentence
    assert not re.search(
        r"\de\+|_ms|_tps", " ".join(cell for _, table in section.tables for line in table[1] for cell in line)
    )
    assert "of no prompt is it known in all 4" in " ".join(said.not_judged)
    assert "of no prompt is it known in all 4" in rows["demo-small", "decoding"][-1]


def held(name: str, *models: str) -> Session:
    requests = []
    for model in models:
        asked = make.request(f"{model}1", model=model)
        asked.memory = MemoryUse(resident_peak=int(model[1:]) * 100_000_000)
        requests.append(asked)
    scores = [make.score(one.spec.id, 3) for one in requests]
    return make.session(requests, session_id=name, scores=scores)


def test_memory_of_one_process_with_several_models_is_shown_and_not_weighed() -> None:
    options = ReportOptions(select=True, weights={"memory": 1.0, "quality": 1.0})
    together = replace(aggregated([held("20261122T110301Z-0001", "m1", "m2")]), options=options)
    alone = [held(f"20261122T110301Z-000{number}", f"m{number}") for number in (1, 2)]
    apart = replace(aggregated(alone), options=options)
    shares = {}
    for name, report in (("together", together), ("apart", apart)):
        section = sections(report, report.matches)[0]
        shares[name] = [line[-1] for line in section.tables[0].table[1]]
        assert any("it is shown, and not weighed" in sentence for sentence in section.sentences) == (name == "together")
        assert {cell for line in section.tables[0].table[1] for cell in line if "MB" in cell} == {"100 MB", "200 MB"}
    assert shares == {"together": ["100", "100"], "apart": ["100", "75"]}


def test_a_rater_s_part_has_the_rater_s_scores_and_votes_and_no_times(report: Report) -> None:
    split = replace(report, options=ReportOptions(by=parse_by(["rater"])))
    found = {
        part.title: part.tables[0].table for part in sections(split, split.matches) if part.title.startswith("By ")
    }
    assert {title: tuple(headings[2:]) for title, (headings, _) in found.items()} == {
        "By rater, measured": ("accuracy\n1-5 (n)", "clarity\n1-5 (n)"),
        "By rater, raced": ("votes\nwon-lost-even",),
    }
    assert all(line[-1].count("-") == 2 for line in some([line for line in found["By rater, raced"][1] if line[1]]))


def _itself(session: Session) -> Session:
    return session


def test_lists_of_sessions_count_what_reports_count_whether_a_file_or_its_record_is_read(report: Report) -> None:
    for session in some(list(load_sessions(EXAMPLES))):
        record = record_of(session)
        assert record is not None
        kept = read_record(record, partial(_itself, session))
        counted = sum(run.session == session.whole_id for row in report.rows for run in row.requests)
        assert about_of(session).requests == about_of(kept).requests == counted == 24


@pytest.mark.parametrize(("cold", "marked"), [((), 0), (("m1",), 3), (("m1", "m2"), 0)])
def test_a_cold_figure_beside_warm_ones_is_marked_and_a_row_of_cold_ones_alone_says_so(
    cold: tuple[str, ...], marked: int
) -> None:
    requests = [make.request(f"{model}{n}", model=model, prompt=f"p{n}") for model in ("m1", "m2") for n in range(3)]
    for one in requests:
        if one.spec.model in cold:
            one.timestamps.load_start, one.timestamps.load_end = make.ASKED, make.ASKED + make.MS
    found = aggregated([make.session(requests)])
    lines = tables(found.rows)[0].table[1]
    assert sum(cell.endswith(" cold") for line in lines for cell in line) == marked
    said = render_text(found)
    assert said.count("every run that counts loaded the model first") == len(cold)
    assert ("- cold: the model was loaded first" in said) == (marked > 0)
    assert format_called("md").render(found).count(", n 3, cold") == 3 * len(cold)
