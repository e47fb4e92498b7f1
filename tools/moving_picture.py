"""Makes the README's moving picture: `python -m tools.moving_picture docs/streaming.svg`.

A session that was recorded with real models (`tools/moving_picture.toml`) is shown by the program as it went, at less
than half its speed, and then scored; each frame is the program's own picture of its screen. An SVG of all frames plays
wherever SVGs do, in a README too, and is small: what two frames share is in it once. Whoever wants less motion, or has
a viewer that plays nothing, sees the last frame. `--frame N` makes a PNG of one frame instead, to be looked at; that
needs what `tools.picture` needs.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.picture import write_png
from tui.app.app import CompareApp
from tui.app.opened import OpenedFile
from tui.core.sessions.replay import Replay
from tui.runner.kept_session import open_kept_session
from tui.storage.session_files import load_whole
from tui.ui.themes import load_all

RECORDED = Path(__file__).with_suffix(".toml")
NAME = "20261130T165121Z-ff87.toml"
SIZE = (100, 30)
SPEED = 0.4
FRAME_S = 0.125
"""Seconds for which a frame is seen."""
BEGIN_S = 3.85
"""Seconds into the session: before that models are loaded."""
SCORES = (("2", 1.0), ("right", 0.5), ("5", 1.0), ("right", 0.5), ("4", 4.0))
"""Keys, and for how many seconds what comes of them is seen."""

Frame = tuple[str, float]
"""The screen as SVG, and the seconds for which it is seen."""


async def played(name: str) -> AsyncIterator[Frame]:
    """The session as it went."""
    clock = [0]
    replay = Replay(load_whole(RECORDED), lambda: clock[0])
    app = CompareApp(lambda: OpenedFile(name, replay, None, lambda: True), themes=load_all([])[0], theme="dark")
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(1.5)
        clock[0] = round(BEGIN_S * 1e9)
        await pilot.pause(1)
        replay.speed = SPEED
        while replay.busy:
            yield app.export_screenshot(title="foundry-compare"), FRAME_S
            clock[0] += round(FRAME_S * 1e9)
            await pilot.pause(0.3)
        await pilot.pause(1)
        yield app.export_screenshot(title="foundry-compare"), 1.0


async def scored(folder: Path) -> AsyncIterator[Frame]:
    """The same session, opened and scored."""
    file = Path(shutil.copy(RECORDED, folder / NAME))
    kept = open_kept_session(file, "you")
    opened = OpenedFile(file.name, kept.view, kept.ratings, kept.close)
    app = CompareApp(lambda: opened, themes=load_all([])[0], theme="dark")
    try:
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause(1.5)
            yield app.export_screenshot(title="foundry-compare"), 1.0
            for key, seconds in SCORES:
                await pilot.press(key)
                await pilot.pause(0.5)
                yield app.export_screenshot(title="foundry-compare"), seconds
    finally:
        kept.close()


async def frames(folder: Path) -> list[Frame]:
    """All of them."""
    return [frame async for frame in played(NAME)] + [frame async for frame in scored(folder)]


_STYLE = re.compile(r"\.terminal-\d+-(r\d+) \{ (.*?) ?\}")
_PART = re.compile(r"<(rect|text) (?:class|fill)=\"(?:terminal-\d+-)?([^\"]+)\" x=\"([\d.]+)\" y=\"([\d.]+)\" "
                   r"(?:width|textLength)=\"([\d.]+)\"[^>]*?(?:/>|>([^<]*)</text>)")  # fmt: skip
_INSIDE = re.compile(r"clip-path=\"url\(#terminal-\d+-clip-terminal\)\">(.*)</svg>", re.DOTALL)


@dataclass
class Film:
    """What is on the screens, and in which frames each part of it."""

    styles: dict[str, str] = field(default_factory=dict)
    """The name of each style of text."""
    boxes: dict[str, list[int]] = field(default_factory=dict)
    """Backgrounds, and the frames that have them."""
    texts: dict[str, list[int]] = field(default_factory=dict)

    def add(self, number: int, svg: str) -> None:
        """Take a frame in."""
        inside = _INSIDE.search(svg)
        assert inside is not None, "the program makes its pictures in another way"
        styles = dict(_STYLE.findall(svg))
        for kind, look, x, y, width, text in _PART.findall(inside[1]):
            if kind == "rect":
                part = f'<rect fill="{look}" x="{x}" y="{y}" width="{width}" height="24.65"/>'
                self.boxes.setdefault(part, []).append(number)
            elif text.replace("&#160;", "").strip():
                style = self.styles.setdefault(styles[look], f"r{len(self.styles)}")
                words = text.replace("&#160;", "\u00a0")
                part = f'<text class="{style}" x="{x}" y="{y}" textLength="{width}">{words}</text>'
                self.texts.setdefault(part, []).append(number)


def moving(screens: Sequence[Frame]) -> str:
    """One SVG that shows the frames one after another, again and again."""
    film = Film()
    for number, (svg, _) in enumerate(screens):
        film.add(number, svg)
    begins = [0.0]
    for _, seconds in screens:
        begins.append(begins[-1] + seconds)
    total = begins[-1]
    shows: dict[tuple[int, ...], str] = {}
    groups = [_grouped(parts, len(screens), shows) for parts in (film.boxes, film.texts)]
    rules = [f".{name}{{{look}}}" for look, name in film.styles.items()]
    for shown, name in shows.items():
        changes = [at for at in range(len(screens)) if (at in shown) != (at - 1 in shown) or at == 0]
        steps = "".join(
            f"{100 * begins[at] / total:.2f}%{{visibility:{'visible' if at in shown else 'hidden'}}}" for at in changes
        )
        rules.append(f"@keyframes {name}{{{steps}}}.{name}{{animation:{name} {total:.2f}s step-end infinite}}")
    head = re.sub(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", "", screens[0][0], flags=re.DOTALL).partition("<style>")
    chrome = screens[0][0].partition("</defs>")[2].partition('<g transform="translate(9, 41)"')[0]
    chrome = re.sub(r'class="terminal-\d+-title"', 'class="title"', chrome)
    return "\n".join(
        [
            head[0].strip(),
            "<style>.screen{font:20px 'Fira Code',Menlo,Consolas,monospace}.screen rect{shape-rendering:crispEdges}",
            ".title{font:bold 18px sans-serif}.h{visibility:hidden}",
            *rules,
            "@media (prefers-reduced-motion:reduce){.screen g{animation:none}}</style>",
            re.sub(r">\s+<", "><", chrome).strip(),
            '<g transform="translate(9,41)" class="screen" xml:space="preserve">',
            *groups,
            "</g></svg>\n",
        ]
    )


def _grouped(parts: dict[str, list[int]], count: int, shows: dict[tuple[int, ...], str]) -> str:
    """The parts as SVG, those that are seen at the same times together. `shows` gets the names of these times."""
    together: dict[tuple[int, ...], list[str]] = {}
    for part, shown in parts.items():
        together.setdefault(tuple(sorted(set(shown))), []).append(part)
    lines = []
    for shown, inside in sorted(together.items(), key=lambda item: -len(item[0])):
        if len(shown) == count:
            lines.append("".join(inside))
            continue
        name = shows.setdefault(shown, f"k{len(shows)}")
        hidden = "" if count - 1 in shown else "h "
        lines.append(f'<g class="{hidden}{name}">{"".join(inside)}</g>')
    return "\n".join(lines)


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("--frame", type=int, help="only this frame, as PNG; -1 is the last")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FOUNDRY_COMPARE_STATE"] = folder  # Nobody else's journals are of what is opened here.
        screens = asyncio.run(frames(Path(folder)))
    if given.frame is not None:
        write_png(screens[given.frame][0], given.target, "1100")
    else:
        given.target.write_text(moving(screens), encoding="utf-8")


if __name__ == "__main__":
    main()
