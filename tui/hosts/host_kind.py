"""What a kind of host says of itself in the registry, and what its functions are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tui.core.host_spec import HostSpec, KnownHosts
from tui.hosts.base import Ability, Host

USUAL_ROOT = "http://127.0.0.1:5273"
"""Where workshops let Foundry Local's service listen."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a search takes place. `known` reads the configuration, and raises BadInputError when it is broken."""

    data_dir: Path
    environ: Mapping[str, str]
    home: Path
    known: Callable[[], KnownHosts] = KnownHosts
    usual_root: str = USUAL_ROOT


@dataclass(frozen=True, slots=True)
class Server:
    """A model server that answers at an address, for the function that makes a host of it."""

    address: str
    """As it was named or found, and checked."""
    root: str
    """The address without `/v1`, below which the management interface is."""
    api_key: str | None = None
    key_name: str = ""
    """The environment variable that the key comes from; empty where none is meant for it."""
    commands: tuple[str, ...] | None = None
    """What stands before a command that is to run on the server's machine: nothing when that is this one, and the
    server is what its commands manage. None when no command is known to manage it."""
    forwarded: bool = False
    """Whether the address is this machine's end of a tunnel: then this machine's files say nothing of the server."""


class OpenAt(Protocol):
    """Makes a host of whatever answers at an address; `commands` and `forwarded` are as in `Server`."""

    def __call__(
        self, address: str, spec: HostSpec, *, commands: tuple[str, ...] | None = None, forwarded: bool = False
    ) -> Host:
        """Raises NoHostError when nothing answers there, BadInputError for a key that cannot be used."""
        ...


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way of naming a host after `--host`, and in the configuration."""

    key: str
    """As in `HostSpec.scheme`; also the key of a host's table in the configuration, where it has one."""
    example: str
    """How it is written, for `--help`: `ssh://user@host`."""
    recognises: Callable[[str], bool]
    """Whether a text is meant for this scheme."""
    open: Callable[[HostSpec, Surroundings, OpenAt], Host]
    """Makes the host. Touches nothing that may take time, except through `OpenAt`."""
    value: Callable[[str], str] = str
    """What is kept of such a text. Raises BadInputError, or ValueError, when it cannot be used."""
    place: Callable[[HostSpec], str] = str
    """What may be shown of a host of this scheme, while it is looked for."""
    short_name: Callable[[str], str] = str
    """What a host of this value is called among several."""
    knows: Callable[[str], bool] = lambda name: False
    """Whether a name that the configuration does not have means a host of this scheme."""
    configured_as: str = ""
    """What the configuration's key of this scheme holds, in Markdown; empty for a scheme that it has no key for."""
    settings: tuple[str, ...] = ()
    """Which other fields of `HostSpec` the configuration may set for it."""

    @property
    def word(self) -> bool:
        """Whether the scheme's key is all that is written, so that no host may be called so."""
        return self.example == self.key


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a host of this machine may be found without anybody naming it."""

    source: str
    """What leads there: `~/.foundry/daemon.json`."""
    root: str = ""
    """The address; empty when it leads nowhere."""
    why_not: str = ""
    """Why it leads nowhere, as a sentence."""
    seconds: float | None = None
    """How long it took to find that out; None where nobody was asked."""
    commands: tuple[str, ...] | None = ()
    """As in `Server`."""


Answers = Mapping[str, Any]
"""What a server answered, decoded from JSON, by the path that was asked; without the paths that failed."""


@dataclass(frozen=True, slots=True)
class AtAddress:
    """How a kind of server is recognised at an address, and made a host."""

    paths: tuple[str, ...]
    """What is asked; the first is the one that tells most."""
    recognised: Callable[[Answers], bool]
    open: Callable[[Server, Surroundings], Host]


@dataclass(frozen=True, slots=True)
class HostKind:
    """One kind. Which abilities a host really has, and why it lacks the others, its `abilities` say."""

    name: str
    """As in `HostInfo.kind`."""
    title: str
    found: str
    """How it is found, and how it is named."""
    can: frozenset[Ability]
    """What it can do beyond answering, at its best."""
    but: str = ""
    """What there is to know."""
    no_version: str = "-"
    """What is shown in place of a version that is not known."""
    aliases_come_late: bool = False
    """Whether it knows aliases, also of the models that are here, only once it was asked for its offers."""
    scheme: Scheme | None = None
    """How it is named; None for a kind that is only ever found."""
    at_address: AtAddress | None = None
    """How it is recognised at an address; None for a kind that is at none."""
    leads: Callable[[Surroundings], Iterator[Lead]] | None = None
    """Where it may be found on this machine, the likeliest first. Each is asked for only when the one before failed."""
    last_resort: str = ""
    """What the search calls it when it is taken because nothing else was found; empty for a kind that never is."""


LOADS = frozenset({Ability.LOAD, Ability.UNLOAD})


def word(key: str, open_host: Callable[[HostSpec, Surroundings, OpenAt], Host]) -> Scheme:
    """The scheme of a kind of which there is one: a single word names it, in any case of letters."""
    return Scheme(key, key, lambda text: text.casefold() == key, open_host, value=lambda text: "")
