"""The words that mean several models of a host, and the names that win over them."""

from __future__ import annotations

import pytest

from tests.support.model_list_host import ModelListHost
from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.errors import NoModelError
from tui.runner.host_models import HostModels


def card(name: str, task: str | None = "chat-completion", state: ModelState = ModelState.CACHED) -> ModelCard:
    return ModelCard(name, name, task=task, state=state, tools=name == "caller")


CARDS = (
    card("phi"), card("caller", None), card("vectors", "embeddings"), card("ears", "automatic-speech-recognition"),
    card("far", state=ModelState.CATALOG), card("tag:odd"), card("loaded", state=ModelState.LOADED),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "models"),
    [
        ("all-cached", ["phi", "caller", "tag:odd", "loaded"]),
        ("ALL-CACHED", ["phi", "caller", "tag:odd", "loaded"]),
        ("tag:chat", ["phi", "tag:odd", "loaded"]),
        ("tag:tools", ["caller"]),
        ("tag:embeddings", ["vectors"]),
        ("tag:odd", ["tag:odd"]),
        ("phi", ["phi"]),
    ],
)
def test_a_word_means_all_that_are_here_and_a_name_wins(name: str, models: list[str]) -> None:
    host = ModelListHost(CARDS)
    known = HostModels(host, host.connect())
    assert [found.id for found in known.named(name)] == models
    assert [found.id for found in known.choose([name, "phi", name])] == list(dict.fromkeys([*models, "phi"]))


@pytest.mark.parametrize("name", ["tag:poems", "tag:", "all-cached"])
def test_a_word_that_means_none_says_so(name: str) -> None:
    host = ModelListHost([card("far", state=ModelState.CATALOG)])
    with pytest.raises(NoModelError):
        HostModels(host, host.connect()).named(name)
