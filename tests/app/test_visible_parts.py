"""What must stay in sight, and can be read: notices beside what they speak of, the keys that always work, hints."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.app import App
from textual.color import Color
from textual.strip import Strip

from tests.app.test_themes import COLOURED, contrast
from tests.support.model_list_host import ModelListHost, models_screen
from tests.support.recorded import CARDS, answered, looking_at
from tests.support.screens import Play
from tests.support.sessions import score
from tests.support.some import some
from tui.hosts.base import Ability
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.layout_limits import MIN_HEIGHT, MIN_WIDTH, ROOMY_HEIGHT
from tui.ui.widgets.prompt import PLACEHOLDER

SIZES = [(80, 24), (160, 45)]
LONG = "The host refused with 500: boom. " * 4


def screen_rows(play: Play) -> list[str]:
    return play.shown.splitlines()


@pytest.mark.parametrize("size", SIZES)
async def test_a_notice_covers_nothing(size: tuple[int, int]) -> None:
    scores = [score("r1", 4, rater="ann")]
    async with looking_at([answered(1), answered(2)], size=size, scores=scores, notices=True) as play:
        await play.press("escape")
        before = [row for row in screen_rows(play) if "★" in row or " 1st " in row or "tok/s" in row]
        assert len(before) == 2
        for text in ("The score was taken back.", LONG):
            play.app.notify(text, markup=False)
        await play.sees("The score was taken back.", "boom.")
        after = screen_rows(play)
        assert all(row in after for row in some(before))
        assert "ctrl+q Quit" in after[-1]
        framed = sum("╯" in row or "┛" in row for row in after)
        assert framed == (1 if size[1] < ROOMY_HEIGHT else 2), "panes are whole, and the prompt where it has a frame"
        await play.press("escape")
        await play.until(lambda: "taken back" not in play.shown)
        assert [row for row in screen_rows(play) if "★" in row or " 1st " in row or "tok/s" in row] == before


@pytest.mark.slow
@pytest.mark.parametrize("size", [(MIN_WIDTH, MIN_HEIGHT), *SIZES])
async def test_the_way_out_and_all_keys_are_always_shown(size: tuple[int, int]) -> None:
    async with looking_at([answered(1), answered(2)], size=size) as play:
        seen: list[str] = []
        for keys in ((), ("escape",), ("f1",), ("slash",)):
            await play.press(*keys)
            await play.until(lambda: bool(play.shown) and screen_rows(play)[-1] not in seen)
            seen.append(screen_rows(play)[-1])
    for row in some(seen):
        assert "ctrl+q Quit" in row and cell_len(row.rstrip()) <= size[0]
    assert ["? Keys" in row for row in seen] == [False, True, True, False], "in a field it is a letter"


@pytest.mark.parametrize(("has", "offered"), [(tuple(Ability), True), ((), False)])
async def test_the_footer_offers_what_the_host_can_do_and_a_key_says_why_it_cannot(
    has: tuple[Ability, ...], offered: bool
) -> None:
    host = ModelListHost(CARDS[2:4], CARDS[4:], has=has, why="It only answers")
    async with models_screen(host) as play:
        await play.sees("mistral-7b")
        for here, key, word in (("home", "l", "Load"), ("end", "d", "Download")):
            await play.press(here)
            row = screen_rows(play)[-1].replace(f"({key} {word})", "greyed")
            assert (f"{key} {word}" in row) is offered
            if not offered and key == "l":
                await play.press(key)
                await play.sees_notice("This host cannot load models. It only answers.")


@pytest.mark.slow
@pytest.mark.parametrize("width", range(10, 60, 7))
@pytest.mark.parametrize("height", [1, 3, 5, 12])
async def test_a_terminal_that_is_too_small_says_so_in_words_that_fit(width: int, height: int) -> None:
    async with looking_at(size=(width, height)) as play:
        await play.until(lambda: f"{MIN_WIDTH}x{MIN_HEIGHT}" in "".join(play.shown.split()))
        told = " ".join(play.shown.split())
        assert told.endswith(("is needed.", "nothing is lost.", f"{MIN_WIDTH}x{MIN_HEIGHT}"))


async def test_at_twenty_by_five_the_sentence_is_whole() -> None:
    told = "This terminal is 20x5. At least 60x18 is needed; nothing is lost."
    async with looking_at(size=(20, 5)) as play:
        await play.until(lambda: told in " ".join(play.shown.split()))


def written(app: App[None], text: str) -> list[tuple[str, str]]:
    """Colour and ground of every piece of this text on the screen."""
    strips: list[Strip] = app.screen._compositor.render_strips()
    found = []
    for strip in some(strips):
        if text in strip.text:
            for piece in some(strip):
                words = piece.text.strip(" │┃")
                if words and (words in text or text in words) and piece.style is not None:
                    colour, ground = piece.style.color, piece.style.bgcolor
                    assert colour is not None and ground is not None
                    found.append((_hex(colour), _hex(ground)))
    return found


def _hex(colour: object) -> str:
    return Color.from_rich_color(colour).hex6  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("theme", COLOURED)
async def test_hints_in_empty_fields_can_be_read(theme: str) -> None:
    async with looking_at([answered(1)]) as play:
        play.app.theme = theme
        seen = []
        for keys, text in (
            ((), PLACEHOLDER[4:]),
            (("f1",), "filter: words from any column"),
            (("slash",), "filter: words from any column"),
        ):
            await play.press(*keys)
            await play.sees(text)
            seen.append(written(play.app, text))
        play.app.push_screen(TextInputDialog("A folder", "", "its path on this machine; esc leaves"))
        await play.sees("path on this machine; esc leaves")
        seen.append(written(play.app, "its path on this machine; esc leaves"))
        assert len(seen) == 4
        for pieces in some(seen):
            assert pieces
            for colour, ground in some(pieces):
                assert contrast(colour, ground) >= 4.5, (colour, ground)
