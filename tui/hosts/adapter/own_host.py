"""An adapter that a script gives itself, as a class or an object: it answers in the script's own process."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from typing import Any

from tui.background import start
from tui.core.catalog.model_card import ModelCard, find_model
from tui.core.errors import BadInputError, ModelFailedError, NoModelError
from tui.core.sessions.session_model import Endpoint
from tui.hosts.adapter.find import check_adapter, class_name, facts_of
from tui.hosts.adapter.host import OWN_FILES, cards_of
from tui.hosts.adapter.interface import OwnAdapter
from tui.hosts.adapter.loaded_model import InUseError, LoadedModel
from tui.hosts.adapter.server import AdapterServer
from tui.hosts.base import Ability, BareHost, HostInfo, able

GRACE_S = 1.0
LOOK_S = 0.02
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")


class OwnHost(BareHost):
    """The models of one adapter of this process. Any method may be called from any thread.

    Nothing keeps the script from a crash of the adapter, and Python runs one of them at a time. What is measured is
    stamped in the engine's process all the same.
    """

    def __init__(self, adapter: OwnAdapter | type[OwnAdapter]) -> None:
        """A class is made once for each of its models; an object answers for one model. Raises NoHostError for what is
        no adapter, BadInputError for an object that names several models."""
        name = class_name(adapter)
        check_adapter(name, adapter)
        self._facts = facts_of(name, adapter)
        self._title = f"Adapter {name}, in this process"
        self.short_name = _NOT_IN_NAMES.sub("-", name)[:32]
        make: Callable[[], Any] = adapter if isinstance(adapter, type) else lambda: adapter
        if not isinstance(adapter, type) and len(self._facts.models) > 1:
            raise BadInputError(
                f"{name} names {len(self._facts.models)} models, and an object of it can be one",
                hint="Give the class, or set `models` of the object to one name",
            )
        self.abilities = able(Ability.LOAD, Ability.UNLOAD, why_not=OWN_FILES)
        self._models = {model: LoadedModel(make, model) for model in self._facts.models}
        self._server: AdapterServer | None = None

    def connect(self) -> HostInfo:
        """Listen on a port of this machine, if it does not yet."""
        if self._server is None:
            self._server = AdapterServer(self._models)
            start(self._server.serve_forever, "adapter")
        root = f"{self._server.root}/v1"
        return HostInfo("adapter", self._title, self._facts.version, root, local=True, pid=os.getpid(), ours=True)

    def catalogue(self) -> tuple[ModelCard, ...]:
        """The adapter's models, each CACHED or LOADED."""
        return cards_of(self._facts, [name for name, model in self._models.items() if model.loaded])

    def load(self, model_id: str) -> None:
        """Load a model; one that is loaded stays so. Raises NoModelError or ModelFailedError."""
        model = self._find(model_id)
        try:
            model.load()
        except ModelFailedError as error:
            raise ModelFailedError(f"{model.name} could not be loaded", error.title) from error

    def unload(self, model_id: str) -> None:
        """Unload a model; one that is not loaded stays so. Raises NoModelError or ModelFailedError."""
        model = self._find(model_id)
        try:
            model.unload()
        except ModelFailedError as error:
            hint = "Stop its answers first, or wait until they end" if isinstance(error, InUseError) else ""
            raise ModelFailedError(f"{model.name} could not be unloaded", error.title, hint) from error

    def endpoint(self, model_id: str) -> Endpoint:
        """Where the model answers once it is loaded. Raises NoModelError."""
        model = self._find(model_id)
        self.connect()
        assert self._server is not None
        return Endpoint(f"{self._server.root}/v1", model.name, self._server.token)

    def close(self) -> None:
        """Unload the models, and listen no more. One whose answer has just been stopped has a second to notice."""
        end = time.monotonic() + GRACE_S
        for model in self._models.values():
            while True:
                try:
                    model.unload()
                except InUseError:
                    if time.monotonic() < end:
                        time.sleep(LOOK_S)
                        continue
                except ModelFailedError:
                    pass  # Its trace is on stderr.
                break
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _find(self, name: str) -> LoadedModel:
        card = find_model(cards_of(self._facts), name)
        if card is None:
            names = ", ".join(self._facts.models)
            raise NoModelError(f"{self._title} has no model called {name}", hint=f"It has: {names}")
        return self._models[card.id]
