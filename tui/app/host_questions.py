"""Everything the app asks of the host: from threads, and answered by messages to the app.

Questions are numbered in the order in which they are put to the host. Answers may overtake each other; whoever shows
them takes no answer to an older question than the one whose answer is shown (`Newest`).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import App
from textual.message import Message

from tui.background import in_thread
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import CompareError
from tui.hosts.base import Host, HostInfo, Offers
from tui.hosts.embedded.bundle import model_card_text
from tui.hosts.free_memory import free_bytes
from tui.runner.downloads import Downloads


class HostAnswered(Message):
    """The host is there, with these models; `details` holds longer texts about some of them, by key.

    `free` is the free memory of this machine in bytes. `number` is the question's. `key` is set when it was asked after
    `what` had been done to that model, which took `seconds`.
    """

    def __init__(
        self,
        number: int,
        info: HostInfo,
        cards: tuple[ModelCard, ...],
        details: dict[str, str],
        free: float | None,
        key: str = "",
        what: str = "",
        seconds: float = 0.0,
    ) -> None:
        super().__init__()
        self.number = number
        self.info = info
        self.cards = cards
        self.details = details
        self.free = free
        self.key = key
        self.what = what
        self.seconds = seconds


class HostOffered(Message):
    """What the host's public catalogue holds, or why that is not known."""

    def __init__(self, number: int, offers: Offers) -> None:
        super().__init__()
        self.number = number
        self.offers = offers


class HostFailed(Message):
    """Something asked of the host failed; `number` is the question's, `key` is set when it was about one model."""

    def __init__(self, number: int, error: CompareError, key: str = "") -> None:
        super().__init__()
        self.number = number
        self.error = error
        self.key = key


class Newest:
    """Which answers may be shown: those to a question that is newer than all whose answers were."""

    def __init__(self) -> None:
        self._number = 0

    def takes(self, number: int) -> bool:
        """Whether the answer to this question is to be shown; if so, none to an older one is from here on."""
        newer = number > self._number
        self._number = max(number, self._number)
        return newer


class HostWork:
    """Each method begins something and returns at once. Defects end the app, as in a worker of Textual's."""

    def __init__(self, app: App[Any], host: Host, free: Callable[[], float | None] = free_bytes) -> None:
        """`free` tells the free memory of this machine, in bytes."""
        self.downloads = Downloads(host)
        self._app = app
        self._host = host
        self._numbers = itertools.count(1)
        self.free = free
        self._closed = False

    def look(self) -> None:
        """Ask what is there; ends in HostAnswered or HostFailed."""
        self._begin(self._look)

    def ask_offers(self) -> None:
        """Ask what else could be had; ends in HostOffered."""
        self._begin(self._offers)

    def do(self, what: str, key: str) -> None:
        """`load`, `unload` or `remove` a model, then ask what is there."""
        self._begin(partial(self._do, what, key))

    def register(self, folder: str) -> None:
        """Have the host serve a folder (`~` is the home folder), then ask what is there."""
        self._begin(partial(self._register, folder))

    def close(self) -> None:
        """Begin nothing more, and stop the downloads. Waits for nobody."""
        self._closed = True
        self.downloads.close()

    def _begin(self, work: Callable[[], Message]) -> None:
        if self._closed:
            return
        # Not a worker of Textual's: those are waited for at the end, and a load can take minutes.
        in_thread(partial(self._answer, work), "host work")

    def _answer(self, work: Callable[[], Message]) -> None:
        try:
            message = work()
        except Exception as error:
            self._app.call_later(_raise, error)
            raise
        self._app.post_message(message)

    def _look(self, key: str = "", what: str = "", seconds: float = 0.0) -> Message:
        number = next(self._numbers)
        try:
            info, cards = self._host.connect(), self._host.catalogue()
        except CompareError as error:
            return HostFailed(number, error, key)
        details = {card.key: text for card in cards if card.toy and (text := model_card_text(card))}
        return HostAnswered(number, info, cards, details, self.free(), key, what, seconds)

    def _offers(self) -> Message:
        number = next(self._numbers)
        try:
            return HostOffered(number, self._host.offers())
        except CompareError as error:
            # That it cannot be reached at all is told by `look`; here it only means that rows may be missing.
            return HostOffered(number, Offers(stale=error.sentence()))

    def _do(self, what: str, key: str) -> Message:
        action = {"load": self._host.load, "unload": self._host.unload, "remove": self._host.remove}[what]
        began = time.perf_counter()
        try:
            action(key)
        except CompareError as error:
            return HostFailed(next(self._numbers), error, key)
        return self._look(key, what, time.perf_counter() - began)

    def _register(self, folder: str) -> Message:
        began = time.perf_counter()
        try:
            key = self._host.register(Path(folder).expanduser())
        except CompareError as error:
            return HostFailed(next(self._numbers), error, folder)
        return self._look(key, "register", time.perf_counter() - began)


def _raise(error: Exception) -> None:
    raise error
