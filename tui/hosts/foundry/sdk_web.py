"""The web service that another program opened with the Foundry Local SDK, version 1 or 2: used, and left as it is."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

from tui.core.catalog.model_card import ModelCard, ModelState, find_model
from tui.core.errors import ModelFailedError, NoHostError, NoModelError
from tui.core.sessions.session_model import Endpoint
from tui.hosts.base import Ability, BareHost, HostInfo, able
from tui.hosts.foundry.model_ids import card_from_id
from tui.hosts.foundry.sdk_files import LocalService, read_local_service
from tui.hosts.http import Reply, fetch
from tui.hosts.json_fields import listed, read_ids
from tui.hosts.memory_hints import make_room
from tui.net.addresses import check_base_url, is_loopback

ASK_S = 10.0
LOAD_S = 300.0
LOCAL = "/catalogs/local"
"""Where version 2 serves models that its program registered; public ones are at the root."""
NO_REQUEST = "The SDK's web service has no request for it; its own program does that"
NOT_ONE = "This is no web service of the Foundry Local SDK"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_HINT = "Does the program that opened it still run, and is this its address?"


class LoadName(Enum):
    """What a load request calls a model: its id in version 1, its alias in version 2."""

    ID = "id"
    ALIAS = "alias"


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model and the part of the service that has it."""

    card: ModelCard
    base: str


class SdkWebHost(BareHost):
    """Somebody else's SDK web service. Any method may be called from any thread.

    It lists every variant of its catalogue and tells of each no more than the id. Whether one is downloaded, and what
    its alias is, is known of models that were registered from a folder, and of all when the service runs on this
    machine; else a model that is not loaded is UNKNOWN.
    """

    def __init__(self, root: str, *, timeout: float = ASK_S) -> None:
        """`root` is the address, with or without `/v1`; `timeout` is in seconds. Raises BadInputError."""
        self._root = check_base_url(root).removesuffix("/v1").rstrip("/")
        self._timeout = timeout
        self._lock = threading.Lock()
        self._load_names: dict[str, LoadName] = {}
        self.abilities = able(Ability.LOAD, Ability.UNLOAD, why_not=NO_REQUEST)

    def connect(self) -> HostInfo:
        """Ask which version answers. Raises NoHostError when nobody does, or something else."""
        version, local = "2", self._status()
        if local is None:
            loaded = self._ask("", "models/loaded")
            if not loaded.ok or read_ids(loaded.body) is None:
                raise NoHostError(f"{self._root}: {NOT_ONE}", loaded.words(), _HINT)
            version = "1"
        return HostInfo(
            kind="sdk",
            title=f"Foundry Local SDK {version}, web service at {urlsplit(self._root).netloc}",
            version=f"{version}.x",
            endpoint=self._root,
            local=is_loopback(self._root),
            pid=local.pid if local is not None else None,
        )

    def catalogue(self) -> tuple[ModelCard, ...]:
        """Every model that the service lists, registered ones first. Raises NoHostError."""
        return tuple(model.card for model in self._served())

    def _models_folder(self) -> Path | None:
        return (self._status() or LocalService()).folder

    def load(self, model_id: str) -> None:
        """Load a model; one that is loaded stays so. Raises NoModelError, ModelFailedError or NoHostError."""
        self._step("load", model_id, "loaded", "Its own program downloads models; try one that is there")

    def unload(self, model_id: str) -> None:
        """Unload a model; one that is not loaded stays so. Raises NoModelError, ModelFailedError or NoHostError."""
        self._step("unload", model_id, "unloaded", "Stop its answers first, or wait until they end")

    def endpoint(self, model_id: str) -> Endpoint:
        """Where the model answers once it is loaded. Raises NoModelError or NoHostError."""
        model = self._find(model_id)
        return Endpoint(f"{self._root}{model.base}/v1", model.card.id)

    def _served(self) -> tuple[ServedModel, ...]:
        """The models of both parts; of one that both have, the registered one."""
        local = self._status() or LocalService()
        models: dict[str, ServedModel] = {}
        for base, state in ((LOCAL, ModelState.CACHED), ("", ModelState.UNKNOWN)):
            reply = self._ask(base, "v1/models")
            rows = listed(reply.body) if reply.ok else None
            if rows is None:
                if base == LOCAL:
                    continue  # version 1 has no such part
                raise NoHostError(f"{self._root} lists no models", reply.words(), _HINT)
            loaded = self._ask(base, "models/loaded")
            running = set(read_ids(loaded.body) or ()) if loaded.ok else set()
            for name in read_ids([row.get("id") for row in rows]) or ():
                card = local.cards.get(name) if base != LOCAL else None
                if card is None:
                    # Of registered models the alias is the name without its version; of others that is a guess.
                    alias = name.rpartition(":")[0] or name
                    card = replace(card_from_id(name, state), alias=alias)
                card = replace(card, state=ModelState.LOADED) if name in running else card
                models.setdefault(name, ServedModel(card, base))
        return tuple(models.values())

    def _find(self, name: str) -> ServedModel:
        models = self._served()
        card = find_model(tuple(model.card for model in models), name)
        if card is None:
            raise NoModelError(f"{self._root} has no model called {name}", hint="`models` lists what it has")
        return next(model for model in models if model.card is card)

    def _step(self, step: str, model_id: str, done: str, hint: str) -> None:
        model = self._find(model_id)
        reply: Reply | None = None
        for kind, name in self._names(model):
            if not _PLAIN.fullmatch(name):
                raise ModelFailedError(f"{model.card.id} could not be {done}", "Its name fits into no address", hint)
            reply = fetch(f"{self._root}{model.base}", f"models/{step}/{name}", timeout=LOAD_S, hint=_HINT)
            if reply.ok:
                with self._lock:
                    self._load_names[model.base] = kind
                return
            if reply.status != 404:
                break
        assert reply is not None
        if reply.status == 404:
            hint = "It takes the alias of a public model only, which it does not tell; its own program can load it"
        elif step == "load" and reply.status >= 500:
            hint = make_room(model.card.id, self.catalogue())
        raise ModelFailedError(f"{model.card.id} could not be {done}", reply.words(), hint)

    def _names(self, model: ServedModel) -> Iterator[tuple[LoadName, str]]:
        """What the model may be called, the kind of name that worked before first."""
        card = model.card
        name = card.alias
        bare = name.removesuffix(f"-{card.variant}") if card.variant is not None else name
        names = [
            (LoadName.ALIAS, name),
            *([(LoadName.ALIAS, bare)] if bare != name else []),
            (LoadName.ID, card.id),
        ]
        with self._lock:
            known = self._load_names.get(model.base)
        yield from sorted(names, key=lambda pair: pair[0] is not known) if known is not None else names

    def _status(self) -> LocalService | None:
        """What version 2 says of itself; None for anything else."""
        reply = self._ask("", "status")
        if not reply.ok or not isinstance(reply.body, dict) or not isinstance(reply.body.get("endpoints"), list):
            return None
        return read_local_service(self._root, reply.body) if is_loopback(self._root) else LocalService()

    def _ask(self, base: str, path: str) -> Reply:
        return fetch(f"{self._root}{base}", path, timeout=self._timeout, hint=_HINT)
