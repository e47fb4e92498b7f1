"""The user's `config.toml`: which hosts there are, by name.

default_host = "lab"

[hosts.lab]
ssh = "user@winbox"

[hosts.box]
url = "http://box:8000/v1"
api_key_env = "BOX_KEY"
"""

from __future__ import annotations

import re
from pathlib import Path

from tui.core.dict_reader import Table, get, texts
from tui.core.errors import BadInputError, prose, reason_of
from tui.core.host_spec import ADAPTER, NAME, RESERVED, HostScheme, HostSpec, KnownHosts, ssh_target
from tui.files import read_toml
from tui.net.addresses import typed_url

FILE = "config.toml"
MAX_BYTES = 8192
"""Dozens of hosts fit; the cap also keeps TOML that is slow to parse harmless."""
KINDS = ("service", "daemon", "sdk", "openai")
"""What a host at an address can be said to be."""

_WAYS = (HostScheme.URL, HostScheme.SSH, HostScheme.ADAPTER)
_KEYS = ("default_host", "hosts")
_HOST_KEYS = (*(way.value for way in _WAYS), "api_key_env", "kind", "remote_port", "environment")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


def read_config(folder: Path) -> KnownHosts:
    """The hosts named by the configuration in this folder; none when there is no file.

    Raises BadInputError, which names the file, the key and what is wrong with it. API keys are not read here: the
    file holds only the names of their variables.
    """
    path = folder / FILE
    try:
        return _known(read_toml(path, MAX_BYTES))
    except FileNotFoundError:
        return KnownHosts()
    except OSError as error:
        raise _unusable(path, f"It cannot be read: {reason_of(error)}") from error
    except ValueError as error:
        raise _unusable(path, str(error)) from error


def _known(table: Table) -> KnownHosts:
    _refuse_unknown(table, _KEYS)
    hosts: dict[str, HostSpec] = {}
    for name in get(table, "hosts", dict, {}):
        if not NAME.fullmatch(name) or name.casefold() in RESERVED:
            raise ValueError(
                f"`hosts.{name}`: a host is called by up to 32 letters, digits, `-` and `_`, and not demo or embedded"
            )
        try:
            hosts[name] = _spec(name, get(table["hosts"], name, dict))
        except BadInputError as error:
            raise ValueError(f"`hosts.{name}`: {prose(error.title, error.detail or error.hint)}") from error
        except ValueError as error:
            raise ValueError(f"In `hosts.{name}`: {error}") from error
    default = get(table, "default_host", str, None)
    if default is not None and default not in hosts and default.casefold() not in RESERVED:
        there = ", ".join([*hosts, *sorted(RESERVED)])
        raise ValueError(f"`default_host` names {default!r}, which is not there; there are {there}")
    # The only one there is needs not be pointed at.
    return KnownHosts(hosts, default or (next(iter(hosts)) if len(hosts) == 1 else None))


def _spec(name: str, table: Table) -> HostSpec:
    _refuse_unknown(table, _HOST_KEYS)
    ways = [way for way in _WAYS if way.value in table]
    if len(ways) != 1:
        raise ValueError("exactly one of `url`, `ssh` and `adapter` should be there")
    way = ways[0]
    value = get(table, way.value, str).strip()
    if way is HostScheme.URL:
        value = typed_url(value)
    elif way is HostScheme.SSH:
        value = ssh_target(value)
    elif not ADAPTER.fullmatch(value) and not NAME.fullmatch(value):
        raise ValueError("`adapter` should be written like module:Class, or be the name of an installed one")
    kind = get(table, "kind", str, None)
    if kind is not None and (way is HostScheme.ADAPTER or kind not in KINDS):
        raise ValueError(f"`kind` should be one of {', '.join(KINDS)}, beside `url` or `ssh`")
    variable = get(table, "api_key_env", str, None)
    if variable is not None and not _VARIABLE.fullmatch(variable):
        raise ValueError("`api_key_env` should be the name of an environment variable, not a key itself")
    if variable is not None and way is not HostScheme.URL:
        raise ValueError("`api_key_env` belongs beside a `url`")
    port = get(table, "remote_port", int, None)
    if port is not None and (way is not HostScheme.SSH or not 0 < port < 65536):
        raise ValueError("`remote_port` should be a number from 1 to 65535, beside `ssh`")
    return HostSpec(way, value, name, variable, port, kind, _environment(table, way))


def _environment(table: Table, way: HostScheme) -> tuple[str, ...]:
    names = texts(table, "environment")
    if names and way is not HostScheme.ADAPTER:
        raise ValueError("`environment` belongs beside an `adapter`")
    for name in names:
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"`environment` should hold names of environment variables, and {name!r} is none")
    return names


def _refuse_unknown(table: Table, known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise ValueError(f"`{key}` is not a key that is known; known are {', '.join(known)}")


def _unusable(path: Path, reason: str) -> BadInputError:
    return BadInputError(f"The configuration {path} cannot be used", reason, "Mend it; `--host demo` works without it")
