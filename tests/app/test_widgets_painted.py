"""Which lines are rendered again, and what is painted again."""

from __future__ import annotations

from typing import Self

from rich.cells import cell_len
from textual.containers import Horizontal
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tests.app.test_widgets_pane_parts import spans
from tests.app.widget_app import WidgetApp, rows
from tui.ui.mode_screen import Line
from tui.ui.widgets.painted import Canvas
from tui.ui.widgets.phase_bar import PhaseBar


class Counting(PhaseBar):
    """Notes which of its lines are rendered."""

    def __init__(self) -> None:
        super().__init__()
        self.rendered: list[int] = []

    def render_line(self, y: int) -> Strip:
        self.rendered.append(y)
        return super().render_line(y)


class Grid(Canvas, Horizontal):
    """Notes what is painted in its name."""

    def __init__(self, *children: Widget) -> None:
        super().__init__(*children)
        self.refreshed: list[tuple[Region, ...]] = []

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        self.refreshed.append(regions)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)


async def test_a_line_is_rendered_again_when_it_differs_or_looks_different_and_at_no_other_time() -> None:
    bar = Counting()
    async with WidgetApp(bar).run_test(size=(40, 3)) as pilot:
        bar.show(spans(1), scale=4, running=False)
        before = rows(bar)
        bar.rendered.clear()
        assert rows(bar) == before
        assert bar.rendered == []
        bar.show(spans(2), scale=4, running=False)
        assert rows(bar) != before
        assert bar.rendered == [0]
        for change in (bar.notify_style_update, bar.refresh):
            bar.rendered.clear()
            change()
            rows(bar)
            assert bar.rendered == [0]
        await pilot.resize_terminal(30, 3)
        await pilot.pause()
        assert cell_len(bar.render_lines(bar.outer_size.region)[0].text) == 30


async def test_what_is_painted_within_a_frame_is_asked_for_once_where_it_is() -> None:
    one, other = PhaseBar(), PhaseBar()
    one.styles.width = other.styles.width = 20
    grid = Grid(one, other)
    async with WidgetApp(grid).run_test(size=(40, 3)):
        grid.refreshed.clear()
        with grid.frame():
            one.show(spans(1), scale=4, running=False)
            other.show(spans(1), scale=4, running=False)
            assert grid.refreshed == []
        ((left, right),) = grid.refreshed
        assert (left.x, left.y, right.x, right.y) == (0, 0, 20, 0)
        grid.refreshed.clear()
        one.show(spans(2), scale=4, running=False)
        assert len(grid.refreshed) == 1, "outside of a frame at once"


async def test_a_widget_s_lines_are_kept_until_it_is_refreshed() -> None:
    line = Line("one")
    async with WidgetApp(line).run_test(size=(40, 3)) as pilot:
        region = line.outer_size.region
        kept = line.render_lines(region)
        assert line.render_lines(region) is kept
        line.update("two")
        await pilot.pause()
        assert rows(line)[0] == "two"
        line.styles.color = "red"
        await pilot.pause()
        assert line.render_lines(region) is not kept
