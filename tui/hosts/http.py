"""Bounded questions to a host's management interface, and their failures as sentences."""

from __future__ import annotations

import json
import re
import socket
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from html import unescape
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from tui.background import start
from tui.core.errors import NoHostError
from tui.core.text.formatting import data_size
from tui.net.addresses import public_url
from tui.net.bodies import PackedError, Unpacker
from tui.net.client import CONNECT_S, http_client
from tui.net.error_body import error_message
from tui.net.failures import MAX_WORDS, no_answer, no_connection, points_to, proxy_refused, sign_in_wanted
from tui.net.secrets import redacted, redacted_data, redacted_start

if TYPE_CHECKING:
    import httpx2

MAX_BYTES = 4_000_000
"""Longest body that is read: a catalogue of thousands of models fits."""
MAX_LINE = 65_536
"""Characters in one line of a stream."""
CANCEL_S = 0.1
"""How long a cancellation may go unnoticed."""

_LINE_END = re.compile(r"[\r\n]")
_TITLE = re.compile(r"<title[^>]{0,100}>([^<]{1,300})", re.IGNORECASE)


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
    sign_in: str = ""
    """The kind of sign-in that a refusal asks for, such as Basic; empty where that is no other than a key."""

    @property
    def ok(self) -> bool:
        """Whether the host did what it was asked."""
        return 200 <= self.status < 300

    def words(self) -> str:
        """The server's own explanation, else its status."""
        if self.location is not None:
            return f"It points to another address, {self.location}, which is not followed"
        words = error_message(self.body) or (self._page() if self._is_page else self.text)
        return (
            redacted_start(" ".join(words.split()), MAX_WORDS)
            if words.strip()
            else f"It answered with HTTP status {self.status}"
        )

    def refusal(self) -> str:
        """Its status, and its own explanation if it gives one."""
        words = self.words()
        bare = f"It answered with HTTP status {self.status}"
        return words if words == bare or self.location is not None or self._is_page else f"{bare}: {words}"

    @property
    def _is_page(self) -> bool:
        return self.text.lstrip().startswith("<")

    def _page(self) -> str:
        """What a page for people says: its title."""
        found = _TITLE.search(self.text)
        title = unescape(found[1]) if found else ""
        what = "It answered with a web page" + ("" if self.ok else f" and HTTP status {self.status}")
        return f"{what}: {title}" if title.strip() else what


def root_of(address: str) -> str:
    """The address without a slash and `/v1` at its end."""
    return address.rstrip("/").removesuffix("/v1").rstrip("/")


def fetch(base_url: str, path: str, *, timeout: float, hint: str, api_key: str | None = None) -> Reply:
    """GET `path` below `base_url`. `timeout` is the longest silence, the longest wait for the head of the answer
    and the longest for its body, in seconds.

    Raises NoHostError, ending with `hint`, when no whole HTTP response came.
    """
    return _ask("GET", base_url, path, None, timeout=timeout, hint=hint, api_key=api_key)


def post(base_url: str, path: str, body: Any, *, timeout: float, hint: str, api_key: str | None = None) -> Reply:
    """POST `body` as JSON to `path` below `base_url`, otherwise like `fetch`."""
    return _ask("POST", base_url, path, body, timeout=timeout, hint=hint, api_key=api_key)


def post_lines(
    base_url: str, path: str, body: Any, *, on_line: Callable[[str], None], cancelled: Event, silence: float, hint: str
) -> Reply | None:
    """POST `body` as JSON, and hand on the lines of the answer as they come. It may take hours.

    Returns None, the connection closed, soon after `cancelled` is set; else a reply that holds no body but a
    refusal's, whose lines are not handed on. Raises NoHostError, ending with `hint`, when the answer breaks off, or
    when nothing is heard for `silence` seconds.
    """
    if cancelled.is_set():
        return None
    late = "Nothing more came within"
    try:
        with _requested("POST", base_url, path, body, silence, hint, cancelled=cancelled, late=late) as (
            response,
            wire,
        ):
            if not response.is_success:
                return _read(response, wire)
            wire.allow(None)
            for line in _lines(_unpacked(response)):
                on_line(line)
            return None if cancelled.is_set() else Reply(response.status_code)
    except NoHostError:
        if cancelled.is_set():
            return None
        raise


