"""A table of figures: what names its rows stays in sight, and figures come into sight as the cursor goes there."""

from __future__ import annotations

from tests.app.widget_app import WidgetApp, rows
from tui.ui.widgets.figure_table import FigureTable
from tui.ui.widgets.row_table import TableColumn, TableRow

FIXED = (TableColumn("model", least=6),)
TITLES = ("speed", "quality", "answers", "licence")
ROWS = [
    TableRow("a", ("alpha the very first", "1.00", "4.5", "10", "MIT")),
    TableRow("b", ("beta", "2000", "-", "12", "Apache-2.0")),
]


async def test_the_cursor_goes_from_figure_to_figure_and_the_window_follows_it() -> None:
    table = FigureTable(FIXED, id="table")
    app = WidgetApp(table)
    async with app.run_test(size=(28, 5)) as pilot:
        table.focus()
        table.show_figures(TITLES, ROWS)
        await pilot.pause()
        assert table.shown_columns == ["model", "speed", "quality"] and table.out_of_sight == (0, 2)
        assert rows(table)[1].split() == ["alpha…", "1.00", "4.5"]
        await pilot.press("left", "right", "right", "down")
        assert (table.figure, table.here) == (2, ROWS[1])
        assert table.shown_columns == ["model", "quality", "answers"] and table.out_of_sight == (1, 1)
        await pilot.press("right", "right")
        assert table.figure == 3 and table.shown_columns[-1] == "licence" and table.out_of_sight[1] == 0
        await pilot.press("left", "left", "left")
        assert table.figure == 0 and table.shown_columns == ["model", "speed", "quality"]

        await pilot.press("right")
        table.show_figures(("quality", "speed"), [TableRow(row.key, (row.cells[0], "9", "8")) for row in ROWS])
        await pilot.pause()
        assert (table.figure, table.here and table.here.key) == (0, "b"), "it stays on its figure and its row"
        table.show_figures((), [])
        await pilot.press("right", "down", "left")
        assert table.here is None and table.out_of_sight == (0, 0)

        await pilot.resize_terminal(80, 5)
        table.show_figures(TITLES, ROWS)
        await pilot.pause()
        assert table.shown_columns == ["model", *TITLES] and "alpha the very first" in rows(table)[1]


async def test_a_click_goes_to_the_figure_and_a_second_one_picks_it() -> None:
    picked = []

    class App(WidgetApp):
        def on_row_table_picked(self, event: FigureTable.Picked) -> None:
            picked.append(table.figure)

    table = FigureTable(FIXED, id="table")
    app = App(table)
    async with app.run_test(size=(80, 5)) as pilot:
        table.show_figures(TITLES, ROWS)
        await pilot.pause()
        at = rows(table)[2].index("Apache")
        await pilot.click(table, offset=(at, 2))
        assert (table.figure, table.here, picked) == (3, ROWS[1], [])
        await pilot.click(table, offset=(at, 2))
        assert picked == [3]
