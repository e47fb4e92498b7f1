"""The screen of the models: filter, choice, and what is asked of the host."""

from __future__ import annotations

import re
import threading

import pytest
from textual.widgets import Input

from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tests.support.model_list_host import ModelListHost, models_screen
from tests.support.recorded import CARDS, looking_at, many_cards
from tests.support.screens import Play, asking
from tui.app.host_questions import HostAnswered
from tui.core.catalog.model_card import ModelState
from tui.hosts.base import HostInfo
from tui.hosts.embedded.bundle import bundle_root, model_card_text, read_bundle
from tui.ui.widgets.row_table import RowTable


def listed(play: Play) -> list[str]:
    """The rows' first cells and models, in their order."""
    return [f"{row.cells[0]} {row.cells[2]}" for row in play.app.screen.query_one(RowTable).rows]


async def test_each_model_shows_what_is_known_of_it() -> None:
    async with looking_at(size=(160, 45)) as play:
        await play.sees("state", "model", "device", "EP", "size", "context", "licence")
        expected = [
            "[ ] ● loaded qwen2.5-0.5b-instruct-generic-cpu:4 CPU CPU 822 MB 32k apache-2.0 chat",
            "[ ] ● loaded phi-4-mini-instruct-cuda-gpu:5 GPU CUDA 3.7 GB 128k MIT chat",
            "[ ] ◐ cached mistral-7b-instruct-generic-gpu:2 GPU WebGpu 4.2 GB 32k apache-2.0 chat",
            "[ ] ◐ cached deepseek-r1-distill-qwen-7b-npu:3 NPU QNN 3.8 GB - MIT chat",
            "[ ] ○ catalogue gpt-oss-20b-cuda-gpu:1 GPU CUDA 9.9 GB 128k apache-2.0 chat",
        ]

        def rows() -> list[str]:
            return [" ".join(line.split("│")[0].split()) for line in play.shown.splitlines() if "[ ]" in line]

        await play.until(lambda: rows() == expected)
        await play.sees("qwen2.5-0.5b-instruct-generic-cpu:4")
        await play.sees("A small model for short answers.", "494,032,768 parameters")
        await play.press("down")
        await play.sees("3,836,021,760 parameters")


async def test_on_a_small_screen_all_that_is_known_can_be_read_on_a_page_that_scrolls() -> None:
    async with looking_at() as play:
        await play.press("v")
        await play.sees("esc closes", "494,032,768 parameters", "A small model for short answers.")
        await play.press("v")
        await play.until(lambda: "esc closes" not in play.shown)


async def test_the_list_is_filtered_as_it_is_typed() -> None:
    async with looking_at() as play:
        await play.press("/", "/")
        await play.type("gpu MIT")
        await play.until(lambda: listed(play) == ["[ ] phi-4-mini-instruct-cuda-gpu:5"])
        await play.press("backspace")
        await play.press("backspace", "backspace")
        await play.until(lambda: len(listed(play)) == 3)
        await play.type("zzz l ?")
        await play.until(lambda: listed(play) == [])
        await play.sees("No model has all of these words. / changes them.")
        assert play.app.screen.query_one(Input).value == "gpu zzz l ?"
        await play.press("escape")
        assert isinstance(play.app.focused, RowTable)
        await play.press("/", "ctrl+u", "enter")
        assert isinstance(play.app.focused, RowTable)
        assert play.app.current_mode == "models"
        await play.until(lambda: len(listed(play)) == 5)


async def test_the_cursor_stays_on_its_model_when_others_are_filtered_out() -> None:
    async with looking_at() as play:
        await play.press("down", "down")
        await play.sees("Mistral AI")
        await play.press("/")
        await play.type("7b")
        await play.press("down")
        await play.sees("Mistral AI")
        await play.press("space")
        assert play.app.app_state.chosen == [CARDS[2].id]


@pytest.mark.slow
async def test_models_are_chosen_in_an_order_and_enter_compares_them() -> None:
    async with looking_at() as play:
        await play.press("down", "space", "up", "space", "down", "down", "space")
        assert [row[:3] for row in listed(play)] == ["[2]", "[1]", "[3]", "[ ]", "[ ]"]
        await play.press("up", "space")
        assert [row[:3] for row in listed(play)] == ["[1]", "[ ]", "[2]", "[ ]", "[ ]"]
        await play.press("enter")
        assert play.app.current_mode == "compare"
        await play.until(lambda: len(play.panes) == 2)
        await play.sees("1 qwen2.5-0.5b · CPU", "2 mistral-7b · GPU")
        await play.press("f1", "down", "down", "down", "space", "f2")
        await play.until(lambda: len(play.panes) == 3)
        await play.sees("3 gpt-oss-20b · GPU")


