"""A user's own Python class in the registry of host kinds."""

from __future__ import annotations

import re

from tui.core.host_spec import NAME, HostSpec
from tui.hosts.base import Host
from tui.hosts.host_kind import LOADS, HostKind, OpenAt, Scheme, Surroundings

REFERENCE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
"""`module:Class`."""


def is_reference(text: str) -> bool:
    """Whether a text can mean an adapter: `module:Class`, or the name of an installed one."""
    return bool(REFERENCE.fullmatch(text) or NAME.fullmatch(text))


def _value(text: str) -> str:
    if not is_reference(text):
        raise ValueError("`adapter` should be written like module:Class, or be the name of an installed one")
    return text


def _is_installed(name: str) -> bool:
    from tui.hosts.adapter.find import installed_adapters

    return name in installed_adapters()


def _open(spec: HostSpec, around: Surroundings, open_at: OpenAt) -> Host:
    from tui.hosts.adapter.host import AdapterHost

    return AdapterHost(spec.value, environment=spec.environment)


ADAPTER = HostKind(
    "adapter",
    "A Python class of your own",
    "`--host module:Class`, or the name of an installed one",
    LOADS,
    no_version="the class does not say",
    scheme=Scheme(
        "adapter",
        "module:Class",
        lambda text: REFERENCE.fullmatch(text) is not None,
        _open,
        value=_value,
        knows=_is_installed,
        configured_as="`module:Class`, or the name of an installed one; see [adapters.md](adapters.md)",
        settings=("environment",),
    ),
)
