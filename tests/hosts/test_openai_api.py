"""Any OpenAI-compatible server, however badly it behaves."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from typing import Any

import pytest

from tests.hosts.models_server import as_json, free_port, http, serving
from tests.support.loopback_server import LoopbackServer
from tests.support.some import some
from tui.core.catalog.model_card import ModelState
from tui.core.errors import BadInputError, CompareError, ModelFailedError, NoHostError
from tui.hosts.base import Ability
from tui.hosts.http import Reply, fetch, post
from tui.hosts.openai import host as openai_api
from tui.hosts.openai.host import OpenAIHost
from tui.hosts.search.probe import identify
from tui.net.failures import CERTIFICATE_HINT

PATIENCE_S = 0.4


def names(body: Any) -> list[str]:
    with serving(as_json(body)) as server:
        return [card.id for card in OpenAIHost(server.url).catalogue()]


def test_an_address_without_a_path_is_asked_below_v1() -> None:
    with serving(as_json({"data": [{"id": "a"}]})) as server:
        host = OpenAIHost(server.url + "/")
        info = host.connect()
        assert [card.id for card in host.catalogue()] == ["a"]
        assert server.requests[0].startswith("GET /v1/models HTTP/1.1")
    assert info.endpoint == f"{server.url}/v1"
    assert (info.kind, info.local, info.pid, info.toys) == ("openai", True, None, False)
    assert host.endpoint("anything").base_url == f"{server.url}/v1"


def test_an_address_with_a_path_is_asked_as_it_is() -> None:
    with serving(as_json({"data": []})) as server:
        OpenAIHost(f"{server.url}/openai/api/").connect()
        assert server.requests[0].startswith("GET /openai/api/models HTTP/1.1")


def test_a_card_holds_what_the_server_says_and_no_more() -> None:
    rows = [{"id": "org/model", "owned_by": "org", "max_model_len": 8192}, {"id": "bare"}]
    with serving(as_json({"object": "list", "data": rows})) as server:
        full, bare = OpenAIHost(server.url).catalogue()
    assert (full.id, full.alias, full.publisher, full.context) == ("org/model", "org/model", "org", 8192)
    assert (bare.publisher, bare.context, bare.size_bytes, bare.licence) == (None, None, None, None)
    assert full.state is ModelState.UNKNOWN
    assert not full.toy


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"data": [{"id": "a"}, {"id": "b"}, {"id": "a"}]}, ["a", "b"]),
        ({"models": [{"id": "a"}]}, ["a"]),
        ([{"id": "a"}], ["a"]),
        (["a", "b"], ["a", "b"]),
        ({"data": [None, 7, [], {}, {"id": None}, {"id": 3}, {"id": " "}, {"id": "x" * 600}, {"id": "a"}]}, ["a"]),
        ({"data": [{"id": "a", "owned_by": 4, "max_model_len": "many", "context_length": True}]}, ["a"]),
        ({"data": {"id": "a"}}, []),
        ({"data": None}, []),
        ({}, []),
        (None, []),
        ("a", []),
        (7, []),
    ],
)
def test_a_list_from_outside_is_read_as_far_as_it_makes_sense(body: Any, expected: list[str]) -> None:
    assert names(body) == expected


def test_half_a_character_in_a_name_does_not_survive() -> None:
    assert names({"data": [{"id": "a\ud83d"}]}) == ["a\ufffd"]


@pytest.mark.parametrize(
    "answer",
    [
        http("200 OK", b"<html><title>Router</title></html>", "text/html"),
        http("200 OK", b""),
        http("200 OK", b'{"data": [{"id": "a"}'),
        http("200 OK", b"[" * 100_000),
        http("200 OK", b"9" * 10_000),
        http("200 OK", b"\xff\xfe\x00"),
        http("200 OK", gzip.compress(b" " * 50_000_000), "application/json", "Content-Encoding: gzip"),
        http("200 OK", b"no gzip", "application/json", "Content-Encoding: gzip"),
        http("200 OK", b"{}", "application/json", "Content-Encoding: br"),
        http("200 OK", b" " * 5_000_000),
        http("500 Internal Server Error", b"Internal Server Error", "text/plain"),
        as_json({"error": {"message": "no"}}, "503 Service Unavailable"),
        as_json({"data": [{"id": "a"}]}, "404 Not Found"),
    ],
    ids=["html", "empty", "cut", "deep", "digits", "bytes", "bomb", "no gzip", "brotli", "huge", "500", "503", "404"],
)
def test_a_broken_model_list_leaves_the_host_usable(answer: bytes) -> None:
    with serving(answer) as server:
        host = OpenAIHost(server.url)
        assert host.connect().kind == "openai"
        assert host.catalogue() == ()
        assert host.endpoint("name-from-a-flag").model == "name-from-a-flag"
        assert host.offers().stale.startswith("The server does not say which models it has. ")


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nx: " + b"x" * 400_000, b"HTTP/1.1 200 " + b"x" * 400_000])
def test_headers_without_an_end_are_no_answer(head: bytes) -> None:
    with serving(head) as server, pytest.raises(NoHostError, match="does not answer properly"):
        fetch(server.url, "models", timeout=30, hint="")


@pytest.mark.slow
@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
def test_of_a_list_that_would_fill_the_memory_no_more_is_unpacked_than_is_read(status: str) -> None:
    bomb = gzip.compress(b" " * 400_000_000)
    with serving(http(status, bomb, "application/json", "Content-Encoding: gzip")) as server:
        tracemalloc.start()
        try:
            reply = fetch(server.url, "models", timeout=30, hint="")
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert reply.words() == "The answer is longer than 4.0 MB"
    assert most < 15_000_000


def test_a_list_that_is_packed_though_nobody_asked_for_it_is_read() -> None:
    packed = http("200 OK", gzip.compress(b'{"data": [{"id": "a"}]}'), "application/json", "Content-Encoding: gzip")
    with serving(packed) as server:
        assert [card.id for card in OpenAIHost(server.url).catalogue()] == ["a"]


@pytest.mark.slow
def test_a_list_that_never_comes_leaves_the_host_usable_and_is_waited_for_less_from_then_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []

    def noting(base_url: str, path: str, *, timeout: float, **more: Any) -> Reply:
        if path == "models":
            waited.append(timeout)
        return fetch(base_url, path, timeout=timeout, **more)

    monkeypatch.setattr(openai_api, "fetch", noting)
    monkeypatch.setattr(openai_api, "QUICK_S", PATIENCE_S / 2)
    with LoopbackServer().running() as server:
        server.listless = True
        host = OpenAIHost(server.url, timeout=PATIENCE_S)
        assert (host.connect().kind, host.catalogue()) == ("openai", ())
        assert host.endpoint("good").base_url == server.url
        server.listless = False
        assert "good" in {card.id for card in host.catalogue()}
        host.catalogue()
    assert waited == [PATIENCE_S, PATIENCE_S / 2, PATIENCE_S / 2, PATIENCE_S]


def test_nobody_there_is_a_sentence_with_the_address_and_a_hint() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NoHostError) as caught:
        OpenAIHost(url).connect()
    assert caught.value.title == f"Nobody answers at {url}/v1"
    assert "refused" in caught.value.detail
    assert caught.value.hint


@pytest.mark.slow
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"], ids=["no head", "no end"])
def test_a_silent_server_is_given_up(answer: bytes) -> None:
    with serving(answer, hold=True) as server, pytest.raises(NoHostError, match="is silent"):
        OpenAIHost(server.url, timeout=PATIENCE_S).connect()


CHUNKED = "Transfer-Encoding: chunked"
LONG_NAME = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03" + b"x" * 400
"""The beginning of a gzip file, whose name does not end."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "drip"),
    [
        (b"HTTP/1.1 " + b"2" * 400, b"HTTP/1.1 "),
        (b"HTTP/1.1 200 OK\r\nx: " + b"x" * 400, b"OK\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 20, b"HTTP"),
        (as_json({"data": ["x" * 400]}), b"\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 400, b"\r\n\r\n"),
        (f"HTTP/1.1 200 OK\r\n{CHUNKED}\r\n\r\n1;{'x' * 400}".encode(), b"\r\n\r\n"),
        (http("200 OK", LONG_NAME, "application/json", "Content-Encoding: gzip"), b"\r\n\r\n"),
    ],
    ids=["status", "header", "interim", "body", "body without length", "length of a chunk", "packed"],
)
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(answer: bytes, drip: bytes) -> None:
    for ask in (
        lambda url: OpenAIHost(url, timeout=PATIENCE_S).connect(),
        lambda url: identify(url, timeout=PATIENCE_S),
        lambda url: post(url, "models", {}, timeout=PATIENCE_S, hint=""),
    ):
        with serving(answer, drip=drip) as server, pytest.raises(NoHostError, match="is silent"):
            ask(server.url)


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.9\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"])
def test_something_that_is_no_web_server_is_said_to_be_none(answer: bytes) -> None:
    with serving(answer) as server, pytest.raises(NoHostError, match="does not answer properly"):
        OpenAIHost(server.url).connect()


def test_https_to_a_plain_server_says_so() -> None:
    with serving(http("400 Bad Request", b"")) as server, pytest.raises(NoHostError) as caught:
        OpenAIHost(server.url.replace("http:", "https:")).connect()
    assert "no safe connection" in caught.value.title
    assert "plain http" in caught.value.hint


def test_a_certificate_that_nobody_trusts_is_no_safe_connection() -> None:
    with LoopbackServer(encrypted=True).running() as server, pytest.raises(NoHostError) as caught:
        OpenAIHost(server.url).connect()
    assert caught.value.title == f"There is no safe connection to {server.url}"
    assert caught.value.detail.startswith("Its certificate is not trusted: ")
    assert caught.value.hint == CERTIFICATE_HINT


def test_a_redirect_names_where_it_points_without_secrets() -> None:
    away = http("301 Moved Permanently", b"", "text/plain", "Location: https://u:secret@models.example/v1?k=secret")
    with serving(away) as server, pytest.raises(NoHostError) as caught:
        OpenAIHost(server.url).catalogue()
    assert "https://models.example/v1" in caught.value.detail
    assert "secret" not in caught.value.sentence()


def test_a_refused_key_says_where_a_key_belongs() -> None:
    with serving(as_json({"error": {"message": "bad key"}}, "401 Unauthorized")) as server:
        with pytest.raises(NoHostError, match="wants an API key") as caught:
            OpenAIHost(server.url).connect()
        with pytest.raises(NoHostError, match="wants another API key"):
            OpenAIHost(server.url, "k-1").connect()
        assert caught.value.hint.endswith("environment variable FOUNDRY_COMPARE_API_KEY")
        with pytest.raises(NoHostError, match="wants an API key") as caught:
            OpenAIHost(server.url, key_name="MY_KEY").connect()
    assert caught.value.hint.endswith("environment variable MY_KEY")
    assert caught.value.detail == "bad key"


def test_a_key_goes_with_every_question_and_into_the_endpoint() -> None:
    with serving(as_json({"data": []})) as server:
        host = OpenAIHost(server.url, " k-1\n")
        host.catalogue()
        assert "Authorization: Bearer k-1\r\n" in server.requests[0]
        assert host.endpoint("m").api_key == "k-1"
        assert OpenAIHost(server.url, "k-1", key_name="MY_KEY").endpoint("m").key_name == "MY_KEY"
        assert OpenAIHost(server.url, "").endpoint("m").api_key is None


@pytest.mark.parametrize("key", ["k\r\nHost: other", "schl\u00fcssel", "two words", "k\x00"])
def test_a_key_that_no_header_can_hold_is_refused_unseen(key: str) -> None:
    with pytest.raises(BadInputError) as caught:
        OpenAIHost("http://127.0.0.1:9", key, key_name="MY_KEY")
    assert key not in caught.value.sentence()
    assert "MY_KEY" in caught.value.hint


def test_loading_is_refused_with_the_reason() -> None:
    host = OpenAIHost("http://127.0.0.1:9")
    assert set(host.abilities) == set(Ability)
    assert all(some(host.abilities.values()))
    for ask in (host.load, host.unload):
        with pytest.raises(ModelFailedError) as caught:
            ask("m")
        assert caught.value.detail == host.abilities[Ability.LOAD]


def test_whatever_a_server_says_is_repeated_in_part_only() -> None:
    long = json.dumps({"detail": "x" * 100_000}).encode()
    with serving(http("401 Unauthorized", long)) as server, pytest.raises(CompareError) as caught:
        OpenAIHost(server.url).connect()
    assert len(caught.value.sentence()) < 1000