class _Wire:
    """The socket of a request under way: a read that waits in one thread is ended by closing it from another."""

    def __init__(self, seconds: float) -> None:
        """`seconds` are for each of: the encryption of the connection, and the head of the answer after it."""
        self.late = False
        """Whether it was closed because what was allowed had passed."""
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._deadline: float | None = None

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """What the HTTP library calls at each step of a request."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
        if event.endswith(("connect_tcp.complete", "start_tls.started", "start_tls.complete")):
            self.allow(self._seconds)

    def allow(self, seconds: float | None) -> None:
        """What comes from now on may take this long, however it comes; None for no limit."""
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def watch(self, over: Event, cancelled: Event) -> None:
        """Until `over` is set, end what is cancelled or late. The library limits single reads, and not their sum."""
        while not over.wait(CANCEL_S):
            deadline = self._deadline
            self.late = deadline is not None and time.monotonic() > deadline
            if (self.late or cancelled.is_set()) and self._hang_up():
                return

    def _hang_up(self) -> bool:
        """End both directions. Returns whether there was something to end."""
        try:
            # Not the method of a TLS socket, which would take the session away under the reading thread.
            if self._socket is not None:
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            return False
        return self._socket is not None


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines in a stream of bytes, whatever ends them; empty ones are left out."""
    import httpx2

    decoder = getincrementaldecoder("utf-8")("replace")
    rest = ""
    for chunk in chunks:
        *lines, rest = _LINE_END.split(rest + decoder.decode(chunk))
        yield from filter(None, lines)
        if len(rest) > MAX_LINE:
            raise httpx2.DecodingError(f"a line of more than {MAX_LINE} characters")
    if rest:
        yield rest


def _ask(method: str, base_url: str, path: str, body: Any, *, timeout: float, hint: str, api_key: str | None) -> Reply:
    with _requested(method, base_url, path, body, timeout, hint, api_key=api_key) as (response, wire):
        return _read(response, wire)


@contextmanager
def _requested(
    method: str,
    base_url: str,
    path: str,
    body: Any,
    timeout: float,
    hint: str,
    *,
    api_key: str | None = None,
    cancelled: Event | None = None,
    late: str = "No whole answer came within",
) -> Iterator[tuple[httpx2.Response, _Wire]]:
    """A response whose body is still to come, for which `timeout` seconds are allowed, and failures as sentences."""
    import httpx2

    shown, wire, over = public_url(base_url), _Wire(timeout), Event()
    watch: Thread | None = None
    try:
        with http_client(base_url, timeout=timeout, api_key=api_key) as client:
            watch = start(partial(wire.watch, over, cancelled or Event()), "watch request")
            with client.stream(method, path, json=body, extensions={"trace": wire.trace}) as response:
                wire.allow(timeout)
                yield response, wire
    except httpx2.ConnectTimeout as error:
        wait = min(timeout, CONNECT_S)
        raise no_connection(base_url, error, hint, f"No connection within {wait:g} s") from error
    except httpx2.HTTPError as error:
        if wire.late or isinstance(error, httpx2.TimeoutException):
            raise NoHostError(f"{shown} is silent", f"{late} {timeout:g} s", hint) from error
        if isinstance(error, httpx2.ConnectError):
            raise no_connection(base_url, error, hint) from error
        if isinstance(error, httpx2.ProxyError):
            raise proxy_refused(base_url, redacted(str(error))) from error
        raise no_answer(base_url, error, hint) from error
    except PackedError as error:
        raise NoHostError(f"{shown} sends what cannot be read", str(error), hint) from error
    finally:
        over.set()
        if watch is not None:
            watch.join()


def _read(response: httpx2.Response, wire: _Wire) -> Reply:
    import httpx2

    raw = bytearray()
    try:
        for chunk in _unpacked(response):
            raw += chunk
            if len(raw) > MAX_BYTES:
                return Reply(response.status_code, text=f"The answer is longer than {data_size(MAX_BYTES)}")
    except PackedError as error:
        return Reply(response.status_code, text=f"Its answer cannot be read: {error}")
    if wire.late:
        # Where no length was given, a connection that was closed is the end of the body.
        raise httpx2.ReadTimeout("the body came too slowly")
    location = response.headers.get("location") if response.is_redirect else None
    if location is not None:
        location = points_to(str(response.request.url), location)
    sign_in = sign_in_wanted(response.headers.get("www-authenticate", "")) if response.status_code == 401 else ""
    try:
        return Reply(response.status_code, redacted_data(json.loads(raw)), location=location, sign_in=sign_in)
    except (ValueError, RecursionError):
        text = redacted_start(raw.decode("utf-8", "replace"), 4 * MAX_WORDS)
        return Reply(response.status_code, text=text, location=location, sign_in=sign_in)


def _unpacked(response: httpx2.Response) -> Iterator[bytes]:
    """The body in pieces, none of them large, so that whoever reads them can stop in time. Raises PackedError."""
    unpacker = Unpacker(response.headers.get("content-encoding", ""))
    for chunk in response.iter_raw():
        yield from unpacker.take(chunk)
