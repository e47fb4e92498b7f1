"""Pictures of the screens, compared with those that somebody has looked at.

`pytest --update-snapshots` makes them anew; look at every one that changed before it is kept.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from tests.support.learning_list_host import VARIANTS, ShelfHost, shelf_of
from tests.support.recorded import CARDS, PROMPT, SHORT, THOUGHT, answered, looking_at, streaming, words
from tests.support.screens import Play
from tests.support.sessions import WHEN, score
from tests.support.some import some
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import Note

FOLDER = Path(__file__).parent / "snapshots"
Size = tuple[int, int]


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
    scores = [score("r1", 4, rater="ann"), score("r2", 3, rater="ann"), score("r3", 5, rater="ann")]
    async with looking_at(done(), size=size, scores=scores, notes=[Note("r2", "ann", "too short", WHEN)]) as play:
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
        yield play


@asynccontextmanager
async def models_of_one_alias(size: Size) -> AsyncIterator[Play]:
    host = ShelfHost(CARDS[:2], VARIANTS)
    host.stale = "The catalogue did not answer. It was last read two days ago."
    async with shelf_of(host, size=size) as play:
        await play.sees("(4)")
        await play.press("down", "right", "down", "down", "space")
        yield play


@asynccontextmanager
async def models_downloading(size: Size) -> AsyncIterator[Play]:
    host = ShelfHost(CARDS[:4], CARDS[4:])
    host.steps[CARDS[4].id] = [45.4, 99.0]
    async with shelf_of(host, size=size) as play:
        await play.sees("gpt-oss-20b")
        await play.press("2", "2", "2", "d")
        host.more.release()
        await play.sees("45%")
        yield play


@asynccontextmanager
async def help_over_answers(size: Size) -> AsyncIterator[Play]:
    async with looking_at(done(), size=size) as play:
        await play.press("escape", "?")
        yield play


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=["80x24", "160x45"])
@pytest.mark.parametrize(
    "scene",
    [
        streaming_midway,
        scored_with_a_note,
        as_markdown,
        failed_and_cut,
        models_chosen,
        models_of_one_alias,
        models_downloading,
        help_over_answers,
    ],
    ids=lambda scene: scene.__name__,
)
async def test_the_screen_looks_as_it_did(
    scene: Callable[[Size], AbstractAsyncContextManager[Play]],
    size: Size,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    async with scene(size) as play:
        actual = await at_rest(play)
    name = f"{scene.__name__}-{size[0]}x{size[1]}.svg"
    kept = FOLDER / name
    if request.config.getoption("--update-snapshots"):
        kept.write_text(actual, encoding="utf-8", newline="\n")
        return
    if not kept.exists() or kept.read_text(encoding="utf-8") != actual:
        seen = tmp_path / name
        seen.write_text(actual, encoding="utf-8", newline="\n")
        pytest.fail(f"The screen looks different.\nkept:  {kept}\nseen:  {seen}\nIf it is right: --update-snapshots")


async def at_rest(play: Play) -> str:
    """A picture of the screen once it has stayed the same for more than a beat."""
    await play.until(lambda: all(pane.view.format_job is None for pane in play.panes if pane.display))
    strips = play.app.screen._compositor.render_strips
    before, now = None, strips()
    while before != now:
        await play.pilot.pause(0.15)
        before, now = now, strips()
    return picture(play)


def picture(play: Play) -> str:
    """The screen without what differs from one picture to the next, and without addresses of fonts."""
    svg = play.app.export_screenshot(title="foundry-compare")
    svg = re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: Fira Code, monospace", "font-family: monospace", svg)
    return re.sub(r"terminal-\d+", "terminal", svg)


def test_a_kept_picture_names_no_other_place() -> None:
    kept = list(FOLDER.glob("*.svg"))
    assert len(kept) == 16
    for path in some(kept):
        addresses = set(re.findall(r"https?://[^\"')\s]+", path.read_text(encoding="utf-8")))
        assert addresses == {"http://www.w3.org/2000/svg"}, path
