"""A page of `serve`, without a browser: paint comes over a WebSocket, and what is typed goes there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType

import aiohttp

from tools.windows_lab.console import PATIENCE_S


class Page:
    """One page, and with it one program, from opening it to closing it."""

    def __init__(self, url: str) -> None:
        """`url` is the whole address that `serve` printed."""
        self._url, self.painted = url, ""
        """All that the program has painted."""

    async def __aenter__(self) -> Page:
        """Fetch the page and open its screen, as a browser does. Raises AssertionError when it is refused."""
        self._session = aiohttp.ClientSession()
        async with self._session.get(self._url) as page:
            assert page.status == 200, page.status
        socket, origin = self._url.replace("http:", "ws:", 1), "/".join(self._url.split("/")[:3])
        self._socket = await self._session.ws_connect(f"{socket}ws?width=90&height=30", headers={"Origin": origin})
        self._reader = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:  # fmt: skip
        """Close it."""
        self._reader.cancel()
        await self._session.close()

    async def type(self, text: str) -> None:
        """Type this."""
        await self._socket.send_json(["stdin", text])

    async def until(self, holds: Callable[[], bool]) -> None:
        """Go on until this holds. Raises AssertionError when it never does, or the program ends before."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while not holds():
            assert not self._reader.done(), "the program ended before its time"
            assert asyncio.get_running_loop().time() < deadline, f"it never came to hold: {self.painted[-500:]!r}"
            await asyncio.sleep(0.2)

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type == aiohttp.WSMsgType.BINARY:
                self.painted += message.data.decode("utf-8", "replace")
