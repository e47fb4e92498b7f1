"""The kinds of hosts in one table: how each is found and what it can do. The README repeats it."""

from __future__ import annotations

from dataclasses import dataclass

from tui.hosts.base import Ability


@dataclass(frozen=True, slots=True)
class HostKind:
    """One kind. Which abilities a host really has, and why it lacks the others, its `abilities` say."""

    kind: str
    """As in `HostInfo.kind`."""
    title: str
    found: str
    """How it is found, and how it is named."""
    can: frozenset[Ability]
    """What it can do beyond answering, at its best."""
    but: str = ""
    """What there is to know."""


_LOADS = frozenset({Ability.LOAD, Ability.UNLOAD})

KINDS = (
    HostKind(
        "service",
        "Foundry Local service 0.3-0.8",
        "the `foundry` command, or port 5273; at an address by `/openai/status`",
        _LOADS | {Ability.DOWNLOAD, Ability.REMOVE, Ability.COUNT},
        "removes with the `foundry` command that found it",
    ),
    HostKind(
        "daemon",
        "Foundry Local daemon 0.10+",
        "`~/.foundry/daemon.json`, or the `foundry` command; at an address by `/models/loaded`",
        _LOADS | {Ability.DOWNLOAD, Ability.REMOVE},
        "downloads and removes with the `foundry` command of the same machine",
    ),
    HostKind(
        "sdk",
        "Web service of a Foundry Local SDK program",
        "at an address by `/status`, or by `/models/loaded`",
        _LOADS,
    ),
    HostKind(
        "openai",
        "Any OpenAI-compatible server",
        "at an address, when nothing else is recognised there",
        frozenset(),
        "sees to its models by itself",
    ),
    HostKind(
        "embedded",
        "The embedded Foundry Local runtime",
        "`--host embedded`; taken when nothing else is found",
        _LOADS | {Ability.DOWNLOAD, Ability.REMOVE, Ability.REGISTER},
    ),
    HostKind(
        "demo",
        "The embedded runtime with its demo models alone",
        "`--host demo`",
        _LOADS,
        "toys; no model is looked for on the network",
    ),
    HostKind(
        "adapter",
        "A Python class of your own",
        "`--host module:Class`, or the name of an installed one",
        _LOADS,
    ),
)

THROUGH_SSH = "Any of the first four, on another machine: `--host ssh://user@host`."
"""A tunnel is no kind of its own: it is as able as what is behind it."""
