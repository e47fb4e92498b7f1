"""The service of Foundry Local 0.3 to 0.8, the one behind the older `foundry` command: found, asked, left running."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Event
from types import MappingProxyType
from urllib.parse import quote, urlsplit

from tui.core.catalog.machine import Machine, valid_providers
from tui.core.catalog.model_card import ModelCard, ModelState, find_model
from tui.core.errors import ModelFailedError, NoHostError, prose
from tui.core.sessions.session_model import Endpoint
from tui.hosts.base import Ability, BareHost, HostInfo, Offers, able
from tui.hosts.foundry.cli import FoundryCli, remove_with
from tui.hosts.foundry.daemon_file import listener
from tui.hosts.foundry.model_ids import ByModel
from tui.hosts.foundry.service_faults import DOWNLOAD_FIRST, gone_wrong, refused, short_of_memory, too_large, unknown
from tui.hosts.foundry.service_replies import DownloadTalk, ServiceRow, card_of, lowered, read_rows
from tui.hosts.http import Reply, fetch, post, post_lines
from tui.hosts.json_fields import read_ids
from tui.net.addresses import check_base_url, is_loopback

ASK_S = 10.0
LIST_S = 30.0
"""The service asks the public catalogue before it answers."""
LOAD_S = 300.0
"""Longest wait for a load: some execution providers compile the model first."""
SILENCE_S = 600.0
"""A download of which nothing is heard for so long is given up. Whoever downloads for people tries again before."""
TTL_S = 600
"""How long the service keeps a model in memory that nobody asks."""

RUNNING = "`foundry service status` says where it runs, and `foundry service start` starts it"
NO_REMOVE = "Its API has no request for it; `foundry cache rm` on that machine does it"
NO_REGISTER = "Its API takes no folder of a model"


class ServiceHost(BareHost):
    """A service that somebody started. Any method may be called from any thread."""

    def __init__(
        self, root: str, *, cli: FoundryCli | None = None, timeout: float = ASK_S, silence: float = SILENCE_S
    ) -> None:
        """`root` is its address without a path; `cli` is the command that manages this very service, where it is known.

        `timeout` is for short questions, `silence` for downloads, in seconds. Raises BadInputError for an address that
        is none.
        """
        self._root = check_base_url(root)
        self._cli = cli
        self._timeout = timeout
        self._silence = silence
        # What the last list said. The service asks the public catalogue for it, so it is never waited for.
        self._rows: tuple[ServiceRow, ...] = ()
        has = [Ability.LOAD, Ability.UNLOAD, Ability.DOWNLOAD, Ability.COUNT, *([Ability.REMOVE] if cli else [])]
        self.abilities = MappingProxyType({**able(*has, why_not=NO_REMOVE), Ability.REGISTER: NO_REGISTER})

    def connect(self) -> HostInfo:
        """See whether it is this kind of service that answers. Raises NoHostError when it is not."""
        reply = self._ask("openai/status")
        if reply.status == 429 or reply.status >= 500:
            raise NoHostError(f"{self._root} answers with an error", reply.words(), "Wait a moment, then try again")
        if not reply.ok or "endpoints" not in lowered(reply.body):
            raise NoHostError(f"There is no Foundry Local service at {self._root}", reply.words(), RUNNING)
        version, pid = self._behind
        name = f"Foundry Local service {version.partition('+')[0]}" if version else "Foundry Local service"
        return HostInfo(
            kind="service",
            title=f"{name} at {urlsplit(self._root).netloc}",
            version=version,
            endpoint=f"{self._root}/v1",
            local=is_loopback(self._root),
            pid=pid,
        )

    def catalogue(self) -> tuple[ModelCard, ...]:
        """What is downloaded, each CACHED or LOADED. Raises NoHostError."""
        loaded = self._ids("openai/loadedmodels", "loaded")
        here = self._ids("openai/models", "downloaded")
        states = ByModel((name, ModelState.LOADED) for name in loaded)
        rows = ByModel((row.card.id, row) for row in self._rows)
        return tuple(card_of(name, rows, states.find(name) or ModelState.CACHED) for name in here)

    def offers(self) -> Offers:
        """What is here, and what the service's catalogue offers. Raises NoHostError when the service itself is gone."""
        stale = self._refresh()
        here = self.catalogue()
        spelled = ByModel((card.id, card) for card in here)
        return Offers((*here, *(row.card for row in self._rows if spelled.find(row.card.id) is None)), stale)

    def machine(self, model_id: str) -> Machine:
        """Its GPUs and disk, and the execution providers that the service has registered. Raises NoHostError."""
        providers = valid_providers(lowered(self._ask("openai/status").body).get("autoregistrationstatus"))
        return replace(super().machine(model_id), providers=providers)

    def _models_folder(self) -> Path | None:
        folder = lowered(self._ask("openai/status").body).get("modeldirpath")
        return Path(folder) if isinstance(folder, str) and Path(folder).is_absolute() else None

    def load(self, model_id: str) -> None:
        """Load a model for ten minutes from its last use. Raises NoModelError, ModelFailedError or NoHostError."""
        card = self._here(model_id)
        reply = self._ask(f"openai/load/{quote(card.id, safe=':')}?ttl={TTL_S}", LOAD_S)
        if reply.ok:
            return
        if not short_of_memory(reply):
            raise refused(card.id, "loaded", reply)
        loaded = [other.id for other in self.catalogue() if other.state is ModelState.LOADED and other.id != card.id]
        raise too_large(card.id, reply, loaded)

    def unload(self, model_id: str) -> None:
        """Free a model's memory; one that is not loaded stays so. Raises as `load` does."""
        card = self._here(model_id)
        # Without force a model stays until its time is over.
        reply = self._ask(f"openai/unload/{quote(card.id, safe=':')}?force=true", LOAD_S)
        if not reply.ok and self._here(model_id).state is ModelState.LOADED:
            raise refused(card.id, "unloaded", reply, "Stop its answers first, or wait until they end")

    def download(self, model_id: str, progress: Callable[[float], None], cancelled: Event) -> bool:
        """Have the service download a model. Raises NoModelError, ModelFailedError or NoHostError."""
        if _meant(self.catalogue(), model_id) is not None:
            return True
        row = self._offered(model_id)
        talk = DownloadTalk(progress)
        try:
            reply = post_lines(
                self._root, "openai/download", row.request(), on_line=talk.hear, cancelled=cancelled,
                silence=self._silence, hint=f"Download {row.card.id} again",
            )  # fmt: skip
        except NoHostError:
            # The verdict counts, however the connection ended after it.
            if talk.succeeded():
                return True
            raise
        if reply is not None and not self._checked(reply).ok:
            raise refused(row.card.id, "downloaded", reply)
        if talk.succeeded():
            return True
        if reply is None:
            return False
        if talk.succeeded() is None and _meant(self.catalogue(), row.card.id) is not None:
            return True
        raise gone_wrong(row.card.id, talk.words())

    def remove(self, model_id: str) -> None:
        """Delete a model from the cache with the command line. Raises NoModelError, ModelFailedError or NoHostError."""
        if self._cli is None:
            raise self._lacks(model_id, Ability.REMOVE)
        remove_with(self._cli, self.catalogue, self._here(model_id).id)

    def count_tokens(self, model_id: str, text: str) -> int:
        """How many tokens `text` has for this model. Raises ModelFailedError or NoHostError."""
        # The service counts a whole chat, which its template makes longer: what an empty one has is taken off.
        return max(self._count(model_id, text) - self._count(model_id, ""), 0)

    def endpoint(self, model_id: str) -> Endpoint:
        """Where the model answers, under the id as the service spells it."""
        return Endpoint(f"{self._root}/v1", model_id)

    @cached_property
    def _behind(self) -> tuple[str | None, int | None]:
        """The version and the process of the service that the command of this machine manages; it says neither."""
        if self._cli is None:
            return None, None
        pid = listener(self._root)
        try:
            return self._cli.version(), pid
        except NoHostError:
            return None, pid  # a service whose version is not known is as good as any

    def _ask(self, path: str, timeout: float | None = None) -> Reply:
        return self._checked(fetch(self._root, path, timeout=timeout or self._timeout, hint=RUNNING))

    def _checked(self, reply: Reply) -> Reply:
        """The reply, unless it comes from something that stands in between."""
        if reply.status in (401, 403, 407):
            raise NoHostError(
                f"{self._root} wants a sign-in, which Foundry Local never does",
                reply.words(),
                "Something stands in between: a proxy, or another server at this port",
            )
        if reply.location is not None:
            raise NoHostError(
                f"{self._root} points to another address, which is not followed",
                f"It points to {reply.location}",
                "Give the address of the service itself",
            )
        return reply

    def _count(self, model_id: str, text: str) -> int:
        body = {"model": model_id, "messages": [{"role": "user", "content": text}]}
        path = "v1/chat/completions/tokenizer/encode/count"
        reply = self._checked(post(self._root, path, body, timeout=self._timeout, hint=RUNNING))
        if not reply.ok:
            raise refused(model_id, "asked for its tokens", reply)
        count = lowered(reply.body).get("tokencount")
        if type(count) is not int or count < 0:
            raise ModelFailedError(f"{model_id}: the service does not say how many tokens a text has", reply.words())
        return count

    def _here(self, name: str) -> ModelCard:
        """The downloaded model that a name means."""
        cards = self.catalogue()
        card = _meant(cards, name)
        if card is None and not self._rows:
            # Only its catalogue says which aliases its models have.
            self._refresh()
            cards = self.catalogue()
            card = _meant(cards, name)
        if card is not None:
            return card
        offered = _meant(tuple(row.card for row in self._rows), name)
        if offered is not None:
            raise ModelFailedError(f"{offered.id} is not downloaded", hint=DOWNLOAD_FIRST)
        raise unknown(name, (card.id for card in cards))

    def _offered(self, name: str) -> ServiceRow:
        """The row of the model that a name means, in the list as it was seen last or as it is."""
        row = self._row(name)
        if row is None:
            stale = self._refresh()
            row = self._row(name)
            if row is None and stale:
                raise ModelFailedError(f"{name} cannot be downloaded at the moment", stale, "Try again later")
        if row is None:
            raise unknown(name, (row.card.alias for row in self._rows))
        return row

    def _row(self, name: str) -> ServiceRow | None:
        card = _meant(tuple(row.card for row in self._rows), name)
        return next((row for row in self._rows if card is not None and row.card.id == card.id), None)

    def _ids(self, path: str, what: str) -> tuple[str, ...]:
        reply = self._ask(path)
        ids = read_ids(reply.body) if reply.ok else None
        if ids is None:
            raise NoHostError(f"The service does not say which models are {what}", reply.words(), RUNNING)
        return ids

    def _refresh(self) -> str:
        """Read the service's catalogue again. Returns why that failed; empty when it did not."""
        try:
            reply = self._ask("foundry/list", LIST_S)
        except NoHostError as error:
            return error.sentence()
        rows = read_rows(reply.body) if reply.ok else None
        if not rows:
            why = reply.words() if rows is None else "Its list is empty; the public catalogue may be out of reach"
            return prose("The service does not tell what can be downloaded", why)
        self._rows = rows
        return ""


def _meant(cards: tuple[ModelCard, ...], name: str) -> ModelCard | None:
    """The card that a name means; a version that one of both leaves out is no difference."""
    return find_model(cards, name) or ByModel((card.id, card) for card in cards).find(name)
