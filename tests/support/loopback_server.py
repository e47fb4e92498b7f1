"""A chat server on loopback that misbehaves on request and keeps a log of what it sent when.

The model's name in the request picks what happens; see `SCRIPTS`. Not a model: it speaks the protocol of one.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SSE = "text/event-stream"
LONGEST_STALL = 30.0
CERTIFICATE = Path(__file__).with_name("untrusted.pem")
"""With its key; signed by nobody, for 127.0.0.1."""


@dataclass
class Talk:
    """One request as the server saw it. Instants are `time.perf_counter_ns`, the clock the engine uses too."""

    body: dict[str, Any]
    headers: dict[str, str]
    sends: list[tuple[int, bytes]] = field(default_factory=list)
    hung_up: bool = False
    """The client closed the connection before the server was done."""


@dataclass
class Wire:
    """The server's end of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    talk: Talk

    async def send(self, data: bytes) -> None:
        self.talk.sends.append((time.perf_counter_ns(), data))
        self.writer.write(data)
        await self.writer.drain()

    async def head(self, status: str = "200 OK", content_type: str = SSE, *headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", f"content-type: {content_type}", "connection: close", *headers]
        await self.send("\r\n".join([*lines, "", ""]).encode())

    async def answer(self, status: str, body: str, content_type: str = "application/json", *headers: str) -> None:
        await self.head(status, content_type, *headers)
        await self.send(body.encode())

    async def event(self, data: Any) -> None:
        await self.send(sse(data))

    async def stall(self) -> None:
        """Say nothing until the client hangs up."""
        try:
            await asyncio.wait_for(self.reader.read(1), LONGEST_STALL)
        except TimeoutError:
            return
        except ConnectionError:
            pass  # a client that leaves with something unread resets the connection
        self.talk.hung_up = True


def sse(data: Any) -> bytes:
    return f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()


def text(content: str, **choice: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": content}, **choice}]}


def usage(tokens: int) -> dict[str, Any]:
    return {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": tokens}}


FINISH = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
ROLE = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}
WORDS = ["One", " two", " three", " four", " five"]


async def good(wire: Wire) -> None:
    await wire.head()
    await wire.event(ROLE)
    for word in WORDS:
        await wire.event(text(word))
        await asyncio.sleep(0.02)
    await wire.event(FINISH)
    await wire.event(usage(len(WORDS)))
    await wire.event("[DONE]")


async def late_text(wire: Wire) -> None:
    """The role at once, the first text a good while later."""
    await wire.head()
    await wire.event(ROLE)
    await asyncio.sleep(0.15)
    await wire.event(text("late"))
    await wire.event(FINISH)
    await wire.event("[DONE]")


async def burst(wire: Wire) -> None:
    """Eight chunks in one write."""
    await wire.head()
    await asyncio.sleep(0.02)
    await wire.send(b"".join(sse(text(f"{n} ")) for n in range(8)))
    await asyncio.sleep(0.05)
    await wire.send(sse(text("end")) + sse(FINISH) + sse(usage(9)) + sse("[DONE]"))


async def split(wire: Wire) -> None:
    """Every byte in a write of its own: characters, lines and events are all cut."""
    await wire.head()
    whole = sse({"choices": [{"delta": {"content": "Grüße 🦊 你好"}}]}) + sse(FINISH) + sse("[DONE]")
    raw = whole.decode().replace("\\u00fc", "ü").replace("\\u00df", "ß").encode()
    for at in range(len(raw)):
        await wire.send(raw[at : at + 1])
        await asyncio.sleep(0)


async def half_characters(wire: Wire) -> None:
    """Two chunks with half a surrogate pair each, as escapes."""
    await wire.head()
    for half in ("\\ud83e", "\\udd8a"):
        await wire.send(f'data: {{"choices":[{{"delta":{{"content":"{half}"}}}}]}}\n\n'.encode())
    await wire.event(FINISH)
    await wire.event("[DONE]")


async def bad_utf8(wire: Wire) -> None:
    await wire.head()
    await wire.send(b'data: {"choices":[{"delta":{"content":"a\xff\xfeb"}}]}\n\n' + sse(FINISH) + sse("[DONE]"))


async def reasoning(wire: Wire) -> None:
    await wire.head()
    await wire.event({"choices": [{"delta": {"reasoning_content": "Hm."}}]})
    await asyncio.sleep(0.05)
    await wire.event(text("Yes."))
    await wire.event(FINISH)
    await wire.event(usage(6))
    await wire.event("[DONE]")


async def delta_and_message(wire: Wire) -> None:
    """The older service says everything twice, has no usage and no finish reason."""
    await wire.head()
    for word in WORDS:
        part = {"role": "assistant", "content": word}
        await wire.event({"choices": [{"delta": part, "message": part}], "IsDelta": False})
    await wire.event("[DONE]")


async def no_done(wire: Wire) -> None:
    await wire.head()
    await wire.event(text("all of it"))
    await wire.event(FINISH)


async def cut(wire: Wire) -> None:
    """The connection ends in the middle, without a word."""
    await wire.head()
    await wire.event(text("half of"))


async def reset(wire: Wire) -> None:
    """The promised length never comes."""
    await wire.send(f"HTTP/1.1 200 OK\r\ncontent-type: {SSE}\r\ncontent-length: 5000\r\n\r\n".encode())
    await wire.event(text("half of"))


async def stall_before_headers(wire: Wire) -> None:
    await wire.stall()


async def stall_before_text(wire: Wire) -> None:
    await wire.head()
    await wire.event(ROLE)
    await wire.stall()


async def stall_midway(wire: Wire) -> None:
    await wire.head()
    await wire.event(text("half of"))
    await wire.stall()


async def pings(wire: Wire) -> None:
    """Comments keep coming, text does not."""
    await wire.head()
    await wire.event(text("half of"))
    for _ in range(100):
        if wire.reader.at_eof():
            break
        await wire.send(b": ping\n\n")
        await asyncio.sleep(0.02)


async def endless(wire: Wire) -> None:
    """Text until the client hangs up."""
    await wire.head()
    listening = asyncio.create_task(wire.stall())
    while not listening.done():
        await wire.event(text("more "))
        await asyncio.sleep(0.01)


async def huge(wire: Wire) -> None:
    """Characters that take ten bytes each in a session file, without an end."""
    await wire.head()
    part = '{"choices":[{"delta":{"content":"' + "\U000e0041" * 50_000 + '"}}]}'
    try:
        while True:
            await wire.send(f"data: {part}\n\n".encode())
    except OSError:
        wire.talk.hung_up = True


async def empty(wire: Wire) -> None:
    await wire.head()
    await wire.event(ROLE)
    await wire.event(FINISH)
    await wire.event("[DONE]")


async def bad_json(wire: Wire) -> None:
    await wire.head()
    await wire.event(text("fine "))
    await wire.event("{not json")


async def error_in_stream(wire: Wire) -> None:
    await wire.head()
    await wire.event(text("fine "))
    await wire.event({"error": {"message": "The prompt is too long for this model", "type": "server_error"}})


async def error_event(wire: Wire) -> None:
    await wire.head()
    await wire.send(b"event: error\ndata: out of memory\n\n")


async def json_error(wire: Wire) -> None:
    await wire.answer("200 OK", json.dumps({"error": {"message": "the model is not loaded"}}))


async def html(wire: Wire) -> None:
    await wire.answer("200 OK", "<html><body>Welcome!</body></html>", "text/html")


async def no_line_end(wire: Wire) -> None:
    await wire.head()
    try:
        for _ in range(100):
            await wire.send(b"x" * 100_000)
    except OSError:
        wire.talk.hung_up = True


async def twice_typed(wire: Wire) -> None:
    """The embedded runtime sends its content type twice."""
    await wire.send(
        f"HTTP/1.1 200 OK\r\nContent-Type: {SSE}\r\nContent-Type: {SSE}\r\nconnection: close\r\n\r\n".encode()
    )
    await wire.event(text("typed"))
    await wire.event(FINISH)
    await wire.event("[DONE]")


def refusing(status: str, body: Any, *headers: str) -> Callable[[Wire], Awaitable[None]]:
    async def refuse(wire: Wire) -> None:
        await wire.answer(status, body if isinstance(body, str) else json.dumps(body), "application/json", *headers)

    return refuse


async def verdict(wire: Wire) -> None:
    """What a judge is asked for, whatever the answer."""
    await wire.head()
    await wire.event(text('{"reason": "It says so.", "score": 3}'))
    await wire.event(FINISH)
    await wire.event("[DONE]")


SCRIPTS: dict[str, Callable[[Wire], Awaitable[None]]] = {
    script.__name__: script
    for script in (
        good, late_text, burst, split, half_characters, bad_utf8, reasoning, delta_and_message, no_done, cut, reset,
        stall_before_headers, stall_before_text, stall_midway, pings, endless, huge, empty, bad_json, error_in_stream,
        error_event, json_error, html, no_line_end, twice_typed, verdict,
    )
}  # fmt: skip
SCRIPTS |= {
    "e400": refusing("400 Bad Request", {"error": {"message": "prompt too long", "type": "invalid_request_error"}}),
    "e401": refusing("401 Unauthorized", {"error": "no key"}),
    "e404": refusing("404 Not Found", {"detail": "unknown model"}),
    "e429": refusing("429 Too Many Requests", {"message": "slow down"}),
    "e500": refusing("500 Internal Server Error", "boom"),
    "busy": refusing("429 Too Many Requests", {"message": "slow down"}, "Retry-After: 1"),
    "busy_for_long": refusing("503 Service Unavailable", {"message": "come back"}, "Retry-After: 3600"),
    "e503": refusing("503 Service Unavailable", "<html>busy</html>"),
}


class LoopbackServer:
    """Serves until the `with` block that made it ends."""

    def __init__(self, *, encrypted: bool = False) -> None:
        """`encrypted` serves https, with a certificate that nobody trusts."""
        self.talks: list[Talk] = []
        self.unloaded: set[str] = set()
        """Models whose requests are refused until a test takes them out."""
        self.listed: tuple[str, ...] = ()
        """The models in its list; all of them when there is none here."""
        self.listless = False
        """Whether its list of models never comes, and the rest of its pages is not there."""
        self.port = 0
        self._scheme, self._tls = "http", None
        if encrypted:
            self._scheme, self._tls = "https", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(CERTIFICATE)
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}/v1"

    def talk(self, model: str) -> Talk:
        """The last request for this model."""
        return next(talk for talk in reversed(self.talks) if talk.body.get("model") == model)

    @contextmanager
    def running(self) -> Iterator[LoopbackServer]:
        self._thread.start()
        assert self._up.wait(10)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(10)
            self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        self._up.set()
        await self._ended.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            wire = Wire(reader, writer, Talk(json.loads(body) if body else {}, headers))
            if lines[0].startswith("GET") and self.listless:
                await (wire.stall() if "/models" in lines[0] else wire.answer("404 Not Found", ""))
                return
            if lines[0].startswith("GET"):
                models = {
                    "object": "list",
                    "data": [{"id": name, "object": "model"} for name in sorted(self.listed or SCRIPTS)],
                }
                await wire.answer("200 OK", json.dumps(models))
                return
            self.talks.append(wire.talk)
            model = wire.talk.body["model"]
            gone = refusing("400 Bad Request", {"error": {"message": f"Model {model} is not loaded."}})
            await (gone if model in self.unloaded else SCRIPTS[model])(wire)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
