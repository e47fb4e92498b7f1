"""A host for tests: its models answer at a loopback server, are loaded one by one, and can be made to fail."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence

from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import ModelFailedError, NoHostError, NoModelError
from tui.core.sessions.session_model import Endpoint
from tui.hosts.base import Ability, BareHost, HostInfo, able

PATIENCE_S = 30.0


class LoopbackHost(BareHost):
    """`models` are names of the server's scripts. A test may change the public attributes between runs."""

    def __init__(self, port: int, models: Sequence[str]) -> None:
        self.abilities = able(Ability.LOAD, Ability.UNLOAD, why_not="It is a test")
        self._port = port
        self._models = tuple(models)
        self.held: dict[str, threading.Event] = {}
        """Models whose load waits until their event is set."""
        self.reset()

    def reset(self) -> None:
        """Nothing is loaded, and everything can be. A load that is still held goes on."""
        for event in self.held.values():
            event.set()
        self.held = {}
        self.load_s = 0.0
        """How long a load takes."""
        self.broken: set[str] = set()
        """Models that cannot be loaded."""
        self.defect: Exception | None = None
        """Raised by every load, as only a mistake in a host would."""
        self.loading: str | None = None
        self.loaded: dict[str, int] = {}
        """When each model was ready, in nanoseconds of `time.perf_counter_ns`."""
        self.endpoints: list[str] = []
        """The models whose endpoint was asked for: the last step before they count as ready."""

    def connect(self) -> HostInfo:
        try:
            socket.create_connection(("127.0.0.1", self._port), PATIENCE_S).close()
        except OSError as error:
            raise NoHostError("The loopback server does not answer", str(error), "Start it.") from error
        return HostInfo("loopback", "Loopback server", "1", f"http://127.0.0.1:{self._port}/v1", local=True)

    def catalogue(self) -> tuple[ModelCard, ...]:
        return tuple(self.card(name) for name in self._models)

    def card(self, name: str) -> ModelCard:
        """A model's row."""
        return ModelCard(name, name, state=ModelState.LOADED if name in self.loaded else ModelState.CACHED)

    def load(self, model_id: str) -> None:
        self._known(model_id)
        self.loading = model_id
        try:
            if self.defect is not None:
                raise self.defect
            if model_id in self.held:
                assert self.held[model_id].wait(PATIENCE_S)
            time.sleep(self.load_s)
            if model_id in self.broken:
                raise ModelFailedError(f"{model_id} could not be loaded", "Its files are damaged", "Try another model.")
            self.loaded[model_id] = time.perf_counter_ns()
        finally:
            self.loading = None

    def unload(self, model_id: str) -> None:
        self._known(model_id)
        self.loaded.pop(model_id, None)

    def endpoint(self, model_id: str) -> Endpoint:
        self._known(model_id)
        self.endpoints.append(model_id)
        return Endpoint(f"http://127.0.0.1:{self._port}/v1", model_id)

    def _known(self, model_id: str) -> None:
        if model_id not in self._models:
            raise NoModelError(f"There is no model {model_id}", "", f"There are: {', '.join(self._models)}")
