"""One bounded question to a host's management interface, and its failures as sentences."""

from __future__ import annotations

import json
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from tui.core.errors import NoHostError
from tui.net.client import CONNECT_S, http_client, public_url
from tui.net.said import error_message

if TYPE_CHECKING:
    import httpx2

MAX_BYTES = 4_000_000
"""Longest body that is read: a catalogue of thousands of models fits."""
MAX_WORDS = 300
"""Characters of a server's own words that are passed on."""

_Error = TypeVar("_Error", bound=BaseException)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a host answered. Everything in it comes from outside."""

    status: int
    body: Any = None
    """The decoded JSON; None when there was none."""
    text: str = ""
    """The beginning of a body that is no JSON."""
    location: str | None = None
    """Where a redirect points, without user or query."""

    @property
    def ok(self) -> bool:
        """Whether the host did what it was asked."""
        return 200 <= self.status < 300

    def words(self) -> str:
        """The server's own explanation, else its status."""
        said = error_message(self.body)
        if said is None and not self.text.lstrip().startswith("<"):
            said = self.text.strip()
        return said[:MAX_WORDS] if said else f"It answered with HTTP status {self.status}"


def fetch(base_url: str, path: str, *, timeout: float, hint: str, api_key: str | None = None) -> Reply:
    """GET `path` below `base_url`. `timeout` is the longest silence, and the longest wait for the body, in seconds.

    Raises NoHostError, ending with `hint`, when no whole HTTP response came.
    """
    import httpx2

    shown = public_url(base_url)
    with http_client(base_url, timeout=timeout, api_key=api_key) as client:
        try:
            with client.stream("GET", path) as response:
                return _read(response, time.monotonic() + timeout)
        except httpx2.ConnectTimeout as error:
            wait = min(timeout, CONNECT_S)
            raise NoHostError(f"Nobody answers at {shown}", f"No connection within {wait:g} s", hint) from error
        except httpx2.TimeoutException as error:
            raise NoHostError(f"{shown} is silent", f"No whole answer came within {timeout:g} s", hint) from error
        except httpx2.ConnectError as error:
            unsafe = _cause(error, ssl.SSLError)
            if unsafe is not None:
                raise NoHostError(f"There is no safe connection to {shown}", *_tls(unsafe, hint)) from error
            system = _cause(error, OSError)
            detail = (system.strerror if system is not None else None) or str(error)
            raise NoHostError(f"Nobody answers at {shown}", detail, hint) from error
        except httpx2.HTTPError as error:
            raise NoHostError(f"{shown} takes connections and does not answer properly", str(error), hint) from error


def _read(response: httpx2.Response, deadline: float) -> Reply:
    import httpx2

    raw = bytearray()
    for chunk in response.iter_raw():
        raw += chunk
        if len(raw) > MAX_BYTES:
            return Reply(response.status_code, text=f"The answer is longer than {MAX_BYTES // 1_000_000} MB")
        if time.monotonic() > deadline:
            raise httpx2.ReadTimeout("the body came too slowly")
    location = response.headers.get("location") if response.is_redirect else None
    if location is not None:
        location = public_url(location)
    try:
        return Reply(response.status_code, json.loads(raw), location=location)
    except (ValueError, RecursionError):
        text = raw[: 4 * MAX_WORDS].decode("utf-8", "replace")
        return Reply(response.status_code, text=text, location=location)


def _tls(error: ssl.SSLError, hint: str) -> tuple[str, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"Its certificate is not trusted: {error.verify_message}", "SSL_CERT_FILE may name the authority's file"
    return error.reason or str(error), f"Does it speak plain http? {hint}"


def _cause(error: BaseException, kind: type[_Error]) -> _Error | None:
    """The first error of this kind on the way back from `error` to what caused it."""
    at: BaseException | None = error
    while at is not None and not isinstance(at, kind):
        at = at.__cause__ or at.__context__
    return at
