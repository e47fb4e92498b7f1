"""What every kind of host can be asked, and how it says what it cannot do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Event
from types import MappingProxyType
from typing import Any, Protocol

from tui.core.catalog.model_card import ModelCard
from tui.core.errors import ModelFailedError
from tui.core.sessions.session_model import Endpoint


class Ability(StrEnum):
    """What a host may or may not be able to do."""

    LOAD = "load"
    UNLOAD = "unload"
    DOWNLOAD = "download"
    REMOVE = "remove"
    REGISTER = "register"
    COUNT = "count the tokens of"


@dataclass(frozen=True, slots=True)
class HostInfo:
    """Which host this is. `endpoint` never holds user, password or query."""

    kind: str
    """demo, embedded, service, daemon, sdk, openai or adapter; `several` where several take part."""
    title: str
    """For people: "Foundry Local 2.2.1, embedded"."""
    version: str | None = None
    endpoint: str | None = None
    local: bool = False
    """Whether its processes are visible from here."""
    pid: int | None = None
    """The serving process, when it is visible from here."""
    ours: bool = False
    """Whether that process was started by this program."""
    toys: bool = False
    """True for the embedded demo models."""
    name: str = ""
    """What it is called among several; empty where there is one."""
    members: tuple[HostInfo, ...] = ()
    """Those that answer, where several take part."""
    away: tuple[tuple[str, str], ...] = ()
    """Those that do not, where several take part: their names, and why, as sentences."""
    unlisted: str = ""
    """Why something answers there that does not say which models it has, as sentences; empty when it does."""

    def to_dict(self) -> dict[str, Any]:
        """The `[host]` table of a session: what is known. A port of our own making would tell nobody anything."""
        endpoint = None if self.ours else self.endpoint
        facts = {"kind": self.kind, "title": self.title, "version": self.version, "endpoint": endpoint}
        return {key: value for key, value in facts.items() if value is not None} | {"local": self.local}


@dataclass(frozen=True, slots=True)
class Offers:
    """What a host could have: its public catalogue, models that it has already included."""

    cards: tuple[ModelCard, ...] = ()
    stale: str = ""
    """Why rows may be missing or old, as a sentence; empty when the list is what the catalogue says right now."""


class Host(Protocol):
    """A place where models answer. Its methods block: call them from a thread, never from a screen.

    Each raises `CompareError`: `NoHostError` when nobody answers, `NoModelError` for an unknown model,
    `ModelFailedError` when the host could not do it, or lacks the ability (`lacks`).
    """

    @property
    def abilities(self) -> Mapping[Ability, str]:
        """For each ability, why this host lacks it; an empty string when it has it."""
        ...

    def abilities_of(self, model_id: str) -> Mapping[Ability, str]:
        """What can be done with this model: where several hosts take part, not each of them can do the same."""
        ...

    def connect(self) -> HostInfo:
        """Start or reach the host. Calling it again is cheap, and brings a host that died back to life."""
        ...

    def catalogue(self) -> tuple[ModelCard, ...]:
        """The models that are here, cached or loaded, with what is known of them at once: no other server is asked."""
        ...

    def offers(self) -> Offers:
        """Everything that could be downloaded as well. May take seconds; never raises because the catalogue is away."""
        ...

    def load(self, model_id: str) -> None:
        """Make a model ready to answer. Returns when it is."""
        ...

    def unload(self, model_id: str) -> None:
        """Free a model's memory."""
        ...

    def download(self, model_id: str, progress: Callable[[float], None], cancelled: Event) -> bool:
        """Bring a model into the cache. Returns True when it is there, False soon after `cancelled` is set.

        `progress` is called with the percentage so far, from any thread.
        """
        ...

    def remove(self, model_id: str) -> None:
        """Delete a model from the cache."""
        ...

    def register(self, folder: Path) -> str:
        """Let the host serve an ONNX Runtime GenAI folder of this machine. Returns the model's id."""
        ...

    def count_tokens(self, model_id: str, text: str) -> int:
        """How many tokens the model's own tokenizer makes of `text`."""
        ...

    def why_gone(self, model_id: str) -> str:
        """Why the process or the line that leads to this model has ended, as a sentence; empty when it has not."""
        ...

    def endpoint(self, model_id: str) -> Endpoint:
        """Where to send a chat completion for this model, and which name to use there."""
        ...

    def close(self) -> None:
        """End what this program started. Leaves a host that was there before as it was."""
        ...


class BareHost:
    """What a host does about what it cannot do: it says why, and offers nothing. Each kind overrides what it can."""

    abilities: Mapping[Ability, str] = MappingProxyType({})
    """As in `Host`. What is not in it is lacked as well."""

    def abilities_of(self, model_id: str) -> Mapping[Ability, str]:
        """The same for every model."""
        return self.abilities

    def offers(self) -> Offers:
        """Nothing more than what is here."""
        return Offers()

    def load(self, model_id: str) -> None:
        """Raises ModelFailedError."""
        raise self._lacks(model_id, Ability.LOAD)

    def unload(self, model_id: str) -> None:
        """Raises ModelFailedError."""
        raise self._lacks(model_id, Ability.UNLOAD)

    def download(self, model_id: str, progress: Callable[[float], None], cancelled: Event) -> bool:
        """Raises ModelFailedError."""
        raise self._lacks(model_id, Ability.DOWNLOAD)

    def remove(self, model_id: str) -> None:
        """Raises ModelFailedError."""
        raise self._lacks(model_id, Ability.REMOVE)

    def register(self, folder: Path) -> str:
        """Raises ModelFailedError."""
        raise self._lacks(str(folder), Ability.REGISTER)

    def count_tokens(self, model_id: str, text: str) -> int:
        """Raises ModelFailedError."""
        raise self._lacks(model_id, Ability.COUNT)

    def why_gone(self, model_id: str) -> str:
        """Nothing that could end was started for this host."""
        return ""

    def close(self) -> None:
        """Nothing to end: the host was there before."""

    def _lacks(self, name: str, ability: Ability) -> ModelFailedError:
        return ModelFailedError(f"{name}: this host cannot {ability.value} it", self.abilities.get(ability, ""))


def able(*has: Ability, why_not: str) -> Mapping[Ability, str]:
    """The abilities of a host that has these, and lacks all others for one reason."""
    return MappingProxyType({ability: "" if ability in has else why_not for ability in Ability})
