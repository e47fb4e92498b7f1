"""The screens: everything that a pane, a table, a page, a dialog or a notice shows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.hostile.kept import said_by_somebody
from tests.e2e.hostile.payloads import PAYLOADS, SAMPLE, offences
from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tests.support.model_list_host import OTHERS, ModelListHost, models_screen
from tests.support.recorded import CARDS, RATER, answered, bundled_themes, looking_at
from tests.support.screens import Play, playing
from tests.support.sessions import WHEN
from tests.support.some import some
from tui.app.app import CompareApp
from tui.app.opened import Opened
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import ModelFailedError
from tui.core.plans.opened_set import opened
from tui.core.plans.plan import PlanOptions
from tui.core.plans.prompt import Prompt
from tui.core.plans.run_fields import RunOptions
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import MAX_RATER, Note
from tui.core.scoring.rubric import Criterion, Rubric
from tui.core.sessions.session_model import Parameters
from tui.core.text.clean import join_surrogates
from tui.runner.sitting import Sitting
from tui.storage.prompt_files import read_prompts, write_prompts
from tui.storage.prompt_library import PromptLibrary
from tui.storage.session_files import save
from tui.ui.compare.facets import FacetsDialog
from tui.ui.compare.parameters import ParametersDialog
from tui.ui.compare.prompt_sets import PromptSets
from tui.ui.compare.screen import CompareScreen
from tui.ui.compare.set_dialogs import OpenSetDialog, SaveSetDialog
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.dialogs.text_page import TextPageDialog
from tui.ui.history.agreement import AgreementDialog
from tui.ui.widgets.figure_table import FigureTable

SEVERAL = " ".join(PAYLOADS[name] for name in SAMPLE)
every = pytest.mark.parametrize(
    "payload",
    [
        pytest.param(SEVERAL, id="sample"),
        *(pytest.param(payload, id=name, marks=pytest.mark.soak) for name, payload in PAYLOADS.items()),
    ],
)


def card_of(payload: str, card: ModelCard, **more: Any) -> ModelCard:
    """The card with the payload in every text."""
    said = join_surrogates(payload)  # As `rows.py` hands it on.
    texts = dict.fromkeys(
        ("alias", "variant", "device", "ep", "licence", "task", "publisher", "summary", "licence_text"), said
    )
    return replace(card, id=f"{card.id}{said}", **texts, **more)


def harmless(play: Play) -> None:
    """Nothing on the screen is hostile, and the program still runs."""
    assert offences(play.shown) == [], ascii(play.shown)
    assert play.app.is_running and play.app.return_code in (None, 0)


def requests(payload: str) -> list[Request]:
    """Runs that ended in every way, the payload in each text of them."""
    done = answered(1, payload)
    thinking = answered(2, f"# {payload}\n\n- {payload}\n\n```{payload}\n{payload}\n```", thinking=[payload])
    failed = answered(3, payload, state=RequestState.FAILED)
    assert failed.fault is not None
    failed.fault = replace(failed.fault, message=payload, hint=payload, kind=payload)
    cut = answered(4, payload, state=RequestState.CUT)
    done.finish_reason = thinking.finish_reason = payload
    return [done, thinking, failed, cut]


@every
async def test_panes(payload: str) -> None:
    cards = [card_of(payload, card) for card in CARDS]
    notes = [Note("r1", RATER, payload, WHEN)]
    for size in ((80, 24), (160, 45)):
        rubric = Rubric(tuple(Criterion(f"{name}{payload}", payload, payload, scale=4) for name in "abc"))
        async with looking_at(requests(payload), size=size, cards=cards, notes=notes, rubric=rubric) as play:
            harmless(play)
            await play.press("escape", "right")
            for key in (
                "t",
                "m",
                "z",
                "right",
                "z",
                "t",
                "m",
                "end",
                "home",
                "right",
                "9",
                "1",
                "u",
                "right",
                "question_mark",
            ):
                await play.press(key)
                harmless(play)
            await play.press("escape", "1", "n")
            harmless(play)
            await play.press("escape")


@every
async def test_what_is_said_of_answers(payload: str) -> None:
    cards = [card_of(payload, card) for card in CARDS]
    notes = [Note("", RATER, payload, WHEN, model="m1"), Note("", RATER, payload, WHEN)]
    rubric = Rubric(tuple(Criterion(f"{name}{payload}", payload, payload, scale=4) for name in "ab"))
    keys = (
        *("escape", "c", "2", "1", "right", "w", "T", "u", "U", "N", "m", "escape", "N", "t", "escape"),
        *("G", "enter", "3", "4", "G", "1", "2", "escape", "G", "d", "escape", "S"),
    )
    async with looking_at(requests(payload), size=(160, 45), cards=cards, notes=notes, rubric=rubric) as play:
        play.runner.session.title = payload
        for key in keys:
            await play.press(key)
            harmless(play)
        await play.sees("Where it stands", "Which should I take?")
        harmless(play)


@every
async def test_differences_searches_figures_and_copies(payload: str) -> None:
    cards = [card_of(payload, card) for card in CARDS]
    fine = "Some words that stay the same in both of them. "
    texts = (f"{fine}{payload}", f"{payload} {fine}", fine, payload)
    shown = [answered(number, text) for number, text in enumerate(texts, 1)]
    async with looking_at(shown, cards=cards, notices=True) as play:
        await play.press("escape")
        for number in some(["2", "3", "4"]):
            await play.press("=")
            harmless(play)
            await play.press(number)
            await play.until(lambda: bool(play.panes[0].data.foot))  # type: ignore[union-attr]
            harmless(play)
            await play.press("d", "D", "escape")
        for keys in some([("/", *"words", "enter"), ("escape", "s", "s", "i"), ("i", "y"), ("a",)]):
            await play.press(*keys)
            harmless(play)
        await play.until(lambda: "## 1" in play.app.clipboard)
        assert offences(play.app.clipboard) == []


@every
async def test_models_their_facts_and_what_fails(payload: str) -> None:
    here = [card_of(payload, card, state=ModelState.CACHED) for card in CARDS[:3]]
    others = [card_of(payload, card, state=ModelState.CATALOG) for card in OTHERS]
    host = ModelListHost(here, others)
    host.stale = join_surrogates(payload)
    host.failing = {card.id: ModelFailedError(payload, payload, payload) for card in [*here, *others]}
    async with models_screen(host, size=(120, 40)) as play:
        harmless(play)
        for key in (
            "l",
            "down",
            "i",
            "escape",
            "v",
            "escape",
            "right",
            "d",
            "end",
            "d",
            "p",
            "space",
            "f",
            "g",
            "x",
            "u",
        ):
            await play.press(key)
            harmless(play)
        await play.press("escape", "slash")
        await play.type("pwn")
        harmless(play)


@every
async def test_pages_dialogs_and_notices(payload: str) -> None:
    async with looking_at(requests("fine")) as play:
        from textual.content import Content

        from tui.core.text.clean import clean

        for screen in (
            ChoiceDialog(payload, payload, [("y", "does it")]),
            TextInputDialog(payload, payload, "words"),
            TextPageDialog(payload, Content(clean(payload))),
        ):
            await play.app.push_screen(screen)
            await play.settle()
            harmless(play)
            await play.press("escape")
        assert isinstance(play.app.screen, CompareScreen)
        play.app.screen.show_error(ModelFailedError(payload, payload, payload))
        await play.settle()
        harmless(play)


@every
async def test_what_is_asked_with(payload: str, tmp_path: Path) -> None:
    said = join_surrogates(payload)
    told = Prompt(f"What? {said} {{topic}}", said, (said, said), (said,), "p1", said, said)
    name = "".join(sign for sign in said[:20] if sign.isprintable() and sign not in '/\\<>:"|?*') or "name"
    write_prompts(tmp_path / f"{name}.toml", [told, told])
    (tmp_path / "wrong.json").write_text(json.dumps([{"id": said, "user": 3, said: 1}]), "utf-8")
    options = RunOptions(PlanOptions(parameters=Parameters(stop=(said,))), said)
    library = PromptLibrary(tmp_path / "state", tmp_path)
    library.remember(said)
    async with looking_at(requests("fine")) as play:
        for screen in (
            ParametersDialog(options),
            FacetsDialog(told, said, lambda: {said: True}),
            OpenSetDialog(library),
            SaveSetDialog(said),
        ):
            await play.app.push_screen(screen)
            await play.settle()
            harmless(play)
            if isinstance(screen, OpenSetDialog):
                await play.sees("Opened last")
                harmless(play)
                await play.type(f"{tmp_path}/wrong.json", "enter")
                await play.sees("cannot be read as a list")
                harmless(play)
            await play.press("escape")
        sets = play.app.compare.parts[PromptSets]
        sets._set = opened(said, read_prompts(tmp_path / f"{name}.toml"), {"topic": said})
        sets.step(1)
        play.app.compare.next_run.options = options.plan
        await play.settle()
        assert "set " in play.shown
        harmless(play)
        await play.press("escape", "{")
        harmless(play)


@pytest.mark.strange_sessions
@every
async def test_what_was_kept(payload: str, own_folders: Path) -> None:
    """History: rows, facets, hits, preview, dialogs, damaged files, agreement, the trash, what opens, a replay."""
    folder, said = own_folders / "sessions", join_surrogates(payload)
    file = folder / "20261121T110301Z-0001.toml"
    save(said_by_somebody(payload, file.stem, said[:MAX_RATER]), file)
    word = "".join(sign for sign in said if sign.isprintable()).split()[:1] or ["x"]
    (folder / "20261121T110301Z-0002.toml").write_text(f"schema = 2\n{json.dumps(said)} = \n", "utf-8")
    with LoopbackServer().running() as server:
        host = LoopbackHost(server.port, ["good"])
        sitting = Sitting(host, folder, "ann")
        runner = sitting.begin()
        shown = Opened(host, runner, sitting=sitting)
        app = CompareApp(lambda: shown, models=["good"], themes=bundled_themes(), theme="dark")
        async with playing(app, runner, (160, 45)) as play:
            await play.sees("Loopback server")
            await play.press("escape", "f3")
            await play.sees("1 session · 1 damaged")
            for key in ("home", *"113450", "space", "space", "home", "e", "escape", "t", "escape", "b"):
                await play.press(key)
                harmless(play)
            play.app.clear_notifications()
            await play.press("escape", "end", "enter")
            harmless(play)
            await play.press("escape", "home", "y", "enter")
            await play.until(lambda: isinstance(play.app.screen, TextPageDialog))
            harmless(play)
            await play.press("escape", "a")
            await play.until(lambda: isinstance(play.app.screen, AgreementDialog))
            harmless(play)
            play.app.clear_notifications()  # Else esc puts these away first.
            await play.press("3", "space", "0", "escape", "home", "p")
            await play.until(lambda: play.app.current_mode == "compare" and play.app.compare.replay is not None)
            harmless(play)
            await play.press("escape")
            await play.until(lambda: play.app.current_mode == "history")
            await play.press("home", "enter")
            await play.until(lambda: sitting.is_open(file))
            harmless(play)
            await play.press("f3", "home", "delete", "/")
            harmless(play)
            await play.type(word[0], "enter")
            await play.sees("1 session")
            harmless(play)
        assert sitting.close()


@pytest.mark.strange_sessions
@every
async def test_what_is_reported(payload: str, own_folders: Path) -> None:
    """Report: figures, values to narrow by, plots, the answers behind a figure, the page of all."""
    folder, said = own_folders / "sessions", join_surrogates(payload)
    for number in range(2):
        file = folder / f"20261121T11030{number}Z-0001.toml"
        save(said_by_somebody(payload, file.stem, said[:MAX_RATER]), file)
    word = "".join(sign for sign in said if sign.isprintable()).split()[:1] or ["x"]
    with LoopbackServer().running() as server:
        host = LoopbackHost(server.port, ["good"])
        sitting = Sitting(host, folder, "ann")
        runner = sitting.begin()
        shown = Opened(host, runner, sitting=sitting)
        app = CompareApp(lambda: shown, models=["good"], themes=bundled_themes(), theme="dark")
        async with playing(app, runner, (160, 45)) as play:
            await play.sees("Loopback server")
            await play.press("escape", "f4")
            await play.sees("2 sessions")
            await play.until(lambda: any(table.rows for table in app.screen.query(FigureTable)))
            for key in ("home", *"1234567890", "down", "right", "v", "v", "escape", "question_mark", "escape"):
                await play.press(key)
                harmless(play)
            await play.press("up", "enter")
            await play.until(lambda: len(app.screen_stack) == 2)
            harmless(play)
            await play.press("escape", "y", "enter")
            await play.until(lambda: isinstance(app.screen, TextPageDialog))
            harmless(play)
            await play.press("escape", "/")
            await play.type(f"model = {word[0]}", "enter")
            harmless(play)
        assert sitting.close()
