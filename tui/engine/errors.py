"""What can go wrong with a request, as sentences: what happened, and what to do about it.

The names of the exceptions are stored in sessions, as `error.type`.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import httpcore2
import httpx2
import openai

from tui.core.errors import CompareError, prose, reason_of
from tui.core.requests.events import Failed
from tui.core.requests.request import UNLOADED
from tui.core.text.formatting import left
from tui.engine.protocol import Start
from tui.engine.retry_after import retry_after_s
from tui.engine.sse_framing import TooLongError
from tui.net.bodies import PackedError
from tui.net.error_body import error_message
from tui.net.failures import (
    MAX_WORDS,
    no_answer,
    no_connection,
    points_to,
    proxy_refused,
    sign_in_wanted,
    without_origin,
)
from tui.net.secrets import redacted_start, where_keys_go

_TOO_LONG = "The prompt is too long for the model."
_SHORTER = "Shorten the prompt, or have the model loaded with a larger context; --max-tokens counts towards it as well."
_OWN_LOG = "Look at the host's own log."
_KEPT = "What arrived is kept."
_AGAIN = "Run it again."
_NO_PAGE = re.compile(r"(?:404:? ?)?(?:(?:page|file|path|url|route|resource) )?not found\.?", re.IGNORECASE)
"""What a host reports of a path that it does not have, as opposed to a model."""
_NOT_LOADED = re.compile(r"\bnot (?:\w+ )?loaded\b|\bNo OpenAIService provider found\b", re.IGNORECASE)
_LENGTH = re.compile(
    r"(?:context|prompt|input|sequence|messages?)\b.{0,80}(?:too (?:long|large|many)|exceed|longer than|maximum|limit)"
    r"|(?:exceed|longer than|larger than|maximum).{0,60}(?:context|max_length|n_ctx|sequence length)"
    r"|too many tokens",
    re.IGNORECASE | re.DOTALL,
)
"""What hosts report of a prompt that does not fit into the context."""
_OPTION = re.compile(r"parameter|argument|field|option|unsupported|not (?:permitted|allowed|supported)", re.IGNORECASE)
_NO_MODEL = re.compile(
    r"\bmodel\b.{0,100}(?:not found|not exist|unknown|invalid|no such)|(?:unknown|invalid|no such) model",
    re.IGNORECASE | re.DOTALL,
)
_NATIVE = re.compile(r"(?<!\w)\w+\.(?:cc|cpp|h|hpp):\d+|\bOrtException\b|\b(?:Ort|std|onnxruntime|Generators)::\w+")
"""What the runtime's native code reports to its developers."""


class ServerSaidError(Exception):
    """The server reported an error inside its stream."""


class BrokenOffError(Exception):
    """The server ended its answer with this finish reason, which says that it is not whole."""


class NonsenseError(Exception):
    """A part of the stream that is not JSON, or no chunk; its text is the beginning of that part."""

    def __init__(self, part: str) -> None:
        super().__init__(redacted_start(part, 200))


class OtherApiError(NonsenseError):
    """A stream of objects of which none belongs to a chat completion; its text is the beginning of the first."""


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
    BrokenOffError,
    NonsenseError,
    NotAStreamError,
    TooLongError,
    PackedError,
)
"""All that the network and the server can raise. Anything else is a defect and must not be hidden."""

BROKEN = (httpcore2.RemoteProtocolError, httpcore2.ReadError)
"""Those of a connection that breaks while an answer arrives."""

_SILENCES = {
    "connect": ("connect", "The host did not accept the connection", "Check the address, or that the host is up."),
    "first byte": ("timeout", "The host took the request and did not answer", "It may be busy or stuck: run it again."),
    "first text": ("timeout", "The host began to answer and sent no text", "It may be busy or stuck: run it again."),
    "more text": ("timeout", "The host stopped in the middle of its answer", _AGAIN),
}


