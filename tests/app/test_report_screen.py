"""The Report screen: figures, filters, plots, the answers behind a figure, and what it says where there are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.app.test_history import kept, sitting_before
from tests.support.loopback_server import LoopbackServer
from tests.support.screens import Play
from tests.support.sessions import WHEN, score
from tui.core.sessions.presentation import PaneOrder
from tui.report.formats.registry import FILE_FORMATS, FORMATS
from tui.storage.reference_files import keep_reference, read_reference
from tui.storage.session_files import save
from tui.ui.report.answers import AnswersDialog
from tui.ui.widgets.figure_table import FigureTable

SMALL = (80, 24)
WORKSHOP = Path(__file__).parents[1] / "data" / "workshop"


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two sessions with scores, and one in the middle of a blind review; reports are written beside them."""
    kept_in, here = tmp_path / "kept", tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for number, values in ((1, (5, 2)), (2, (4, 3))):
        made = kept(number, f"Question {number}?")
        scores = [score(run, value) for run, value in zip(("r1", "r2"), values, strict=True)]
        save(replace(made, scores=scores), kept_in / f"{made.id}.toml")
    made = kept(3, "A secret?")
    order = PaneOrder("race", "p1", ("m2", "m1"), WHEN + timedelta(days=3), 7, blind=True)
    save(replace(made, orders=[order]), kept_in / f"{made.id}.toml")
    return kept_in


def table(play: Play) -> FigureTable:
    return play.app.screen.query_one(FigureTable)


async def test_figures_are_narrowed_plotted_written_and_lead_to_the_answers_behind_them(
    folder: Path, server: LoopbackServer
) -> None:
    async with sitting_before(folder, server, SMALL) as (play, sitting):
        await play.press("escape", "f4")
        await play.sees("2 sessions · 4 runs", "1 left out", "first text, ms", "good", "late_text")
        assert [row.cells[1] for row in table(play).rows] == ["race", "race"]
        assert "A secret?" not in play.shown

        await play.press("/")
        await play.type("model = go")
        await play.sees("Nothing is left to report on")
        await play.type("od")
        await play.sees("2 sessions · 2 runs")
        await play.type(", ttft_ms <")
        await play.sees("`ttft_ms`")
        assert len(table(play).rows) == 1, "what cannot be read yet narrows nothing"
        await play.press("ctrl+u", "enter")
        await play.sees("2 sessions · 4 runs")
        await play.press("1")
        await play.sees("1 model: good", "2 runs")
        await play.press("0", "2")
        await play.sees_notice("There are no answers with a device that is known.")
        await play.press("escape")
        await play.sees("2 sessions · 4 runs")

        await play.press("v")
        await play.sees("Quality against time", "No front is marked: in a race", "plot 1 of 2", "●1")
        await play.press("v")
        await play.sees("Times of whole answers", "┃", "plot 2 of 2")
        await play.press("escape")
        await play.sees("first text, ms")

        await play.press("y", "enter")
        await play.until(lambda: len(play.app.screen_stack) == 2)
        await play.press("escape", "y", "2")
        await play.sees_notice("foundry-compare-report.md")
        assert "late_text" in Path("foundry-compare-report.md").read_text("utf-8")

        await play.press("escape", "end", "right", "right")
        await play.sees("overall, 1-5: late_text", "the mean of 2 scores from 1 to 5")
        await play.press("enter")
        await play.until(lambda: isinstance(play.app.screen, AnswersDialog))
        await play.sees("2 ann", "3 ann", "Question 2?")
        await play.press("down", "enter")
        file = folder / f"{kept(2, '').id}.toml"
        await play.until(lambda: play.app.current_mode == "compare" and sitting.is_open(file))
        await play.sees("The right answer.", "Question 2?")
        await play.press("f4")
        await play.sees("overall, 1-5: late_text")


async def test_what_was_imported_is_a_page_of_its_own_and_never_a_row(folder: Path, server: LoopbackServer) -> None:
    kept_at = keep_reference(read_reference(WORKSHOP / "benchmark_report.json"), folder)
    (folder / "torn.reference.json").write_text("{", "utf-8")
    async with sitting_before(folder, server, SMALL) as (play, _):
        await play.press("escape", "f4")
        await play.sees("2 sessions · 4 runs", "v: 1 imported", "2 left out")
        assert "phi-4-mini" not in play.shown
        await play.press("v", "v", "v")
        await play.sees("import 1 of 1", "measured by another program: benchmark_report.json", "phi-4-mini", "2.411")
        assert "total tokens/s" in play.shown and "not to be compared with it" in play.shown
        await play.press("v")
        await play.sees("v: 1 imported", "first text, ms")
        await play.press("y")
        await play.sees("enter  reads", *(f"{form.name}: " for form in (*FORMATS, *FILE_FORMATS)), "esc  leaves it")
        await play.press("4")
        await play.sees_notice("foundry-compare-report.csv; what was imported is in references-csv")
        assert "phi-4-mini" not in Path("foundry-compare-report.csv").read_text("utf-8")
        await play.press("y", "0")
        await play.sees_notice("foundry-compare-report.workshop.md; what was imported is in references-csv")
        await play.press("y", "8")
        await play.sees_notice("foundry-compare-report.references.csv")
        assert "benchmark_report.json,phi-4-mini,2.411" in Path("foundry-compare-report.references.csv").read_text()
    for file in (kept_at, *folder.glob("*.toml")):
        if file != kept_at:
            file.unlink()
    async with sitting_before(folder, server, SMALL) as (play, _):
        await play.press("escape", "f4")
        await play.sees("Nothing can be reported on. v shows what was imported.")
        await play.press("v")
        await play.sees("import 1 of 1", "phi-4-mini")
        await play.press("escape", "y", "2")
        await play.sees_notice("foundry-compare-report.md")
        assert "| phi-4-mini" in Path("foundry-compare-report.md").read_text("utf-8")


