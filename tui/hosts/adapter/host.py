"""A user's own Python class as a host: its models are served by a process of our own."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tui.core.catalog.model_card import ModelCard, ModelState, find_model
from tui.core.child_environment import ChildKind
from tui.core.errors import BadInputError, ModelFailedError, NoHostError, NoModelError, prose, reason_of
from tui.core.sessions.session_model import Endpoint
from tui.core.text.clean import clean_line
from tui.hosts.adapter.kinds import is_reference
from tui.hosts.adapter.protocol import MAX_LINE, AdapterFacts, AdapterReady, AdapterRefused, decode
from tui.hosts.base import Ability, BareHost, HostInfo, able
from tui.hosts.http import Reply, fetch, post
from tui.hosts.serving_process import ServingProcess

START_S = 120.0
"""Importing a large library from a cold disk can take a minute."""
ASK_S = 10.0
LOAD_S = 900.0
LEAVE_S = 1.5
"""A little more than the process gives its models."""
LAST_LINE = 300
OWN_FILES = "An adapter brings its models along by itself"
"""Why it can neither download nor remove any."""


class AdapterHost(BareHost):
    """The models of one adapter. Any method may be called from any thread.

    Every question starts the process if it is not running; models that were loaded in one that died are not loaded.
    """

    def __init__(
        self,
        reference: str,
        *,
        name: str = "",
        folder: Path | None = None,
        environment: Sequence[str] = (),
        timeout: float = START_S,
    ) -> None:
        """`reference` is `module:Class`, or the name of an installed adapter; `name` what the host is called.

        The module is looked for in `folder` as well, which is the working directory unless another is given.
        `environment` names variables that its process is given besides those that every process needs; `timeout` is
        how many seconds importing it may take. Raises BadInputError for what is no reference.
        """
        self._reference = reference.strip()
        if not is_reference(self._reference):
            raise BadInputError(
                f"{clean_line(reference, 80)!r} names no adapter",
                hint="Write module:Class, such as my_models:Echo, or the name of an installed one",
            )
        self.abilities = able(Ability.LOAD, Ability.UNLOAD, why_not=OWN_FILES)
        self._name = name
        self._folder = (folder or Path.cwd()).absolute()
        self._environment = tuple(environment)
        self._timeout = timeout
        self._starting = threading.Lock()
        self._process: _AdapterProcess | None = None

    def connect(self) -> HostInfo:
        """Start the process unless it runs, and wait until it serves. Raises NoHostError when it does not."""
        _, ready = self._running()
        unset = ", ".join(name for name in self._environment if name not in os.environ)
        return HostInfo(
            kind="adapter",
            title=f"Adapter {self._reference}" + (f", without {unset}: not set" if unset else ""),
            version=ready.facts.version,
            endpoint=_base_url(ready),
            local=True,
            pid=ready.pid,
            ours=True,
            name=self._name,
        )

    def catalogue(self) -> tuple[ModelCard, ...]:
        """The adapter's models, each CACHED or LOADED. Raises NoHostError."""
        ready, reply = self._ask("/models/loaded")
        if not reply.ok or not isinstance(reply.body, list):
            raise NoHostError(
                f"The adapter {self._reference} does not say what it has loaded", reply.words(), "Try again"
            )
        return cards_of(ready.facts, reply.body)

    def load(self, model_id: str) -> None:
        """Load a model; one that is loaded stays so. Raises NoModelError, ModelFailedError or NoHostError."""
        name = self._find(model_id)
        _, reply = self._ask("/models/load", {"model": name}, LOAD_S)
        if not reply.ok:
            raise ModelFailedError(
                f"{name} could not be loaded", reply.words(), f"Mend {self._reference}, and try again"
            )

    def unload(self, model_id: str) -> None:
        """Unload a model; one that is not loaded stays so. Raises NoModelError, ModelFailedError or NoHostError."""
        name = self._find(model_id)
        _, reply = self._ask("/models/unload", {"model": name}, LOAD_S)
        if not reply.ok:
            hint = "Stop its answers first, or wait until they end" if reply.status == 409 else ""
            raise ModelFailedError(f"{name} could not be unloaded", reply.words(), hint)

    def endpoint(self, model_id: str) -> Endpoint:
        """Where the model answers once it is loaded. Raises NoModelError or NoHostError."""
        name = self._find(model_id)
        _, ready = self._running()
        return Endpoint(_base_url(ready), name, ready.token)

    def why_gone(self, model_id: str) -> str:
        """How the process ended, if it did."""
        process = self._process
        if process is None or not process.died():
            return ""
        return prose(f"The adapter {self._reference} crashed", process.last_words())

    def close(self) -> None:
        """End the process. Its models are unloaded first, for which they have a second."""
        if self._process is not None:
            self._process.end()

    def _find(self, name: str) -> str:
        _, ready = self._running()
        card = find_model(cards_of(ready.facts), name)
        if card is None:
            names = ", ".join(ready.facts.models)
            raise NoModelError(f"The adapter {self._reference} has no model called {name}", hint=f"It has: {names}")
        return card.id

    def _running(self) -> tuple[_AdapterProcess, AdapterReady]:
        # `close()` takes no lock, so that leaving the program never waits for a start: it ends the process meanwhile.
        with self._starting:
            process = self._process
            if process is None or not process.alive:
                if process is not None:
                    process.end()
                process = self._process = _AdapterProcess(self._reference, self._folder, self._environment)
            return process, process.ready(self._timeout)

    def _ask(
        self, path: str, body: Any = None, timeout: float = ASK_S, *, again: bool = True
    ) -> tuple[AdapterReady, Reply]:
        """GET, or POST when there is a body."""
        process, ready = self._running()
        try:
            if body is None:
                return ready, fetch(ready.root, path, timeout=timeout, hint="Try again", api_key=ready.token)
            return ready, post(ready.root, path, body, timeout=timeout, hint="Try again", api_key=ready.token)
        except NoHostError as error:
            if not process.died():
                raise
            if body is None and again:
                # A GET runs nothing of the adapter's: the process was dying of something else, which was reported then.
                return self._ask(path, again=False)
            hint = "Try again: it is started again"
            raise NoHostError(f"The adapter {self._reference} crashed", process.last_words(), hint) from error


