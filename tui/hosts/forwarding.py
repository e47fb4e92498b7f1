"""What hosts have in common that hand every question on to another host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event
from typing import TypeVar

from tui.core.catalog.machine import Gpu, Machine
from tui.core.catalog.model_card import ModelCard
from tui.core.sessions.session_model import Endpoint
from tui.hosts.base import Ability, Host, HostInfo, Offers, able

_T = TypeVar("_T")


class ForwardingHost:
    """Forwards each method of `Host`. A subclass says to whom (`_forward`, `_standing`), and overrides what differs.

    `Host` and this class are the two places that a new method of hosts needs.
    """

    _none_yet = "No host is connected yet"
    """Why it can do nothing as long as no host stands behind it."""

    def _forward(self, model_id: str, question: Callable[[Host, str], _T], *, repeatable: bool) -> _T:
        """Ask the host that has this model, under the name that it has there; an empty name means any host.

        A question that is `repeatable` changes nothing there, and may be asked a second time.
        """
        raise NotImplementedError

    def _standing(self, model_id: str) -> tuple[Host, str] | None:
        """The host that has this model, and its name there, when it can be asked without reaching anything."""
        raise NotImplementedError

    @property
    def abilities(self) -> Mapping[Ability, str]:
        """Those of the host behind it."""
        standing = self._standing("")
        return standing[0].abilities if standing is not None else able(why_not=self._none_yet)

    def abilities_of(self, model_id: str) -> Mapping[Ability, str]:
        """Those of the host behind it, for this model."""
        standing = self._standing(model_id)
        return standing[0].abilities_of(standing[1]) if standing is not None else self.abilities

    def connect(self) -> HostInfo:
        """Reach the host behind it. Raises NoHostError."""
        return self._forward("", lambda host, _: host.connect(), repeatable=True)

    def catalogue(self) -> tuple[ModelCard, ...]:
        """As the host behind it."""
        return self._forward("", lambda host, _: host.catalogue(), repeatable=True)

    def offers(self) -> Offers:
        """As the host behind it."""
        return self._forward("", lambda host, _: host.offers(), repeatable=True)

    def load(self, model_id: str) -> None:
        """As the host behind it."""
        self._forward(model_id, lambda host, name: host.load(name), repeatable=False)

    def unload(self, model_id: str) -> None:
        """As the host behind it."""
        self._forward(model_id, lambda host, name: host.unload(name), repeatable=False)

    def download(self, model_id: str, progress: Callable[[float], None], cancelled: Event) -> bool:
        """As the host behind it."""
        return self._forward(model_id, lambda host, name: host.download(name, progress, cancelled), repeatable=False)

    def remove(self, model_id: str) -> None:
        """As the host behind it."""
        self._forward(model_id, lambda host, name: host.remove(name), repeatable=False)

    def register(self, folder: Path) -> str:
        """As the host behind it."""
        return self._forward("", lambda host, _: host.register(folder), repeatable=False)

    def count_tokens(self, model_id: str, text: str) -> int:
        """As the host behind it."""
        return self._forward(model_id, lambda host, name: host.count_tokens(name, text), repeatable=True)

    def why_gone(self, model_id: str) -> str:
        """As the host behind it; nothing is reached for it."""
        standing = self._standing(model_id)
        return standing[0].why_gone(standing[1]) if standing is not None else ""

    def machine(self, model_id: str) -> Machine:
        """As the host behind it."""
        return self._forward(model_id, lambda host, name: host.machine(name), repeatable=True)

    def gpus(self, model_id: str) -> tuple[tuple[Gpu, ...], str]:
        """As the host behind it; nothing where there is none."""
        standing = self._standing(model_id)
        return standing[0].gpus(standing[1]) if standing is not None else ((), "")

    def endpoint(self, model_id: str) -> Endpoint:
        """As the host behind it."""
        return self._forward(model_id, lambda host, name: host.endpoint(name), repeatable=True)

    def close(self) -> None:
        """Close the host behind it."""
        standing = self._standing("")
        if standing is not None:
            standing[0].close()
