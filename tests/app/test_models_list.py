"""The Models screen and what its host can be asked: catalogue, downloads, variants, facets, fit, removal, folders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.strip import Strip

from tests.app.test_models import listed
from tests.support.model_list_host import HERE, OTHERS, VARIANTS, ModelListHost, models_screen
from tests.support.recorded import CARDS
from tests.support.screens import Play
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import ModelFailedError
from tui.core.plans.mode import Mode
from tui.hosts.base import Ability
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.widgets.row_table import RowTable

GPT = CARDS[4]
MISTRAL = CARDS[2]


def names(play: Play) -> list[str]:
    return [row[4:] for row in listed(play)]


def state_of(play: Play, key: str) -> str:
    return next(row.cells[1] for row in play.app.screen.query_one(RowTable).rows if row.key == key)


def lines(play: Play) -> str:
    """The screen in single spaces."""
    return " ".join(play.shown.replace("│", " ").split())


# The catalogue


async def test_of_two_hundred_variants_a_keystroke_paints_those_in_sight_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[int] = []
    paint = RowTable._strip

    def counting(table: RowTable, at: int) -> Strip:
        painted.append(at)
        return paint(table, at)

    monkeypatch.setattr(RowTable, "_strip", counting)
    many = [ModelCard(f"model-{n:03}-cpu", f"model-{n:03}", state=ModelState.CATALOG) for n in range(200)]
    async with models_screen(ModelListHost(HERE[:1], many)) as play:
        await play.until(lambda: len(listed(play)) == 201)
        await play.press("slash")
        for key, left in (("1", 120), ("9", 12), ("9", 1)):
            painted.clear()
            await play.press(key)
            assert len(listed(play)) <= left
            # The keystroke's own painting, and perhaps that of a cursor or a beat beside it.
            assert len(painted) <= 3 * 24
        assert names(play) == ["model-199-cpu"]


async def test_what_is_here_is_shown_at_once_and_the_catalogue_when_it_answers() -> None:
    host = ModelListHost(HERE, OTHERS)
    host.catalogue_there.clear()
    async with models_screen(host) as play:
        await play.sees("The public catalogue is being asked; what is here is shown meanwhile.")
        assert names(play) == [card.id for card in HERE]
        await play.press("down", "down")
        host.catalogue_there.set()
        await play.until(lambda: names(play) == [card.id for card in CARDS])
        assert "is being asked" not in play.shown
        await play.sees("Mistral AI")


async def test_a_catalogue_that_is_away_hides_nothing_and_says_so() -> None:
    host = ModelListHost(HERE)
    host.stale = "It could not be reached: no route to host."
    async with models_screen(host) as play:
        await play.sees("The catalogue may be out of date. It could not be reached: no route to host.")
        assert names(play) == [card.id for card in HERE]
        host.stale, host.others = "", {GPT.id: GPT}
        await play.press("f5")
        await play.until(lambda: names(play)[-1] == GPT.id)
        assert "out of date" not in play.shown


async def test_known_rows_stay_when_the_catalogue_goes_away() -> None:
    host = ModelListHost(HERE, OTHERS)
    async with models_screen(host) as play:
        await play.until(lambda: names(play)[-1] == GPT.id)
        host.others, host.stale = {}, "It is away."
        await play.press("f5")
        await play.sees("It is away.")
        assert names(play)[-1] == GPT.id


# Variants and facets


@pytest.mark.slow
async def test_an_alias_opens_to_its_variants_and_closes_again() -> None:
    async with models_screen(ModelListHost(HERE[:1], VARIANTS)) as play:
        await play.until(lambda: names(play)[1:] == ["▸ phi-4-mini (3)"])
        await play.press("right")
        assert len(names(play)) == 2
        await play.press("down", "right")
        assert names(play)[1:] == ["▾ phi-4-mini (3)", "  …-generic-cpu:5", "  …-cuda-gpu:5", "  …-qnn-npu:5"]
        await play.press("down", "down", "space")
        assert play.app.app_state.chosen == [VARIANTS[1].key]
        await play.press("left")
        assert names(play)[1:] == ["▸ phi-4-mini (3)"]
        await play.sees("phi-4-mini-cuda-gpu:5", "3 variants (GPU, CPU, NPU); → shows them")
        await play.press("space")
        assert play.app.app_state.chosen == []


async def test_facets_narrow_the_list_and_say_so_in_their_line() -> None:
    tags = {CARDS[2].id.casefold(): ("small", "class"), CARDS[0].alias.casefold(): ("class",)}
    async with models_screen(ModelListHost(HERE, OTHERS), tags=tags) as play:
        await play.until(lambda: len(names(play)) == 5)
        await play.sees("1 device  2 state  5 licence  6 tag")
        await play.press("6", "6")
        await play.sees("6 tag: small", "1 of 5 models", "tags: small, class")
        assert names(play) == [CARDS[2].id]
        await play.press("0")
        await play.press("1", "1")
        await play.sees("1 device: GPU", "0 all", "3 of 5 models")
        assert names(play) == [CARDS[1].id, CARDS[2].id, CARDS[4].id]
        await play.press("5", "2", "2")
        await play.sees("2 state: cached", "5 licence: apache-2.0")
        assert names(play) == [CARDS[2].id]
        await play.press("/")
        await play.type("12")
        await play.sees("No model has all of these words. / changes them. 0 lets in all values of 1 to")
        await play.press("ctrl+u", "escape", "0")
        assert len(names(play)) == 5
        await play.press("4")
        await play.sees_notice("All models have the same tools: -.")


# Downloads


@pytest.mark.slow
async def test_a_download_shows_how_far_it_is_and_ends_in_the_cache() -> None:
    host = ModelListHost(HERE, OTHERS)
    host.steps[GPT.id] = [45.4]
    async with models_screen(host) as play:
        await play.until(lambda: len(names(play)) == 5)
        await play.press("end", "d")
        await play.until(lambda: state_of(play, GPT.key) == "↓    -        -     -")
        host.more.release()
        await play.until(lambda: state_of(play, GPT.key) == "↓  45%        -     -")
        await play.press("d")
        await play.sees_notice("gpt-oss-20b-cuda-gpu:1 is being downloaded; x stops it.")
        host.more.release()
        await play.until(lambda: state_of(play, GPT.key) == "◐ cached")
        await play.sees("5 cached, 22.4 GB on disk")
        assert host.downloading == [GPT.id]


@pytest.mark.slow
async def test_several_downloads_wait_in_a_queue_and_x_stops_the_one_under_the_cursor() -> None:
    host = ModelListHost(HERE[:1], VARIANTS)
    for card in VARIANTS:
        host.steps[card.id] = [10.0]
    async with models_screen(host) as play:
        await play.until(lambda: len(names(play)) == 2)
        await play.press("down", "right", "down", "d", "down", "d", "down", "d")
        await play.until(lambda: state_of(play, VARIANTS[2].key) == "↓ queued")
        assert state_of(play, VARIANTS[1].key) == "↓ queued"
        await play.press("x")
        await play.until(lambda: state_of(play, VARIANTS[2].key) == "○ catalogue")
        await play.press("up", "up", "x")
        await play.until(lambda: state_of(play, VARIANTS[0].key) == "○ catalogue")
        for _ in range(2):
            host.more.release()
        await play.until(lambda: state_of(play, VARIANTS[1].key) == "◐ cached")
        assert host.downloading == [VARIANTS[0].id, VARIANTS[1].id]


@pytest.mark.slow
async def test_a_failed_download_is_a_sentence_in_the_row_and_in_the_details_and_can_be_tried_again() -> None:
    host = ModelListHost(HERE, OTHERS)
    host.failing[GPT.id] = ModelFailedError(f"{GPT.id} could not be downloaded", "The disk is full", "Free 10 GB")
    async with models_screen(host) as play:
        await play.until(lambda: len(names(play)) == 5)
        await play.press("end", "d")
        await play.sees_notice("gpt-oss-20b-cuda-gpu:1 could not be downloaded. The disk is full. Free 10 GB.")
        assert state_of(play, GPT.key) == "✗ failed"
        await play.sees("✗ gpt-oss-20b-cuda-gpu:1 could not be downloaded. The disk is full. Free")
        del host.failing[GPT.id]
        host.more.release()
        await play.press("d")
        await play.until(lambda: state_of(play, GPT.key) == "◐ cached")
        assert len(play.notices) == 1


async def test_a_download_does_not_keep_the_program_from_leaving() -> None:
    host = ModelListHost(HERE, OTHERS)
    async with models_screen(host) as play:
        await play.until(lambda: len(names(play)) == 5)
        await play.press("end", "d")
        await play.until(lambda: host.downloading == [GPT.id])
        await play.pilot.press("ctrl+q")
        await play.until(lambda: not play.app.is_running)
    assert not play.app.controllers.host._questions.downloads.add(GPT)
    assert GPT.id in host.others


# Memory


async def test_the_choice_says_whether_it_fits_into_memory() -> None:
    async with models_screen(ModelListHost(HERE, OTHERS)) as play:
        await play.until(lambda: len(names(play)) == 5)
        await play.press("space")
        await play.sees("1 chosen: loaded")
        await play.press("down", "down")
        await play.sees("on disk 4.2 GB · needs ~5.0 GB of memory · fits: yes (6.0 GB free)")
        await play.press("space")
        await play.sees("2 chosen: ~5.0 GB of memory, fits (6.0 GB free)")
        await play.press("down", "space")
        await play.sees("3 chosen: ~9.5 GB of memory, too much together (6.0 GB free)")
        await play.press("down", "space")
        await play.sees("4 chosen: ~21.4 GB of memory, too much (6.0 GB free) · 1 not here yet (d")


@pytest.mark.parametrize(("local", "free", "told"), [(False, 6e9, "not visible from here"), (True, None, "not known")])
async def test_memory_that_cannot_be_seen_is_not_guessed(local: bool, free: float | None, told: str) -> None:
    host = ModelListHost(HERE)
    host.local = local
    async with models_screen(host, free=free) as play:
        await play.press("down", "down", "space")
        await play.sees(f"free memory {told}")
        await play.until(lambda: f"1 chosen: ~5.0 GB of memory; free memory {told}" in lines(play))
        await play.press("enter")
        assert play.app.current_mode == "compare"


@pytest.mark.slow
@pytest.mark.parametrize(("key", "mode"), [("m", Mode.MEASURE), ("a", Mode.RACE)])
async def test_models_that_do_not_fit_together_are_offered_to_be_measured(key: str, mode: Mode) -> None:
    async with models_screen(ModelListHost(HERE)) as play:
        await play.press("down", "down", "space", "down", "space", "enter")
        await play.sees("These models do not fit into memory together", "They need about 9.5 GB of memory together")
        await play.press("escape")
        assert play.app.current_mode == "models"
        await play.press("enter", key)
        await play.until(lambda: play.app.current_mode == "compare")
        await play.sees("measure: one at a time" if mode is Mode.MEASURE else "race: all at once")
        await play.press("f1", "enter")
        assert isinstance(play.app.screen, ChoiceDialog) is (mode is Mode.RACE)


# Removing, registering, reading


async def test_a_model_is_removed_only_after_a_yes_that_names_it_and_its_size() -> None:
    async with models_screen(ModelListHost(HERE, OTHERS)) as play:
        await play.until(lambda: len(names(play)) == 5)
        await play.press("delete")
        await play.sees_notice(
            "qwen2.5-0.5b-instruct-generic-cpu:4 is loaded; u frees its memory, then it can be removed."
        )
        await play.press("down", "down", "space", "delete")
        await play.sees("Remove mistral-7b-instruct-generic-gpu:2 from the cache?", "It takes 4.2 GB.")
        await play.press("n", "escape")
        assert state_of(play, MISTRAL.key) == "◐ cached"
        await play.press("delete", "y")
        await play.until(lambda: state_of(play, MISTRAL.key) == "○ catalogue")
        await play.sees("3 cached, 8.3 GB on disk")
        assert play.app.app_state.chosen == []


async def test_a_removal_that_fails_is_a_sentence() -> None:
    host = ModelListHost(HERE)
    host.failing[MISTRAL.id] = ModelFailedError(f"{MISTRAL.id} could not be removed", "A file is in use", "Unload it")
    async with models_screen(host) as play:
        await play.press("down", "down", "delete", "y")
        await play.sees_notice("mistral-7b-instruct-generic-gpu:2 could not be removed. A file is in use. Unload it.")
        assert state_of(play, MISTRAL.key) == "◐ cached"


async def test_a_folder_is_registered_by_its_path(tmp_path: Path) -> None:
    host = ModelListHost(HERE)
    async with models_screen(host) as play:
        await play.press("a")
        await play.sees("A folder with an ONNX Runtime GenAI model")
        await play.type(str(tmp_path / "nonsuch"), "enter")
        await play.sees_notice("cannot be registered. There is no such folder. Look at its path.")
        await play.press("a")
        await play.type(str(tmp_path), "enter")
        await play.until(lambda: names(play)[-1] == "own:1")
        await play.sees_notice("own:1: added in ")
        assert host.registered == [tmp_path]
        await play.press("a", "escape")
        assert host.registered == [tmp_path]


async def test_the_licence_is_shown_as_text_or_it_is_said_that_there_is_none() -> None:
    text = "MIT License\n\nPermission is hereby granted [@click=app.quit]here[/] \x1b[31m"
    cards = (replace(HERE[1], licence_text=text), HERE[2])
    async with models_screen(ModelListHost(cards)) as play:
        await play.press("i")
        await play.sees("phi-4-mini: MIT", "Permission is hereby granted [@click=app.quit]here[/] ␛[31m")
        await play.press("i", "down", "i")
        await play.sees_notice("The host has no text of the licence. It is named apache-2.0.")


async def test_a_host_that_cannot_download_says_why_and_does_not_wait_for_a_catalogue() -> None:
    host = ModelListHost(HERE, has=(Ability.LOAD, Ability.UNLOAD), why="Its models came with the program")
    host.catalogue_there.clear()
    async with models_screen(host) as play:
        assert "being asked" not in play.shown
        await play.press("d", "delete", "a")
        for what in ("download models", "remove models"):
            await play.sees_notice(f"This host cannot {what}. Its models came with the program.")
        await play.sees("No folder can be added here", "This host cannot register folders. Its models came with the")
        host.catalogue_there.set()
