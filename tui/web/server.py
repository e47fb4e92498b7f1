"""The web server: one page, the library's files for it, and a WebSocket for each screen.

Whoever knows the address drives the program, and no one else. A page of another site that a browser shows at the same
time is kept out three times over: it does not know the token in the path, the browser says in `Origin` where it comes
from, and in `Host` under which name the server was reached (which also stops names made to mean this machine).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

import textual_serve
from aiohttp import WSMsgType, web
from textual_serve.server import Server

from tui.core.errors import CompareError
from tui.web.screen_process import ScreenProcess

MOST_SCREENS = 8
"""Pages at a time: each is a whole program."""
_FILES = {
    "textual.js": ("js/textual.js", "text/javascript"),
    "xterm.css": ("css/xterm.css", "text/css"),
    "roboto-mono.ttf": ("fonts/RobotoMono-VariableFont_wght.ttf", "font/ttf"),
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self';"
        " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_FONT_SIZES = range(6, 73)
_CELLS = range(1, 1001)
_MAX_MESSAGE = 1 << 22


class ScreenServer(Server):
    """Textual's server, which hands out whole folders and answers any page, with doors."""

    def __init__(self, arguments: Sequence[str], address: str, port: int, say: Callable[[str], object]) -> None:
        """`arguments` are those of the program on each page; `say` is given the address of the page."""
        super().__init__("foundry-compare", address, port, title="foundry-compare")
        self._arguments, self._say = tuple(arguments), say
        self._token = secrets.token_urlsafe(24)
        self._screens: set[asyncio.Task[Any]] = set()
        self._origins: frozenset[str] = frozenset()

    def serve(self, debug: bool = False) -> None:
        """Serve until a signal ends it, as an exception. Raises CompareError when the address cannot be had."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get(f"/{self._token}/", self.handle_index)
        app.router.add_get(f"/{self._token}/ws", self.handle_websocket)
        for name in _FILES:
            app.router.add_get(f"/{self._token}/{name}", self._handle_file)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
        await runner.setup()
        site = web.TCPSite(runner, self.host, self.port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise CompareError(
                f"{self.host}:{self.port} cannot be listened at", str(error.strerror or error), "Name another port."
            ) from error
        port = runner.addresses[0][1]
        shown = f"[{self.host}]" if ":" in self.host else self.host
        names = {shown, "localhost"} if self.host in ("127.0.0.1", "::1") else {shown}
        self._origins = frozenset(f"http://{name}:{port}" for name in names)
        self._say(f"http://{shown}:{port}/{self._token}/")
        try:
            await asyncio.Event().wait()
        finally:
            for screen in self._screens:
                screen.cancel()
            await asyncio.gather(*self._screens, return_exceptions=True)
            await runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Refuse who does not come by the address that was given out, and add what every answer says."""
        if f"http://{request.headers.get('Host', '')}" not in self._origins:
            raise web.HTTPForbidden(text="This is another address than the one that was given out.")
        response: web.StreamResponse = await handler(request)
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page."""
        size = request.query.get("fontsize", "")
        page = Template(resources.files("tui.web").joinpath("page.html").read_text("utf-8"))
        socket = f"ws://{request.headers['Host']}/{self._token}/ws"
        font = size if size.isascii() and size.isdigit() and int(size) in _FONT_SIZES else "16"
        return web.Response(text=page.substitute(socket=socket, font=font), content_type="text/html")

    async def _handle_file(self, request: web.Request) -> web.Response:
        path, kind = _FILES[request.path.rpartition("/")[2]]
        body = Path(textual_serve.__file__).with_name("static").joinpath(path).read_bytes()
        return web.Response(body=body, content_type=kind)

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """A program of its own for whoever comes from our page."""
        if request.headers.get("Origin") not in self._origins:
            raise web.HTTPForbidden(text="Only the page of this server may open a screen.")
        if len(self._screens) >= MOST_SCREENS:
            raise web.HTTPServiceUnavailable(text="There are too many screens: close one.")
        socket = web.WebSocketResponse(heartbeat=15, max_msg_size=_MAX_MESSAGE)
        task = asyncio.current_task()
        assert task is not None
        self._screens.add(task)
        try:
            await socket.prepare(request)
            width, height = (_cells(request.query.get(name), usual) for name, usual in (("width", 80), ("height", 24)))
            process = await ScreenProcess.start(self._arguments, width, height)
            painting = asyncio.ensure_future(_paint(process, socket))
            try:
                await _type(process, socket)
            finally:
                painting.cancel()
                with suppress(asyncio.CancelledError):
                    await painting
                await asyncio.shield(process.end())
        finally:
            self._screens.discard(task)
        return socket


async def _paint(process: ScreenProcess, socket: web.WebSocketResponse) -> None:
    with suppress(ConnectionError):
        async for data in process.painted():
            await socket.send_bytes(data)
        await socket.close()


async def _type(process: ScreenProcess, socket: web.WebSocketResponse) -> None:
    """Hand on what the page sends, until it is closed. What makes no sense is passed over."""
    async for message in socket:
        if message.type != WSMsgType.TEXT:
            continue
        match _read(message):
            case ["stdin", str(text)]:
                await process.type(text)
            case ["resize", {"width": int(width), "height": int(height)}] if width in _CELLS and height in _CELLS:
                await process.tell(type="resize", width=width, height=height)
            case ["ping", (str() | int() | float()) as what]:
                await socket.send_json(["pong", what])
            case ["blur" | "focus" as what, *_]:
                await process.tell(type=what)


def _read(message: Any) -> Any:
    try:
        return message.json()
    except (ValueError, RecursionError):
        return None


def _cells(text: str | None, usual: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and int(text) in _CELLS else usual
