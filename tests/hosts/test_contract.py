"""What holds for every host."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.some import some
from tui.core.catalog.model_card import ModelState
from tui.core.errors import CompareError
from tui.hosts.base import Ability, Host
from tui.net.addresses import check_base_url, is_loopback


def test_connecting_twice_finds_the_same_host(host: Host) -> None:
    info = host.connect()
    assert host.connect() == info
    assert info.title
    if info.endpoint is None:  # it is reached by a way that means nothing to anybody else
        assert not info.local
    else:
        assert check_base_url(info.endpoint) == info.endpoint
        assert info.local is is_loopback(info.endpoint)


def test_the_catalogue_names_each_model_once(host: Host) -> None:
    cards = host.catalogue()
    assert len(cards) >= 2
    assert len({card.id for card in cards}) == len(cards)
    assert all(card.alias for card in some(cards))
    assert host.catalogue() == cards


def test_every_model_has_an_endpoint_below_the_hosts_own(host: Host) -> None:
    for card in some(host.catalogue()):
        endpoint = host.endpoint(card.id)
        assert endpoint.base_url.startswith(host.connect().endpoint or "http")
        assert endpoint.model == card.id
        # A server of the program's own has a token of its own; nobody's key goes anywhere unasked.
        assert endpoint.api_key is None or host.connect().kind == "adapter"


def test_a_host_loads_and_unloads_or_says_why_not(host: Host) -> None:
    card = host.catalogue()[0]
    steps = {
        Ability.LOAD: (host.load, ModelState.LOADED),
        Ability.UNLOAD: (host.unload, ModelState.CACHED),
    }
    assert set(host.abilities) == set(Ability)
    for ability, (step, state) in some(steps.items()):
        reason = host.abilities[ability]
        if reason:
            with pytest.raises(CompareError, match=card.id) as caught:
                step(card.id)
            assert reason in caught.value.sentence()
        else:
            step(card.id)
            step(card.id)
            assert host.catalogue()[0].state is state


def test_a_model_that_nobody_knows_is_refused_by_its_name(host: Host) -> None:
    for step in (host.load, host.unload):
        with pytest.raises(CompareError, match="no-such-model"):
            step("no-such-model")


def test_many_threads_may_ask_at_once(host: Host) -> None:
    with ThreadPoolExecutor(6) as pool:
        infos = list(pool.map(lambda _: host.connect(), range(6)))
        catalogues = list(pool.map(lambda _: host.catalogue(), range(6)))
    assert len(set(infos)) == 1
    assert len(set(catalogues)) == 1
