"""One `[hosts.NAME]` table of the configuration as a host."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from tui.core.dict_reader import Table, get, texts
from tui.core.host_spec import HostFormat, HostSpec
from tui.core.text.nearest import unknown_name
from tui.hosts.host_kind import Scheme
from tui.hosts.registry import KINDS, SCHEMES, WORDS


@dataclass(frozen=True, slots=True)
class Setting:
    """A field of `HostSpec` that the configuration may set."""

    key: str
    about: str
    """What it is, in Markdown."""
    read: Callable[[Table], Any]
    """Its value in a table that has it. Raises ValueError."""

    def beside(self) -> str:
        """The schemes that it belongs to, for people."""
        return _quoted((scheme.key for scheme in CONFIGURABLE if self.key in scheme.settings), " or ")


_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


def read_entry(name: str, table: Table) -> HostSpec:
    """The host of this name. Raises BadInputError, or ValueError that names the key, for what cannot be used. Keys that
    are not known are passed over."""
    given = [scheme for scheme in CONFIGURABLE if scheme.key in table]
    if len(given) != 1:
        *others, last = (scheme.key for scheme in CONFIGURABLE)
        slip = next((f"; {unknown_name(key, _NAMES, 'a key')}" for key in table if key not in _NAMES), "")
        raise ValueError(f"exactly one of {_quoted(others, ', ')} and `{last}` should be there{slip}")
    scheme = given[0]
    value = scheme.value(get(table, scheme.key, str).strip())
    given_settings = [setting for setting in SETTINGS if setting.key in table]
    values = {setting.key: setting.read(table) for setting in given_settings}
    for setting in given_settings:
        if setting.key not in scheme.settings:
            raise ValueError(f"`{setting.key}` belongs beside {setting.beside()}")
    return replace(HostSpec(scheme.key, value, name), **values)


def _quoted(names: Iterable[str], between: str) -> str:
    return between.join(f"`{name}`" for name in names)


def _kind(table: Table) -> str:
    kind: str = get(table, "kind", str)
    if kind not in AT_ADDRESS:
        raise ValueError(f"`kind` should be one of {', '.join(AT_ADDRESS)}")
    return kind


def _api_key_env(table: Table) -> str:
    variable: str = get(table, "api_key_env", str)
    if not _VARIABLE.fullmatch(variable):
        raise ValueError("`api_key_env` should be the name of an environment variable, not a key itself")
    return variable


def _remote_port(table: Table) -> int:
    port: int = get(table, "remote_port", int)
    if not 0 < port < 65536:
        raise ValueError("`remote_port` should be a number from 1 to 65535")
    return port


def _environment(table: Table) -> tuple[str, ...]:
    names = texts(table, "environment")
    for name in names:
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"`environment` should hold names of environment variables, and {name!r} is none")
    return names


CONFIGURABLE: tuple[Scheme, ...] = tuple(scheme for scheme in SCHEMES.values() if scheme.configured_as)
"""The schemes of which the configuration may name hosts."""
AT_ADDRESS = tuple(kind.name for kind in KINDS if kind.at_address is not None)
"""The kinds that a host of the configuration can be said to be."""
SETTINGS = (
    Setting("api_key_env", "the *name* of the variable that holds the API key, never the key itself", _api_key_env),
    Setting("kind", f"one of {_quoted(AT_ADDRESS, ', ')}: the program need not ask the host what it is", _kind),
    Setting(
        "remote_port", "the port at which Foundry Local listens over there: nobody needs to ask for it", _remote_port
    ),
    Setting(
        "environment", "a list of variables that the adapter's process is given besides the usual ones", _environment
    ),
)
"""What may stand beside a scheme's own key, as each scheme's `settings` say."""
_NAMES = (*(scheme.key for scheme in CONFIGURABLE), *(setting.key for setting in SETTINGS))
HOST_FORMAT = HostFormat(read_entry, _NAMES, WORDS)
"""How the configuration names hosts."""
