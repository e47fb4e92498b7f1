"""What goes wrong on the way to an answer is said in one sentence, and what to do in another."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.hosts.models_server import free_port, http, serving
from tests.support.loopback_server import CERTIFICATE, SCRIPTS, WORDS, LoopbackServer, Wire, text
from tests.support.odd_servers import Script, saying
from tests.support.requests import ask, start, until_ended
from tests.support.some import some
from tui.core.requests.events import Ended, Failed
from tui.core.requests.request import Fault, RequestState
from tui.core.sessions.session_model import Endpoint, Timeouts
from tui.engine.engine_client import EngineClient
from tui.engine.protocol import Start

RAW = "generators.cc:108 void Generators::Check(int64_t, int) "
"""How the embedded runtime's native code begins what it says."""


def status(line: str, body: str, *headers: str) -> Script:
    async def answer(wire: Wire) -> None:
        await wire.answer(line, body, "text/plain", *headers)

    return answer


def failing(*before: str, why: str) -> Script:
    return saying(*before, end=({"error": {"message": why}},))


async def hang_up(wire: Wire) -> None:
    """Not a word of an answer."""


def unended(chunk: dict[str, Any]) -> Script:
    """One object, and no line's end after it."""

    async def say(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"data: " + json.dumps(chunk).encode())

    return say


async def tag_and_silence(wire: Wire) -> None:
    await wire.head()
    await wire.event(text("<think>\n"))
    await wire.stall()


async def nonsense_first(wire: Wire) -> None:
    await wire.head()
    await wire.event("{not json")


ECHO = "A" * 2_000_000
"""What a server says that sends back what it was sent, in one word."""


NO_OPTION = "The parameter `top_k` is unknown"
SCRIPTS |= {
    "basic": status("401 Unauthorized", "staff only", 'WWW-Authenticate: Basic realm="staff"'),
    "digest": status("401 Unauthorized", "", "WWW-Authenticate: Digest realm=x, nonce=y"),
    "bearer": status("401 Unauthorized", "who?", "WWW-Authenticate: Bearer"),
    "either": status("401 Unauthorized", "who?", "WWW-Authenticate: Basic realm=x, Bearer"),
    "forbidden": status("403 Forbidden", "not you"),
    "away": status("308 Permanent Redirect", "", "Location: https://me:secret@box.example/v2?key=secret"),
    "away_here": status("302 Found", "", "Location: /login"),
    "nowhere": status("302 Found", ""),
    "too_long": status("400 Bad Request", "This model's maximum context length is 4096 tokens, not 5000"),
    "too_large": status("413 Payload Too Large", ""),
    "odd_option": status("400 Bad Request", NO_OPTION),
    "odd_model": status("400 Bad Request", "The model `odd_model` does not exist"),
    "odd": status("400 Bad Request", "no"),
    "odd_native": status("500 Internal Server Error", f"{RAW}std::bad_alloc"),
    "native_length": failing(why=f"{RAW}9 tokens are wanted, which exceeds the context length of 4"),
    "native": failing(why=f"{RAW}OrtException: bad node"),
    "native_midway": failing("half ", why=f"{RAW}out of memory"),
    "long_midway": failing("half ", why="the context length is exceeded"),
    "dies_first": failing(why="out of memory"),
    "hang_up": hang_up,
    "nonsense_first": nonsense_first,
    "text_and_error": saying(text("half an ans") | {"error": {"message": "boom"}}, end=()),
    "text_and_reason": saying(text("half an ans", finish_reason="error"), end=()),
    "unended_error": unended(text("half an ans") | {"error": {"message": "boom"}}),
    "unended_reason": unended(text("half an ans", finish_reason="error")),
    "tag_and_error": failing("<think>", why="boom"),
    "tag_and_silence": tag_and_silence,
    "echo": failing("half ", why=ECHO),
    "echo_refused": status("500 Internal Server Error", json.dumps({"error": {"message": ECHO[:64_000]}})),
    "echo_unread": status("500 Internal Server Error", json.dumps({"error": {"message": ECHO}})),
}


def fault(link: EngineClient, url: str, model: str = "good") -> Fault:
    request = ask(link, url, model)
    assert request.state is RequestState.FAILED and request.fault is not None
    return request.fault


@pytest.mark.slow
def test_a_refused_connection_names_the_address(link: EngineClient) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    said = fault(link, url)
    assert (said.kind, said.message) == ("connect", f"Nobody answers at {url}. The connection was refused.")