async def test_enter_takes_the_model_under_the_cursor_when_none_is_chosen() -> None:
    async with looking_at() as play:
        await play.press("down", "enter")
        assert play.app.current_mode == "compare"
        await play.sees("1 phi-4-mini · GPU")


async def test_a_ninth_model_is_refused_with_a_sentence() -> None:
    async with looking_at(cards=many_cards(9)) as play:
        await play.sees("model-9")
        await play.press(*["space", "down"] * 8, "space")
        await play.sees_notice("8 models are the most that can be compared at once.")
        assert [row[1] for row in listed(play)] == [*"12345678", " "]
        await play.press("up", "space", "down", "space")
        assert [row[1] for row in listed(play)] == [*"1234567", " ", "8"]


async def test_what_the_host_cannot_do_is_greyed_out_and_its_key_says_why() -> None:
    async with looking_at(unable="This server loads models by itself", cards=many_cards(2)) as play:
        # Until the list is there, the key is bound to a sentence alone.
        await play.until(lambda: not play.app.screen.active_bindings["l"].enabled)
        active = play.app.screen.active_bindings
        assert not active["u"].enabled and active["space"].enabled
        for key, what in (("l", "load models"), ("u", "unload models"), ("d", "download models")):
            await play.press(key)
            await play.sees_notice(f"This host cannot {what}.")
        await play.press("a")
        await play.sees("No folder can be added here", "This host cannot register folders. It is only looked at.")
        assert play.notices[0] == "This host cannot load models. This server loads models by itself."
        assert play.app.app_state.working == {}


async def test_what_makes_no_sense_for_a_model_is_not_offered_and_its_key_says_why() -> None:
    async with looking_at() as play:
        await play.until(lambda: "u" in play.app.screen.active_bindings)
        await play.until(lambda: "Unload" in play.shown and "Load " not in play.shown)
        await play.press("l")
        await play.sees_notice("qwen2.5-0.5b-instruct-generic-cpu:4 is loaded already.")
        await play.press("end")
        await play.until(lambda: "Unload" not in play.shown)
        await play.press("u", "l", "x")
        await play.sees_notice("gpt-oss-20b-cuda-gpu:1 is not loaded.")
        await play.sees_notice("gpt-oss-20b-cuda-gpu:1 is not here yet; d downloads it.")
        await play.sees_notice("gpt-oss-20b-cuda-gpu:1 is not being downloaded.")


@pytest.mark.slow
async def test_models_are_loaded_and_unloaded_and_a_failure_is_a_sentence() -> None:
    with LoopbackServer().running() as server:
        host = LoopbackHost(server.port, ["good", "burst"])
        host.broken = {"burst"}
        async with asking(host) as play:
            await play.sees("◐ cached", "good", "burst")
            await play.press("l")
            await play.until(lambda: play.app.app_state.cards[0].state is ModelState.LOADED)
            await play.sees("● loaded", "1/2 loaded")
            await play.sees_notice("good: loaded in ")
            await play.sees("loaded in ")
            await play.press("down", "l")
            await play.sees_notice("burst could not be loaded. Its files are damaged. Try another model.")
            assert not play.app.app_state.working
            await play.press("up", "u")
            await play.sees("0/2 loaded")


@pytest.mark.slow
async def test_one_model_being_loaded_is_not_forgotten_when_another_is_ready() -> None:
    with LoopbackServer().running() as server:
        host = LoopbackHost(server.port, ["good", "burst"])
        gate = host.held["good"] = threading.Event()
        async with asking(host) as play:
            await play.sees("burst")
            await play.press("l", "down", "l")
            await play.until(lambda: play.app.app_state.cards[1].state is ModelState.LOADED)
            await play.sees("… loading", "1/2 loaded")
            gate.set()
            await play.sees("2/2 loaded")
            assert "… loading" not in play.shown


async def test_a_model_card_is_read_as_markdown() -> None:
    kept = [one.card for one in read_bundle(bundle_root())]
    async with models_screen(ModelListHost(kept)) as play:
        play.app.post_message(
            HostAnswered(
                99,
                HostInfo("listed", "Listed"),
                tuple(kept),
                {one.key: model_card_text(one) or "" for one in kept},
                None,
            )
        )
        await play.press("v")
        await play.sees("Demo Small", "• Licence: MIT")
        assert not re.search(r"\*\*|# |`", play.shown)
        await play.press("escape")
        assert not re.search(r"\*\*|# |`", play.shown)
