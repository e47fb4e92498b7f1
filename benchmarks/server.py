"""A chat server on loopback in a process of its own, whose models are described by their ids.

`python -m benchmarks.server` prints its port and serves until its stdin ends, or for as long as `--limit` says. Beside
the chat API it answers `/bench/models` (POST: the ids to list), `/bench/progress` and `/bench/talks` (the send log).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.schedule import CUT_GAP, Write, writes
from benchmarks.shape import Shape, parse
from benchmarks.talk import Talk
from benchmarks.words import token

PROMPT_TOKENS = 20
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"
_AHEAD_NS = 200_000
"""A write is made when it is due within this: timers come later than asked, and never earlier."""
clock = time.perf_counter_ns


class ServerState:
    """What all connections share."""

    def __init__(self) -> None:
        self.talks: list[Talk] = []
        self.models: list[str] = []

    def progress(self) -> list[dict[str, Any]]:
        """How far each request has come, in the order they came."""
        names = ("model", "received", "chunks", "tokens", "closed")
        return [
            {name: getattr(talk, name) for name in names} | {"last": talk.at[-1] if talk.at else None}
            for talk in self.talks
        ]


class Connection(asyncio.Protocol):
    """One request, then the end: the server keeps no connection."""

    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._buffer = b""
        self._received: int | None = None
        self._stream: Stream | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._received is None:
            self._received = clock()
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end or self._stream is not None:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if len(body) >= int(headers.get("content-length", "0")):
            method, path, *_ = lines[0].split(" ")
            self._answer(method, path, body)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._stream is not None:
            self._stream.lost()

    def pause_writing(self) -> None:
        if self._stream is not None:
            self._stream.paused = True

    def resume_writing(self) -> None:
        if self._stream is not None:
            self._stream.resume()

    def _answer(self, method: str, path: str, body: bytes) -> None:
        if path.endswith("/chat/completions") and method == "POST":
            self._chat(json.loads(body))
        elif path == "/v1/models":
            rows = [{"id": name, "object": "model", "owned_by": "bench"} for name in self._state.models]
            self._say("200 OK", {"object": "list", "data": rows})
        elif path == "/bench/models":
            self._state.models = json.loads(body)
            self._say("200 OK", {})
        elif path == "/bench/progress":
            self._say("200 OK", self._state.progress())
        elif path == "/bench/talks":
            self._say("200 OK", [talk.to_dict() for talk in self._state.talks])
        else:
            self._say("404 Not Found", {"error": {"message": f"nothing at {path[:80]}"}})

    def _chat(self, request: dict[str, Any]) -> None:
        try:
            shape = parse(str(request.get("model")))
        except ValueError as error:
            self._say("404 Not Found", {"error": {"message": str(error)}})
            return
        assert self._transport is not None and self._received is not None
        talk = Talk(shape.id, self._received)
        self._state.talks.append(talk)
        self._stream = Stream(self._transport, shape, talk)
        self._stream.begin()

    def _say(self, status: str, data: Any) -> None:
        assert self._transport is not None
        body = json.dumps(data).encode()
        head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self._transport.write(head.encode() + b"connection: close\r\n\r\n" + body)
        self._transport.close()


class Stream:
    """One answer on its way. Writes are due at instants counted from the request, so that lateness never adds up."""

    def __init__(self, transport: asyncio.Transport, shape: Shape, talk: Talk) -> None:
        self._transport, self._shape, self._talk = transport, shape, talk
        self._writes = writes(shape)
        self._loop = asyncio.get_running_loop()
        self._next: Write | None = None
        self._number = 0
        self.paused = False
        name = json.dumps(shape.id)
        self._before = f'data: {{"id":"bench","object":"chat.completion.chunk","created":0,"model":{name},"choices":['

    def begin(self) -> None:
        """Send the headers, and the rest when its time comes."""
        self._transport.write(_HEAD)
        self._next = next(self._writes)
        self._go_on()

    def resume(self) -> None:
        """The client reads again."""
        self.paused = False
        self._go_on()

    def lost(self) -> None:
        """The connection has ended, from whichever side."""
        if self._talk.closed is None:
            self._talk.closed, self._talk.hung_up = clock(), True
        self._next = None

    def _go_on(self) -> None:
        while self._next is not None and not self.paused:
            wait = self._talk.received + self._next.due - clock() - _AHEAD_NS
            if wait > 0:
                self._loop.call_later(wait / 1e9, self._go_on)
                return
            write, self._next = self._next, next(self._writes, None)
            self._number += 1
            self._send(write)

    def _send(self, write: Write) -> None:
        events = list(self._events(write))
        now = clock()
        if self._shape.cut and write.chunks:
            whole = _chunked(events)
            self._transport.write(whole[: len(whole) // 2])
            # Asleep, not awaited: the second half is to follow before anything else of this server does.
            time.sleep(CUT_GAP / 1e9)
            now = clock()
            self._transport.write(whole[len(whole) // 2 :])
        elif events:
            self._transport.write(_chunked(events))
        self._note(write, now)
        if write.kind == "end":
            self._transport.write(_LAST_CHUNK)
            self._transport.close()
            self._talk.closed = clock()

    def _note(self, write: Write, now: int) -> None:
        talk = self._talk
        talk.chunks += len(write.chunks)
        talk.tokens += sum(write.chunks)
        if write.kind == "end" and not self._shape.nofinish:
            talk.finished = now
        if self._shape.nolog:
            talk.at[:] = [now]
            return
        talk.at += [now] * len(write.chunks)
        talk.writes += [self._number] * len(write.chunks)
        talk.kinds += write.kind * len(write.chunks)

    def _events(self, write: Write) -> Iterator[str]:
        shape, talk = self._shape, self._talk
        if write.kind == "role":
            yield self._event('{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}')
        if write.kind == "end":
            yield from () if shape.nofinish else self._ending()
        key = "reasoning_content" if write.kind == "r" else "content"
        first = talk.tokens
        for count in write.chunks:
            text = "".join(token(number, shape.n) for number in range(first, first + count))
            first += count
            text += f" {shape.mark}" if shape.mark and first == shape.len else ""
            talk.answer_chars += len(text) if write.kind == "a" else 0
            yield self._event(f'{{"index":0,"delta":{{"{key}":{json.dumps(text)}}},"finish_reason":null}}')

    def _ending(self) -> Iterator[str]:
        shape = self._shape
        yield self._event('{"index":0,"delta":{},"finish_reason":"stop"}')
        if not shape.nousage:
            counts: dict[str, Any] = {
                "prompt_tokens": PROMPT_TOKENS,
                "completion_tokens": shape.len + shape.hidden,
                "total_tokens": PROMPT_TOKENS + shape.len + shape.hidden,
            }
            if shape.hidden:
                counts["completion_tokens_details"] = {"reasoning_tokens": shape.hidden}
            yield f'{self._before}],"usage":{json.dumps(counts)}}}\n\n'
        yield "data: [DONE]\n\n"

    def _event(self, choice: str) -> str:
        return f"{self._before}{choice}]}}\n\n"


def _chunked(events: list[str]) -> bytes:
    """One HTTP chunk an event, as servers of this kind write them."""
    bodies = [event.encode() for event in events]
    return b"".join(b"%x\r\n%b\r\n" % (len(body), body) for body in bodies)


async def serve(limit: float) -> None:
    """Serve until stdin ends, at most `limit` seconds."""
    loop, over, state = asyncio.get_running_loop(), asyncio.Event(), ServerState()
    server = await loop.create_server(lambda: Connection(state), "127.0.0.1", 0)

    def watch() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=watch, daemon=True).start()
    print(server.sockets[0].getsockname()[1], flush=True)
    try:
        await asyncio.wait_for(over.wait(), limit)
    except TimeoutError:
        pass
    server.close()


def main() -> None:
    """Run the server of the command line."""
    parser = argparse.ArgumentParser(description="The benchmark's chat server.")
    parser.add_argument("--limit", type=float, default=900.0, help="seconds after which it ends by itself")
    asyncio.run(serve(parser.parse_args().limit))


if __name__ == "__main__":
    main()
