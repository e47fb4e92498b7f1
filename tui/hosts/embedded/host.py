"""The embedded runtime as a host: the bundled demo models, served by a process of our own."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from tui.core.errors import ModelFailedError, NoHostError, NoModelError
from tui.core.model_card import ModelCard, ModelState, find_model
from tui.core.target import Endpoint
from tui.hosts.embedded.bundle import DemoModel, bundle_root, read_bundle
from tui.hosts.embedded.child import Child
from tui.hosts.embedded.protocol import Ready, plain
from tui.hosts.fetch import Reply, fetch
from tui.hosts.host import Ability, BareHost, HostInfo, able

START_S = 30.0
ASK_S = 10.0
LOAD_S = 60.0
BUNDLED = "These are the demo models that came with the program"
DEATH_S = 0.5
"""How long after a broken connection the process may take to be seen as ended."""
CATALOG = "/catalogs/local"
"""Where the runtime serves models that were registered with it; under the plain paths they are unknown."""


class EmbeddedHost(BareHost):
    """The demo models that come with the program. Any method may be called from any thread.

    Every question starts the runtime if it is not running; models that were loaded in one that died are not loaded.
    """

    def __init__(self, data_dir: Path) -> None:
        """`data_dir` is the program's data directory; the runtime keeps its files in a folder below it."""
        self.abilities = able(Ability.LOAD, Ability.UNLOAD, why_not=BUNDLED)
        self._data_dir = data_dir.absolute()
        self._starting = threading.Lock()
        self._child: Child | None = None

    def connect(self) -> HostInfo:
        """Start the runtime unless it runs, and wait until it serves. Raises NoHostError when it does not."""
        _, ready = self._running()
        return HostInfo(
            kind="demo",
            title=f"Foundry Local {ready.version} (embedded)",
            version=ready.version,
            endpoint=_base_url(ready),
            local=True,
            pid=ready.pid,
            ours=True,
            toys=True,
        )

    def catalogue(self) -> tuple[ModelCard, ...]:
        """The bundled models, each CACHED or LOADED. Raises NoHostError."""
        reply = self._ask("/models/loaded", ASK_S)
        if not reply.ok or not isinstance(reply.body, list):
            raise NoHostError("The embedded runtime does not say what it has loaded", reply.words(), "Try again")
        cards = [model.card for model in self._models]
        return tuple(replace(card, state=ModelState.LOADED) if card.id in reply.body else card for card in cards)

    def load(self, model_id: str) -> None:
        """Load a model; one that is loaded stays so. Raises NoModelError, ModelFailedError or NoHostError."""
        card = self._find(model_id)
        reply = self._ask(f"/models/load/{card.alias}", LOAD_S)
        if not reply.ok:
            raise ModelFailedError(f"{card.id} could not be loaded", plain(reply.words()), "Try another model")

    def unload(self, model_id: str) -> None:
        """Unload a model; one that is not loaded stays so. Raises NoModelError, ModelFailedError or NoHostError."""
        card = self._find(model_id)
        reply = self._ask(f"/models/unload/{card.alias}", LOAD_S)
        if not reply.ok:
            hint = "Stop its answers first, or wait until they end"
            raise ModelFailedError(f"{card.id} could not be unloaded", plain(reply.words()), hint)

    def endpoint(self, model_id: str) -> Endpoint:
        """Where the model answers once it is loaded. Raises NoModelError or NoHostError."""
        card = self._find(model_id)
        _, ready = self._running()
        return Endpoint(_base_url(ready), card.id)

    def close(self) -> None:
        """End the runtime's process, within a second."""
        if self._child is not None:
            self._child.end()

    @cached_property
    def _models(self) -> tuple[DemoModel, ...]:
        return read_bundle(bundle_root())

    def _find(self, name: str) -> ModelCard:
        cards = tuple(model.card for model in self._models)
        card = find_model(cards, name)
        if card is None:
            names = ", ".join(card.alias for card in cards)
            raise NoModelError(f"There is no demo model called {name}", hint=f"There are: {names}")
        return card

    def _running(self) -> tuple[Child, Ready]:
        # `close()` takes no lock, so that leaving the program never waits for a start: it ends the child under it.
        with self._starting:
            child = self._child
            if child is None or not child.alive:
                if child is not None:
                    child.end()
                bundle = bundle_root()
                # Registrations hold paths: two installs must not rewrite each other's.
                key = sha256(str(bundle).encode("utf-8", "surrogateescape")).hexdigest()[:16]
                child = self._child = Child(self._data_dir / "embedded" / key, bundle)
            return child, child.ready(START_S)

    def _ask(self, path: str, timeout: float) -> Reply:
        child, ready = self._running()
        try:
            return fetch(ready.root + CATALOG, path, timeout=timeout, hint="Try again")
        except NoHostError as error:
            if not child.died(DEATH_S):
                raise
            raise NoHostError(
                "The embedded runtime ended by itself", child.end(), "Try again: it is started anew"
            ) from error


def _base_url(ready: Ready) -> str:
    return f"{ready.root}{CATALOG}/v1"
