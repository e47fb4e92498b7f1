"""The kinds of hosts, one row each: whatever lists, names, finds or opens hosts reads this table.

A new kind is a folder with its host and its `kinds.py`, and one row here. Imports of hosts stay inside the functions
that open them, so that reading the table costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from tui.core.errors import BadInputError
from tui.core.host_spec import NAME, HostSpec, KnownHosts
from tui.hosts.adapter.kinds import ADAPTER
from tui.hosts.embedded.kinds import DEMO, EMBEDDED
from tui.hosts.foundry.kinds import DAEMON, SDK, SERVICE
from tui.hosts.host_kind import HostKind, Scheme
from tui.hosts.openai.kinds import ADDRESS, OPENAI
from tui.hosts.ssh.kinds import SSH

KINDS: tuple[HostKind, ...] = (SERVICE, DAEMON, SDK, OPENAI, SSH, EMBEDDED, DEMO, ADAPTER)
"""In the order in which they are listed, recognised at an address, and looked for."""
LAST_RESORT = next(kind for kind in KINDS if kind.last_resort)
"""The kind that is taken when nothing else is found; one word names it."""
SCHEMES: dict[str, Scheme] = {kind.scheme.key: kind.scheme for kind in KINDS if kind.scheme is not None}
"""The ways of naming a host, by their keys."""
WORDS = tuple(scheme.key for scheme in SCHEMES.values() if scheme.word)
"""What names a host by one word; no host of the configuration may be called so."""
HOW_TO_NAME = f"{', '.join(scheme.example for scheme in SCHEMES.values())} or a name from config.toml"
"""What `--host` takes."""
ACCEPTED = f"A host is {HOW_TO_NAME}"
"""The same, for hints."""


def find_kind(name: str) -> HostKind | None:
    """The kind of this name, as in `HostInfo.kind`; None for another word, such as `several`."""
    return next((kind for kind in KINDS if kind.name == name), None)


def parse_host(text: str, known: Callable[[], KnownHosts]) -> HostSpec:
    """The host that a text after `--host` means. `known` reads the configuration, and is called for a name alone.

    What looks like nothing else is taken for an address. Raises BadInputError for what can be seen to be wrong at
    once.
    """
    wanted = text.strip()
    scheme = next((scheme for scheme in SCHEMES.values() if scheme.recognises(wanted)), None)
    if scheme is None and NAME.fullmatch(wanted):
        return find_host(wanted, known())
    scheme = scheme or ADDRESS
    try:
        return HostSpec(scheme.key, scheme.value(wanted))
    except BadInputError as error:
        raise BadInputError(error.title, error.detail, ACCEPTED if scheme is ADDRESS else error.hint) from error


def find_host(name: str, known: KnownHosts) -> HostSpec:
    """The host of this name: one word, one of the configuration, or one that a scheme knows by itself.

    Raises BadInputError, which lists the names of the configuration.
    """
    if name.casefold() in WORDS:
        return HostSpec(name.casefold())
    if name in known.hosts:
        return known.hosts[name]
    scheme = next((scheme for scheme in SCHEMES.values() if scheme.knows(name)), None)
    if scheme is not None:
        return HostSpec(scheme.key, name)
    names = f"config.toml names {', '.join(known.hosts)}" if known.hosts else "config.toml names none"
    raise BadInputError(f"There is no host called {name}", names, ACCEPTED)
