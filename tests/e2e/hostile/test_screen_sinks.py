"""The screens: everything that a pane, a table, a page, a dialog or a notice shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.e2e.hostile.payloads import PAYLOADS, SAMPLE, offences
from tests.support.model_list_host import OTHERS, ModelListHost, models_screen
from tests.support.recorded import CARDS, RATER, answered, looking_at
from tests.support.screens import Play
from tests.support.sessions import WHEN
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import ModelFailedError
from tui.core.requests.request import Request, RequestState
from tui.core.scoring.rating import Note
from tui.core.text.clean import join_surrogates
from tui.ui.compare.screen import CompareScreen
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.dialogs.text_page import TextPageDialog

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
        async with looking_at(requests(payload), size=size, cards=cards, notes=notes) as play:
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
