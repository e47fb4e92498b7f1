"""Every text stands out from its ground, as it is painted: 4.5 to 1 (WCAG 2.2, 1.4.3) in every theme with colours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.geometry import Region
from textual.screen import ModalScreen

from tests.app.test_themes import contrast
from tests.support.recorded import answered, looking_at, streaming
from tests.support.screens import Play
from tests.support.some import any_number_of, some
from tui.core.errors import NoHostError
from tui.core.requests.request import RequestState
from tui.storage.theme_files import bundled_folder, load_themes

COLOURED = [file.name for file in load_themes([bundled_folder()])[0] if not file.ansi]
LEAST = {"high-contrast": 7.0}
"""Themes that promise more."""
MARKDOWN = """# Heading

Some **bold**, *italic* and `code` with a [link](https://example.com/x) — and

> a quotation

1. one
2. two

| a | b |
|---|---|
| 1 | 2 |

```python
def f(x: int) -> str:  # why
    return "text" * x
```
"""


def painted(play: Play) -> Iterator[tuple[str, str, str]]:
    """The texts that are painted, with their colour and that of their ground. What lies under a dialog takes no keys
    meanwhile, and is dimmed for it."""
    screen = play.app.screen
    region = screen.query("Vertical").first().region if isinstance(screen, ModalScreen) else screen.region
    for y, strip in enumerate(some(screen._compositor.render_strips())):
        x = 0
        for segment in any_number_of(strip):
            within = Region(x, y, max(segment.cell_length, 1), 1)
            x += segment.cell_length
            if not any(character.isalnum() for character in segment.text) or not region.contains_region(within):
                continue
            style = segment.style
            assert style is not None and style.color is not None and style.bgcolor is not None, segment
            colours = [one.get_truecolor().hex for one in (style.color, style.bgcolor)]
            yield (segment.text.strip(), *(reversed(colours) if style.reverse else colours))  # type: ignore[misc]


def check(play: Play) -> set[str]:
    """Look at the screen as it is; returns the words of it."""
    theme = play.app.theme
    found = list(painted(play))
    for text, colour, ground in some(found):
        ratio = contrast(colour, ground)
        assert ratio >= LEAST.get(theme, 4.5), f"{theme}: {text!r} is {colour} on {ground}: {ratio:.2f}"
    return {word for text, _, _ in found for word in text.split()}


async def in_theme(play: Play, name: str) -> None:
    play.app.theme = name
    await play.settle()
    await play.until(lambda: any(painted(play)))


@pytest.mark.slow
async def test_what_is_painted_stands_out() -> None:
    failed = answered(2, "", state=RequestState.FAILED)
    asked = [answered(1, MARKDOWN), failed, answered(3)]
    async with looking_at(asked, size=(120, 40), notices=True) as play:
        await play.press("escape", "4")
        await play.until(lambda: "# Heading" not in play.shown)
        for name in some(COLOURED):
            await in_theme(play, name)
            assert {"Heading", "return", "quotation", "failed", "unscored"} <= check(play)
            await play.press("?")
            await play.sees("find an action")
            assert "find" in check(play)
            await play.type("pane")
            await play.sees("▸")
            assert "pane" in check(play)
            await play.press("escape", "n")
            await play.sees("Note on")
            assert "Note" in check(play)
            await play.press("escape", "ctrl+c")
            await play.sees("Leave the program?")
            assert "Leave" in check(play)
            await play.press("escape")
            await play.press("f1")
            await play.sees("chosen")
            assert {"state", "loaded", "chosen:"} <= check(play)
            await play.press("/")
            assert {"filter:"} <= check(play)
            await play.press("f2", "escape")


async def test_what_is_painted_while_answers_come_stands_out() -> None:
    requests, at = streaming()
    async with looking_at(requests, size=(160, 30), at=at) as play:
        await play.sees("thinking", "streaming")
        for name in some(COLOURED):
            await in_theme(play, name)
            assert {"answer", "thinking", "queued", "toks"} & check(play)


async def test_the_screen_without_answers_stands_out() -> None:
    async with looking_at(size=(100, 24), chosen=["nobody"]) as play:
        await play.press("f2")
        await play.sees("No model is chosen.")
        for name in some(COLOURED):
            await in_theme(play, name)
            assert "chosen." in check(play)


async def test_notices_stand_out() -> None:
    async with looking_at([answered(1)], size=(100, 24), notices=True) as play:
        play.app.notify("It is so.", markup=False)
        play.app.notify("It may be so.", severity="warning", markup=False)
        play.app.compare.show_error(NoHostError("Nobody answers", "It is off", "Start it"))
        await play.sees("Nobody answers", "It may be so")
        for name in some(COLOURED):
            await in_theme(play, name)
            assert {"Nobody", "may"} <= check(play)


async def test_without_colours_every_difference_is_a_sign_or_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR Textual paints greys; what states, scores and the focus say stays to be read."""
    monkeypatch.setenv("NO_COLOR", "1")
    failed = answered(2, "", state=RequestState.FAILED)
    async with looking_at([answered(1), failed], size=(80, 24)) as play:
        await play.press("escape", "3")
        await play.sees("✓ done", "✗ failed", "★★★☆☆")
        assert "┏" in play.shown and "╭" in play.shown, "the focus has another line"
        for text, colour, ground in some(list(painted(play))):
            for one in some((colour, ground)):
                assert len({one[1:3], one[3:5], one[5:7]}) == 1, f"{text!r} is {colour} on {ground}"
            assert contrast(colour, ground) >= 4.5, f"{text!r} is {colour} on {ground}"
