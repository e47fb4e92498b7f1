"""The embedded runtime in the registry of host kinds: with all its models, and with the demo models alone."""

from __future__ import annotations

from tui.core.host_spec import HostSpec
from tui.hosts.base import Ability, Host
from tui.hosts.host_kind import LOADS, HostKind, OpenAt, Surroundings, word


def _open(spec: HostSpec, around: Surroundings, open_at: OpenAt) -> Host:
    from tui.hosts.embedded.host import EmbeddedHost

    return EmbeddedHost(around.data_dir, demo_only=spec.scheme == DEMO.name)


EMBEDDED = HostKind(
    "embedded",
    "The embedded Foundry Local runtime",
    "`--host embedded`; taken when nothing else is found",
    LOADS | {Ability.DOWNLOAD, Ability.REMOVE, Ability.REGISTER},
    scheme=word("embedded", _open),
    last_resort="embedded runtime",
)
DEMO = HostKind(
    "demo",
    "The embedded runtime with its demo models alone",
    "`--host demo`",
    LOADS,
    "toys; no model is looked for on the network",
    scheme=word("demo", _open),
)
