"""Pictures of panes, tables and dialogs, and one of each whole screen, compared with those that somebody has looked at.

`pytest --update-snapshots` rewrites them; look at every one that changed before it is kept. A picture shows one thing,
so that a change breaks the pictures of what it changes and no others.
"""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from rich.console import Console
from rich.segment import Segment, Segments
from textual.geometry import Region
from textual.widgets import Input

from tests.support.model_list_host import VARIANTS, ModelListHost, models_screen
from tests.support.recorded import CARDS, PROMPT, RATER, SHORT, THOUGHT, answered, looking_at, streaming, words
from tests.support.screens import Play
from tests.support.sessions import WHEN, score
from tests.support.some import some
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import Note

FOLDER = Path(__file__).parent / "snapshots"
Size = tuple[int, int]
Part = Callable[[Play], Region]
Scene = Callable[[Size], AbstractAsyncContextManager[Play]]
SMALL, WIDE = (80, 24), (160, 45)


def done() -> list[Request]:
    """Three answers, one of them with its thinking."""
    thought = answered(3, thinking=words(THOUGHT), first_ms=1900, gap_ms=77, tokens=140)
    return [answered(1, first_ms=310, gap_ms=24.3), answered(2, SHORT, first_ms=120, gap_ms=11.4), thought]


@asynccontextmanager
async def streaming_midway(size: Size) -> AsyncIterator[Play]:
    requests, now = streaming()
    async with looking_at(requests, at=now, size=size) as play:
        play.prompt.fill(PROMPT.user)
        await play.press("escape")
        yield play


@asynccontextmanager
async def scored_with_a_note(size: Size) -> AsyncIterator[Play]:
    scores = [score("r1", 4, rater=RATER), score("r2", 3, rater=RATER), score("r3", 5, rater=RATER)]
    async with looking_at(done(), size=size, scores=scores, notes=[Note("r2", RATER, "too short", WHEN)]) as play:
        play.prompt.fill(PROMPT.user)
        await play.press("escape", "right", "right", "t", "home")
        yield play


MARKDOWN = """## Retrieval augmented generation

RAG is *two* steps, **not one**; see [the paper](papers/2005.11401.pdf):

1. `search` finds documents
   - by words, or
   - by meaning 检索
2. the model answers from them

> Without documents it guesses.

```python
def answer(question: str) -> str:
    found = search(question, limit=3)  # the best three
    return model.ask("Use only:", *found)
```

| step | time |
|---|---:|
| search | 12 ms |
| answer | 2.6 s |
"""


@asynccontextmanager
async def as_markdown(size: Size) -> AsyncIterator[Play]:
    async with looking_at([answered(1, MARKDOWN), answered(2, SHORT), answered(3, MARKDOWN)], size=size) as play:
        play.prompt.fill(PROMPT.user)
        await play.press("escape", "right", "right", "m", "home", "left", "left", "home")
        yield play


@asynccontextmanager
async def failed_and_cut(size: Size) -> AsyncIterator[Play]:
    failed = answered(2, "RAG lets a model look", state=RequestState.FAILED)
    cut = answered(3, "RAG gives the model pas", state=RequestState.CUT, usage=False)
    async with looking_at([answered(1, SHORT), failed, cut], size=size) as play:
        play.prompt.fill(PROMPT.user)
        await play.press("escape", "right")
        yield play


@asynccontextmanager
async def models_chosen(size: Size) -> AsyncIterator[Play]:
    async with looking_at(size=size, chosen=[CARDS[1].id, CARDS[0].id]) as play:
        await play.press("f1")
        await play.until(lambda: bool(play.app.app_state.machines))
        yield play


@asynccontextmanager
async def models_of_one_alias(size: Size) -> AsyncIterator[Play]:
    host = ModelListHost(CARDS[:2], VARIANTS)
    host.stale = "The catalogue did not answer. It was last read two days ago."
    async with models_screen(host, size=size) as play:
        await play.sees("(4)")
        await play.until(lambda: bool(play.app.app_state.machines))
        await play.press("down", "right", "down", "down", "space")
        yield play


@asynccontextmanager
async def models_downloading(size: Size) -> AsyncIterator[Play]:
    host = ModelListHost(CARDS[:4], CARDS[4:])
    host.steps[CARDS[4].id] = [45.4, 99.0]
    async with models_screen(host, size=size) as play:
        await play.sees("gpt-oss-20b")
        await play.until(lambda: bool(play.app.app_state.machines))
        await play.press("2", "2", "2", "d")
        host.more.release()
        await play.sees("45%")
        yield play


@asynccontextmanager
async def help_over_answers(size: Size) -> AsyncIterator[Play]:
    async with looking_at(done(), size=size) as play:
        await play.press("escape", "?")
        yield play


@asynccontextmanager
async def note_over_answers(size: Size) -> AsyncIterator[Play]:
    async with looking_at(done(), size=size, notes=[Note("r2", RATER, "too short", WHEN)]) as play:
        await play.press("escape", "right", "n")
        play.app.screen.query_one(Input).cursor_blink = False
        yield play


