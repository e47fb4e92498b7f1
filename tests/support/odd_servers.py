"""Chat servers that are odd in ways of their own. Importing this adds `hostile` and `hostile_error` to the scripts."""

from __future__ import annotations

import asyncio
import json

from tests.support.loopback_server import FINISH, SCRIPTS, LoopbackServer, Wire, text

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07\x1b]52;c;cm0gLXJm\x1b\\\x1bP1$r\x1b\\ \x9b31mred\x9d52;c;eA==\x9c \x0b\x0c\x08\x7f"
    " \u202egnp.exe \u200b\u2066 \U000e0041 a\r\nb\rc"
)
"""Screen, title, clipboard and device sequences, C1, direction overrides, hidden tags, a lone carriage return."""


async def hostile(wire: Wire) -> None:
    """Cut in the middle of a sequence, as streams are."""
    await wire.head()
    for part in (HOSTILE[:6], HOSTILE[6:30], HOSTILE[30:]):
        await wire.event(text(part))
    await wire.event(FINISH)
    await wire.event("[DONE]")


async def hostile_error(wire: Wire) -> None:
    """A refusal whose reason is hostile."""
    await wire.answer("400 Bad Request", json.dumps({"error": {"message": f"no {HOSTILE}"}}))


SCRIPTS |= {"hostile": hostile, "hostile_error": hostile_error}


class UnlistingServer(LoopbackServer):
    """Chats, and knows nothing of a list of models."""

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET"):
            writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            writer.close()
            return
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        whole = asyncio.StreamReader()
        whole.feed_data(head + await reader.readexactly(int(length.split(b":")[1])))
        await super()._connection(whole, writer)
