"""Which host is meant, as it is written after `--host` or in the configuration; nothing is looked up here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tui.core.errors import BadInputError

ACCEPTED = (
    "A host is `demo`, or an address such as http://127.0.0.1:8000/v1; or `embedded`, ssh://user@host, module:Class, "
    "a name from config.toml"
)
"""What `--host` takes, for hints."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
"""What a host may be called in the configuration: nothing that could be taken for an address."""
ADAPTER = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")

_LOGIN = re.compile(r"[\w.-]+@[\w.-]+(:\d+)?", re.ASCII)


class HostScheme(StrEnum):
    """How a host is named. `URL`, `SSH` and `ADAPTER` are also the keys of the configuration."""

    DEMO = "demo"
    EMBEDDED = "embedded"
    URL = "url"
    SSH = "ssh"
    ADAPTER = "adapter"
    NAME = "name"


RESERVED = frozenset({HostScheme.DEMO.value, HostScheme.EMBEDDED.value})
"""Names that mean something already."""


@dataclass(frozen=True, slots=True)
class HostSpec:
    """One host that was asked for. Its value is text that nobody has tried yet."""

    way: HostScheme
    value: str = ""
    """The address, the `user@host` of SSH, the `module:Class` or name of an adapter, the name of a host; else empty."""
    name: str = ""
    """What the configuration calls it; empty for one that was given by hand."""
    api_key_env: str | None = None
    """The name of the environment variable that holds its API key."""
    remote_port: int | None = None
    """Where Foundry listens on a host reached through SSH, when it need not be asked."""
    kind: str | None = None
    """What it is, when nobody needs to find out."""
    environment: tuple[str, ...] = ()
    """The names of variables that an adapter's process is given besides those that every process needs."""

    def __str__(self) -> str:
        return self.name or self.value or self.way.value


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """The hosts of the configuration by name, and which of them is used when none is named."""

    hosts: Mapping[str, HostSpec] = field(default_factory=dict)
    default: str | None = None

    def find(self, name: str) -> HostSpec:
        """The host of this name. Raises BadInputError, which lists the names there are."""
        if name.casefold() in RESERVED:
            return parse_spec(name)
        found = self.hosts.get(name)
        if found is None:
            names = f"config.toml names {', '.join(self.hosts)}" if self.hosts else "config.toml names none"
            raise BadInputError(f"There is no host called {name}", names, ACCEPTED)
        return found


def parse_spec(text: str) -> HostSpec:
    """What `text` means. Raises BadInputError when that can be seen to be wrong at once.

    What looks like nothing else is taken for an address, and refused by whoever checks those.
    """
    wanted = text.strip()
    scheme, _, rest = wanted.partition("://")
    if wanted.casefold() in RESERVED:
        return HostSpec(HostScheme(wanted.casefold()))
    if (rest and scheme.casefold() == HostScheme.SSH) or _LOGIN.fullmatch(wanted):
        return HostSpec(HostScheme.SSH, ssh_target(wanted))
    if ADAPTER.fullmatch(wanted):
        return HostSpec(HostScheme.ADAPTER, wanted)
    return HostSpec(HostScheme.NAME if NAME.fullmatch(wanted) else HostScheme.URL, wanted)


def ssh_target(text: str) -> str:
    """`user@host[:port]` without the `ssh://` before it. Raises BadInputError for a password, which is not repeated."""
    target = re.sub(r"^ssh://", "", text.strip(), flags=re.IGNORECASE).rstrip("/")
    user, at, host = target.rpartition("@")
    if at and ":" in user:
        raise BadInputError(
            "The SSH host holds a password", "None is ever taken: keys and the agent are ssh's own", "Use user@host"
        )
    if not host:
        raise BadInputError("The SSH host has no name", hint="Write it like ssh://user@host")
    return target
