"""One model on two hosts: every place says which of the two it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.app.widget_app import rows
from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tests.support.screens import asking
from tui.hosts.multi import MultiHost
from tui.ui.widgets.row_table import RowTable

pytestmark = pytest.mark.slow

KEYS = ("lab/good", "box:80/good")


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_one_model_on_two_hosts_is_told_apart_everywhere(server: LoopbackServer, size: tuple[int, int]) -> None:
    several = MultiHost({"lab": LoopbackHost(server.port, ["good"]), "box:80": LoopbackHost(server.port, ["good"])})
    async with asking(several, KEYS, size=size) as play:
        await play.sees("1 lab/good", "2 box:80/good")
        await play.type("What is RAG?", "enter")
        await play.until(lambda: all("✓" in play.pane(n) for n in (1, 2)))
        for number, key in enumerate(KEYS, 1):
            assert play.pane(number).startswith(f"{number} {key}")
        await play.press("n")
        await play.sees(f"Note on {KEYS[0]}")
        await play.press("escape", "4", "ctrl+z")
        await play.sees(f"Undone on 1 {KEYS[0]}")
        await play.press("f1")
        await play.until(lambda: play.in_models)
        table = play.app.screen.query_one(RowTable)
        assert "host" in table.shown_columns
        for number, key in enumerate(KEYS, 1):
            host, name = key.split("/")
            chosen = next(row for row in rows(table) if row.startswith(f"[{number}]"))
            assert re.search(rf"\b{name} +{host}\b", chosen)
        for key in KEYS:
            await play.until(lambda key=key: key in play.shown)
            await play.press("down")
