"""Hosts that stand before other hosts hand on everything that can be asked of a host."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from tests.support.some import some
from tui.hosts.base import Ability, BareHost, Host, able
from tui.hosts.forwarding import ForwardingHost
from tui.hosts.multi import MultiHost
from tui.hosts.search.auto_host import AutoHost
from tui.hosts.ssh.tunnel_host import TunnelHost

_T = TypeVar("_T")
QUESTIONS = [name for name in vars(Host) if not name.startswith("_") and name != "abilities"]
"""The methods of a host."""


class Inner:
    """Notes every question."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    abilities = able(Ability.COUNT, why_not="It is a test")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *arguments: self.asked.append((name, *arguments))


class Outer(ForwardingHost):
    """Calls each model by another name than the host behind it does."""

    def __init__(self, inner: Host | None) -> None:
        self._inner = inner

    def _standing(self, model_id: str) -> tuple[Host, str] | None:
        return (self._inner, model_id.upper()) if self._inner is not None else None

    def _forward(self, model_id: str, question: Callable[[Host, str], _T], *, repeatable: bool) -> _T:
        assert self._inner is not None
        return question(self._inner, model_id.upper())


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_handed_on_with_the_models_own_name(name: str) -> None:
    inner: Any = Inner()
    method = getattr(Outer(inner), name)
    given = list(inspect.signature(method).parameters)  # each argument is its own name
    method(*given)
    assert inner.asked == [(name, *(word.upper() if word == "model_id" else word for word in given))]


def test_nothing_is_left_to_be_inherited_from_somewhere_else() -> None:
    assert len(QUESTIONS) > 10
    assert set(QUESTIONS) | {"abilities"} <= set(vars(ForwardingHost))
    assert set(QUESTIONS) - {"connect", "catalogue", "endpoint"} <= set(vars(BareHost))
    for host in some((AutoHost, MultiHost, TunnelHost)):
        assert issubclass(host, ForwardingHost)


def test_without_a_host_behind_it_nothing_can_be_done_and_nothing_has_gone() -> None:
    nobody = Outer(None)
    assert set(nobody.abilities.values()) == {"No host is connected yet"} == set(nobody.abilities_of("m").values())
    assert nobody.why_gone("m") == ""
    nobody.close()