def test_a_name_that_nobody_has_is_named(link: EngineClient) -> None:
    said = fault(link, "http://no-such-host.invalid:8000/v1")
    assert said.message.startswith("The name no-such-host.invalid leads to no host. ")
    assert (said.kind, said.hint) == ("connect", "Check the address.")


@pytest.mark.parametrize("model", ["wrong_path", "wrong_path_fastapi"])
def test_a_wrong_path_is_told_from_a_model_that_is_missing(
    link: EngineClient, server: LoopbackServer, model: str
) -> None:
    said = fault(link, server.url, model)
    assert said.message == f"There is no chat API at {server.url}: the host answered 404."
    assert "/v1" in said.hint
    missing = fault(link, server.url, "e404")
    assert missing.message == "The host refused with 404: unknown model."
    assert "the model e404" in missing.hint


def test_a_refused_key_names_the_variable(link: EngineClient, server: LoopbackServer) -> None:
    assert fault(link, server.url, "e401").hint.endswith("into the environment variable FOUNDRY_COMPARE_API_KEY.")
    endpoint = Endpoint(server.url, "e401", "k-1", "MY_KEY")
    link.send(Start("r1", endpoint, [{"role": "user", "content": "hi"}]))
    failed = until_ended(link, ["r1"])[-1]
    assert isinstance(failed, Failed)
    assert failed.message == "The host refused with 401: no key."
    assert failed.hint == "It wants another API key: put it into the environment variable MY_KEY."
    link.send(Start("r1", Endpoint(server.url, "e401", None, ""), [{"role": "user", "content": "hi"}]))
    failed = until_ended(link, ["r1"])[-1]
    assert isinstance(failed, Failed) and failed.hint.startswith("It wants an API key: name the host in config.toml, ")


@pytest.mark.parametrize(
    ("model", "message", "hint"),
    [
        ("e400", "The host refused with 400: prompt too long.", "Shorten the prompt"),
        ("not_loaded", "The host refused with 400: The model is not loaded.", "Have the host load not_loaded"),
        ("many_complaints", "The host refused with 422: body.messages: Field required.", ""),
        ("e429", "The host refused with 429: slow down.", "wait a moment"),
        ("busy_for_7_s", "The host refused with 429: slow down.", "wait 7 s and"),
        ("busy_until", "The host refused with 429: slow down.", "wait a moment and"),
        ("busy_for_5_min", "The host refused with 429: slow down.", "wait 5:00 and"),
        ("busy_for_ever", "The host refused with 429: slow down.", "wait 24:00:00 and"),
        ("e500", "The host refused with 500: boom.", "the host's own log"),
        ("html", "The host answered with text/html instead of a stream of events.", "the address of a chat API?"),
        ("restarted", "The connection broke before the answer was complete.", "What arrived is kept."),
    ],
)
def test_what_the_host_does_is_said_with_what_to_do(
    link: EngineClient, server: LoopbackServer, model: str, message: str, hint: str
) -> None:
    said = fault(link, server.url, model)
    assert said.message == message
    assert hint in said.hint


def test_a_host_that_goes_down_leaves_what_it_said(link: EngineClient, server: LoopbackServer) -> None:
    assert ask(link, server.url, "restarted").answer == "half of"


