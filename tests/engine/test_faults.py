"""What goes wrong on the way to an answer is said in one sentence, and what to do in another."""

from __future__ import annotations

import pytest

from tests.hosts.models_server import free_port, http, serving
from tests.support.lanes import ask, until_ended
from tests.support.loopback_server import CERTIFICATE, WORDS, LoopbackServer
from tui.core.events import Failed
from tui.core.lane import Fault, LaneState
from tui.core.target import Endpoint
from tui.engine.link import EngineLink
from tui.engine.protocol import Start


def fault(link: EngineLink, url: str, model: str = "good") -> Fault:
    lane = ask(link, url, model)
    assert lane.state is LaneState.FAILED and lane.fault is not None
    return lane.fault


def test_a_refused_connection_names_the_address(link: EngineLink) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    said = fault(link, url)
    assert (said.kind, said.message) == ("connect", f"Nobody answers at {url}. The connection was refused.")


def test_a_name_that_nobody_has_is_named(link: EngineLink) -> None:
    said = fault(link, "http://no-such-host.invalid:8000/v1")
    assert said.message.startswith("The name no-such-host.invalid leads to no host. ")
    assert (said.kind, said.hint) == ("connect", "Check the address.")


@pytest.mark.parametrize("model", ["wrong_path", "wrong_path_fastapi"])
def test_a_wrong_path_is_told_from_a_model_that_is_missing(
    link: EngineLink, server: LoopbackServer, model: str
) -> None:
    said = fault(link, server.url, model)
    assert said.message == f"There is no chat API at {server.url}: the host answered 404."
    assert "/v1" in said.hint
    missing = fault(link, server.url, "e404")
    assert missing.message == "The host refused with 404: unknown model."
    assert "the model e404" in missing.hint


def test_a_refused_key_names_the_variable(link: EngineLink, server: LoopbackServer) -> None:
    assert fault(link, server.url, "e401").hint.endswith("into the environment variable FOUNDRY_COMPARE_API_KEY.")
    endpoint = Endpoint(server.url, "e401", "k-1", "MY_KEY")
    link.send(Start("r1", endpoint, [{"role": "user", "content": "hi"}]))
    failed = until_ended(link, ["r1"])[-1]
    assert isinstance(failed, Failed)
    assert failed.message == "The host refused with 401: no key."
    assert failed.hint == "It wants another API key: put it into the environment variable MY_KEY."


@pytest.mark.parametrize(
    ("model", "message", "hint"),
    [
        ("e400", "The host refused with 400: prompt too long.", "Shorten the prompt"),
        ("not_loaded", "The host refused with 400: The model is not loaded.", "Have the host load not_loaded"),
        ("many_complaints", "The host refused with 422: body.messages: Field required.", ""),
        ("e429", "The host refused with 429: slow down.", "wait a moment"),
        ("busy_for_7_s", "The host refused with 429: slow down.", "wait 7 s and"),
        ("busy_until", "The host refused with 429: slow down.", "wait until Sun, 22 Nov 2026 11:03:01 GMT and"),
        ("e500", "The host refused with 500: boom.", "the host's own log"),
        ("html", "The host answered with text/html instead of a stream of events.", "the address of a chat API?"),
        ("restarted", "The connection broke before the answer was complete.", "What arrived is kept."),
    ],
)
def test_what_the_host_does_is_said_with_what_to_do(
    link: EngineLink, server: LoopbackServer, model: str, message: str, hint: str
) -> None:
    said = fault(link, server.url, model)
    assert said.message == message
    assert hint in said.hint


def test_a_host_that_goes_down_leaves_what_it_said(link: EngineLink, server: LoopbackServer) -> None:
    assert ask(link, server.url, "restarted").answer == "half of"


def test_a_certificate_that_nobody_trusts_is_no_safe_connection(
    link: EngineLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LoopbackServer(encrypted=True).running() as server:
        said = fault(link, server.url)
        assert said.message.startswith(f"There is no safe connection to {server.url}. Its certificate is not trusted: ")
        assert "SSL_CERT_FILE" in said.hint
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        trusting = EngineLink()
        try:
            assert ask(trusting, server.url, "good").answer == "".join(WORDS)
        finally:
            trusting.close()


def test_https_to_a_plain_server_is_said_to_be_that(link: EngineLink) -> None:
    with serving(http("400 Bad Request", b"")) as plain:
        said = fault(link, plain.url.replace("http:", "https:"))
    assert said.message.startswith("There is no safe connection to https://")
    assert said.hint == "Does the host speak plain http?"