class _AdapterProcess(ServingProcess[AdapterReady | AdapterRefused]):
    """One run of the adapter's process."""

    def __init__(self, reference: str, folder: Path, environment: Sequence[str]) -> None:
        self._reference = reference
        try:
            super().__init__(
                "tui.hosts.adapter",
                reference,
                str(folder),
                kind=ChildKind.ADAPTER,
                decode=decode,
                named=environment,
                leave=LEAVE_S,
                max_line=MAX_LINE,
            )
        except OSError as error:
            raise NoHostError(f"The adapter {reference} cannot be started", reason_of(error), "Try again") from error

    def ready(self, timeout: float) -> AdapterReady:
        """What it said once it served, within `timeout` seconds. Raises NoHostError when it does not get that far; it
        is ended then."""
        message = self.first(timeout)
        if isinstance(message, AdapterReady):
            return message
        if isinstance(message, AdapterRefused):
            self.end()
            raise NoHostError(message.title, message.detail, message.hint)
        if self.silent:
            self.end()
            why, hint = f"It was not ready after {timeout:g} s", "Do in load() what takes long, not on import"
        else:
            why, hint = self.last_words(), "Import its module in Python to see what happens"
        raise NoHostError(f"The adapter {self._reference} did not start", why, hint)

    def last_words(self) -> str:
        """How it ended, with the last line that it wrote on stderr."""
        self.died()
        how = self.how_it_ended()
        *_, line = ["", *self.end().splitlines()]
        return f"{how}: {line[:LAST_LINE].strip()}" if line.strip() else how


def _base_url(ready: AdapterReady) -> str:
    return f"{ready.root}/v1"


def cards_of(facts: AdapterFacts, loaded: Sequence[Any] = ()) -> tuple[ModelCard, ...]:
    """The models of an adapter, each CACHED or, where it is among those, LOADED."""
    return tuple(
        ModelCard(
            name,
            name,
            device=facts.device,
            context=facts.context,
            licence=facts.licence,
            state=ModelState.LOADED if name in loaded else ModelState.CACHED,
        )
        for name in facts.models
    )