@pytest.mark.slow
async def test_rows_are_split_weighed_and_compared_with_a_baseline_by_keys(
    folder: Path, server: LoopbackServer
) -> None:
    async with sitting_before(folder, server, SMALL) as (play, sitting):
        await play.press("escape", "f4")
        await play.sees("2 sessions · 4 runs")
        await play.press("b", "4")
        await play.sees("Question 1?: 75 % of the scale apart", "Question 2?: 25 % of the scale apart", "by prompt")
        assert len(table(play).rows) == 6 and [row.heading for row in table(play).rows[:3]] == [True, False, False]
        await play.press("home", "enter")
        await play.sees_notice("There is no figure here.")
        await play.press("escape", "end", "right", "right")
        await play.sees("Question 2?: 25 % of the scale apart", "the mean of 1 score from 1 to 5")
        await play.press("enter")
        file = folder / f"{kept(2, '').id}.toml"
        await play.until(lambda: play.app.current_mode == "compare" and sitting.is_open(file) and play.here == 2)
        await play.press("f4")
        await play.sees("by prompt")
        await play.press("b", "4")
        await play.until(lambda: len(table(play).rows) == 2)

        await play.press("s")
        await play.sees("No front is marked: in a race", "4.50 (n 2)", "2.50 (n 2)", "selection 1 of 1")
        await play.press("w")
        await play.type("qualty=3", "enter")
        await play.sees_notice("did you mean `quality`?")
        await play.press("ctrl+u")
        await play.type("quality=3", "enter")
        await play.sees("Weights: quality 3.", "weighed, %", "100", "56")
        await play.press("escape", "m")
        await play.type("quality > 3", "enter")
        await play.sees("late_text, race fails a must-have", "must-haves leave out 1: s", "2 runs")
        await play.press("m", "ctrl+u")
        await play.type("quality > 5", "enter")
        await play.sees("fails a must-have", "must-haves leave out 2: s")
        await play.press("escape")
        await play.sees("No model has what it must have")
        await play.press("m", "ctrl+u")
        await play.type("quality > 0", "enter")
        await play.sees("must-haves leave out none: s")  # They are on, whatever they do.
        await play.press("m", "ctrl+u", "enter")
        await play.sees("2 sessions · 4 runs", "selection 1 of 1")

        await play.press("escape", "a", "down", "enter")
        await play.sees("Against the baseline", "1 session · 2 runs", "no prompt is in both")
        await play.press("escape")
        await play.sees("Since the baseline: not comparable: no prompt is in both.")
        await play.press("/")
        await play.type('prompt = "Question 1?"', "enter")
        await play.sees(
            "Nothing is left to report on. All that the filters admit is in the baseline", "a chooses another"
        )
        await play.press("/", "ctrl+u", "enter")
        await play.sees("1 session · 2 runs")
        await play.press("a", "end", "enter", "ctrl+u")
        await play.type(str(folder / "nowhere"), "enter")
        why = "compare with. a chooses another baseline, or none."
        await play.until(lambda: why in " ".join(play.shown.split()))  # The path before it may be of any length.
        await play.press("a")
        await play.sees("no baseline any more", "2026-11-24", "2026-11-23")
        await play.press("home", "enter")
        await play.sees("2 sessions · 4 runs", "first text, ms")


async def test_where_nothing_was_kept_it_says_what_is_missing(tmp_path: Path, server: LoopbackServer) -> None:
    async with sitting_before(tmp_path / "kept", server, SMALL) as (play, _):
        await play.press("escape", "f4")
        await play.sees("No session was kept yet: ask something on the Compare screen (F2)")
        await play.press("v")
        await play.sees_notice("There is no plot: it takes answers with times.")
        await play.press("s")
        await play.sees_notice("There is nothing to choose from: it takes answers.")
        await play.press("enter", "right", "down", "y")
        await play.sees_notice("There is nothing to report on.")
