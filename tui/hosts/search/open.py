"""The host, or the hosts, of a command line."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from tui.core.errors import BadInputError
from tui.core.host_spec import HostSpec
from tui.hosts.base import Host
from tui.hosts.host_kind import Surroundings
from tui.hosts.multi import MultiHost
from tui.hosts.registry import SCHEMES, parse_host
from tui.hosts.search.auto_host import AutoHost
from tui.hosts.search.search import with_key

if TYPE_CHECKING:
    from tui.hosts.adapter.own_host import OwnHost


def open_host(wanted: Sequence[str | OwnHost], around: Surroundings) -> Host:
    """The host that `wanted` names or is; without any the best that is found, with more than one all of them together.

    Touches no network, and the configuration only for a name: `connect()` does the rest. Raises BadInputError.
    """
    made = [one for one in wanted if not isinstance(one, str)]
    specs = [parse_host(text, around.known) for text in wanted if isinstance(text, str) and text.strip()]
    takers = sum("api_key_env" in SCHEMES[spec.scheme].settings for spec in specs)
    # A key in the environment is meant for one host: with several addresses nobody can say for which.
    specs = [with_key(spec, around.environ) if _takes_key(spec) and takers == 1 else spec for spec in specs]
    if made and not specs and len(made) == 1:
        return made[0]
    if not made and len(specs) < 2:
        return AutoHost(specs[0] if specs else None, around)
    hosts: dict[str, Host] = {name: AutoHost(spec, around) for name, spec in _named(specs).items()}
    for host in made:
        hosts[_free(host.short_name, hosts)] = host
    return MultiHost(hosts)


def _takes_key(spec: HostSpec) -> bool:
    """Whether a key of the environment can be meant for it: one of the configuration names its own."""
    return "api_key_env" in SCHEMES[spec.scheme].settings and not spec.name


def _named(specs: Sequence[HostSpec]) -> dict[str, HostSpec]:
    """The hosts by names of their own, in their order."""
    named: dict[str, HostSpec] = {}
    for spec in specs:
        if spec in named.values():
            raise BadInputError(f"The host {spec} is named twice", hint="Name each host once.")
        named[_free(spec.name or SCHEMES[spec.scheme].short_name(spec.value) or spec.scheme, named)] = spec
    return named


def _free(usual: str, taken: Collection[str]) -> str:
    """This name, with a number where it is taken."""
    name, number = usual, 1
    while name in taken:
        number += 1
        name = f"{usual}-{number}"
    return name
