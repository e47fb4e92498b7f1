"""The list of models: columns that fit, the cursor, and rows that stand for several."""

from __future__ import annotations

import pytest

from tests.app.widget_app import WidgetApp, rows
from tests.support.recorded import CARDS
from tui.core.catalog.download import Download
from tui.core.catalog.download import Stage as Step
from tui.core.catalog.download_speed import DownloadSpeed
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.ui.models.rows import COLUMNS, PLAIN, STATE, Glyphs, model_rows, state_text, variant_names
from tui.ui.state import AppState
from tui.ui.widgets.row_table import RowTable, TableColumn, TableRow, fit_text, fitted


def named(*names: str) -> list[TableRow]:
    return [
        TableRow(name, ("[ ]", "● loaded", name, *("-",) * (len(COLUMNS) - 3)), "loaded", (name,)) for name in names
    ]


def variants(*devices: str, alias: str = "phi-4-mini") -> list[ModelCard]:
    return [
        ModelCard(f"{alias}-instruct-{device}:5", alias, device=device, size_bytes=1_000_000_000) for device in devices
    ]


# Columns


def test_a_column_is_given_up_by_its_rank_and_one_without_facts_is_left_out() -> None:
    columns = (TableColumn("a"), TableColumn("bb", rank=2), TableColumn("ccc", rank=1), TableColumn("d", rank=3))
    shown = [TableRow("k", ("1", "2", "3", "-"))]
    assert fitted(columns, shown, 40) == ((0, 1), (1, 2), (2, 3))
    assert fitted(columns, shown, 9) == ((0, 1), (2, 3))
    assert fitted(columns, shown, 3) == ((0, 1),)


def test_a_column_that_may_shrink_does_so_before_others_go_and_grows_into_what_is_left() -> None:
    columns = (TableColumn("name", least=6), TableColumn("size", rank=1))
    shown = [TableRow("k", ("a-very-long-name", "1 GB"))]
    assert [fitted(columns, shown, room) for room in (40, 15, 12, 11)] == [
        ((0, 16), (1, 4)),
        ((0, 9), (1, 4)),
        ((0, 6), (1, 4)),
        ((0, 11),),
    ]


@pytest.mark.parametrize(
    ("text", "width", "right", "fitting"),
    [("abc", 5, False, "abc  "), ("abc", 5, True, "  abc"), ("abcdef", 4, False, "abc…"), ("日本語", 4, False, "日… ")],
)
def test_a_text_fills_its_cells_exactly(text: str, width: int, right: bool, fitting: str) -> None:
    assert fit_text(text, width, right=right) == fitting


async def test_only_the_columns_that_fit_are_painted_and_more_when_it_grows() -> None:
    table = RowTable(COLUMNS, STATE)
    async with WidgetApp(table).run_test(size=(80, 12)) as pilot:
        table.show(model_rows(CARDS, AppState(), (), Glyphs()))
        await pilot.pause()
        assert table.shown_columns == ["", "state", "model", "device", "EP", "size"]
        assert rows(table)[1].endswith("qwen2.5-0.5b-instruct-generic-cpu:4  CPU     CPU     822 MB")
        await pilot.resize_terminal(120, 12)
        await pilot.pause()
        assert table.shown_columns[3:] == ["device", "EP", "size", "context", "licence", "task", "alias"]
        assert rows(table)[1].endswith("32k  apache-2.0  chat  qwen2.5-0.5b")


# The cursor


@pytest.mark.slow
async def test_the_cursor_moves_stops_at_the_ends_and_stays_in_sight() -> None:
    table = RowTable(COLUMNS, STATE)
    async with WidgetApp(table).run_test(size=(60, 8)) as pilot:
        table.show(named(*(f"m{number}" for number in range(20))))
        table.focus()
        await pilot.pause()
        seen = []
        for key in ("up", "down", "down", "pagedown", "end", "down", "pageup", "home"):
            await pilot.press(key)
            here = table.here
            assert here is not None and any(here.key in row.split() for row in rows(table)[1:])
            seen.append(here.key)
        assert seen == ["m0", "m1", "m2", "m8", "m19", "m19", "m13", "m0"]
        assert rows(table)[0].split() == ["state", "model"]


async def test_the_cursor_stays_on_its_model_or_on_the_row_that_stands_for_it() -> None:
    table = RowTable(COLUMNS, STATE)
    async with WidgetApp(table).run_test(size=(60, 8)):
        table.show(named("a", "b", "c"))
        table.go_to("c")
        table.show(named("x", "c", "b"))
        assert table.here is not None and table.here.key == "c"
        group = TableRow("group", named("g")[0].cells, "", ("other", "c"))
        table.show([*named("a"), group])
        assert table.here.key == "group"
        table.show(named("a", "b"))
        assert table.here.key == "b"
        table.show([])
        assert table.here is None
        table.show(named("z"))
        assert table.here is not None and table.here.key == "z"


