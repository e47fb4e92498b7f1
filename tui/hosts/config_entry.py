"""One `[hosts.NAME]` table of the configuration as a host."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tui.core.dict_reader import Table, get, texts
from tui.core.host_spec import HostSpec
from tui.hosts.host_kind import Scheme
from tui.hosts.registry import KINDS, SCHEMES

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


def read_entry(name: str, table: Table) -> HostSpec:
    """The host of this name. Raises BadInputError, or ValueError that names the key, for what cannot be used."""
    for key in table:
        if key not in _KEYS:
            raise ValueError(f"`{key}` is not a key that is known; known are {', '.join(_KEYS)}")
    given = [scheme for scheme in _CONFIGURABLE if scheme.key in table]
    if len(given) != 1:
        *first, last = (f"`{scheme.key}`" for scheme in _CONFIGURABLE)
        raise ValueError(f"exactly one of {', '.join(first)} and {last} should be there")
    scheme = given[0]
    value = scheme.value(get(table, scheme.key, str).strip())
    settings = {key: read(table) for key, read in _SETTINGS.items() if key in table}
    for key in settings:
        if key not in scheme.settings:
            beside = " or ".join(f"`{other.key}`" for other in _CONFIGURABLE if key in other.settings)
            raise ValueError(f"`{key}` belongs beside {beside}")
    return replace(HostSpec(scheme.key, value, name), **settings)


def _kind(table: Table) -> str:
    kind: str = get(table, "kind", str)
    if kind not in _AT_ADDRESS:
        raise ValueError(f"`kind` should be one of {', '.join(_AT_ADDRESS)}")
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


_CONFIGURABLE: tuple[Scheme, ...] = tuple(scheme for scheme in SCHEMES.values() if scheme.configurable)
_AT_ADDRESS = tuple(kind.name for kind in KINDS if kind.at_address is not None)
_SETTINGS: dict[str, Callable[[Table], Any]] = {
    "api_key_env": _api_key_env, "kind": _kind, "remote_port": _remote_port, "environment": _environment,
}  # fmt: skip
"""How each setting of `HostSpec` is read from a table that has it."""
_KEYS = (*(scheme.key for scheme in _CONFIGURABLE), *_SETTINGS)
