"""What a server sends has its limits before it is decoded: the engine's memory does not grow with it."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import zlib
from collections.abc import Awaitable, Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.loopback_server import SCRIPTS, SSE, LoopbackServer, Wire
from tests.support.requests import ask, until_ended, why_cut
from tui.core.plans.prompt import Prompt
from tui.core.requests.answer_limits import MAX_CHARS, TOO_LONG
from tui.core.requests.request import RequestState
from tui.core.sessions.session_dict import request_from_dict, request_to_dict
from tui.core.sessions.session_model import Endpoint, Timeouts
from tui.engine.engine_client import EngineClient
from tui.engine.protocol import Start

MB = 1_000_000
MOST_MB = 250
"""What the engine may take at its peak; it takes some 60 MB at rest."""
PACKED = "content-encoding: gzip"
HASTY = Timeouts(connect=5, first_byte=5, first_text=5, idle=5)


@cache
def bomb() -> bytes:
    """600 MB of one letter, packed to a thousandth."""
    packing = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return b"".join([*(packing.compress(b"x" * MB) for _ in range(600)), packing.flush()])


def sending(
    status: str, body: bytes | None, *headers: str, content_type: str = "application/json"
) -> Callable[[Wire], Awaitable[None]]:
    async def send(wire: Wire) -> None:
        sent = bomb() if body is None else body
        try:
            await wire.head(status, content_type, *headers)
            for start in range(0, len(sent), 65_536):
                await wire.send(sent[start : start + 65_536])
        except ConnectionError:
            pass  # whoever asked has heard enough

    return send


def endless(head: str, part: bytes) -> Callable[[Wire], Awaitable[None]]:
    """Sends this for as long as somebody takes it, 400 MB at most."""

    async def send(wire: Wire) -> None:
        try:
            await wire.send(head.encode())
            for _ in range(400 * MB // len(part)):
                wire.writer.write(part)
                await wire.writer.drain()
                await asyncio.sleep(0)
        except ConnectionError:
            pass

    return send


OK = f"HTTP/1.1 200 OK\r\ncontent-type: {SSE}\r\nconnection: close\r\n"
ANSWER = f'data: {{"choices": [{{"delta": {{"content": "{"word " * 2000}"}}}}]}}\n\n'.encode()
LONG = (b"x" * 79 + b"\n") * 1000
SENT: dict[str, tuple[Callable[[Wire], Awaitable[None]], str]] = {
    "a packed refusal": (sending("500 Internal Server Error", None, PACKED), "The host refused with 500: "),
    "a packed answer": (sending("200 OK", None, PACKED, content_type=SSE), "more without a break"),
    "a packed answer of another type": (sending("200 OK", None, PACKED), "more without a break"),
    "an endless refusal": (endless("HTTP/1.1 400 Bad Request\r\n\r\n", LONG), "The host refused with 400: "),
    "an endless line": (endless(f"{OK}\r\n", b"x" * 65_536), "more without a break"),
    "an endless event": (endless(f"{OK}\r\n", b"data: y\n" * 8192), "more without a break"),
    "an endless page": (endless(f"{OK}\r\n".replace(SSE, "text/html"), LONG), "more without a break"),
    "an endless header": (endless("HTTP/1.1 200 OK\r\nx-long: ", b"x" * 65_536), "."),
    "endless headers": (endless("HTTP/1.1 200 OK\r\n", b"x-one: two\r\n" * 5000), "."),
    "an endless status": (endless("HTTP/1.1 200 ", b"x" * 65_536), "."),
    "endless comments": (endless(f"{OK}\r\n", b": ping\n\n" * 8192), ""),
    "endless chunks of nothing": (endless(f"{OK}\r\n", b'data: {"choices": []}\n\n' * 3000), ""),
    "an endless answer": (endless(f"{OK}\r\n", ANSWER * 20), ""),
    "a long finish reason": (
        sending("200 OK", f'data: {{"choices": [{{"finish_reason": "{"x" * MB}"}}]}}\n\n'.encode(), content_type=SSE),
        "",
    ),
}


def _model(name: str) -> str:
    return "limit_" + re.sub(r"\W+", "_", name)


SCRIPTS |= {_model(name): script for name, (script, _) in SENT.items()}


def peak_mb(pid: int) -> float:
    """The most memory that a process has held."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmHWM:"))


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineClient]:
    link = EngineClient()
    yield link
    link.close()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="POSIX: peaks are read from /proc")
@pytest.mark.parametrize(("name", "says"), [(name, says) for name, (_, says) in SENT.items()], ids=SENT.keys())
def test_whatever_comes_the_engine_stays_small(
    engine: EngineClient, server: LoopbackServer, name: str, says: str
) -> None:
    bomb()  # made before anybody waits for it
    request = ask(engine, server.url, _model(name), HASTY)
    assert engine.pid is not None
    assert peak_mb(engine.pid) < MOST_MB
    if says:
        assert request.state is RequestState.FAILED and request.fault is not None
        assert says in request.fault.message and len(request.fault.message) < 1000
    else:
        assert request.state.final and len(json.dumps(request.finish_reason)) < 200


def test_the_good_beside_the_bad_are_answered(engine: EngineClient, server: LoopbackServer) -> None:
    assert ask(engine, server.url, "good").state is RequestState.DONE


def test_an_answer_longer_than_can_be_kept_is_cut_and_says_so(engine: EngineClient, server: LoopbackServer) -> None:
    request = ask(engine, server.url, _model("an endless answer"))
    assert request.state is RequestState.CUT
    assert why_cut(engine, request).message == TOO_LONG
    assert 1_000_000 < len(request.answer) <= MAX_CHARS
    back = request_from_dict(request_to_dict(request))
    assert (back.answer, back.timestamps.chunks) == (request.answer, request.timestamps.chunks)


TYPED = (
    "می‌خواهم که ببینم",  # a joiner that Persian needs
    "क्षेत्र क्‍ष",
    "👨‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ⚠️",
    "tab\tand\x00nul, \x1b[31mred\x1b[0m, \r\n\r lone, \u2028 line, \u202e over, \ufeff mark, e\u0301 \u00e9",
    " blanks around \n\n",
)


@pytest.mark.slow
@pytest.mark.parametrize("prompt", TYPED)
def test_what_was_typed_is_what_is_sent(link: EngineClient, server: LoopbackServer, prompt: str) -> None:
    link.send(Start("r1", Endpoint(server.url, "good"), Prompt(prompt, prompt, key="p1").messages(None)))
    until_ended(link, ["r1"])
    contents = [message["content"].encode() for message in server.talk("good").body["messages"]]
    assert contents == [prompt.encode()] * 2