@pytest.mark.slow
def test_a_certificate_that_nobody_trusts_is_no_safe_connection(
    link: EngineClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LoopbackServer(encrypted=True).running() as server:
        said = fault(link, server.url)
        assert said.message.startswith(f"There is no safe connection to {server.url}. Its certificate is not trusted: ")
        assert "SSL_CERT_FILE" in said.hint
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        trusting = EngineClient()
        try:
            assert ask(trusting, server.url, "good").answer == "".join(WORDS)
        finally:
            trusting.close()


def test_https_to_a_plain_server_is_said_to_be_that(link: EngineClient) -> None:
    with serving(http("400 Bad Request", b"")) as plain:
        said = fault(link, plain.url.replace("http:", "https:"))
    assert said.message.startswith("There is no safe connection to https://")
    assert said.hint == "Does the host speak plain http?"


OWN_LOG = "Look at the host's own log."
SHORTER = "Shorten the prompt, "


@pytest.mark.parametrize(
    ("model", "message", "hint"),
    [
        (
            "basic",
            "The host refused with 401: staff only.",
            "It wants a user and a password (Basic), which this program",
        ),
        ("digest", "The host refused with 401: it gives no reason.", "It wants a user and a password (Digest), which"),
        ("bearer", "The host refused with 401: who?", "It wants an API key: put it into"),
        ("either", "The host refused with 401: who?", "It wants an API key: put it into"),
        ("forbidden", "The host refused with 403: not you.", "It wants an API key: put it into"),
        (
            "away",
            "The host refused with 308: it points to https://box.example/v2, which is not followed.",
            "Give the address it should be asked at.",
        ),
        (
            "away_here",
            "The host refused with 302: it points to {root}/login, which is not followed.",
            "Give the address",
        ),
        (
            "nowhere",
            "The host refused with 302: it points to another address, which is not followed.",
            "Give the address",
        ),
        (
            "too_long",
            "The host refused with 400: This model's maximum context length is 4096 tokens, not 5000.",
            SHORTER,
        ),
        ("too_large", "The host refused with 413: it gives no reason.", SHORTER),
        ("odd_option", f"The host refused with 400: {NO_OPTION}.", "Leave out the parameter that it names."),
        (
            "odd_model",
            "The host refused with 400: The model `odd_model` does not exist.",
            "Check that the host has the model",
        ),
        ("odd", "The host refused with 400: no.", "The host does not take the request as it is: look at what it says"),
        ("odd_native", "The host refused with 500: its runtime failed inside.", OWN_LOG),
        (
            "native_length",
            "The prompt is too long for the model. The host reports: 9 tokens are wanted, which exceeds the context "
            "length of 4.",
            SHORTER,
        ),
        ("native", "The host's runtime failed inside.", f"Nothing was answered. {OWN_LOG}"),
        ("native_midway", "The host reports: out of memory.", "What arrived is kept."),
        ("long_midway", "The host reports: the context length is exceeded.", f"What arrived is kept. {SHORTER}"),
        ("dies_first", "The host reports: out of memory.", "Nothing was answered."),
        (
            "hang_up",
            "{url} takes connections and does not answer properly. It closed the connection without a word.",
            "Perhaps it speaks https. Run it again.",
        ),
        ("nonsense_first", "The host sent something that is not part of an answer: {{not json.", "Run it again."),
        ("text_and_error", "The host reports: boom.", "What arrived is kept."),
        ("text_and_reason", "The host broke its answer off: finish reason error.", "What arrived is kept."),
        ("unended_error", "The host reports: boom.", "What arrived is kept."),
        ("unended_reason", "The host broke its answer off: finish reason error.", "What arrived is kept."),
        ("tag_and_error", "The host reports: boom.", "Nothing was answered."),
        ("bad_json", "The host sent something that is not part of an answer: {{not json.", "What arrived is kept."),
    ],
)
def test_each_trouble_has_a_true_sentence_of_its_own(
    link: EngineClient, server: LoopbackServer, model: str, message: str, hint: str
) -> None:
    said = fault(link, server.url, model)
    assert said.message == message.format(url=server.url, root=server.url.removesuffix("/v1"))
    assert said.hint.startswith(hint) and said.hint.endswith(".")
    assert "secret" not in said.message + said.hint


def test_a_key_that_is_refused_is_told_from_one_that_is_missing(link: EngineClient, server: LoopbackServer) -> None:
    link.send(Start("r1", Endpoint(server.url, "forbidden", "k-1", "MY_KEY"), [{"role": "user", "content": "hi"}]))
    failed = until_ended(link, ["r1"])[-1]
    assert isinstance(failed, Failed) and failed.hint == "The host refuses this key."


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "hint"), [("stall_midway", "What arrived is kept. Run it again."), ("tag_and_silence", "Run it again.")]
)
def test_of_a_silence_is_told_what_is_kept(link: EngineClient, server: LoopbackServer, model: str, hint: str) -> None:
    request = ask(link, server.url, model, Timeouts(connect=5, first_byte=5, first_text=5, idle=0.5))
    assert (
        request.fault is not None and request.fault.message == "The host stopped in the middle of its answer for 0.5 s."
    )
    assert request.fault.hint == hint and bool(request.answer) is ("kept" in hint)


def test_an_error_without_end_holds_up_nobody(link: EngineClient, server: LoopbackServer) -> None:
    names = ["echo", "echo_refused", "echo_unread", "good"]
    for name in names:
        link.send(start(name, server.url, name))
    ends = {event.request: event for event in until_ended(link, names) if isinstance(event, Failed | Ended)}
    said = {name: end.message.removesuffix("…") for name, end in ends.items() if isinstance(end, Failed)}
    assert said.keys() == {"echo", "echo_refused", "echo_unread"} and isinstance(ends["good"], Ended)
    assert set(said["echo"].removeprefix("The host reports: ")) == {"A"}
    assert set(said["echo_refused"].removeprefix("The host refused with 500: ")) == {"A"}
    assert all(len(words) < 700 for words in some(said.values()))
