"""A connection without encryption that is stamped where the event loop hands over what it has read.

The library's own backend wakes a task first and stamps in there: of several answers at once, the last one then waits
for the processing of all others. It also costs a third of the CPU that an answer takes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any

import httpcore2

from tui.engine.stamps import Stamps, clock

_MUCH = 1 << 20
"""The most unprocessed bytes before the socket is no longer read for a while."""


class StampedSocketBackend(httpcore2.AsyncNetworkBackend):
    """Connects to the host itself; raises httpcore2's errors."""

    def __init__(self, stamps: Stamps) -> None:
        self._stamps = stamps

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        started = clock()
        loop = asyncio.get_running_loop()
        try:
            transport, arrivals = await loop.create_connection(_Arrivals, host, port, happy_eyeballs_delay=0.25)
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        self._stamps.connected(started)
        return _PlainStream(transport, arrivals, self._stamps)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _Arrivals(asyncio.Protocol):
    """The parts that were read and not processed yet, each with the instant of its read."""

    def __init__(self) -> None:
        self.parts: deque[tuple[int, bytes]] = deque()
        self.ended = False
        self.broken: Exception | None = None
        self.waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None
        self._size = 0
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.parts.append((clock(), data))
        self._size += len(data)
        if self._size > _MUCH and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self.parts.append((clock(), b""))
        self._wake()
        return True  # the other direction stays open until it is closed here

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended, self.broken = True, exc
        self._wake()

    def take(self) -> tuple[int, bytes]:
        """The oldest part."""
        at, data = self.parts.popleft()
        self._size -= len(data)
        if self._paused and not self.ended and self._size < _MUCH // 2 and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return at, data

    def _wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class _PlainStream(httpcore2.AsyncNetworkStream):
    def __init__(self, transport: asyncio.Transport, arrivals: _Arrivals, stamps: Stamps) -> None:
        self._transport, self._arrivals, self._stamps = transport, arrivals, stamps

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """One part as it was read, whatever `max_bytes` is: cut in two, it would be two reads with one instant."""
        arrivals = self._arrivals
        while not arrivals.parts:
            if arrivals.broken is not None:
                raise httpcore2.ReadError(str(arrivals.broken)) from arrivals.broken
            if arrivals.ended or self._transport.is_closing():
                raise httpcore2.ReadError("the connection is closed")
            arrivals.waiter = asyncio.get_running_loop().create_future()
            try:
                await arrivals.waiter
            finally:
                arrivals.waiter = None
        at, data = arrivals.take()
        self._stamps.read(at)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        if not buffer:
            return
        if self._transport.is_closing():
            raise httpcore2.WriteError("the connection is closed") from self._arrivals.broken
        self._stamps.writing()
        self._transport.write(buffer)

    async def aclose(self) -> None:
        self._transport.abort()

    def get_extra_info(self, info: str) -> Any:
        names = {"client_addr": "sockname", "server_addr": "peername", "socket": "socket"}
        return self._transport.get_extra_info(names[info]) if info in names else None
