"""What can go wrong with a request, as sentences: what happened, and what to do now."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpcore2
import httpx2
import openai

from tui.core.errors import CompareError
from tui.core.events import Failed
from tui.core.lane import UNLOADED
from tui.engine.protocol import Start
from tui.engine.retry_after import retry_after_s
from tui.net.proxies import VARIABLES, proxy_for
from tui.net.said import error_message

BODY_BYTES = 65_536
"""How much of a body that is no stream is read, to find out what it says."""

_SHOWN = 300
_CERTIFICATE = "The environment variable SSL_CERT_FILE may name the file of the authority that signed it."
_PROXY = f"The environment names this proxy: look at {VARIABLES}."
_PROXY_LOGIN = "Write them into the variable of the proxy, like http://user:password@proxy:3128."
_NO_PAGE = re.compile(r"(?:404:? ?)?(?:(?:page|file|path|url|route|resource) )?not found\.?", re.IGNORECASE)
"""What a host says of a path it does not have, as opposed to a model."""
_NOT_LOADED = re.compile(r"\bnot (?:\w+ )?loaded\b|\bNo OpenAIService provider found\b", re.IGNORECASE)
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


class ServerSaidError(Exception):
    """The server reported an error inside its stream."""


class NonsenseError(Exception):
    """A part of the stream that is not JSON, or no chunk."""


class NotAStreamError(Exception):
    """A success that is not a stream of events: `content_type` and the beginning of `body`."""

    def __init__(self, content_type: str, body: bytes) -> None:
        super().__init__(content_type)
        self.content_type = content_type
        self.body = body


EXPECTED = (
    openai.OpenAIError,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.ProtocolError,
    httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
    OSError,
    UnicodeError,
    CompareError,
    ServerSaidError,
    NonsenseError,
    NotAStreamError,
)
"""Everything the network and the server can do to us. Anything else is a defect and must not be hidden."""

_SILENCES = {
    "connect": ("connect", "The host did not accept the connection", "Check the address, or that the host is up."),
    "first byte": ("timeout", "The host took the request and did not answer", "It may be busy or stuck: run it again."),
    "first text": ("timeout", "The host began to answer and sent no text", "It may be busy or stuck: run it again."),
    "more text": ("timeout", "The host stopped in the middle of its answer", "What arrived is kept. Run it again."),
}


def silent(start: Start, phase: str, seconds: float, at: int) -> Failed:
    """The host was silent for too long in this phase."""
    kind, what, hint = _SILENCES[phase]
    return Failed(start.lane, at, kind, f"{what} for {seconds:g} s.", hint, "timeout")


def failed(start: Start, error: BaseException, at: int) -> Failed:
    """The failure an exception stands for."""
    kind, message, hint = _explain(start, _root(error))
    return Failed(start.lane, at, kind, message, hint, type(error).__name__, _asked_pause(error))


def _asked_pause(error: BaseException) -> int | None:
    if not isinstance(error, openai.APIStatusError):
        return None
    return retry_after_s(error.response.headers.get("retry-after", ""), datetime.now(UTC))


def _root(error: BaseException) -> BaseException:
    """openai wraps what the connection did; the cause says more."""
    inner = isinstance(error, openai.APIConnectionError) and error.__cause__
    return inner if isinstance(inner, BaseException) else error


def _explain(start: Start, error: BaseException) -> tuple[str, str, str]:
    where = start.endpoint.base_url
    match error:
        case openai.APIStatusError():
            return _explain_status(start, error)
        case CompareError():
            return "connect", _sentence(f"{error.title}: {error.detail}" if error.detail else error.title), error.hint
        case httpcore2.ProxyError():
            return "connect", *_explain_proxy(where, str(error))
        case ServerSaidError():
            return "stream", _sentence(f"The host reports: {error}"), "What arrived is kept."
        case NonsenseError():
            return "stream", f"The host sent something that is not part of an answer: {error}", "What arrived is kept."
        case NotAStreamError():
            return "stream", *_explain_body(where, error)
        case httpx2.SSEError():
            return "stream", "The host sent more without a break than any answer holds.", "What arrived is kept."
        case httpcore2.ConnectError() | httpx2.ConnectError():
            return "connect", *_explain_connection(where, error)
        case httpcore2.RemoteProtocolError() | httpcore2.ReadError() | httpcore2.WriteError():
            return (
                "stream",
                "The connection broke before the answer was complete.",
                "What arrived is kept. Run it again.",
            )
        case httpcore2.UnsupportedProtocol() | httpx2.InvalidURL():
            return (
                "connect",
                f"{where} is not an address this program can use.",
                "Give a URL such as http://127.0.0.1:8000/v1.",
            )
        case _:
            return "stream", _sentence(f"The request failed: {str(error) or type(error).__name__}"), "Run it again."


def _explain_proxy(where: str, said: str) -> tuple[str, str]:
    """Why the proxy does not let through; `said` is its status and reason, when it gave any."""
    proxy = proxy_for(where)
    named = f"The proxy {proxy.url}" if proxy is not None else "The proxy"
    if said.startswith("407"):
        return f"{named} wants a user and a password, or other ones.", _PROXY_LOGIN
    return _sentence(f"{named} does not let through to {where}: {said or 'it gives no reason'}"), _PROXY


def _explain_connection(where: str, error: BaseException) -> tuple[str, str]:
    proxy = proxy_for(where)
    place, hint = (where, "Check the address.") if proxy is None else (proxy.url, _PROXY)
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                what = f"its certificate is not trusted: {cause.verify_message}"
                return _sentence(f"There is no safe connection to {where}: {what}"), _CERTIFICATE
            case ssl.SSLError():
                what = cause.reason or str(cause)
                return _sentence(f"There is no safe connection to {where}: {what}"), "Does the host speak plain http?"
            case socket.gaierror():
                return _sentence(f"The name {urlsplit(place).hostname} leads to no host: {cause.strerror}"), hint
    if proxy is not None:
        return f"Nobody answers at {proxy.url}, the proxy on the way to {where}.", _PROXY
    return f"Nobody answers at {where}.", "Check the address, or that the host is up."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from, several connections tried side by side included."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for inner in error.exceptions:
                yield from _causes(inner)
        error = error.__cause__ or error.__context__


def _explain_status(start: Start, error: openai.APIStatusError) -> tuple[str, str, str]:
    said = _said(error.response)
    status, endpoint = error.status_code, start.endpoint
    if status == 404 and (said is None or _NO_PAGE.fullmatch(said)):
        what = f"There is no chat API at {endpoint.base_url}: the host answered 404."
        return "status", what, "Check the path of the address; most hosts want it to end in /v1."
    if status == 407:
        return "connect", *_explain_proxy(endpoint.base_url, "407")
    wait = _wait(error.response)
    another = "another" if endpoint.api_key else "an"
    hints = {
        400: "Check the prompt's length and the parameters.",
        401: f"It wants {another} API key: put it into the environment variable {endpoint.key_name}.",
        403: "The host refuses this key.",
        404: f"Check that the host has the model {endpoint.model}, and the address {endpoint.base_url}.",
        429: f"Too many requests: wait {wait} and run it again.",
        503: f"The host is busy or starting: wait {wait} and run it again.",
    }
    hint = hints.get(status, "Look at the host's own log." if status >= 500 else "")
    kind = "status"
    if said is not None and _NOT_LOADED.search(said):
        kind, hint = UNLOADED, f"Have the host load {endpoint.model}, then run it again."
    if 300 <= status < 400:
        said, hint = "it points to another address, which is not followed", "Give the address it should be asked at."
    return kind, _sentence(f"The host refused with {status}: {said or 'it gives no reason'}"), hint


def _wait(response: httpx2.Response) -> str:
    """How long the host asks to be left alone, in words."""
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit() and len(said) < 7:
        return f"{int(said)} s"
    return f"until {said}" if _HTTP_DATE.fullmatch(said) else "a moment"


def _explain_body(where: str, error: NotAStreamError) -> tuple[str, str]:
    try:
        said = error_message(json.loads(error.body))
    except (ValueError, RecursionError):
        said = None
    if said:
        return _sentence(f"The host reports: {said}"), "Nothing was answered."
    kind = error.content_type.partition(";")[0].strip() or "something without a type"
    return f"The host answered with {kind} instead of a stream of events.", f"Is {where} the address of a chat API?"


def _said(response: httpx2.Response) -> str | None:
    text = body_of(response).strip()
    try:
        message = error_message(json.loads(text))
    except (ValueError, RecursionError):
        message = None
    if message:
        return message
    return text if text and len(text) <= _SHOWN and not text.startswith("<") else None


def body_of(response: httpx2.Response) -> str:
    """The text of a refusal; empty when it was not read to its end."""
    try:
        return response.text
    except httpx2.StreamError:
        return ""


def _sentence(text: str) -> str:
    text = text if len(text) <= _SHOWN * 2 else text[: _SHOWN * 2] + "…"
    return text if text.endswith((".", "!", "?", "…")) else text + "."
