"""Text in every script on a real terminal: borders stand in their columns, and a prompt is asked as it was pasted."""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.app.test_terminal_column_widths import SCRIPTS as TEXTS
from tests.e2e.terminal.terminal import Terminal, terminal
from tests.support.loopback_server import SCRIPTS, LoopbackServer
from tests.support.odd_servers import saying
from tests.support.some import some
from tests.unit.core.test_clean import AS_WRITTEN, FAMILIES

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

SMALL, LARGE = (80, 24), (160, 45)
HINDI = "हिन्दी में उत्तर: क्षेत्र"
JOINED = ("a selector", "families", "skins", "flags", "keycaps", "emoji")
"""What tmux itself has changed its mind about: borders are counted beside it, their columns are not."""
MODELS = {
    f"⚠️ {HINDI}": saying(*[f"{HINDI} " for _ in range(60)]),
    "👨‍👩‍👧 ที่นี่": saying(*[f"{text}\n\n" for text in TEXTS.values()]),
    "क्षेत्र বাংলা": saying(*[f"{text} " for name, text in TEXTS.items() if name not in JOINED] * 6),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    """A server whose models have names, and answer, in many scripts."""
    for name in list(SCRIPTS):
        monkeypatch.delitem(SCRIPTS, name)
    for name, script in MODELS.items():
        monkeypatch.setitem(SCRIPTS, name, script)
    with LoopbackServer().running() as running:
        yield running


def columns(line: str, borders: str) -> list[int]:
    """Where these characters stand, as tmux counts."""
    found: list[int] = []
    column = 0
    joined = False
    for char in line:
        if char in borders:
            found.append(column)
        kind = unicodedata.category(char)
        if not joined and kind not in ("Mn", "Me", "Cf"):
            column += 2 if "\U0001f3fb" <= char <= "\U0001f3ff" else 1 if kind == "Mc" else cell_len(char)
        joined = char == "\u200d"
    return found


def panes_stand(window: Terminal) -> None:
    """Wait until every row of the panes has all borders, in the columns of the first row."""
    window.until(lambda: stand(window.text.split("\n")))


def stand(lines: list[str]) -> bool:
    """Whether the borders of the lowest panes are where those of their first row are."""
    tops = [at for at, line in enumerate(lines) if re.search("[╭┏].*[╮┓]", line)]
    expected = columns(lines[tops[-1]], "╭╮┏┓") if tops else []
    bottoms = [at for at in range(tops[-1] if tops else 0, len(lines)) if re.search("[╰┗].*[╯┛]", lines[at])]
    if len(expected) < 2 or not bottoms or bottoms[0] - tops[-1] <= 8:
        return False
    rows = lines[tops[-1] + 1 : bottoms[0]]
    odd = "[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f]"
    return all(
        len(re.findall("[│┃]", row)) == len(expected)
        and (re.search(odd, row.replace("✓", "")) is not None or columns(row, "│┃") == expected)
        for row in rows
    )


def program(server: LoopbackServer, *args: str) -> tuple[str, ...]:
    models = [part for name in MODELS for part in ("-m", name)]
    return (sys.executable, "-P", "-m", "tui", "--host", server.url, *models, *args)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "160x45"])
def test_borders_stand_beside_every_script(size: tuple[int, int], server: LoopbackServer, tmp_path: Path) -> None:
    with terminal(program(server, "-p", HINDI), size, tmp_path) as (window, _):
        window.sees("3 unscored")
        panes_stand(window)
        for key in ("Right", "Home", "PageDown", "PageDown", "Right", "Up", "Up", "z", "m", "z"):
            window.press(key)
        window.until(lambda: "z Zoom" in window.text)
        panes_stand(window)
        window.resize(LARGE if size == SMALL else SMALL)
        window.until(lambda: len(window.text.split("\n")[4].rstrip()) > 0)
        window.press("n")
        window.sees("Note on")
        window.paste(HINDI, bracketed=True)
        window.sees(HINDI)
        lines = window.text.split("\n")
        title = next(at for at, line in enumerate(lines) if "Note on" in line)
        corners = columns(lines[title - 1], "╭╮")[-2:]
        for line in some(lines[title : title + 4]):
            assert columns(line, "│")[-2:] == corners, window.text
        assert any(name in lines[title] for name in some(MODELS_SHOWN)), window.text
        window.press("Escape")
        window.until(lambda: "Note on" not in window.text)
        panes_stand(window)
        window.press("F1")
        window.sees("F1 Models", "filter")
        for name in MODELS:
            assert name.split()[-1] in window.text


MODELS_SHOWN = list(MODELS)
WRITTEN = "\n".join([*AS_WRITTEN.values(), *FAMILIES, "and no more"])


@pytest.mark.parametrize("bracketed", [True, False], ids=["bracketed", "as keys"])
def test_a_prompt_is_asked_as_it_was_pasted(bracketed: bool, server: LoopbackServer, tmp_path: Path) -> None:
    text = (
        WRITTEN
        if bracketed
        else AS_WRITTEN["Persian"] + " " + AS_WRITTEN["Hindi with a half form"] + " 👩‍💻 and no more"
    )
    with terminal(program(server), LARGE, tmp_path) as (window, _):
        window.sees("Ask all models", "1 ⚠️")
        window.paste(text, bracketed=bracketed)
        window.sees("and no more")
        window.press("Enter")
        window.sees("3 unscored")
        assert [talk.body["messages"][-1]["content"] for talk in server.talks] == [text] * 3
        assert "<U+" not in window.text
