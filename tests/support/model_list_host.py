"""A host whose list of models a test can add to, take from and download to, and that answers nothing."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.recorded import CARDS, bundled_themes
from tests.support.running import new_runner
from tests.support.screens import Play, playing
from tui.app.app import CompareApp
from tui.app.opened import Opened
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import CompareError, ModelFailedError, NoModelError
from tui.core.sessions.session_model import Endpoint
from tui.hosts.base import Ability, BareHost, HostInfo, Offers, able

PATIENCE_S = 30.0
ALL = tuple(Ability)


class ModelListHost(BareHost):
    """`here` are its models; `others` are those of its public catalogue. A test may change the public attributes."""

    def __init__(
        self,
        here: Sequence[ModelCard],
        others: Sequence[ModelCard] = (),
        *,
        has: Sequence[Ability] = ALL,
        why: str = "",
    ) -> None:
        """`has` are its abilities, and `why` it lacks the others."""
        self.abilities = able(*has, why_not=why)
        self.here = {card.id: card for card in here}
        self.others = {card.id: card for card in others}
        self.stale = ""
        self.local = True
        self.catalogue_there = threading.Event()
        """The public catalogue answers when this is set."""
        self.catalogue_there.set()
        self.steps: dict[str, list[float]] = {}
        """Percentages that a download of this model still is to report."""
        self.more = threading.Semaphore(0)
        """Released for each percentage that is to be reported."""
        self.failing: dict[str, CompareError] = {}
        """What a download, a removal or a load of this model raises."""
        self.downloading: list[str] = []
        """Every download that was begun."""
        self.registered: list[Path] = []

    def connect(self) -> HostInfo:
        return HostInfo("listed", "Foundry Local 0.8.119", "0.8.119", local=self.local)

    def catalogue(self) -> tuple[ModelCard, ...]:
        return tuple(self.here.values())

    def offers(self) -> Offers:
        assert self.catalogue_there.wait(PATIENCE_S)
        return Offers((*self.here.values(), *self.others.values()), self.stale)

    def load(self, model_id: str) -> None:
        self._change(model_id, ModelState.LOADED)

    def unload(self, model_id: str) -> None:
        self._change(model_id, ModelState.CACHED)

    def download(self, model_id: str, progress: Callable[[float], None], cancelled: threading.Event) -> bool:
        self.downloading.append(model_id)
        for percent in self.steps.get(model_id, []):
            while not self.more.acquire(timeout=0.02):
                if cancelled.is_set():
                    return False
            progress(percent)
        self._fail(model_id)
        while not self.more.acquire(timeout=0.02):
            if cancelled.is_set():
                return False
        self.here[model_id] = replace(self.others.pop(model_id), state=ModelState.CACHED)
        return True

    def remove(self, model_id: str) -> None:
        self._fail(model_id)
        card = self.here.pop(model_id)
        self.others[model_id] = replace(card, state=ModelState.CATALOG)

    def register(self, folder: Path) -> str:
        if not folder.is_dir():
            raise ModelFailedError(f"{folder} cannot be registered", "There is no such folder", "Look at its path")
        self.registered.append(folder)
        self.here["own:1"] = ModelCard("own:1", "own", state=ModelState.CACHED)
        return "own:1"

    def endpoint(self, model_id: str) -> Endpoint:
        raise AssertionError(f"{model_id} was to answer")

    def _change(self, model_id: str, state: ModelState) -> None:
        self._fail(model_id)
        if model_id not in self.here:
            raise NoModelError(f"{model_id} is not here")
        self.here[model_id] = replace(self.here[model_id], state=state)

    def _fail(self, model_id: str) -> None:
        if model_id in self.failing:
            raise self.failing[model_id]


HERE = CARDS[:4]
OTHERS = CARDS[4:]
VARIANTS = tuple(
    ModelCard(
        f"phi-4-mini-{kind}-{device}:5",
        "phi-4-mini",
        None,
        device.upper(),
        size_bytes=2 * 10**9,
        state=ModelState.CATALOG,
    )
    for kind, device in (("generic", "cpu"), ("cuda", "gpu"), ("qnn", "npu"))
)
"""Of one alias, in the catalogue."""


@asynccontextmanager
async def models_screen(
    host: ModelListHost,
    *,
    size: tuple[int, int] = (80, 24),
    free: float | None = 6e9,
    tags: Mapping[str, tuple[str, ...]] | None = None,
    **more: Any,
) -> AsyncIterator[Play]:
    """The program on its Models screen with this host; nothing has been run. This machine has 6 GB of free memory."""
    runner = new_runner(host)
    # Nothing is asked here, so no engine is started.
    runner.start = lambda: None  # type: ignore[method-assign]
    app = CompareApp(
        lambda: Opened(host, runner, tags=tags or {}), themes=bundled_themes(), theme="dark", free=lambda: free, **more
    )
    try:
        async with playing(app, runner, size) as play:
            await play.until(lambda: app.app_state.info is not None)
            await play.press("f1")
            await play.until(lambda: play.in_models)
            yield play
    finally:
        runner.close()
