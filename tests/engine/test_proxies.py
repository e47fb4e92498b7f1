"""A host behind a proxy is listed and asked through it, and what the proxy does wrong is said to be the proxy's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.hosts.models_server import as_json, free_port, serving
from tests.support.loopback_server import CERTIFICATE, WORDS, LoopbackServer
from tests.support.proxy import LoopbackProxy
from tests.support.requests import ask, start, until_ended
from tui.core.errors import NoHostError
from tui.core.requests.events import Delta, Sent
from tui.core.requests.request import Fault, RequestState
from tui.engine.engine_client import EngineClient
from tui.net.client import http_client
from tui.net.proxies import proxy_for

pytestmark = pytest.mark.slow

HOST = "http://models.example/v1"
"""A name that only the proxy knows."""


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer().running() as running:
        yield running


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def fault(url: str = HOST) -> Fault:
    link = EngineClient()
    try:
        request = ask(link, url, "good")
    finally:
        link.close()
    assert request.state is RequestState.FAILED and request.fault is not None
    return request.fault


def test_the_engine_and_the_catalogue_go_the_same_way(server: LoopbackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackProxy({"models.example": port_of(server.url)}).running() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with http_client(HOST, timeout=5.0) as client:
            assert client.get("models").status_code == 200
        link = EngineClient()
        try:
            assert ask(link, HOST, "good").answer == "".join(WORDS)
        finally:
            link.close()
        assert [line.split()[1] for line in proxy.asked] == [f"{HOST}/models", f"{HOST}/chat/completions"]


def test_an_encrypted_host_is_reached_through_a_tunnel_which_counts_as_connecting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = HOST.replace("http:", "https:")
    with (
        LoopbackServer(encrypted=True).running() as server,
        LoopbackProxy({"models.example": port_of(server.url)}, "me:p@ss", delay=0.3).running() as proxy,
    ):
        monkeypatch.setenv("https_proxy", proxy.url.replace("//", "//me:p%40ss@"))
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        link = EngineClient()
        try:
            link.send(start("r1", url, "good"))
            seen = until_ended(link, ["r1"])
        finally:
            link.close()
        assert proxy.asked == ["CONNECT models.example:443 HTTP/1.1"]
    assert "".join(event.text for event in seen if isinstance(event, Delta)) == "".join(WORDS)
    sent = next(event for event in seen if isinstance(event, Sent))
    # The proxy takes this long to set up its tunnel: that is connecting, and no part of any latency of the answer.
    assert sent.connect_ns > 0.3e9
    assert server.talk("good").sends[0][0] > sent.at


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_a_host_that_is_named_in_no_proxy_is_asked_directly(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.invalid:3128")
    assert proxy_for(HOST) is not None
    monkeypatch.setenv(variable, "other.example,models.example")
    assert proxy_for(HOST) is None
    assert proxy_for("http://third.example/v1") is not None


@pytest.mark.parametrize("url", ["http://127.0.0.1:5273/v1", "http://localhost/v1", "https://[::1]:5273"])
def test_this_machine_is_never_asked_through_a_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy.invalid:3128")
    assert proxy_for(url) is None


def test_a_refusing_proxy_is_told_from_the_host_and_its_password_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with (
        serving(as_json({})) as host,
        LoopbackProxy({"models.example": port_of(host.url)}, "me:right").running() as proxy,
    ):
        monkeypatch.setenv("ALL_PROXY", proxy.url.replace("//", "//me:wr0ng@"))
        for url in (HOST, HOST.replace("http:", "https:")):
            said = fault(url)
            assert said.message == f"The proxy {proxy.url} wants a user and a password, or other ones."
            assert "wr0ng" not in said.message + said.hint
        assert host.requests == []


def test_a_proxy_that_does_not_let_through_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackProxy({}).running() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        said = fault("https://models.example/v1")
        assert (
            said.message
            == f"The proxy {proxy.url} does not let through to https://models.example/v1. 403 Not from here."
        )
        assert "NO_PROXY" in said.hint


def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("ALL_PROXY", nobody)
    refused = "The connection was refused."
    assert fault().message == f"Nobody answers at {nobody}, the proxy on the way to {HOST}. {refused}"
    monkeypatch.setenv("ALL_PROXY", "http://no-such-proxy.invalid:3128")
    assert fault().message.startswith("The name no-such-proxy.invalid leads to no host. ")


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("socks5://me:secret@127.0.0.1:1080", "SOCKS proxies are not supported"),
        ("gopher://127.0.0.1", "It is not an http or https address"),
        ("http://127.0.0.1:eight", "It is not an address"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_by_both(setting: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", setting)
    with pytest.raises(NoHostError) as caught:
        http_client(HOST, timeout=1.0)
    assert caught.value.detail == why
    said = fault()
    assert said.message.endswith(f"cannot be used. {why}.")
    assert "secret" not in said.message + caught.value.sentence()