def silent(start: Start, phase: str, seconds: float, at: int, *, arrived: bool) -> Failed:
    """The host was silent for too long in this phase. `arrived` is whether any text of the answer came before it."""
    kind, what, hint = _SILENCES[phase]
    return Failed(
        start.request, at, kind, f"{what} for {seconds:g} s.", prose(_KEPT if arrived else "", hint), "timeout"
    )


def failed(start: Start, error: BaseException, at: int, *, arrived: bool) -> Failed:
    """The failure an exception stands for. `arrived` is whether any text of the answer came before it."""
    kind, message, hint = _explain(start, _root(error), arrived=arrived)
    return Failed(start.request, at, kind, message, prose(hint), type(error).__name__, _asked_pause(error))


def _asked_pause(error: BaseException) -> int | None:
    """The pause that the host asks for, in seconds; None when it asks for none."""
    if not isinstance(error, openai.APIStatusError):
        return None
    return retry_after_s(error.response.headers.get("retry-after", ""), datetime.now(UTC))


def _root(error: BaseException) -> BaseException:
    """The cause of an error that the openai library wraps: it is more precise."""
    inner = isinstance(error, openai.APIConnectionError) and error.__cause__
    return inner if isinstance(inner, BaseException) else error


def _explain(start: Start, error: BaseException, *, arrived: bool) -> tuple[str, str, str]:
    where = start.endpoint.base_url
    kept = _KEPT if arrived else _AGAIN
    match error:
        case openai.APIStatusError():
            return _explain_status(start, error)
        case CompareError():
            return "connect", *_message_and_hint(error)
        case httpcore2.ProxyError():
            return "connect", *_message_and_hint(proxy_refused(where, str(error)))
        case ServerSaidError():
            return "stream", *_explain_report(str(error), _KEPT if arrived else "Nothing was answered.")
        case BrokenOffError():
            return "stream", f"The host broke its answer off: finish reason {error}.", kept
        case PackedError():
            return "stream", _sentence(f"The host's answer cannot be read: {error}"), _OWN_LOG
        case OtherApiError():
            hint = f"Is {where} the address of a chat API?"
            return "stream", _sentence(f"The host does not stream chat completions, but {error}"), hint
        case NonsenseError():
            return "stream", _sentence(f"The host sent something that is not part of an answer: {error}"), kept
        case NotAStreamError():
            return "stream", *_explain_body(where, error)
        case TooLongError():
            return "stream", "The host sent more without a break than any answer holds.", kept
        case httpcore2.ConnectError() | httpx2.ConnectError():
            return "connect", *_message_and_hint(
                no_connection(where, error, "Check the address, or that the host is up")
            )
        case httpcore2.RemoteProtocolError() | httpcore2.ReadError() | httpcore2.WriteError():
            if arrived:
                return "stream", "The connection broke before the answer was complete.", prose(_KEPT, _AGAIN)
            return "stream", *_message_and_hint(no_answer(where, error, _AGAIN))
        case httpcore2.UnsupportedProtocol() | httpx2.InvalidURL():
            return (
                "connect",
                f"{where} is not an address this program can use.",
                "Give a URL such as http://127.0.0.1:8000/v1.",
            )
        case _:
            return "stream", _sentence(f"The request failed: {reason_of(error)}"), _AGAIN


def _message_and_hint(error: CompareError) -> tuple[str, str]:
    return prose(error.title, error.detail), error.hint


def _explain_report(report: str, hint: str) -> tuple[str, str]:
    """Message and hint for what a host reports of itself: by its meaning, where that is known."""
    words = without_origin(report)
    shorter = prose(_KEPT, _SHORTER) if hint == _KEPT else _SHORTER
    if _NATIVE.search(words):
        # Only the runtime's developers can make sense of the rest.
        too_long = _LENGTH.search(words)
        return (_TOO_LONG, shorter) if too_long else ("The host's runtime failed inside.", prose(hint, _OWN_LOG))
    reported = _sentence(f"The host reports: {words}")
    if not _LENGTH.search(words):
        return reported, hint
    return reported if words == report else prose(_TOO_LONG, reported), shorter


