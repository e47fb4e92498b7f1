"""What can go wrong with a request, as sentences: what happened, and what to do now."""

from __future__ import annotations

import json

import httpcore2
import httpx2
import openai

from tui.core.events import Failed
from tui.engine.protocol import Start
from tui.net.said import error_message

BODY_BYTES = 65_536
"""How much of a body that is no stream is read, to find out what it says."""

_SHOWN = 300


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
    httpcore2.UnsupportedProtocol,
    OSError,
    UnicodeError,
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
    return Failed(start.lane, at, kind, message, hint, type(error).__name__)


def _root(error: BaseException) -> BaseException:
    """openai wraps what the connection did; the cause says more."""
    inner = isinstance(error, openai.APIConnectionError) and error.__cause__
    return inner if isinstance(inner, BaseException) else error


def _explain(start: Start, error: BaseException) -> tuple[str, str, str]:
    where = start.endpoint.base_url
    match error:
        case openai.APIStatusError():
            return _explain_status(start, error)
        case ServerSaidError():
            return "stream", _sentence(f"The host reports: {error}"), "What arrived is kept."
        case NonsenseError():
            return "stream", f"The host sent something that is not part of an answer: {error}", "What arrived is kept."
        case NotAStreamError():
            return "stream", *_explain_body(where, error)
        case httpx2.SSEError():
            return "stream", "The host sent more without a break than any answer holds.", "What arrived is kept."
        case httpcore2.ConnectError() | httpx2.ConnectError():
            return "connect", f"Nobody answers at {where}.", "Check the address, or that the host is up."
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


def _explain_status(start: Start, error: openai.APIStatusError) -> tuple[str, str, str]:
    said = _said(error.response)
    status, model = error.status_code, start.endpoint.model
    hints = {
        400: "Check the prompt's length and the parameters.",
        401: "The host wants an API key.",
        403: "The host refuses this key.",
        404: f"Check that the host has the model {model}, and the address {start.endpoint.base_url}.",
        429: "Too many requests: wait a moment and run it again.",
        503: "The host is busy or starting: wait a moment and run it again.",
    }
    hint = hints.get(status, "Look at the host's own log." if status >= 500 else "")
    if 300 <= status < 400:
        said, hint = "it points to another address, which is not followed", "Give the address it should be asked at."
    return "status", _sentence(f"The host refused with {status}: {said}"), hint


def _explain_body(where: str, error: NotAStreamError) -> tuple[str, str]:
    try:
        said = error_message(json.loads(error.body))
    except (ValueError, RecursionError):
        said = None
    if said:
        return _sentence(f"The host reports: {said}"), "Nothing was answered."
    kind = error.content_type.partition(";")[0].strip() or "something without a type"
    return f"The host answered with {kind} instead of a stream of events.", f"Is {where} the address of a chat API?"


def _said(response: httpx2.Response) -> str:
    try:
        message = error_message(response.json())
    except (ValueError, RecursionError, httpx2.StreamError):
        message = None
    if message:
        return message
    try:
        text = response.text.strip()
    except httpx2.StreamError:
        text = ""
    return text if text and len(text) <= _SHOWN and not text.startswith("<") else "it gives no reason"


def _sentence(text: str) -> str:
    text = text if len(text) <= _SHOWN * 2 else text[: _SHOWN * 2] + "…"
    return text if text.endswith((".", "!", "?", "…")) else text + "."
