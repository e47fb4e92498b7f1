"""Makes pictures for the pages: the program itself, on the embedded runtime, as it paints.

`python -m tools.picture docs/compare.png` makes that of the demo models, and `python -m tools.picture
docs/real-model.png --real` that of SmolLM2, which `models get smollm2` has brought to this machine. `python -m
tools.picture docs/difference-80x24.png --kept difference --size 80x24` makes one of a kept session, whose answers were
written for it; `KEPT` has all of these, and `ASKING` those of asking: `docs/asking-set-80x24.png --asking set --size
80x24`. All need `rsvg-convert` (librsvg) and the font Fira Code.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.recorded import CARDS, words
from tests.support.sessions import request, session
from tui.app.app import CompareApp
from tui.app.opened import Opened, OpenedFile
from tui.core.plans.mode import Mode
from tui.core.plans.plan import Plan
from tui.core.plans.plan_run import PlanRun
from tui.core.plans.prompt import Prompt
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.sessions.session import Session
from tui.core.sessions.session_model import SessionModel
from tui.hosts.host_kind import Surroundings
from tui.hosts.search.open import open_host
from tui.runner import Runner
from tui.runner.kept_session import open_kept_session
from tui.runner.sitting import Sitting
from tui.storage import paths
from tui.storage.prompt_library import PromptLibrary
from tui.storage.session_files import load, save
from tui.ui.themes import load_all
from tui.ui.widgets.prompt import PromptField

SIZE = (120, 32)
PATIENCE = 600
"""Tenths of a second."""


@dataclass(frozen=True)
class Scene:
    """What is asked, of whom, and which keys are pressed afterwards."""

    host: str
    prompt: str
    keys: Sequence[str]
    models: Sequence[str] = ()
    set: str = ""
    """A set of prompts that is opened, and whose first prompt is asked."""


DEMO = Scene("demo", "Why do people store the weights with fewer bits?", ("2", "right", "5", "right", "5"))
REAL = Scene("embedded", "What is a language model?", ("3", "right", "4"), ("smollm2", "demo-large"))


SET = """
[[prompts]]
id = "rag"
user = "Explain the principle of retrieval augmented generation in 2 sentences."
system = "Answer in plain English."
facets = ["a search comes first", "the passages are put into the prompt", "the answer can be checked"]
tags = ["rag", "basics"]

[[prompts]]
user = "Why do people store the weights with fewer bits?"

[[prompts]]
user = "How can I get my TTFT down?"
"""
ASKING = {
    "set": Scene("demo", "", ("f",), set=SET),
    "parameters": Scene(
        "demo", "", ("greater_than_sign", "p", *"Be", "space", *"brief", "full_stop", "tab", "0", "full_stop", "2",
                     "tab", "tab", *"120"), set=SET,
    ),
}  # fmt: skip


ASKED = "Explain the principle of retrieval augmented generation, and what it costs."
ANSWERS = (
    "Retrieval augmented generation (RAG) first looks up passages that fit the question, and gives them to the model "
    "together with it. The model then answers from these passages instead of from memory alone, so that the answer can "
    "be checked.\n\nIt costs one search more. The prompt grows by the passages, so the first token comes later.",
    "Retrieval augmented generation (RAG) looks up passages that fit the question first, and hands them to the model "
    "together with it. The model then answers from these passages, not from memory alone, so that the answer can be "
    "checked against them.\n\nIt costs a search. The prompt grows by the passages, so the first token comes a little "
    "later, and a long context may not fit.",
    "RAG is a search engine in front of a chat bot. It finds text and pastes it into the prompt. That is all there is "
    "to it, really, and the rest is tuning: chunk size, ranking, and how many passages are kept.",
)


@dataclass(frozen=True)
class Kept:
    """A picture of a kept session: which keys are pressed in it."""

    keys: Sequence[str]
    blind: bool = False
    example: bool = False
    """Whether it is the example of three questions, scored for two criteria, and not the answers written for
    pictures."""


KEPT = {
    "difference": Kept(("=", "2", "d")),
    "search": Kept(("/", *"passages", "enter")),
    "blind": Kept(("2", "right", "4", "V"), blind=True),
    "scoring-pass": Kept(("G", "enter", *"23445"), example=True),
    "scoring-vote": Kept(("right", "5", "4", "n", *"clear", "enter", "w"), blind=True, example=True),
    "scoring-standing": Kept(("G", "enter", *"23445512345322444", "escape", "S"), example=True),
}
EXAMPLE = Path(__file__).parents[1] / "tests" / "data" / "recorded" / "20261127T093106Z-f41c.toml"


def example_file(folder: Path) -> Path:
    """A copy of the example, to be scored for two criteria."""
    kept = load(EXAMPLE)
    kept.rubric = Rubric((Criterion("accuracy", "Accuracy"), Criterion("style", "Style")))
    save(kept, folder / EXAMPLE.name)
    return folder / EXAMPLE.name


def kept_file(folder: Path) -> Path:
    """A session of three answers that were written for a picture."""
    timings = ((310, 24.3), (120, 11.4), (95, 8.2))
    requests = [
        request(f"r{number}", model=f"m{number}", mode=Mode.RACE, answer=words(text), first_ms=first, gap_ms=gap)
        for number, (text, (first, gap)) in enumerate(zip(ANSWERS, timings, strict=True), 1)
    ]
    models = [SessionModel(f"m{number}", card, "recorded") for number, card in enumerate(CARDS[:3], 1)]
    plans = [Plan(Mode.RACE.value, Mode.RACE, ("m1", "m2", "m3"), ("p1",))]
    path = folder / "rag-20261122.toml"
    save(session(requests, models=models, plans=plans, prompts=[Prompt(ASKED, key="p1")]), path)
    return path


async def paint_kept(name: str, size: tuple[int, int], folder: Path) -> str:
    """The screen of the kept session after the keys of this picture, as SVG."""
    picture = KEPT[name]
    file = example_file(folder) if picture.example else kept_file(folder)
    kept = open_kept_session(file, "you", blind=picture.blind)
    opened = OpenedFile(kept.path.name, kept.view, kept.ratings, kept.close)
    themes, _ = load_all([])
    app = CompareApp(lambda: opened, themes=themes, theme="dark")
    try:
        async with app.run_test(size=size) as pilot:
            await pilot.pause(1.5)
            for key in picture.keys:
                await pilot.press(key)
                await pilot.pause(0.5)
            await pilot.pause(0.5)
            return app.export_screenshot(title="foundry-compare")
    finally:
        kept.close()


async def paint(scene: Scene, folder: Path, size: tuple[int, int] = SIZE) -> str:
    """The screen after one question, as SVG. `folder` is the program's data."""
    host = open_host([scene.host], Surroundings(folder, {}, folder))
    runner = Runner(host, Session("picture", datetime.now(UTC)))
    themes, _ = load_all([])
    opened = Opened(host, runner, library=PromptLibrary())
    prompt = scene.prompt or None
    app = CompareApp(lambda: opened, themes=themes, theme="dark", models=scene.models, prompt=prompt)
    try:
        async with app.run_test(size=size) as pilot:
            if scene.set:
                await until(pilot, lambda: bool(app.app_state.chosen))
                (folder / "workshop.toml").write_text(scene.set, encoding="utf-8")
                await pilot.press("ctrl+o")
                await pilot.pause(0.5)
                app.screen.query_one(Input).value = str(folder / "workshop.toml")
                await pilot.press("enter")
                await until(pilot, lambda: bool(app.compare.query_one(PromptField).text))
                await pilot.press("enter")
            await until(pilot, lambda: _finished(runner.run))
            for key in scene.keys:
                await pilot.press(key)
                await pilot.pause(0.1)
            await pilot.pause(0.5)
            return app.export_screenshot(title="foundry-compare")
    finally:
        runner.close()
        host.close()