def _explain_status(start: Start, error: openai.APIStatusError) -> tuple[str, str, str]:
    message = without_origin(_host_message(error.response) or "") or None
    status, endpoint = error.status_code, start.endpoint
    if status == 404 and (message is None or _NO_PAGE.fullmatch(message)):
        what = f"There is no chat API at {endpoint.base_url}: the host answered 404."
        return "status", what, "Check the path of the address; most hosts want it to end in /v1."
    if status == 407:
        return "connect", *_message_and_hint(proxy_refused(endpoint.base_url, "407"))
    pause_s = _asked_pause(error)
    wait = left(pause_s) if pause_s else "a moment"
    hints = {
        400: _bad_request(message or "", endpoint.model),
        401: _sign_in(error.response, start),
        403: "The host refuses this key." if endpoint.api_key else _key_wanted(start),
        404: f"Check that the host has the model {endpoint.model}, and the address {endpoint.base_url}.",
        413: _SHORTER,
        422: _bad_request(message or "", endpoint.model),
        429: f"Too many requests: wait {wait} and run it again.",
        503: f"The host is busy or starting: wait {wait} and run it again.",
    }
    hint = hints.get(status, _OWN_LOG if status >= 500 else "")
    kind = "status"
    if message is not None and _NOT_LOADED.search(message):
        kind, hint = UNLOADED, f"Have the host load {endpoint.model}, then run it again."
    elif message is not None and _LENGTH.search(message):
        hint = _SHORTER
        message = "the prompt is too long for the model" if _NATIVE.search(message) else message
    elif message is not None and _NATIVE.search(message):
        message, hint = "its runtime failed inside", _OWN_LOG
    if 300 <= status < 400:
        there = error.response.headers.get("location", "")
        place = points_to(endpoint.base_url, there) if there else "another address"
        message, hint = f"it points to {place}, which is not followed", "Give the address it should be asked at."
    return kind, _sentence(f"The host refused with {status}: {message or 'it gives no reason'}"), hint


def _bad_request(message: str, model: str) -> str:
    """What to do about a request that the host does not accept as it is."""
    if _NO_MODEL.search(message):
        return f"Check that the host has the model {model}."
    if _OPTION.search(message):
        return "Leave out the parameter that it names."
    return "The host does not take the request as it is: look at what it says, and at its own log."


def _sign_in(response: httpx2.Response, start: Start) -> str:
    kind = sign_in_wanted(response.headers.get("www-authenticate", ""))
    if not kind:
        return _key_wanted(start)
    return (
        f"It wants a user and a password ({kind}), which this program never sends: something stands before the host, "
        "such as a gateway."
    )


def _key_wanted(start: Start) -> str:
    another = "another" if start.endpoint.api_key else "an"
    return f"It wants {another} API key: {where_keys_go(start.endpoint.key_name)}."


def _explain_body(where: str, error: NotAStreamError) -> tuple[str, str]:
    try:
        message = error_message(json.loads(error.body))
    except (ValueError, RecursionError):
        message = None
    if message:
        return _explain_report(message, "Nothing was answered.")
    kind = error.content_type.partition(";")[0].strip() or "something without a type"
    return f"The host answered with {kind} instead of a stream of events.", f"Is {where} the address of a chat API?"


def _host_message(response: httpx2.Response) -> str | None:
    text = body_of(response).strip()
    try:
        message = error_message(json.loads(text))
    except (ValueError, RecursionError):
        message = None
    if message:
        return message
    return text if text and len(text) <= MAX_WORDS and not text.startswith("<") else None


def body_of(response: httpx2.Response) -> str:
    """The text of a refusal; empty when it was not read to its end."""
    try:
        return response.text
    except httpx2.StreamError:
        return ""


def _sentence(text: str) -> str:
    begun = redacted_start(text, MAX_WORDS * 2)
    return prose(begun if len(text) <= MAX_WORDS * 2 else begun + "…")
