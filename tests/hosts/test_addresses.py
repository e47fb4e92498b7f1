"""What counts as the address of a host, and whether it is this machine."""

from __future__ import annotations

import os

import httpx2
import pytest

from tests.hosts.models_server import as_json, http, serving
from tui.core.errors import BadInputError, NoHostError
from tui.net.addresses import check_base_url, is_loopback, public_url, typed_url
from tui.net.client import http_client


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("  http://127.0.0.1:8000/v1/ \n", "http://127.0.0.1:8000/v1"),
        ("HTTP://Box:5273/v1//", "http://Box:5273/v1"),
        ("https://models.example/openai/v1", "https://models.example/openai/v1"),
        ("http://[::1]:5273/v1", "http://[::1]:5273/v1"),
    ],
)
def test_an_address_is_kept_as_it_was_meant(text: str, meant: str) -> None:
    assert check_base_url(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "foo",
        "demo",
        "localhost:8000",
        "127.0.0.1:8000",
        "//127.0.0.1:8000",
        "ftp://models.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///v1",
        "http://:8000",
        "http://box:0/v1",
        "http://box:99999",
        "http://box:eight",
        "http://[::1",
        "http://bo x/v1",
        "http://box\\v1",
        "http://box/\x1b[31m",
        "http://box/v1\nHost: other",
        "http://box/v1?version=2",
        "http://box/v1#top",
        "http://user:secret@box/v1",
        "http://user@box/v1",
    ],
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInputError) as caught:
        check_base_url(text)
    sentence = caught.value.sentence()
    assert "http://127.0.0.1:8000/v1" in sentence
    assert sentence.isprintable()
    assert "secret" not in sentence


@pytest.mark.parametrize("text", ["localhost:8000", "127.0.0.1:8000/v1", "localhost"])
def test_an_address_without_its_scheme_is_guessed_for_the_hint(text: str) -> None:
    with pytest.raises(BadInputError) as caught:
        check_base_url(text)
    assert f"http://{text}" in caught.value.detail


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("localhost:5273", "http://localhost:5273"),
        ("127.0.0.1:5273/", "http://127.0.0.1:5273"),
        ("winbox:5273/v1", "http://winbox:5273/v1"),
        ("HTTP://Box:80/v1/Chat/../v1", "http://Box:80/v1/Chat/../v1"),
        ("http://box/v1/chat/completions", "http://box/v1"),
        ("http://box/v1/chat/completions/", "http://box/v1"),
        ("box:5273/v1/models", "http://box:5273/v1"),
        ("https://box/v1/responses", "https://box/v1"),
        ("https://box/openai/chat/completions", "https://box/openai"),
        ("https://box.example/models", "https://box.example/models"),
        ("http://0.0.0.0:5273/v1", "http://127.0.0.1:5273/v1"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("https://0.0.0.0", "https://127.0.0.1"),
        ("http://0:8000/v1", "http://127.0.0.1:8000/v1"),
        ("http://[::]:5273", "http://[::1]:5273"),
        ("http://[0:0:0:0:0:0:0:0]:80/v1/", "http://[::1]:80/v1"),
        ("http://[::ffff:0.0.0.0]:80", "http://127.0.0.1:80"),
        ("http://10.0.0.0:80", "http://10.0.0.0:80"),
        (" 'http://box:80/v1' ", "http://box:80/v1"),
        ('"localhost:5273"', "http://localhost:5273"),
        ("[::1]:5273", "http://[::1]:5273"),
        ("http://[2001:db8::1]:5273/v1  ", "http://[2001:db8::1]:5273/v1"),
    ],
)
def test_what_a_hasty_person_types_is_understood(text: str, meant: str) -> None:
    assert typed_url(text) == meant


@pytest.mark.parametrize(
    "text", ["foo bar", "//box", "ftp://box", "user:secret@box:80", "'http://box", "::1", "http://me:secret@0.0.0.0:80"]
)
def test_what_may_mean_anything_is_not_guessed(text: str) -> None:
    with pytest.raises(BadInputError):
        typed_url(text)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:5273",
        "http://127.8.9.1/v1",
        "http://localhost:8000/v1",
        "http://LOCALHOST",
        "http://localhost.:8000",
        "http://models.localhost:80",
        "https://[::1]:8000/v1",
        "http://[::ffff:127.0.0.1]:80",
        "http://0.0.0.0:8000",
        "http://0:8000",
        "http://127.1:8000",
        "http://127.0.1",
        "http://2130706433:80",
        "http://0x7f000001:80",
        "http://0x7F.1:80",
        "http://0177.0.0.1:80",
        "http://ip6-localhost:8000",
    ],
)
def test_this_machine_is_known_by_all_its_names(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.1.7:5273",
        "http://models.example/v1",
        "http://localhost.example/v1",
        "http://127.0.0.1.example/v1",
        "http://127.0.0.1@models.example/v1",
        "http://[2001:db8::1]/v1",
        "http://box:port",
        "http://10.1:80",
        "http://3232235777:80",
        "http://127.1.example:80",
        "http://127.1.2.3.4:80",
        "http://99999999999:80",
        "",
    ],
)
def test_another_machine_is_never_taken_for_this_one(url: str) -> None:
    assert not is_loopback(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:secret@box:80/v1?key=secret#secret", "http://box:80/v1"),
        ("http://a@b:secret@box/v1", "http://box/v1"),
        ("user:secret@box", "box"),
        ("http://user:secret@box:port/v1?secret", "box:port/v1"),
        ("http://box/v1", "http://box/v1"),
    ],
)
def test_a_shown_address_holds_no_secret(url: str, shown: str) -> None:
    assert public_url(url) == shown


def test_this_machine_is_asked_without_the_environments_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(as_json({"from": "the host"})) as host, serving(as_json({"from": "the proxy"})) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with http_client(host.url, timeout=5.0) as client:
            assert client.get("models").json() == {"from": "the host"}
        with http_client("http://models.example/v1", timeout=5.0) as client:
            assert client.get("models").json() == {"from": "the proxy"}


def test_a_redirect_is_not_followed_and_the_key_stays_with_its_host() -> None:
    with serving(as_json({})) as other:
        away = http("307 Temporary Redirect", b"", "text/plain", f"Location: {other.url}/v1/models")
        with serving(away) as host, http_client(f"{host.url}/v1", timeout=5.0, api_key="k-1") as client:
            assert client.get("models").status_code == 307
            assert "authorization: bearer k-1" in host.requests[0].lower()
        assert other.requests == []


def test_without_a_key_no_key_is_sent_whatever_the_environment_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k-2")
    with serving(as_json({})) as host, http_client(host.url, timeout=5.0) as client:
        client.get("models")
        assert "authorization" not in host.requests[0].lower()


def test_a_timeout_is_always_set() -> None:
    with http_client("http://127.0.0.1:9", timeout=7.0) as client:
        assert client.timeout == httpx2.Timeout(7.0, connect=5.0)


def test_a_proxy_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ALL_PROXY", "gopher://box")
    with pytest.raises(NoHostError, match="proxy"):
        http_client("http://models.example/v1", timeout=5.0)


def test_a_host_name_that_cannot_exist_is_refused() -> None:
    with pytest.raises(BadInputError, match="not an address"):
        http_client("http://\u2603.example", timeout=5.0)
