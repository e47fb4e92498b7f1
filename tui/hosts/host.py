"""What every kind of host can be asked, and how it says what it cannot do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from tui.core.model_card import ModelCard
from tui.core.target import Endpoint


class Ability(StrEnum):
    """What a host may or may not be able to do."""

    LOAD = "load"
    UNLOAD = "unload"


@dataclass(frozen=True, slots=True)
class HostInfo:
    """Which host this is. `endpoint` never holds user, password or query."""

    kind: str
    """demo or openai."""
    title: str
    """For people: "Foundry Local 2.2.1, embedded"."""
    version: str | None = None
    endpoint: str | None = None
    local: bool = False
    """Whether its processes are visible from here."""
    pid: int | None = None
    """The serving process, when it is ours."""
    toys: bool = False
    """True for the embedded demo models."""

    def to_dict(self) -> dict[str, Any]:
        """The `[host]` table of a session: what is known. A port of our own making would tell nobody anything."""
        endpoint = self.endpoint if self.pid is None else None
        facts = {"kind": self.kind, "title": self.title, "version": self.version, "endpoint": endpoint}
        return {key: value for key, value in facts.items() if value is not None} | {"local": self.local}


class Host(Protocol):
    """A place where models answer. Its methods block: call them from a thread, never from a screen.

    Each raises `CompareError`: `NoHostError` when nobody answers, `NoModelError` for an unknown model,
    `ModelFailedError` when the host could not load or unload it.
    """

    @property
    def abilities(self) -> dict[Ability, str]:
        """For each ability, why this host lacks it; an empty string when it has it."""
        ...

    def connect(self) -> HostInfo:
        """Start or reach the host. Calling it again is cheap, and brings a host that died back to life."""
        ...

    def catalogue(self) -> tuple[ModelCard, ...]:
        """Every model the host knows, with its state."""
        ...

    def load(self, model_id: str) -> None:
        """Make a model ready to answer. Returns when it is."""
        ...

    def unload(self, model_id: str) -> None:
        """Free a model's memory."""
        ...

    def endpoint(self, model_id: str) -> Endpoint:
        """Where to send a chat completion for this model, and which name to use there."""
        ...

    def close(self) -> None:
        """End what this program started. Leaves a host that was there before as it was."""
        ...
