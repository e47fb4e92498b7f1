"""What a host says of itself: what it is, what it can do, what it offers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tui.core.catalog.model_card import ModelCard


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
    """The name of one of the kinds of `tui.hosts.registry`; `several` where several take part."""
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
