"""What the app asks of the host: in threads, answered by messages to the app.

Answers may overtake each other. Each carries its question's number; whoever shows it asks `models` or `offers`, the
numbers of the two questions, whether an answer to a newer one has been shown already.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import App
from textual.message import Message

from tui.background import Questions, in_thread
from tui.core.catalog.machine import Machine
from tui.core.catalog.model_card import ModelCard
from tui.core.errors import CompareError
from tui.hosts.base import Host, HostInfo, Offers
from tui.hosts.embedded.bundle import model_card_text
from tui.hosts.free_memory import free_bytes
from tui.runner.downloads import Downloads
from tui.storage.known_models import remember_models
from tui.storage.paths import cache_dir
from tui.ui.defects import end_app
from tui.ui.state import LastAction


class HostAnswered(Message):
    """The host is there, with these models; `details` holds longer texts about some of them, by key.

    `free` is the free memory of this machine in bytes. `number` is the question's. `key` is set when it was asked after
    `action` had been done to that model.
    """

    def __init__(
        self,
        number: int,
        info: HostInfo,
        cards: tuple[ModelCard, ...],
        details: dict[str, str],
        free: float | None,
        key: str = "",
        action: LastAction | None = None,
    ) -> None:
        super().__init__()
        self.number = number
        self.info = info
        self.cards = cards
        self.details = details
        self.free = free
        self.key = key
        self.action = action


class HostOffered(Message):
    """What the host's public catalogue holds, or why that is not known. `number` is the question's."""

    def __init__(self, number: int, offers: Offers) -> None:
        super().__init__()
        self.number = number
        self.offers = offers


class HostMachines(Message):
    """What is known of the machines behind the hosts, by the hosts' names. `number` is the question's."""

    def __init__(self, number: int, machines: dict[str, Machine]) -> None:
        super().__init__()
        self.number = number
        self.machines = machines


class HostFailed(Message):
    """The host could not be asked for its models. `number` is the question's."""

    def __init__(self, number: int, error: CompareError) -> None:
        super().__init__()
        self.number = number
        self.error = error


class ModelActionFailed(Message):
    """Something that was to be done to a model, or to a folder, has failed. `key` is the model's, or the folder."""

    def __init__(self, key: str, error: CompareError) -> None:
        super().__init__()
        self.key = key
        self.error = error


class HostQuestions:
    """Each method begins something and returns at once. A defect ends the app, as in a worker of Textual's."""

    def __init__(self, app: App[Any], host: Host, free: Callable[[], float | None] = free_bytes) -> None:
        """`free` returns the free memory of this machine, in bytes, or None when it is not known."""
        self.downloads = Downloads(host)
        self.models, self.offers, self.machines = Questions(), Questions(), Questions()
        self.free = free
        self._app = app
        self._host = host
        self._closed = False

    def ask_models(self) -> None:
        """Ask what is there; ends in HostAnswered or HostFailed."""
        self._begin(self._models)

    def ask_offers(self) -> None:
        """Ask what else could be had; ends in HostOffered."""
        self._begin(self._offers)

    def ask_machines(self, names: Sequence[str]) -> None:
        """Ask for the GPUs and disks of these hosts, of one without a name by an empty one; ends in HostMachines. A
        driver that hangs is waited for in a thread of its own."""
        self._begin(partial(self._machines, tuple(names)))

    def act(self, action: str, key: str) -> None:
        """`load`, `unload` or `remove` a model, then ask what is there; may end in ModelActionFailed as well."""
        act = {"load": self._host.load, "unload": self._host.unload, "remove": self._host.remove}[action]

        def work() -> str:
            act(key)
            return key

        self._begin(partial(self._act, action, key, work))

    def register(self, folder: str) -> None:
        """Have the host serve a folder (`~` is the home folder), then ask what is there; as `act()`."""
        self._begin(partial(self._act, "register", folder, lambda: self._host.register(Path(folder).expanduser())))

    def close(self) -> None:
        """Begin nothing more, and stop the downloads. Waits for nothing."""
        self._closed = True
        self.downloads.close()

    def _begin(self, work: Callable[[], Message]) -> None:
        if self._closed:
            return
        # Not a worker of Textual's: those are waited for at the end, and a load can take minutes.
        in_thread(partial(self._answer, work), "host question")

    def _answer(self, work: Callable[[], Message]) -> None:
        try:
            message = work()
        except Exception as error:
            end_app(self._app, error)
            raise
        self._app.post_message(message)

    def _models(self, key: str = "", action: LastAction | None = None) -> Message:
        number = self.models.ask()
        try:
            info, cards = self._host.connect(), self._host.catalogue()
        except CompareError as error:
            return ModelActionFailed(key, error) if key else HostFailed(number, error)
        remember_models(cards, cache_dir())
        details = {card.key: text for card in cards if (text := model_card_text(card))}
        return HostAnswered(number, info, cards, details, self.free(), key, action)

    def _offers(self) -> Message:
        number = self.offers.ask()
        try:
            return HostOffered(number, self._host.offers())
        except CompareError as error:
            # A host that cannot be reached at all is reported by `ask_models`; here models may be missing, no more.
            return HostOffered(number, Offers(stale=error.sentence()))

    def _machines(self, names: Sequence[str]) -> Message:
        number = self.machines.ask()
        found: dict[str, Machine] = {}
        for name in names:
            try:
                found[name] = self._host.machine(f"{name}/" if name else "")
            except CompareError as error:
                found[name] = Machine(no_gpus=error.sentence(), no_disk=error.sentence())
        return HostMachines(number, found)

    def _act(self, action: str, key: str, work: Callable[[], str]) -> Message:
        began = time.perf_counter()
        try:
            key = work()
        except CompareError as error:
            return ModelActionFailed(key, error)
        return self._models(key, LastAction(action, time.perf_counter() - began))
