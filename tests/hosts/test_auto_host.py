"""A host that is found when it is needed, and found again when it has moved."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hosts.models_server import as_json, free_port, serving
from tests.support.fake_foundry import Books
from tests.support.program import until
from tests.support.replay_daemon import ReplayDaemon, daemon_in
from tests.support.replay_service import CUT, ReplayService, replaying
from tests.support.some import some
from tui.core.catalog.model_card import ModelState
from tui.core.errors import BadInputError, NoHostError
from tui.core.host_spec import HostSpec, KnownHosts
from tui.hosts.base import Ability
from tui.hosts.embedded.host import EmbeddedHost
from tui.hosts.host_kind import Surroundings
from tui.hosts.multi import MultiHost
from tui.hosts.search.auto_host import NOT_YET, AutoHost
from tui.hosts.search.describe import looking_at
from tui.hosts.search.open import open_host
from tui.hosts.search.search import Search


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[ReplayDaemon]:
    with daemon_in(tmp_path) as running:
        yield running


@pytest.fixture
def service() -> Iterator[ReplayService]:
    with replaying() as running:
        yield running


def around(folder: Path, books: Books | None = None, **facts: object) -> Surroundings:
    """Surroundings with nothing in them but this `foundry` command."""
    environ = {"PATH": str(books.path.parent) if books is not None else ""}
    usual = f"http://127.0.0.1:{free_port()}"
    facts = {"environ": environ, "home": folder / "home", "usual_root": usual, **facts}
    return Surroundings(folder / "data", **facts)  # type: ignore[arg-type]


def test_making_one_touches_nothing(service: ReplayService, tmp_path: Path) -> None:
    def touched() -> KnownHosts:
        raise AssertionError

    host = AutoHost(None, around(tmp_path, usual_root=service.url, known=touched))
    assert set(host.abilities) == set(host.abilities_of("m")) == set(Ability)
    assert set(host.abilities.values()) == {NOT_YET}
    assert host.attempts == ()
    host.close()
    assert service.asked == []


def test_any_question_finds_the_host(service: ReplayService, tmp_path: Path) -> None:
    host = AutoHost(None, around(tmp_path, usual_root=service.url))
    cards = host.catalogue()
    assert cards and host.attempts[-1].found
    assert not host.abilities[Ability.LOAD] and not host.abilities_of(cards[0].id)[Ability.LOAD]
    host.load(cards[0].id)
    assert next(card for card in host.catalogue() if card.id == cards[0].id).state is ModelState.LOADED
    assert host.connect().kind == "service"


def test_a_daemon_that_moved_is_found_again_by_whatever_is_asked_next(daemon: ReplayDaemon, tmp_path: Path) -> None:
    host = AutoHost(None, around(tmp_path, daemon.books))
    before = host.connect().endpoint
    card = host.catalogue()[0]
    daemon.stop()
    daemon.start()
    host.load(card.id)
    assert daemon.books.read()["loaded"] == [card.id]
    info = host.connect()
    assert info.endpoint == f"{daemon.root}/v1" != before
    assert host.endpoint(card.id).base_url == info.endpoint


def test_a_service_that_moved_is_found_again(daemon: ReplayDaemon, tmp_path: Path) -> None:
    # The command tells where; nothing but the search does for this kind of host.
    with replaying() as first:
        daemon.books.write(generation="0.8", root=first.url)
        host = AutoHost(None, around(tmp_path, daemon.books))
        assert host.connect().endpoint == f"{first.url}/v1"
        model = host.catalogue()[0].id
    with replaying() as second:
        daemon.books.write(root=second.url)
        host.load(model)
        assert second.loaded == [model]
        assert host.connect().endpoint == f"{second.url}/v1"


def test_a_host_that_is_gone_fails_with_its_own_sentence_and_nothing_takes_its_place(tmp_path: Path) -> None:
    with replaying() as service:
        host = AutoHost(None, around(tmp_path, usual_root=service.url))
        host.connect()
    for ask in (host.connect, host.catalogue):
        with pytest.raises(NoHostError) as caught:
            ask()
        assert caught.value.title == f"Nobody answers at {service.url}"
    assert "embedded runtime" not in [attempt.source for attempt in host.attempts]


def test_a_question_that_goes_wrong_at_a_host_that_is_there_is_not_asked_again(
    service: ReplayService, tmp_path: Path
) -> None:
    host = AutoHost(None, around(tmp_path, usual_root=service.url))
    model = host.catalogue()[0].id
    service.faults["/openai/load/"] = CUT
    with pytest.raises(NoHostError):
        host.load(model)
    assert sum(path.startswith("/openai/load/") for path in service.paths()) == 1


def test_a_host_that_was_not_there_at_first_is_found_later(service: ReplayService, tmp_path: Path) -> None:
    places = [f"http://127.0.0.1:{free_port()}", service.url]
    known = lambda: KnownHosts({"lab": HostSpec("url", places[0], "lab")}, "lab")  # noqa: E731
    host = AutoHost(None, around(tmp_path, known=known))
    with pytest.raises(NoHostError):
        host.connect()
    assert not host.attempts[-1].found
    del places[0]
    assert host.connect().kind == "service"
    assert host.attempts[-1].found


def test_many_threads_share_one_search(service: ReplayService, tmp_path: Path) -> None:
    host = AutoHost(None, around(tmp_path, usual_root=service.url))
    with ThreadPoolExecutor(6) as pool:
        infos = list(pool.map(lambda _: host.connect(), range(6)))
    assert len(set(infos)) == 1
    assert service.paths().count("/models/loaded") == 1


def test_a_search_says_which_place_it_is_looking_at_until_it_is_over(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with serving(b"", hold=True) as silent:
            host = AutoHost(HostSpec("url", silent.url), around(tmp_path))
            assert looking_at(host) == ""
            connecting = pool.submit(host.connect)
            until(lambda: bool(silent.requests))
            assert looking_at(host) == silent.url
            assert looking_at(MultiHost({"lab": host, "box": AutoHost(None, around(tmp_path))})) == silent.url
        with pytest.raises(NoHostError):
            connecting.result()
    assert looking_at(host) == ""


def test_closing_ends_a_search_that_is_under_way(service: ReplayService, tmp_path: Path) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def known() -> KnownHosts:
        asked.set()
        assert go_on.wait(10)
        return KnownHosts({"lab": HostSpec("url", service.url, "lab")}, "lab")

    host = AutoHost(None, around(tmp_path, known=known))
    with ThreadPoolExecutor(1) as pool:
        connecting = pool.submit(host.connect)
        assert asked.wait(10)
        host.close()
        go_on.set()
        with pytest.raises(NoHostError, match="leaving"):
            connecting.result()
    assert "/openai/models" not in service.paths()


def opened(folder: Path, *wanted: str, **facts: object) -> AutoHost | MultiHost:
    return open_host(wanted, around(folder, **facts))  # type: ignore[arg-type]


def test_demo_is_the_embedded_runtime_whatever_the_configuration_holds(tmp_path: Path) -> None:
    def broken() -> KnownHosts:
        raise BadInputError("The configuration cannot be used")

    host = opened(tmp_path, " Demo ", known=broken)
    assert isinstance(host, AutoHost)
    made: list[object] = []

    def leaving(found: object) -> None:
        made.append(found)
        raise NoHostError("It is enough to see it")

    with pytest.raises(NoHostError):
        Search(HostSpec("demo"), around(tmp_path, known=broken), leaving).look()
    assert isinstance(made[0], EmbeddedHost)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("wanted", ["foo", "demos", "ftp://box", "C:\\models", "http://", "127.0.0.1"])
def test_what_means_nothing_is_refused_at_once_with_what_is_accepted(tmp_path: Path, wanted: str) -> None:
    with pytest.raises(BadInputError) as caught:
        opened(tmp_path, wanted)
    assert "demo" in caught.value.sentence()
    assert "http://127.0.0.1:8000/v1" in caught.value.sentence()


def test_a_name_leads_to_its_host_in_the_configuration(service: ReplayService, tmp_path: Path) -> None:
    known = KnownHosts({"lab": HostSpec("url", service.url, "lab")})
    host = opened(tmp_path, "lab", known=lambda: known)
    assert host.connect().kind == "service"
    with pytest.raises(BadInputError, match="There is no host called den"):
        opened(tmp_path, "den", known=lambda: known)


@pytest.mark.parametrize(
    ("environ", "key"),
    [
        ({}, None),
        ({"OPENAI_API_KEY": "k-0"}, None),
        ({"API_KEY": "k-1", "OPENAI_API_KEY": "k-0"}, "k-1"),
        ({"API_KEY": "k-1", "FOUNDRY_COMPARE_API_KEY": "k-2"}, "k-2"),
        ({"API_KEY": "k-1", "FOUNDRY_COMPARE_API_KEY": ""}, "k-1"),
        ({"API_KEY": "k-1", "FOUNDRY_COMPARE_API_KEY": " \n"}, "k-1"),
    ],
)
def test_a_key_is_only_taken_from_where_it_was_meant_for_this(
    environ: dict[str, str], key: str | None, tmp_path: Path
) -> None:
    with serving(as_json({"data": [{"id": "m"}]})) as server:
        assert opened(tmp_path, server.url, environ=environ).endpoint("m").api_key == key


def test_with_several_addresses_a_key_in_the_environment_goes_to_none_of_them(tmp_path: Path) -> None:
    keys = {"API_KEY": "k-1", "BOX_KEY": "k-2"}
    with serving(as_json({"data": [{"id": "m"}]})) as one, serving(as_json({"data": [{"id": "m"}]})) as two:
        known = KnownHosts({"box": HostSpec("url", two.url, "box", "BOX_KEY")})
        host = opened(tmp_path, one.url, "box", environ=keys, known=lambda: known)
        host.connect()
        assert host.endpoint(f"127.0.0.1:{one.port}/m").api_key is None
        assert host.endpoint("box/m").api_key == "k-2"
        assert not any("k-1" in request for request in [*one.requests, *two.requests])


def test_a_host_that_gets_no_key_from_the_usual_variables_is_not_said_to(tmp_path: Path) -> None:
    refusal = as_json({"error": {"message": "no key"}}, "401 Unauthorized")
    with serving(refusal) as one, serving(refusal) as two:
        known = KnownHosts({"box": HostSpec("url", one.url, "box")})
        for wanted in ((one.url, two.url), ("box",)):
            with pytest.raises(NoHostError) as caught:
                opened(tmp_path, *wanted, environ={"FOUNDRY_COMPARE_API_KEY": "k-1"}, known=lambda: known).connect()
            said = caught.value.sentence()
            assert "FOUNDRY_COMPARE_API_KEY" not in said and "ame the host in config.toml" in said
        with pytest.raises(NoHostError) as caught:
            opened(tmp_path, one.url).connect()
        assert caught.value.hint == "Put it into the environment variable FOUNDRY_COMPARE_API_KEY"


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (("demo", "http://box:80/v1"), ["demo", "box:80"]),
        (("http://box/a", "http://box/b", "embedded"), ["box", "box-2", "embedded"]),
        (("ssh://me@winbox:22", "my.module:Host"), ["winbox:22", "my.module:Host"]),
        (("lab", "demo"), ["lab", "demo"]),
    ],
)
def test_each_of_several_hosts_has_a_name(wanted: Sequence[str], names: list[str], tmp_path: Path) -> None:
    known = KnownHosts({"lab": HostSpec("url", "http://box", "lab")})
    host = opened(tmp_path, *wanted, known=lambda: known)
    assert isinstance(host, MultiHost) and list(host.hosts) == names


def test_the_same_host_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="The host http://box is named twice"):
        opened(tmp_path, "http://box", "http://box/")


def test_where_no_key_is_meant_for_a_host_that_forbids_it_is_told_how_one_gets_there(tmp_path: Path) -> None:
    with serving(as_json({"error": {"message": "not for you"}}, "403 Forbidden")) as one, serving(b"") as two:
        key = {"FOUNDRY_COMPARE_API_KEY": "k-1"}
        said = opened(tmp_path, one.url, two.url, environ=key).connect().unlisted
        assert "It may want an API key: name the host in config.toml" in said and "FOUNDRY_COMPARE_API_KEY" not in said
        assert not any("k-1" in request for request in some(one.requests))
        assert "It may refuse the key in the environment variable FOUNDRY_COMPARE_API_KEY" in (
            opened(tmp_path, one.url, environ=key).connect().unlisted
        )
