"""Foundry Local 0.10 and later: its daemon answers over REST, its command line knows the catalogue and the cache."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Event
from types import MappingProxyType
from urllib.parse import quote

from tui.core.catalog.model_card import ModelCard, ModelState, merged
from tui.core.errors import ModelFailedError, NoHostError, NoModelError
from tui.core.sessions.session_model import Endpoint
from tui.hosts.base import Ability, BareHost, HostInfo, Offers, able
from tui.hosts.foundry.cli import FoundryCli, remove_with
from tui.hosts.foundry.daemon_file import DaemonFile, listens, read_daemon_file
from tui.hosts.foundry.model_ids import ByModel, card_from_id
from tui.hosts.http import Reply, fetch
from tui.hosts.json_fields import listed, read_ids, text_in
from tui.hosts.memory_hints import make_room
from tui.net.addresses import check_base_url, is_loopback

ASK_S = 10.0
LIST_S = 60.0
"""How long the command line may take for a list: it may have to start, and to ask the public catalogue."""
KEPT_S = 30.0
"""So long the list of the cache is taken to be true, unless this program changed it or asks for all that there is."""
LOAD_S = 300.0
"""Longest wait for a load: some execution providers compile the model first."""

START = "`foundry server start` starts it"
RESTART = "`foundry server status` says where it serves, and `foundry server restart` starts it again"
NEEDS_CLI = "It needs the `foundry` command on this machine"
NO_REGISTER = "The daemon takes no folder of a model"
NO_COUNT = "The daemon has no request for it"


class DaemonHost(BareHost):
    """A daemon that runs already. Any method may be called from any thread."""

    def __init__(
        self,
        root: str | None = None,
        *,
        cli: FoundryCli | None = None,
        home: Path | None = None,
        far: bool = False,
        timeout: float = ASK_S,
    ) -> None:
        """`root` is its address without a path, if that is known; `home` is where `.foundry/daemon.json` may be.

        Without `home` and `cli` nobody is asked where else it serves, and without `cli` nothing can be downloaded.
        `far` is one at the end of a line, whose machine `cli` runs on: where it moves to is another's affair.
        `timeout` is for a short question, in seconds. Raises BadInputError for an address that is none.
        """
        self._root = None if root is None else check_base_url(root)
        # A daemon of another machine has nothing to do with what this one's files and commands say.
        self._moves = not far and (self._root is None or is_loopback(self._root))
        self._far = far
        self._cli = cli
        self._home = home
        self._timeout = timeout
        self._seeking = threading.Lock()
        # What the command last said of the cache, and when.
        self._in_cache: tuple[float, tuple[ModelCard, ...]] | None = None
        # What the last list of everything said. It asks the public catalogue, so nothing else waits for it.
        self._offered: tuple[ModelCard, ...] = ()
        has = [Ability.LOAD, Ability.UNLOAD, *([] if cli is None else [Ability.DOWNLOAD, Ability.REMOVE])]
        lacks = {Ability.REGISTER: NO_REGISTER, Ability.COUNT: NO_COUNT}
        self.abilities = MappingProxyType({**able(*has, why_not=NEEDS_CLI), **lacks})

    def connect(self) -> HostInfo:
        """Find the daemon, also where it moved to. Raises NoHostError when it is nowhere."""
        root = self._reach()
        note = self._note(root)
        version = (note.version if note is not None else None) or self._cli_version
        pid = note.pid if note is not None else None
        return HostInfo(
            kind="daemon",
            title=f"Foundry Local {version}" if version else "Foundry Local",
            version=version,
            endpoint=f"{root}/v1",
            local=is_loopback(root),
            pid=pid if pid is not None and listens(pid, root) else None,
        )

    def catalogue(self) -> tuple[ModelCard, ...]:
        """What is here. Without the command line, of what is not loaded it is not known whether it is downloaded.

        Raises NoHostError.
        """
        loaded = self._loaded()
        try:
            cards = self._kept(self._cli) if self._cli is not None else self._listed()
        except NoHostError:
            # The daemon answers, so the models are there; `offers()` says what is wrong with the command line.
            cards = self._listed()
        known = ByModel((card.id, card) for card in self._offered)
        cards = tuple(_completed(card, known.find(card.id)) for card in cards)
        here = ByModel((card.id, card) for card in cards)
        more = (name for name in loaded if here.find(name) is None)
        return _with_states((*cards, *(card_from_id(name, ModelState.LOADED) for name in more)), loaded)

    def offers(self) -> Offers:
        """Every variant that the command line lists for this machine. Raises NoHostError when the daemon is gone."""
        self._in_cache = None
        stale = self._refresh()
        here = self.catalogue()
        spelled = ByModel((card.id, card) for card in here)
        return Offers((*here, *(card for card in self._offered if spelled.find(card.id) is None)), stale)

    def load(self, model_id: str) -> None:
        """Load a model; one that is loaded stays so. Raises NoModelError, ModelFailedError or NoHostError."""
        reply = self._manage("load", model_id)
        if not reply.ok:
            raise self._not_loaded(model_id, reply)

    def unload(self, model_id: str) -> None:
        """Free a model's memory; one that is not loaded stays so. Raises what `load` raises."""
        reply = self._manage("unload", model_id)
        if reply.ok:
            return
        card = self._here(model_id, reply)
        if card.state is ModelState.LOADED:
            hint = "Stop its answers first, or wait until they end"
            raise ModelFailedError(f"{model_id} could not be unloaded", reply.words(), hint)

    def download(self, model_id: str, progress: Callable[[float], None], cancelled: Event) -> bool:
        """Download a model with the command line. Cancelling ends the command; what has come stays on disk.

        Raises NoModelError, ModelFailedError or NoHostError.
        """
        if self._cli is None:
            raise self._lacks(model_id, Ability.DOWNLOAD)
        self._in_cache = None
        try:
            return self._cli.download(model_id, progress, cancelled)
        finally:
            self._in_cache = None

    def remove(self, model_id: str) -> None:
        """Delete a model from the cache with the command line. Raises what `download` raises."""
        if self._cli is None:
            raise self._lacks(model_id, Ability.REMOVE)
        remove_with(self._cli, self._read_again, model_id)

    def endpoint(self, model_id: str) -> Endpoint:
        """Where the model answers once it is loaded. Raises NoHostError when the daemon was never found."""
        return Endpoint(f"{self._root or self._reach()}/v1", model_id)

    def _reach(self) -> str:
        """The address at which the daemon answers at this moment: where it was, or where it says that it is."""
        with self._seeking:
            asked: set[str] = set()
            failure: NoHostError | None = None
            for look in (self._remembered, self._from_file, self._from_command):
                try:
                    root = look()
                    if root is not None and root not in asked:
                        asked.add(root)
                        self._probe(root)
                        self._root = root
                        return root
                except NoHostError as error:
                    # The later place is the truer one: files are left behind, and addresses go out of date.
                    failure = error
            raise failure or NoHostError("Foundry Local was not found", "No address of it is known", START)

    def _remembered(self) -> str | None:
        return self._root

    def _from_file(self) -> str | None:
        note = self._file()
        return note.root if note is not None else None

    def _from_command(self) -> str | None:
        if not self._moves or self._cli is None:
            return None
        root = self._cli.where_served()
        if root is None:
            raise NoHostError("Foundry Local does not run", "Its `foundry` command says so", START)
        return root

    def _probe(self, root: str) -> None:
        """See that it is the daemon which answers there. Raises NoHostError when it is not."""
        reply = fetch(root, "models/loaded", timeout=self._timeout, hint=RESTART)
        if not reply.ok or read_ids(reply.body) is None:
            raise NoHostError(f"What answers at {root} is not Foundry Local's daemon", reply.words(), RESTART)

    def _note(self, root: str) -> DaemonFile | None:
        """What the daemon wrote down of itself, if it is the one at this address."""
        note = self._file()
        return note if note is not None and note.root == root else None

    def _file(self) -> DaemonFile | None:
        if not self._moves or self._home is None:
            return None
        try:
            return read_daemon_file(self._home)
        except NoHostError:
            return None  # the command line knows the same

    @cached_property
    def _cli_version(self) -> str | None:
        try:
            return self._cli.version() if self._cli is not None and (self._moves or self._far) else None
        except NoHostError:
            return None  # a daemon whose version is not known is as good as any

    def _read_again(self) -> tuple[ModelCard, ...]:
        self._in_cache = None
        return self.catalogue()

    def _kept(self, cli: FoundryCli) -> tuple[ModelCard, ...]:
        """The list of the cache, asked for only now and then: a command is work for the models' machine."""
        known = self._in_cache
        if known is None or time.monotonic() - known[0] > KEPT_S:
            known = self._in_cache = time.monotonic(), cli.models("--cached", LIST_S)
        return known[1]

    def _ask(self, path: str, timeout: float, hint: str) -> Reply:
        """GET a path, at the daemon's new address if it moved."""
        root = self._root or self._reach()
        try:
            return fetch(root, path, timeout=timeout, hint=hint)
        except NoHostError:
            moved = self._reach()
            if moved == root:
                raise
            return fetch(moved, path, timeout=timeout, hint=hint)

    def _loaded(self) -> tuple[str, ...]:
        reply = self._ask("models/loaded", self._timeout, RESTART)
        ids = read_ids(reply.body) if reply.ok else None
        if ids is None:
            raise NoHostError("The daemon does not say which models are loaded", reply.words(), RESTART)
        return ids

    def _listed(self) -> tuple[ModelCard, ...]:
        """What the daemon's own list says; nothing when it has none. Whether these are downloaded is not known."""
        cards: dict[str, ModelCard] = {}
        for row in listed(self._ask("v1/models", self._timeout, RESTART).body) or ():
            name = text_in(row, "id")
            if name is not None:
                card = card_from_id(name, ModelState.UNKNOWN)
                alias = text_in(row, "parent") or name
                cards.setdefault(name, replace(card, alias=alias, publisher=text_in(row, "owned_by")))
        return tuple(cards.values())

    def _refresh(self) -> str:
        """Read the list of all variants again. Returns why that failed; empty when it did not."""
        if self._cli is None:
            return f"What could be downloaded is not known. {NEEDS_CLI}."
        try:
            cards = self._cli.models("--variants", LIST_S)
        except NoHostError as error:
            return error.sentence()
        if not cards:
            return "The `foundry` command lists no models. The public catalogue may be out of reach."
        self._offered = cards
        return ""

    def _manage(self, verb: str, model_id: str) -> Reply:
        if not model_id.strip("."):
            raise NoModelError(f"{model_id!r} cannot be the name of a model", "", "Take a name from the list")
        hint = f"{model_id} may still be {verb}ing: look again in a while"
        return self._ask(f"models/{verb}/{quote(model_id, safe=':')}", LOAD_S, hint)

    def _here(self, model_id: str, reply: Reply) -> ModelCard:
        """The model that a request failed for. Raises NoModelError when there is none, or it is not downloaded."""
        card = ByModel((card.id, card) for card in self._read_again()).find(model_id)
        if card is not None:
            return card
        if not self._offered:
            self._refresh()
        if ByModel((card.id, card) for card in self._offered).find(model_id) is not None:
            raise NoModelError(f"{model_id} is not downloaded", reply.words(), "Download it first")
        raise NoModelError(f"Foundry Local lists no model {model_id}", reply.words(), "Take a name from the list")

    def _not_loaded(self, model_id: str, reply: Reply) -> ModelFailedError | NoModelError:
        card = self._here(model_id, reply)
        title = f"{card.id} could not be loaded"
        if reply.status < 500:
            return ModelFailedError(title, reply.words(), "Try another variant of it")
        return ModelFailedError(title, reply.words(), make_room(card.id, self.catalogue()))


def _completed(card: ModelCard, offer: ModelCard | None) -> ModelCard:
    """The card, with the facts of the same model's row where its own are unknown."""
    return card if offer is None else merged((card,), (replace(offer, id=card.id),))[0]


def _with_states(cards: tuple[ModelCard, ...], loaded: tuple[str, ...]) -> tuple[ModelCard, ...]:
    states = ByModel((name, ModelState.LOADED) for name in loaded)
    return tuple(replace(card, state=states.find(card.id) or card.state) for card in cards)
