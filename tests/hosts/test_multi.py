"""Several hosts as one: each model has its host's name before it, and no host's trouble is another's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.loopback_host import LoopbackHost
from tests.support.loopback_server import LoopbackServer
from tests.support.replay_service import ReplayService, replaying
from tests.support.some import some
from tui.background import in_thread
from tui.core.catalog.model_card import ModelState, find_model, find_or_believe
from tui.core.errors import NoHostError, NoModelError
from tui.hosts.base import Ability, HostInfo
from tui.hosts.foundry.service import ServiceHost
from tui.hosts.multi import MultiHost
from tui.hosts.openai.host import OpenAIHost

PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


@pytest.fixture
def service() -> Iterator[ReplayService]:
    with replaying() as running:
        yield running


@pytest.fixture
def several(server: LoopbackServer, service: ReplayService) -> MultiHost:
    """A service, a plain server, and a host of the tests, in this order."""
    mine = LoopbackHost(server.port, ["good", "org/good"])
    return MultiHost({"lab": ServiceHost(service.url), "box:80": OpenAIHost(server.url), "mine": mine})


def gone() -> LoopbackHost:
    return LoopbackHost(1, ["good"])


def test_every_card_says_whose_it_is_and_is_addressed_by_its_key(several: MultiHost) -> None:
    several.connect()
    cards = several.catalogue()
    assert list(dict.fromkeys(card.host for card in cards)) == ["lab", "box:80", "mine"]
    assert len({card.key for card in cards}) == len(cards)
    for card in some(card for card in cards if card.host != "lab"):
        assert several.endpoint(card.key).model == card.id
    assert find_model(cards, "mine/org/good") == cards[-1]
    assert several.endpoint("mine/org/good").model == "org/good"


def test_a_load_reaches_the_models_own_host_alone(several: MultiHost, service: ReplayService) -> None:
    several.connect()
    several.load("mine/good")
    card = several.catalogue()[0]
    several.load(card.key)
    loaded = [card.key for card in several.catalogue() if card.state is ModelState.LOADED]
    assert loaded == [card.key, "mine/good"]
    assert service.loaded == [card.id]
    several.unload("mine/good")
    assert [card.key for card in several.catalogue() if card.state is ModelState.LOADED] == [card.key]


def test_what_can_be_done_is_told_for_each_model(several: MultiHost) -> None:
    assert not several.abilities[Ability.LOAD]
    assert several.abilities[Ability.REGISTER]
    assert several.abilities_of("box:80/good")[Ability.LOAD]
    assert not several.abilities_of("mine/good")[Ability.LOAD]
    assert several.abilities_of("mine/good")[Ability.DOWNLOAD] and not several.abilities_of("lab/x")[Ability.DOWNLOAD]
    assert set(several.abilities_of("nobody/x")) == set(Ability) and all(
        some(several.abilities_of("nobody/x").values())
    )


def test_the_facts_of_each_host_are_kept_apart(several: MultiHost) -> None:
    info = several.connect()
    assert (info.kind, info.endpoint, info.local, info.toys) == ("several", None, True, False)
    assert [(member.name, member.kind) for member in info.members] == [
        ("lab", "service"), ("box:80", "openai"), ("mine", "loopback"),
    ]  # fmt: skip
    assert all(member.name in info.title for member in some(info.members))


def test_a_host_that_is_away_hides_none_of_the_others_and_is_told_of(server: LoopbackServer) -> None:
    several = MultiHost({"far": gone(), "near": LoopbackHost(server.port, ["good"])})
    info = several.connect()
    assert [member.name for member in info.members] == ["near"]
    assert info.title.startswith("far cannot be asked · ")
    assert [card.key for card in several.catalogue()] == ["near/good"]
    assert several.offers().stale.startswith("far: The loopback server does not answer.")


def test_where_none_answers_each_says_why() -> None:
    several = MultiHost({"far": gone(), "further": gone()})
    for ask in (several.connect, several.catalogue):
        with pytest.raises(NoHostError) as caught:
            ask()
        assert "far: The loopback server does not answer." in caught.value.sentence()
        assert "further: The loopback server does not answer." in caught.value.sentence()


def test_a_host_that_comes_back_is_there_again(server: LoopbackServer) -> None:
    host = gone()
    several = MultiHost({"far": host, "near": LoopbackHost(server.port, ["good"])})
    several.connect()
    host._port = server.port
    assert len(several.connect().members) == 2
    assert [card.key for card in several.catalogue()] == ["far/good", "near/good"]


def test_the_offers_of_all_are_put_together(several: MultiHost) -> None:
    several.connect()
    offers = several.offers()
    assert {card.host for card in offers.cards} == {"lab"}
    assert offers.stale == ""
    key = next(card.key for card in offers.cards if card.state is ModelState.CATALOG)
    assert several.download(key, lambda percent: None, threading.Event())
    assert key in {card.key for card in several.catalogue()}


@pytest.mark.parametrize("key", ["good", "nobody/good", ""])
def test_a_model_without_its_host_is_refused_with_the_names_there_are(several: MultiHost, key: str) -> None:
    for ask in (several.load, several.unload, several.remove, several.endpoint):
        with pytest.raises(NoModelError) as caught:
            ask(key)
        assert "lab, box:80, mine" in caught.value.sentence()


def test_what_no_host_can_do_is_refused_with_the_reason(several: MultiHost, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="this host cannot register it"):
        several.register(tmp_path)


def test_a_model_is_believed_of_a_host_that_lists_none() -> None:
    here = MultiHost({"near": gone()})
    listed = (find_or_believe((), "near/good", here.hosts),)
    assert listed[0] is not None and (listed[0].id, listed[0].host, listed[0].key) == ("good", "near", "near/good")
    known = tuple(card for card in listed if card)
    assert find_or_believe(known, "near/other", here.hosts) is None
    other = find_or_believe(known, "far/org/m", ("near", "far"))
    assert other is not None and (other.host, other.id) == ("far", "org/m")
    assert find_or_believe(known, "good", here.hosts) == listed[0]
    assert find_or_believe(known, "org/m") is None


@pytest.mark.parametrize("names", [(), ("a/b",), ("",)])
def test_names_that_would_be_ambiguous_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="slash"):
        MultiHost({name: gone() for name in names})


def test_closing_closes_all(server: LoopbackServer) -> None:
    closed: list[str] = []

    class Closing(LoopbackHost):
        def close(self) -> None:
            closed.append(self._models[0])

    MultiHost({"a": Closing(server.port, ["x"]), "b": Closing(server.port, ["y"])}).close()
    assert closed == ["x", "y"]


class Held(LoopbackHost):
    """A host one of whose connections can be held until it fails."""

    def __init__(self, port: int) -> None:
        super().__init__(port, ["good"])
        self.holding = False
        self.asked, self.go_on = threading.Event(), threading.Event()

    def connect(self) -> HostInfo:
        if self.holding:
            self.holding = False
            self.asked.set()
            assert self.go_on.wait(PATIENCE_S)
            raise NoHostError("It was away")
        return super().connect()


def test_an_older_failure_to_connect_does_not_hide_a_host_that_has_answered_since(server: LoopbackServer) -> None:
    held = Held(server.port)
    several = MultiHost({"held": held, "other": LoopbackHost(server.port, ["good"])})
    held.holding = True
    older = in_thread(several.connect, "older")
    assert held.asked.wait(PATIENCE_S)
    assert several.connect().away == ()
    held.go_on.set()
    assert [name for name, _ in older.result(PATIENCE_S).away] == ["held"]
    assert {card.host for card in several.catalogue()} == {"held", "other"}
