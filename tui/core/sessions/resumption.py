"""What differed when a session was resumed: what was measured before and after it is not of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ChangedCondition:
    """One condition that was another one before."""

    name: str
    """`tool.version`, `host.endpoint`; where several hosts take part `host.NAME.endpoint`."""
    before: str | None
    """None when it was not known."""
    after: str | None
    """None when it is not known any more."""


@dataclass(frozen=True, slots=True)
class Resumption:
    """A stored session was gone on with."""

    at: datetime
    """UTC."""
    plan: str = ""
    """The session's key of the plan that went on, or was new."""
    changed: tuple[ChangedCondition, ...] = ()
    """Empty when everything was as before."""
    entry: int = field(default=0, compare=False)
    """Its number among the session's entries, from 1; 0 when it has none yet."""

    @property
    def differing(self) -> tuple[ChangedCondition, ...]:
        """The conditions that are known to have been others: of what was not known before nobody can say that."""
        return tuple(one for one in self.changed if one.before is not None)


def conditions(
    tool: Mapping[str, str], host: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """What may change what is measured, by the names of changed conditions, from the tables `[tool]` and `[host]`."""
    found = {f"tool.{name}": value for name, value in tool.items()}
    found |= {f"host.{name}": _text(value) for name, value in host.items()}
    for called, facts in hosts.items():
        found |= {f"host.{called}.{name}": _text(value) for name, value in facts.items()}
    return found


def after(begun: Mapping[str, Any], prefix: str, resumptions: Iterable[Resumption]) -> dict[str, Any]:
    """What of a session that began with these conditions is true after these resumptions.

    `prefix` is what the conditions are called by before their own names in `begun`: `host.` for those of a `[host]`.
    """
    found = dict(begun)
    for changed in (one for resumption in resumptions for one in resumption.changed):
        name = changed.name.removeprefix(prefix)
        if changed.name.startswith(prefix) and changed.after is None:
            found.pop(name, None)
        elif changed.name.startswith(prefix):
            found[name] = changed.after
    return found


def changes(before: Mapping[str, str], today: Mapping[str, str]) -> tuple[ChangedCondition, ...]:
    """The conditions that are other ones today."""
    return tuple(
        ChangedCondition(name, before.get(name), today.get(name))
        for name in dict.fromkeys([*before, *today])
        if before.get(name) != today.get(name)
    )


def said_of(changed: Iterable[ChangedCondition]) -> str:
    """Which conditions are other ones than before, as a phrase: `host.version 0.9 → 0.10`; empty for none. It may hold
    text from outside."""
    return ", ".join(f"{one.name} {one.before or '-'} → {one.after or '-'}" for one in changed)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
