"""A connection without encryption: each read keeps its own instant, however late it is taken."""

from __future__ import annotations

import asyncio
from typing import Any

import httpcore2
import pytest

from tui.engine.stamped_socket import _MUCH, StampedSocketBackend, _Arrivals, _PlainStream
from tui.engine.stamps import Stamps, clock


class FakeTransport(asyncio.Transport):
    """Notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def pause_reading(self) -> None:
        self.asked.append("pause")

    def resume_reading(self) -> None:
        self.asked.append("resume")

    def is_closing(self) -> bool:
        return False

    def write(self, data: Any) -> None:
        self.asked.append("write")


def connected() -> tuple[_Arrivals, _PlainStream, Stamps, FakeTransport]:
    stamps, arrivals, transport = Stamps(lambda: None), _Arrivals(), FakeTransport()
    arrivals.connection_made(transport)
    return arrivals, _PlainStream(transport, arrivals, stamps), stamps, transport


async def test_parts_that_wait_keep_the_instant_they_were_read_at() -> None:
    arrivals, stream, stamps, _ = connected()
    arrivals.data_received(b"one")
    between = clock()
    arrivals.data_received(b"two")
    assert await stream.read(1) == b"one"
    assert (stamps.read_number, stamps.read_at <= between) == (1, True)
    assert await stream.read(1) == b"two"
    assert (stamps.read_number, stamps.read_at >= between) == (2, True)


async def test_a_reader_is_woken_by_a_part_an_end_and_a_break() -> None:
    arrivals, stream, _, _ = connected()
    loop = asyncio.get_running_loop()
    loop.call_soon(arrivals.data_received, b"late")
    assert await stream.read(100) == b"late"
    loop.call_soon(arrivals.eof_received)
    assert await stream.read(100) == b""
    loop.call_soon(arrivals.connection_lost, ConnectionResetError("gone"))
    with pytest.raises(httpcore2.ReadError, match="gone"):
        await stream.read(100)


async def test_what_came_before_a_break_is_given_first() -> None:
    arrivals, stream, _, _ = connected()
    arrivals.data_received(b"kept")
    arrivals.connection_lost(ConnectionResetError())
    assert await stream.read(100) == b"kept"
    with pytest.raises(httpcore2.ReadError):
        await stream.read(100)


async def test_a_flood_is_held_back_until_half_of_it_is_taken() -> None:
    arrivals, stream, _, transport = connected()
    for _ in range(9):
        arrivals.data_received(b"x" * (_MUCH // 8))
    assert transport.asked == ["pause"]
    while arrivals.parts:
        await stream.read(100)
    assert transport.asked == ["pause", "resume"]


async def test_the_first_write_is_the_zero_and_an_empty_one_is_none() -> None:
    _, stream, stamps, transport = connected()
    await stream.write(b"")
    assert (stamps.sent, transport.asked) == (None, [])
    await stream.write(b"POST")
    assert stamps.sent is not None and transport.asked == ["write"]


async def test_nobody_there_is_an_error_of_the_library() -> None:
    with pytest.raises(httpcore2.ConnectError):
        await StampedSocketBackend(Stamps(lambda: None)).connect_tcp("127.0.0.1", 9)
