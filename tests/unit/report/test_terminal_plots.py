"""Plots in the cells of a terminal: what is drawn is what the numbers are, in any room, and names are in none."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import sessions as make
from tests.support.some import some
from tests.unit.report.test_html import scored
from tests.unit.report.test_writers import HOSTILE, compared, rich
from tui.core.plans.mode import Mode
from tui.core.sessions.session import Session
from tui.core.text.cell_width import cell_width
from tui.report.aggregate import aggregate
from tui.report.formats.terminal_plots import TerminalPlot, terminal_plots
from tui.report.report import Report

ESCAPE = "\x1b"


def drawn(plot: TerminalPlot, width: int = 80, height: int = 20) -> list[str]:
    return plot.draw(width, height, False).splitlines()


def place_of(text: str, lines: list[str]) -> tuple[int, int]:
    """Row and column of the only place where this stands."""
    (found,) = ((row, line.index(text)) for row, line in enumerate(lines) if text in line)
    return found


def test_models_stand_where_time_and_quality_are_and_those_of_the_front_are_filled() -> None:
    front, times = terminal_plots(scored({"a": [3, 3], "b": [5, 5], "c": [4, 4]}))
    assert "Quality against time" in front.title and "Times of whole answers" in times.title
    lines = drawn(front)
    (row_a, col_a), (row_b, col_b), (row_c, col_c) = (place_of(sign, lines) for sign in ("●1", "●2", "○3"))
    assert row_b < row_c < row_a, "quality is upwards"
    assert col_a < col_b < col_c, "time is to the right"
    assert front.says.startswith("● joined by dots, the front: 1 a, 2 b. ○: another model has at least")
    assert lines[row_b].lstrip(" ").startswith("5"), "on the line of its mean"


def test_models_that_are_too_near_to_be_told_apart_share_a_place() -> None:
    requests = [make.request(f"{key}{n}", model=key, prompt=f"p{n}", first_ms=100) for key in "ab" for n in range(2)]
    scores = [make.score(run.spec.id, 4) for run in requests]
    models = [make.target(key, key, id=key) for key in "ab"]
    report = aggregate([make.session(requests, models=models, scores=scores)])
    assert place_of("●1,●2", drawn(terminal_plots(report)[0]))


def test_nothing_is_said_of_a_front_in_a_race() -> None:
    front, _ = terminal_plots(scored({"a": [3, 3], "b": [5, 5]}, mode=Mode.RACE))
    assert front.says.startswith("No front is marked: in a race")
    assert not any("·" in line for line in some(drawn(front)))


def test_times_are_drawn_from_the_shortest_to_the_longest_with_the_median() -> None:
    requests = [make.request(f"r{n}", prompt="p1", first_ms=100 * n, round=n) for n in range(1, 10)]
    (times,) = terminal_plots(aggregate([make.session(requests)]))
    (line,) = (line for line in drawn(times) if line.lstrip(" ").startswith("1┤"))
    shape = re.sub(r"(.)\1*", r"\1", line.split("┤")[1].strip(" │"))
    assert shape == "─▒┃▒─"


def on_day(day: int, first_ms: float, points: int) -> Session:
    """Two models, one of which takes three times as long, on four prompts."""
    requests = [
        make.request(f"{key}{n}", model=key, prompt=f"p{n}", first_ms=first_ms * slow + n)
        for key, slow in (("a", 1), ("b", 3))
        for n in range(4)
    ]
    scores = [make.score(run.spec.id, points) for run in requests]
    models = [make.target(key, key, id=key) for key in "ab"]
    made = make.session(requests, session_id=f"202611{10 + day}T110301Z-7f3a", models=models, scores=scores)
    return replace(made, created=make.WHEN + timedelta(days=day))


def test_a_trend_goes_from_session_to_session_and_says_what_the_latest_is() -> None:
    report = aggregate([on_day(day, 100 if day < 5 else 180, 3) for day in range(6)])
    plots = {plot.title: plot for plot in terminal_plots(report)}
    first = plots["Trend of first text (measure)"]
    assert first.says.startswith("1 a: 102 → 182, the latest is worse (") and "; 2 b: 302 → 542, " in first.says
    lines = drawn(first)
    (row_a, col_a), (row_b, col_b) = place_of("●1", lines), place_of("●2", lines)
    assert row_b < row_a and col_a == col_b == max(line.rfind("●") for line in lines)
    assert lines[-2].split()[0] == "11-22" and lines[-2].split()[-1] == "11-27"
    same = plots["Trend of overall (measure)"]
    assert place_of("●1,2", drawn(same)), "of two lines on one another both are named"
    assert "the latest is unknown (" in same.says


@pytest.mark.parametrize("report", [rich(), compared(), scored({"a": [1, 2], "b": [5]})], ids=["rich", "two", "few"])
@pytest.mark.parametrize(("width", "height"), [(80, 14), (60, 10), (160, 30)])
def test_a_plot_fits_its_room_and_is_the_same_without_colour(report: Report, width: int, height: int) -> None:
    for plot in some(terminal_plots(report)):
        lines = drawn(plot, width, height)
        assert len(lines) <= height and all(cell_width(line) <= width for line in some(lines))
        coloured = plot.draw(width, height, True)
        assert ESCAPE not in "".join(lines) and ESCAPE in coloured
        plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
        assert [line.rstrip() for line in plain.splitlines()] == lines
        assert plot.says and plot.title


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_in_a_drawing(name: str) -> None:
    plots = terminal_plots(compared(name))
    plain = terminal_plots(compared("plain"))
    assert [drawn(plot) for plot in some(plots)] == [drawn(plot) for plot in plain]
    assert all(ESCAPE not in plot.says and "\n" not in plot.says for plot in some(plots))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(1, 1e6), min_size=1, max_size=12), st.integers(30, 160), st.integers(8, 40)
)  # fmt: skip
def test_any_times_can_be_drawn(times: list[float], width: int, height: int) -> None:
    requests = [make.request(f"r{n}", prompt="p1", first_ms=ms, round=n) for n, ms in enumerate(times)]
    for plot in some(terminal_plots(aggregate([make.session(requests)]))):
        assert any("┃" in line for line in drawn(plot, width, height))