@asynccontextmanager
async def over_sessions(
    sessions: Path, folder: Path, size: tuple[int, int]
) -> AsyncIterator[tuple[CompareApp, Pilot[None]]]:
    """The program over a copy of these sessions, once its host has answered. `folder` is the program's own."""
    kept = Path(shutil.copytree(sessions, folder / "kept", ignore=shutil.ignore_patterns("*.md")))
    os.environ |= {f"FOUNDRY_COMPARE_{name}": str(folder) for name in ("CACHE", "STATE")}
    host = open_host(["demo"], Surroundings(folder, {}, folder))
    sitting = Sitting(host, kept, "ana")
    runner = sitting.begin()
    app = CompareApp(lambda: Opened(host, runner, sitting=sitting), themes=load_all([])[0], theme="dark")
    try:
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.app_state.info is not None)
            yield app, pilot
    finally:
        sitting.close()
        host.close()


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Wait until it holds; end the program where it never does."""
    for _ in range(PATIENCE):
        await pilot.pause(0.1)
        if holds():
            return
    raise SystemExit("the screen never came to show what is to be painted")


def _finished(run: PlanRun | None) -> bool:
    return run is not None and run.finished


def write_png(svg: str, target: Path, width: str) -> None:
    """Write a screen that was exported as SVG, `width` pixels wide."""
    # The exported file asks a font server for its font; this machine's own will do.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("<text ", '<text xml:space="preserve" ')  # else it drops the spaces that a text begins with
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "screen.svg"
        source.write_text(svg, encoding="utf-8")
        subprocess.run(["rsvg-convert", "--width", width, "-o", str(target), str(source)], check=True)


def main() -> None:
    """Write the picture as PNG."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("--real", action="store_true", help="of SmolLM2 and the largest demo model")
    parser.add_argument("--kept", choices=KEPT, help="of a kept session")
    parser.add_argument("--asking", choices=ASKING, help="of asking, with the demo models")
    parser.add_argument("--size", default="120x30", help="of a picture of a kept session or of asking, in cells")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = paths.data_dir() if arguments.real else Path(folder)
        width = "1600"
        os.environ["FOUNDRY_COMPARE_STATE"] = folder  # Nobody else's journals are of what is opened here.
        columns, rows = (int(number) for number in arguments.size.split("x"))
        if arguments.asking:
            svg = asyncio.run(paint(ASKING[arguments.asking], data, (columns, rows)))
            width = str(columns * 11)
        elif arguments.kept:
            svg, width = asyncio.run(paint_kept(arguments.kept, (columns, rows), data)), str(columns * 11)
        else:
            svg = asyncio.run(paint(REAL if arguments.real else DEMO, data))
        write_png(svg, arguments.target, width)


if __name__ == "__main__":
    main()
