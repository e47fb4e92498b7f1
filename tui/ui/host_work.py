"""Everything the app asks of the host: from threads, and answered by messages to the app."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import App
from textual.message import Message

from tui.conductor.downloads import Downloads
from tui.core.errors import CompareError
from tui.core.model_card import ModelCard
from tui.hosts.embedded.bundle import model_card_text
from tui.hosts.host import Host, HostInfo, Offers
from tui.hosts.memory import free_bytes


class HostAnswered(Message):
    """The host is there, with these models; `details` holds longer texts about some of them, by key.

    `free` is the free memory of this machine in bytes.
    `key` is set when it was asked after `what` had been done to that model, which took `seconds`.
    """

    def __init__(
        self,
        info: HostInfo,
        cards: tuple[ModelCard, ...],
        details: dict[str, str],
        free: float | None,
        key: str = "",
        what: str = "",
        seconds: float = 0.0,
    ) -> None:
        super().__init__()
        self.info = info
        self.cards = cards
        self.details = details
        self.free = free
        self.key = key
        self.what = what
        self.seconds = seconds


class HostOffered(Message):
    """What the host's public catalogue holds, or why that is not known."""

    def __init__(self, offers: Offers) -> None:
        super().__init__()
        self.offers = offers


class HostFailed(Message):
    """Something asked of the host failed; `key` is set when it was about one model."""

    def __init__(self, error: CompareError, key: str = "") -> None:
        super().__init__()
        self.error = error
        self.key = key


class HostWork:
    """Each method begins something and returns at once. Defects end the app, as in any of its workers."""

    def __init__(self, app: App[Any], host: Host, free: Callable[[], float | None] = free_bytes) -> None:
        """`free` tells the free memory of this machine, in bytes."""
        self.downloads = Downloads(host)
        self._app = app
        self._host = host
        self.free = free

    def look(self) -> None:
        """Ask what is there; ends in HostAnswered or HostFailed. The latest question is the one that counts."""
        self._begin(self._look, "host", exclusive=True)

    def ask_offers(self) -> None:
        """Ask what else could be had; ends in HostOffered."""
        self._begin(self._offers, "offers", exclusive=True)

    def do(self, what: str, key: str) -> None:
        """`load`, `unload` or `remove` a model, then ask what is there."""
        self._begin(partial(self._do, what, key), "model")

    def register(self, folder: str) -> None:
        """Have the host serve a folder (`~` is the home folder), then ask what is there."""
        self._begin(partial(self._register, folder), "model")

    def close(self) -> None:
        """Begin nothing more, and stop the downloads. Waits for nobody."""
        self.downloads.close()

    def _begin(self, work: Callable[[], None], group: str, *, exclusive: bool = False) -> None:
        self._app.run_worker(work, group=group, exclusive=exclusive, thread=True)

    def _look(self, key: str = "", what: str = "", seconds: float = 0.0) -> None:
        try:
            info, cards = self._host.connect(), self._host.catalogue()
            details = {card.key: text for card in cards if card.toy and (text := model_card_text(card))}
            self._app.post_message(HostAnswered(info, cards, details, self.free(), key, what, seconds))
        except CompareError as error:
            self._app.post_message(HostFailed(error, key))

    def _offers(self) -> None:
        try:
            self._app.post_message(HostOffered(self._host.offers()))
        except CompareError as error:
            # That it cannot be reached at all is told by `look`; here it only means that rows may be missing.
            self._app.post_message(HostOffered(Offers(stale=error.sentence())))

    def _do(self, what: str, key: str) -> None:
        action = {"load": self._host.load, "unload": self._host.unload, "remove": self._host.remove}[what]
        began = time.perf_counter()
        try:
            action(key)
        except CompareError as error:
            self._app.post_message(HostFailed(error, key))
            return
        self._look(key, what, time.perf_counter() - began)

    def _register(self, folder: str) -> None:
        began = time.perf_counter()
        try:
            key = self._host.register(Path(folder).expanduser())
        except CompareError as error:
            self._app.post_message(HostFailed(error, folder))
            return
        self._look(key, "register", time.perf_counter() - began)
