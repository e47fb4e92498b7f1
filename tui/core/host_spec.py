"""Which host is meant, as it was asked for on the command line or in the configuration; nothing is looked up here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from tui.core.dict_reader import Table

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
"""What a host may be called in the configuration: nothing that could be taken for an address."""


@dataclass(frozen=True, slots=True)
class HostSpec:
    """One host that was asked for. Its value is text that nobody has tried yet."""

    scheme: str
    """The key of the scheme that it is named with, as in `tui.hosts.registry`: `url`, `ssh`, `demo`, …"""
    value: str = ""
    """What the scheme's text holds: an address, `user@host`, `module:Class`; empty where the scheme is one word."""
    name: str = ""
    """What the configuration calls it; empty for one that was given by hand."""
    api_key_env: str | None = None
    """The name of the environment variable that holds its API key."""
    remote_port: int | None = None
    """The port on the other machine, when it need not be asked."""
    kind: str | None = None
    """What it is, when nobody needs to find out."""
    environment: tuple[str, ...] = ()
    """The names of variables that its process is given besides those that every process needs."""

    def __str__(self) -> str:
        return self.name or self.value or self.scheme


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """The hosts of the configuration by name, and which of them is used when none is named."""

    hosts: Mapping[str, HostSpec] = field(default_factory=dict)
    default: str | None = None


@dataclass(frozen=True, slots=True)
class HostFormat:
    """How the table of a host in the configuration is read."""

    read: Callable[[str, Table], HostSpec]
    """The host of a name and its table. Raises BadInputError, or ValueError that names the key."""
    keys: Collection[str] = ()
    """What such a table may have."""
    reserved: Collection[str] = ()
    """Names that mean a host already."""
