"""The host at an address that was named: what answers there is recognised, and made a host."""

from __future__ import annotations

from tui.core.errors import NoHostError
from tui.core.host_spec import HostSpec
from tui.hosts.base import Host
from tui.hosts.host_kind import AtAddress, Server, Surroundings
from tui.hosts.http import root_of
from tui.hosts.openai.kinds import OPENAI
from tui.hosts.registry import find_kind
from tui.hosts.search.probe import Identity, identify
from tui.net.client import checked_key
from tui.net.secrets import remember_secret

PATIENCE_S = 5.0
"""A host that was named, and is far away or busy, gets this many seconds more than one that may not be there."""


class AddressOpener:
    """An `OpenAt` for these surroundings. Whatever answers at a named address can at least be chatted with."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def __call__(
        self, address: str, spec: HostSpec, *, commands: tuple[str, ...] | None = None, forwarded: bool = False
    ) -> Host:
        """As in `OpenAt`."""
        key = self._key(spec)
        kind = spec.kind if spec.kind is not None else _recognised(address, key).kind
        key_name = spec.api_key_env or ""
        return self.open(kind, Server(address, root_of(address), key, key_name, commands, forwarded))

    def open(self, kind: str | None, server: Server) -> Host:
        """The host of this kind at a server; one that is recognised as nothing is asked in OpenAI's way."""
        found = find_kind(kind or "")
        how = (found.at_address if found is not None else None) or OPENAI.at_address
        assert isinstance(how, AtAddress)
        return how.open(server, self._around)

    def _key(self, spec: HostSpec) -> str | None:
        if spec.api_key_env is None:
            return None
        key = self._around.environ.get(spec.api_key_env, "").strip()
        remember_secret(key)
        return checked_key(key, spec.api_key_env)


def _recognised(address: str, key: str | None) -> Identity:
    try:
        quick = identify(address, api_key=key)
        return quick if quick.complete else identify(address, api_key=key, timeout=PATIENCE_S)
    except NoHostError:
        return identify(address, api_key=key, timeout=PATIENCE_S)