async def test_a_click_moves_the_cursor_and_a_second_one_picks_the_row() -> None:
    table = RowTable(COLUMNS, STATE)

    class Hearing(WidgetApp):
        def on_row_table_picked(self, message: RowTable.Picked) -> None:
            self.heard.append(message)

    app = Hearing(table)
    async with app.run_test(size=(60, 8)) as pilot:
        table.show(named("a", "b", "c"))
        await pilot.pause()
        for spot in ((5, 0), (5, 2), (5, 6)):
            await pilot.click(table, offset=spot)
        assert table.here is not None and table.here.key == "b"
        assert not app.heard
        await pilot.click(table, offset=(5, 2))
        assert len(app.heard) == 1


# Rows


def test_models_of_one_alias_are_one_row_until_it_is_opened() -> None:
    cards = [*variants("cpu", "cuda"), *variants("cpu", alias="qwen")]
    app_state = AppState(cards=tuple(cards))
    closed = model_rows(cards, app_state, (), Glyphs())
    assert [row.cells[2] for row in closed] == ["▸ phi-4-mini (2)", "qwen-instruct-cpu:5"]
    opened = model_rows(cards, app_state, {closed[0].key}, Glyphs())
    assert [row.cells[2] for row in opened] == [
        "▾ phi-4-mini (2)",
        "  …-cpu:5",
        "  …-cuda:5",
        "qwen-instruct-cpu:5",
    ]
    assert [row.members[0] for row in opened] == [cards[0].key, cards[0].key, cards[1].key, cards[2].key]


def test_a_flat_list_stays_flat() -> None:
    assert [row.cells[2] for row in model_rows(CARDS, AppState(), (), Glyphs())] == [card.id for card in CARDS]


def test_models_of_one_alias_on_two_hosts_stay_apart() -> None:
    here, there = ModelCard("m", "m", host="here"), ModelCard("m", "m", host="there")
    made = model_rows([here, there], AppState(), (), Glyphs())
    assert [(row.key, row.cells[3]) for row in made] == [("here/m", "here"), ("there/m", "there")]


def test_a_closed_row_stands_for_what_is_chosen_then_busy_then_nearest() -> None:
    plain, cached, loaded, other = variants("a", "b", "c", "d")
    cards = [plain, _in(cached, ModelState.CACHED), _in(loaded, ModelState.LOADED), other]

    def stands_for(app_state: AppState) -> str:
        (row,) = model_rows(cards, app_state, (), Glyphs())
        return row.members[0]

    assert stands_for(AppState()) == loaded.key
    assert stands_for(AppState(downloads={other.key: Download(other.key)})) == other.key
    assert stands_for(AppState(chosen=[plain.key], downloads={other.key: Download(other.key)})) == plain.key
    (row,) = model_rows(cards, AppState(chosen=[plain.key, cached.key]), (), Glyphs())
    assert row.cells[0] == "[+]"


def _in(card: ModelCard, state: ModelState) -> ModelCard:
    return ModelCard(card.id, card.alias, device=card.device, size_bytes=card.size_bytes, state=state)


def test_variants_are_told_apart_by_their_names_else_by_the_ends_of_their_ids() -> None:
    same = [ModelCard("a-1", "a", "gpu"), ModelCard("a-2", "a", "gpu")]
    assert list(variant_names(same).values()) == ["…-1", "…-2"]
    named_ones = [ModelCard("a-1", "a", "gpu"), ModelCard("a-2", "a", "npu")]
    assert list(variant_names(named_ones).values()) == ["gpu", "npu"]
    assert list(variant_names([ModelCard("x", "a"), ModelCard("y", "a")]).values()) == ["x", "y"]


MODEL = ModelCard("m", "m", size_bytes=1_000_000_000)


@pytest.mark.parametrize(
    ("app_state", "state", "told"),
    [
        (AppState(), ModelState.LOADED, "● loaded"),
        (AppState(), ModelState.CACHED, "◐ cached"),
        (AppState(), ModelState.CATALOG, "○ catalogue"),
        (AppState(), ModelState.UNKNOWN, "-"),
        (AppState(working={"m": "load"}), ModelState.CACHED, "… loading"),
        (AppState(working={"m": "remove"}), ModelState.CACHED, "… removing"),
        (AppState(downloads={"m": Download("m")}), ModelState.CATALOG, "↓ queued"),
        (AppState(downloads={"m": Download("m", stage=Step.RUNNING)}), ModelState.CATALOG, "↓    -        -     -"),
        (
            AppState(
                downloads={"m": Download("m", stage=Step.RUNNING)}, speeds={"m": DownloadSpeed(45.9, 12e6, 184.2)}
            ),
            ModelState.CATALOG,
            "↓  45%  12 MB/s  3:05",
        ),
        (
            AppState(downloads={"m": Download("m", stage=Step.PAUSED, attempt=2)}),
            ModelState.CATALOG,
            "↓ stalled, try 3",
        ),
        (AppState(downloads={"m": Download("m", stage=Step.STOPPING)}), ModelState.CATALOG, "↓ stopping"),
        (AppState(downloads={"m": Download("m", stage=Step.FAILED)}), ModelState.CATALOG, "✗ failed"),
    ],
)
def test_each_state_has_a_word_and_a_terminal_without_signs_still_tells_them_apart(
    app_state: AppState, state: ModelState, told: str
) -> None:
    card = _in(MODEL, state)
    assert state_text(card, app_state, Glyphs())[0] == told
    plain = state_text(card, app_state, PLAIN)[0]
    assert plain.isascii() and plain[1:] == told[1:]
