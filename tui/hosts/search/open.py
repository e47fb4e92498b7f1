"""The host, or the hosts, of a command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from tui.core.errors import BadInputError
from tui.core.host_spec import ACCEPTED, HostScheme, HostSpec, KnownHosts, parse_spec
from tui.hosts.multi import MultiHost
from tui.hosts.search.auto_host import AutoHost
from tui.hosts.search.search import Surroundings, with_key
from tui.net.addresses import typed_url


def open_host(wanted: Sequence[str], around: Surroundings) -> AutoHost | MultiHost:
    """The host that `wanted` names; without any the best that is found, with more than one all of them together.

    Touches no network, and the configuration only for a name: `connect()` does the rest. Raises BadInputError.
    """
    specs = [_meant(text, around) for text in wanted if text.strip()]
    addresses = sum(spec.way is HostScheme.URL for spec in specs)
    # A key in the environment is meant for one host: with several addresses nobody can say for which.
    specs = [with_key(spec, around.environ) if _by_hand(spec) and addresses == 1 else spec for spec in specs]
    if len(specs) < 2:
        return AutoHost(specs[0] if specs else None, around)
    return MultiHost({name: AutoHost(spec, around) for name, spec in _named(specs).items()})


def _meant(text: str, around: Surroundings) -> HostSpec:
    spec = parse_spec(text)
    try:
        if spec.way is HostScheme.URL:
            return replace(spec, value=typed_url(spec.value))
    except BadInputError as error:
        raise BadInputError(error.title, error.detail, ACCEPTED) from error
    return _called(spec.value, around.known()) if spec.way is HostScheme.NAME else spec


def _called(name: str, known: KnownHosts) -> HostSpec:
    """The host of this name: one of the configuration, else an installed adapter."""
    if name not in known.hosts:
        from tui.hosts.adapter.find import installed_adapters

        if name in installed_adapters():
            return HostSpec(HostScheme.ADAPTER, name)
    return known.find(name)


def _by_hand(spec: HostSpec) -> bool:
    return spec.way is HostScheme.URL and not spec.name


def _named(specs: Sequence[HostSpec]) -> dict[str, HostSpec]:
    """The hosts by names of their own, in their order."""
    named: dict[str, HostSpec] = {}
    for spec in specs:
        if spec in named.values():
            raise BadInputError(f"The host {spec} is named twice", hint="Name each host once.")
        usual = name = _name(spec)
        number = 1
        while name in named:
            number += 1
            name = f"{usual}-{number}"
        named[name] = spec
    return named


def _name(spec: HostSpec) -> str:
    if spec.name:
        return spec.name
    match spec.way:
        case HostScheme.URL:
            return urlsplit(spec.value).netloc
        case HostScheme.SSH:
            return spec.value.rpartition("@")[2]
        case _:
            return spec.value or spec.way.value