@asynccontextmanager
async def leaving_is_asked_about(size: Size) -> AsyncIterator[Play]:
    requests, now = streaming()
    async with looking_at(requests, at=now, size=size) as play:
        await play.press("escape", "ctrl+c")
        yield play


@asynccontextmanager
async def details_of_a_model(size: Size) -> AsyncIterator[Play]:
    async with looking_at(size=size, chosen=[]) as play:
        await play.press("v")
        yield play


def whole(play: Play) -> Region:
    """The whole screen."""
    return play.app.screen.region


def pane(number: int) -> Part:
    """A pane, counted from 1."""
    return lambda play: play.panes[number - 1].region


def widgets(*selectors: str) -> Part:
    """Widgets that stand together."""
    return lambda play: Region.from_union([play.app.screen.query_one(selector).region for selector in selectors])


def dialog(play: Play) -> Region:
    """What lies over the screen."""
    return play.app.screen.children[0].region


TABLE = {"table": widgets("#table"), "detail": widgets("#beside"), "choice": widgets("#line")}
PICTURES: list[tuple[Scene, Size, Mapping[str, Part]]] = [
    (streaming_midway, SMALL, {"screen": whole}),
    (
        streaming_midway,
        (190, 20),
        {
            "answering": pane(1),
            "answering_after_thinking": pane(2),
            "thinking": pane(3),
            "loading": pane(4),
            "queued": pane(5),
        },
    ),
    *(
        (scored_with_a_note, size, {"scored": pane(1), "noted": pane(2), "with_its_thinking": pane(3)})
        for size in (SMALL, WIDE)
    ),
    *((as_markdown, size, {"as_markdown": pane(1), "as_it_came": pane(3)}) for size in (SMALL, WIDE)),
    *((failed_and_cut, size, {"failed": pane(2), "cut": pane(3)}) for size in (SMALL, WIDE)),
    (models_chosen, SMALL, TABLE),
    (models_chosen, WIDE, {"screen": whole}),
    *(
        (models_of_one_alias, size, {**TABLE, "filters": widgets("#words", "#facets", "#fresh")})
        for size in (SMALL, WIDE)
    ),
    *((models_downloading, size, TABLE) for size in (SMALL, WIDE)),
    *((help_over_answers, size, {"dialog": dialog}) for size in (SMALL, WIDE)),
    *((scene, SMALL, {"dialog": dialog}) for scene in (note_over_answers, leaving_is_asked_about, details_of_a_model)),
]
"""What is pictured: of which scene, on a screen of which size, and which parts of it by name."""


def named(scene: Scene, size: Size, part: str) -> str:
    """The name of a picture's file."""
    return f"{scene.__name__}-{part}-{size[0]}x{size[1]}.svg"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scene", "size", "parts"), PICTURES, ids=[f"{scene.__name__}-{size[0]}x{size[1]}" for scene, size, _ in PICTURES]
)
async def test_it_looks_as_it_did(
    scene: Scene,
    size: Size,
    parts: Mapping[str, Part],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    async with scene(size) as play:
        await at_rest(play)
        seen = {named(scene, size, name): picture(play, region(play)) for name, region in parts.items()}
    changed = [name for name, svg in seen.items() if not is_kept(FOLDER / name, svg)]
    folder = FOLDER if request.config.getoption("--update-snapshots") else tmp_path
    for name in changed:
        (folder / name).write_text(seen[name], encoding="utf-8", newline="\n")
    if folder is tmp_path and changed:
        pytest.fail(
            f"Changed: {', '.join(changed)}\nkept: {FOLDER}\nseen: {tmp_path}\nIf it is right: --update-snapshots"
        )


def is_kept(path: Path, svg: str) -> bool:
    """Whether this is the picture that is kept there."""
    return path.exists() and path.read_text(encoding="utf-8") == svg


async def at_rest(play: Play) -> None:
    """Wait until the screen has stayed the same for more than a beat."""
    await play.until(lambda: all(pane.view.format_job is None for pane in play.panes if pane.display))
    strips = play.app.screen._compositor.render_strips
    before, now = None, strips()
    while before != now:
        await play.pilot.pause(0.15)
        before, now = now, strips()


def picture(play: Play, region: Region) -> str:
    """This part of the screen without what differs from one picture to the next, and without addresses of fonts."""
    console = Console(
        width=region.width,
        height=region.height,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
        safe_box=False,
    )
    for strip in play.app.screen._compositor.render_strips()[region.y : region.bottom]:
        console.print(Segments([*strip.crop(region.x, region.right), Segment.line()]), end="")
    svg = console.export_svg(title="foundry-compare")
    svg = re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: Fira Code, monospace", "font-family: monospace", svg)
    return re.sub(r"terminal-\d+", "terminal", svg)


def test_every_kept_picture_is_of_something_and_names_no_other_place() -> None:
    kept = list(FOLDER.glob("*.svg"))
    assert {path.name for path in kept} == {
        named(scene, size, part) for scene, size, parts in PICTURES for part in parts
    }
    for path in some(kept):
        addresses = set(re.findall(r"https?://[^\"')\s]+", path.read_text(encoding="utf-8")))
        assert addresses == {"http://www.w3.org/2000/svg"}, path
