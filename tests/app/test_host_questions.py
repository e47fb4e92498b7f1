"""What is asked of the host, when, and which of two answers is shown."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from textual.app import App

from tests.hosts.conftest import why_no_runtime
from tests.support.catalogue_server import CatalogueServer, catalogue_of, row
from tests.support.model_list_host import HERE, OTHERS, ModelListHost, models_screen
from tests.support.screens import asking
from tests.support.some import some
from tui.app.host_questions import HostQuestions
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import NoHostError
from tui.core.requests.request import RequestState
from tui.hosts.base import Offers
from tui.hosts.embedded.bundle import bundle_root
from tui.hosts.embedded.host import EmbeddedHost

PATIENCE_S = 30.0
ROOT = Path(__file__).parents[2]


class Overtaken(ModelListHost):
    """A host one of whose answers is held back, with what was true when it was asked."""

    def __init__(self) -> None:
        super().__init__(HERE, OTHERS)
        self.holding = ""
        self.asked = threading.Event()
        self.go_on = threading.Event()
        self.away = False
        self.answers = 0

    def catalogue(self) -> tuple[ModelCard, ...]:
        found = super().catalogue()
        self._backpressure("catalogue")
        if self.away:
            self.away = False
            raise NoHostError("The host was away")
        self.answers += 1
        return found

    def offers(self) -> Offers:
        found = super().offers()
        self._backpressure("offers")
        self.answers += 1
        return found

    def _backpressure(self, what: str) -> None:
        if self.holding == what:
            self.holding = ""
            self.asked.set()
            assert self.go_on.wait(PATIENCE_S)


@pytest.mark.parametrize("away", [False, True], ids=["an older list", "an older failure"])
async def test_an_answer_that_was_overtaken_is_not_shown(away: bool) -> None:
    host = Overtaken()
    async with models_screen(host) as play:
        number = next(number for number, card in enumerate(HERE) if card.state is ModelState.CACHED)
        key = HERE[number].key
        host.holding = "catalogue"
        await play.press("f5")
        await play.until(host.asked.is_set)
        await play.press("home", *["down"] * number, "l")
        await play.until(lambda: play.app.app_state.card(key).state is ModelState.LOADED)  # type: ignore[union-attr]
        before, host.away = host.answers, away
        host.go_on.set()
        await play.until(lambda: host.answers > before or (away and not host.away))
        await play.settle()
        await play.settle()
        card = play.app.app_state.card(key)
        assert card is not None and card.state is ModelState.LOADED
        assert play.app.app_state.trouble is None
        assert not any("was away" in told for told in some(play.notices))


@pytest.mark.slow
async def test_offers_that_were_overtaken_are_not_shown() -> None:
    host = Overtaken()
    host.holding = "offers"
    async with models_screen(host) as play:
        await play.until(host.asked.is_set)
        host.others = {OTHERS[0].id: OTHERS[0]}
        await play.press("f5")
        await play.until(lambda: any(card.id == OTHERS[0].id for card in play.app.app_state.cards))
        before = host.answers
        host.go_on.set()
        await play.until(lambda: host.answers > before)
        await play.settle()
        await play.settle()
        assert {card.id for card in play.app.app_state.cards} == {*(card.id for card in HERE), OTHERS[0].id}


@pytest.mark.parametrize("question", ["ask_models", "ask_offers", "act", "register"])
def test_nothing_is_asked_of_a_host_once_it_is_closed(question: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    monkeypatch.setattr("tui.app.host_questions.in_thread", lambda work, name: begun.append(name))
    questions = HostQuestions(App(), ModelListHost(HERE))
    of = {"act": ("load", HERE[0].key), "register": ("/nowhere",)}.get(question, ())
    asked = partial(getattr(questions, question), *of)
    asked()
    assert begun == ["host question"]
    questions.close()
    asked()
    assert begun == ["host question"]


HANGING = """
import asyncio, threading, time
from tests.support.model_list_host import HERE, ModelListHost
from tests.support.running import new_runner
from tests.support.screens import playing
from tui.app.app import CompareApp
from tui.app.opened import Opened

class Hanging(ModelListHost):
    def __init__(self):
        super().__init__(HERE)
        self.connections, self.loads = threading.Semaphore(0), threading.Semaphore(0)

    def catalogue(self):
        self.connections.release()
        time.sleep({hangs_from_the_start})
        return super().catalogue()

    def load(self, model_id):
        self.loads.release()
        time.sleep(600)

async def main():
    host = Hanging()
    runner = new_runner(host)
    app = CompareApp(lambda: Opened(host, runner))
    async with playing(app, runner) as play:
        assert await asyncio.to_thread(host.connections.acquire, timeout=30)
        if not {hangs_from_the_start}:
            await play.until(lambda: app.app_state.info is not None)
            await play.press("f1", "down", "down", "l")
            await play.until(lambda: host.loads.acquire(blocking=False))
        await play.pilot.press("ctrl+q")
        await play.until(lambda: not app.is_running or app._exit)
    runner.close()

asyncio.run(main())
print("left")
"""


@pytest.mark.slow
@pytest.mark.parametrize("hangs_from_the_start", [600, 0], ids=["while the host is asked", "while a model is loaded"])
def test_the_program_ends_while_a_question_hangs(hangs_from_the_start: int) -> None:
    script = HANGING.replace("{hangs_from_the_start}", str(hangs_from_the_start))
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, "left\n"), done.stderr


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[CatalogueServer]:
    with catalogue_of([row("Tiny-instruct-generic-cpu", "tiny")], bundle_root() / "demo-small") as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield running


@pytest.mark.slow
@pytest.mark.skipif(bool(why_no_runtime()), reason=why_no_runtime() or "never")
async def test_a_start_and_a_run_ask_no_public_catalogue_and_the_models_screen_asks_once(
    server: CatalogueServer, tmp_path: Path
) -> None:
    host = EmbeddedHost(tmp_path, demo_only=False)
    try:
        async with asking(host, ("demo-small",), prompt="What is RAG?") as play:
            await play.until(lambda: play.runner.run is not None and not play.runner.busy)
            await play.until(lambda: any(card.state is ModelState.LOADED for card in play.app.app_state.cards))
            assert [request.state for request in play.runner.session.requests.values()] == [RequestState.DONE]
            assert not host._catalog_client._running and "list" not in server.asked
            await play.press("escape", "f1")
            await play.until(lambda: any(card.alias == "tiny" for card in play.app.app_state.cards))
            once = server.asked.count("list")
            assert once >= 1
            await play.press("f2", "f1", "f2", "f1")
            await play.settle()
            assert not host._catalog_client._running and server.asked.count("list") == once
            await play.press("f5")
            await play.until(lambda: server.asked.count("list") == 2 * once)
    finally:
        host.close()
