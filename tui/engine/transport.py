"""HTTP under the openai client, with a stamp on every read of the socket, taken before anything is decoded.

Every request gets a connection of its own. A kept connection distorts the measurement: on loopback, delayed
acknowledgements hold back small writes for some 40 ms, and tokens then arrive in bursts.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Any

import httpcore2
import httpx2

from tui.engine.stamped_socket import StampedSocketBackend
from tui.engine.stamps import Stamps, clock
from tui.net.bodies import PackedError, Unpacker
from tui.net.proxies import Proxy
from tui.net.secrets import redacted_start

REFUSAL_BYTES = 65_536
"""The most bytes of a refusal that are read, to find out its reason."""
MAX_TYPE_BYTES = 100


class StampingTransport(httpx2.AsyncBaseTransport):
    """One request over one fresh connection. Raises httpcore2's exceptions as they are."""

    def __init__(self, stamps: Stamps, base_url: str, proxy: Proxy | None) -> None:
        encrypted = base_url[:6].lower() == "https:"
        # Reading the authorities' certificates takes long; done while connecting, it would be measured.
        context = httpcore2.default_ssl_context() if encrypted else None
        if proxy is None:
            backend = _Backend(stamps, 0) if encrypted else StampedSocketBackend(stamps)
            self._pool = httpcore2.AsyncConnectionPool(
                ssl_context=context, network_backend=backend, max_keepalive_connections=0
            )
            return
        # Through a tunnel, the host is reached when encryption with it stands; what is written before is the proxy's.
        steps = encrypted + (encrypted and proxy.url.startswith("https:"))
        self._pool = httpcore2.AsyncHTTPProxy(
            proxy.url,
            proxy_auth=proxy.login,
            ssl_context=context,
            network_backend=_Backend(stamps, steps),
            max_keepalive_connections=0,
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request and return its response as soon as the headers have arrived."""
        url = request.url
        response = await self._pool.handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        limit = None if 200 <= response.status < 300 else REFUSAL_BYTES
        return httpx2.Response(
            status_code=response.status,
            headers=_wanted(response.headers),
            stream=_Body(response.stream, _encoding(response.headers), limit),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close the connection."""
        await self._pool.aclose()


def _encoding(headers: list[tuple[bytes, bytes]]) -> str:
    """How the body is compressed; empty when it is not."""
    named = [value for name, value in headers if name.lower() == b"content-encoding"]
    encoding = b",".join(named).decode("ascii", "replace").strip().lower()
    return "" if encoding == "identity" else encoding


def _wanted(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers that the library gets to see.

    Only the first content type, because Foundry Local's runtime sends its own twice, and both joined are no type; and
    without parameters, because the library takes any codec of Python for a charset. The body is decompressed here, so
    its encoding is left out; so are cookies, which nobody keeps.
    """
    kept: dict[bytes, tuple[bytes, bytes]] = {}
    for number, (name, value) in enumerate(headers):
        key = name.lower()
        if key == b"content-type":
            kept.setdefault(key, (name, _bare_type(value)))
        elif key not in (b"content-encoding", b"set-cookie"):
            kept[str(number).encode()] = (name, value)
    return list(kept.values())


def _bare_type(value: bytes) -> bytes:
    """A content type without its parameters."""
    return redacted_start(value.partition(b";")[0].strip().lower().decode("latin-1"), MAX_TYPE_BYTES).encode("latin-1")


class _Body(httpx2.AsyncByteStream):
    """The body of a response, decompressed; with a `limit`, only its first bytes."""

    def __init__(self, stream: Any, encoding: str, limit: int | None) -> None:
        self._stream = stream
        self._encoding = encoding
        self._limit = limit

    def __aiter__(self) -> AsyncIterator[bytes]:
        if self._limit is not None:
            return self._beginning(self._limit)
        stream: AsyncIterable[bytes] = self._stream
        return self._unpacked() if self._encoding else stream.__aiter__()

    async def _unpacked(self) -> AsyncIterator[bytes]:
        stream: AsyncIterable[bytes] = self._stream
        unpacker = Unpacker(self._encoding)
        async for part in stream:
            for piece in unpacker.take(part):
                yield piece
                await asyncio.sleep(0)  # few bytes may hold much text: the other answers get their turn

    async def _beginning(self, left: int) -> AsyncIterator[bytes]:
        try:
            async for piece in self._unpacked():
                yield piece[:left]
                left -= len(piece)
                if left <= 0:
                    return
        except PackedError:
            return  # the status says more than the fact that its explanation cannot be read

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Backend(httpcore2.AsyncNetworkBackend):
    def __init__(self, stamps: Stamps, steps: int) -> None:
        """`steps` is how often encryption is set up before the host itself is written to."""
        self._stamps = stamps
        self._steps = steps
        self._backend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        started = clock()
        stream = await self._backend.connect_tcp(host, port, timeout, local_address, socket_options)
        self._stamps.connected(started)
        return _Stream(stream, self._stamps, self._steps)

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class _Stream(httpcore2.AsyncNetworkStream):
    def __init__(self, stream: httpcore2.AsyncNetworkStream, stamps: Stamps, steps: int) -> None:
        self._stream = stream
        self._stamps = stamps
        self._steps = steps

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        data = await self._stream.read(max_bytes, timeout)
        if self._steps <= 0:
            self._stamps.read(clock())
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        if self._steps <= 0:
            self._stamps.writing()
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore2.AsyncNetworkStream:
        started = clock()
        stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        self._stamps.connected(started)
        return _Stream(stream, self._stamps, self._steps - 1)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
