"""One request of the engine to itself before the first real one.

The first use of the client compiles patterns, loads codecs and builds parsers, which would cost the first measured
answer some 20 ms of its time to first token.
"""

from __future__ import annotations

import asyncio

from tui.core.sessions.session_model import Endpoint, Timeouts
from tui.engine.completion import stream_completion
from tui.engine.protocol import Start
from tui.engine.unsupported_options import UnsupportedOptions

_ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
    b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'
    b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}],"usage":{"completion_tokens":1}}\n\n'
    b"data: [DONE]\n\n"
)
_SECONDS = 2.0


async def warm_up() -> None:
    """Make one request to a server of its own on loopback. Does nothing where no socket may listen."""
    try:
        server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    except OSError:
        return
    async with server:
        port = server.sockets[0].getsockname()[1]
        limits = Timeouts(_SECONDS, _SECONDS, _SECONDS, _SECONDS)
        endpoint = Endpoint(f"http://127.0.0.1:{port}/v1", "warm-up")
        start = Start("", endpoint, [{"role": "user", "content": "x"}], timeouts=limits)
        await stream_completion(start, lambda _: None, UnsupportedOptions())


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_ANSWER)
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass
    finally:
        writer.close()
