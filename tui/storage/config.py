"""The user's `config.toml`: which hosts there are, by name.

default_host = "lab"

[hosts.lab]
ssh = "user@winbox"

[hosts.box]
url = "http://box:8000/v1"
api_key_env = "BOX_KEY"
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from tui.core.dict_reader import Table, get
from tui.core.errors import BadInputError, prose, reason_of
from tui.core.host_spec import NAME, HostSpec, KnownHosts
from tui.files import read_toml

FILE = "config.toml"
MAX_BYTES = 8192
"""Dozens of hosts fit; the cap also keeps TOML that is slow to parse harmless."""

_KEYS = ("default_host", "hosts")


def read_config(
    folder: Path, read_host: Callable[[str, Table], HostSpec], reserved: Collection[str] = ()
) -> KnownHosts:
    """The hosts named by the configuration in this folder; none when there is no file.

    `read_host` makes a host of its name and its table; `reserved` are names that mean a host already.

    Raises BadInputError, which names the file, the key and what is wrong with it. API keys are not read here: the
    file holds only the names of their variables.
    """
    path = folder / FILE
    try:
        return _known(read_toml(path, MAX_BYTES), read_host, reserved)
    except FileNotFoundError:
        return KnownHosts()
    except OSError as error:
        raise _unusable(path, f"It cannot be read: {reason_of(error)}") from error
    except ValueError as error:
        raise _unusable(path, str(error)) from error


def _known(table: Table, read_host: Callable[[str, Table], HostSpec], reserved: Collection[str]) -> KnownHosts:
    for key in table:
        if key not in _KEYS:
            raise ValueError(f"`{key}` is not a key that is known; known are {', '.join(_KEYS)}")
    hosts: dict[str, HostSpec] = {}
    for name in get(table, "hosts", dict, {}):
        if not NAME.fullmatch(name) or name.casefold() in reserved:
            raise ValueError(
                f"`hosts.{name}`: a host is called by up to 32 letters, digits, `-` and `_`, "
                f"and not {' or '.join(sorted(reserved))}"
            )
        try:
            hosts[name] = read_host(name, get(table["hosts"], name, dict))
        except BadInputError as error:
            raise ValueError(f"`hosts.{name}`: {prose(error.title, error.detail or error.hint)}") from error
        except ValueError as error:
            raise ValueError(f"In `hosts.{name}`: {error}") from error
    default = get(table, "default_host", str, None)
    if default is not None and default not in hosts and default.casefold() not in reserved:
        there = ", ".join([*hosts, *sorted(reserved)])
        raise ValueError(f"`default_host` names {default!r}, which is not there; there are {there}")
    # The only one there is needs not be pointed at.
    return KnownHosts(hosts, default or (next(iter(hosts)) if len(hosts) == 1 else None))


def _unusable(path: Path, reason: str) -> BadInputError:
    return BadInputError(f"The configuration {path} cannot be used", reason, "Mend it; `--host demo` works without it")
