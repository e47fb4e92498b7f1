"""One program with its screen, whose terminal is a pair of pipes.

The pipes carry packets as Textual's `WebDriver` makes and reads them: one byte for the kind (`D` for what goes to or
comes from a terminal, `M` for a JSON object about the rest), the length in four bytes, then so many bytes. Before the
first packet the program writes a line.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

from textual import constants

DRIVER = "tui.web.driver:PipeDriver"
_BEGIN = b"__GANGLION__\n"
_MAX_PACKET = 1 << 24
_ESCAPE = "\x1b"
_ALONE_S = constants.ESCAPE_DELAY + 0.05
"""Seconds after which the program takes an escape that nothing followed for the key."""
_END_S = 20.0
"""Seconds in which a program that is told to end keeps what arrived, and ends."""


class ScreenProcess:
    """The program, from its start to its end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._process, self._in, self._out = process, process.stdin, process.stdout

    @classmethod
    async def start(cls, arguments: Sequence[str], width: int, height: int) -> ScreenProcess:
        """Start the program with these arguments, on a screen of so many cells."""
        environment = os.environ | {
            "TEXTUAL_DRIVER": DRIVER,
            "TEXTUAL_COLOR_SYSTEM": "truecolor",
            "TERM_PROGRAM": "foundry-compare serve",
            "COLUMNS": str(width),
            "ROWS": str(height),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "tui", *arguments, env=environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return cls(process)

    async def painted(self) -> AsyncIterator[bytes]:
        """What the program paints, until it ends."""
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await self._out.readline() not in (_BEGIN, b""):
                pass
            while True:
                kind, length = await self._out.readexactly(1), int.from_bytes(await self._out.readexactly(4), "big")
                if length > _MAX_PACKET:
                    return  # These are no packets.
                payload = await self._out.readexactly(length)
                if kind == b"D":
                    yield payload
                elif kind == b"M" and json.loads(payload).get("type") == "exit":
                    return

    async def type(self, text: str) -> None:
        """Give it what a terminal would send. Escape is a key of its own, however soon the next one follows."""
        await self._send(b"D", text.encode("utf-8", "replace"))
        if text.endswith(_ESCAPE):
            await asyncio.sleep(_ALONE_S)
            # Windows' reader of pipes looks at the clock only when something comes; what this tells has no meaning.
            await self.tell(type="nothing")

    async def tell(self, **facts: Any) -> None:
        """Tell it of another size, of having the focus or not, or to end."""
        await self._send(b"M", json.dumps(facts).encode("ascii"))

    async def end(self) -> None:
        """Have it end, whatever it is at; what arrived by then is kept."""
        await self.tell(type="quit")
        drained = asyncio.ensure_future(self._drain())
        try:
            await asyncio.wait_for(self._process.wait(), _END_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        finally:
            drained.cancel()

    async def _drain(self) -> None:
        """A program that nobody reads would wait for its pipe instead of ending."""
        while await self._out.read(1 << 16):
            pass

    async def _send(self, kind: bytes, payload: bytes) -> None:
        with suppress(ConnectionError, RuntimeError):
            self._in.write(kind + len(payload).to_bytes(4, "big") + payload)
            await self._in.drain()
