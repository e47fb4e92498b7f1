"""Hosts on other machines in the registry of host kinds: a tunnel is as able as what is behind it."""

from __future__ import annotations

import re

from tui.core.errors import BadInputError
from tui.core.host_spec import HostSpec
from tui.hosts.base import Host
from tui.hosts.host_kind import HostKind, OpenAt, Scheme, Surroundings

_SCHEME = re.compile(r"ssh://", re.IGNORECASE)
_LOGIN = re.compile(r"[\w.-]+@[\w.-]+(:\d+)?", re.ASCII)


def _is_ssh(text: str) -> bool:
    scheme = _SCHEME.match(text)
    return (scheme is not None and scheme.end() < len(text)) or _LOGIN.fullmatch(text) is not None


def _target(text: str) -> str:
    """`user@host[:port]` without the `ssh://` before it. Raises BadInputError for a password, which is not repeated,
    and for what is no machine's name."""
    target = _SCHEME.sub("", text.strip(), count=1).rstrip("/")
    user, at, host = target.rpartition("@")
    if at and ":" in user:
        raise BadInputError(
            "The SSH host holds a password", "None is ever taken: keys and the agent are ssh's own", "Use user@host"
        )
    if not host:
        raise BadInputError("The SSH host has no name", hint="Write it like ssh://user@host")
    from tui.hosts.ssh.command import parse_target

    # What ssh could take for an option, or for anything else than a machine, is found before anything is reached.
    parse_target(target)
    return target


def _open(spec: HostSpec, around: Surroundings, open_at: OpenAt) -> Host:
    from tui.hosts.ssh.command import SshCommand, parse_target
    from tui.hosts.ssh.tunnel_host import TunnelHost

    def open_behind(address: str) -> Host:
        # At a port that was given, something may listen that the other machine's commands know nothing of.
        named = spec.remote_port is not None
        commands = None if named else tuple(SshCommand(parse_target(spec.value)).before())
        return open_at(address, spec, commands=commands, forwarded=True)

    return TunnelHost(spec.value, open_behind, remote_port=spec.remote_port)


SSH = HostKind(
    "ssh",
    "A model server on another machine",
    "`--host ssh://user@host`",
    frozenset(),
    "whatever the host over there can",
    scheme=Scheme(
        "ssh",
        "ssh://user@host",
        _is_ssh,
        _open,
        value=_target,
        short_name=lambda target: target.rpartition("@")[2],
        configured_as="`user@host` or `user@host:port`; see [remote.md](remote.md)",
        settings=("kind", "remote_port"),
    ),
)
