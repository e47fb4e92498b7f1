"""Chat servers that are odd in ways of their own. Importing this adds their scripts to those of the loopback server."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.loopback_server import FINISH, SCRIPTS, LoopbackServer, Wire, good, refusing, sse, text, usage

Script = Callable[[Wire], Awaitable[None]]

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


def saying(*chunks: Any, end: tuple[Any, ...] = (FINISH, "[DONE]")) -> Script:
    """Streams these chunks, each in a write of its own; plain text is a chunk of the answer."""

    async def say(wire: Wire) -> None:
        await wire.head()
        for chunk in (*chunks, *end):
            plain = isinstance(chunk, str) and chunk != "[DONE]"
            await wire.event(text(chunk) if plain else chunk)
            await asyncio.sleep(0.002)

    return say


def thinking(field: str) -> Any:
    return {"choices": [{"delta": {field: "Hm."}}]}


def counted(content: str, tokens: int) -> Any:
    return text(content) | {"usage": {"prompt_tokens": 7, "completion_tokens": tokens}}


ITEMS = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Yes."}]
THINKING = {
    "reasoning_content_field": saying(thinking("reasoning_content"), "Yes."),
    "reasoning_field": saying(thinking("reasoning"), "Yes."),
    "thinking_field": saying(thinking("thinking"), "Yes."),
    "content_items": saying({"choices": [{"delta": {"content": ITEMS}}]}),
    "tags": saying("<think>Hm.</think>Yes."),
    "tags_in_chunks": saying("<think>", "\n", "Hm.", "</think>", "\n\n", "Yes."),
    "tags_in_pieces": saying(*"\n<think>\nHm.</think>\n\nYes."),
}
"""Ways of thinking `Hm.` before answering `Yes.`"""
USAGES = {
    "usage_beyond_belief": (saying("a", "b", "c", end=(FINISH, usage(10**9), "[DONE]")), None),
    "usage_first": (saying(usage(3), "a", "b", "c"), 3),
    "usage_last": (saying("a", "b", "c", end=(FINISH, usage(3), "[DONE]")), 3),
    "usage_before_the_finish": (saying("a", "b", "c", usage(3)), 3),
    "usage_in_the_finish": (saying("a", "b", "c", end=(FINISH | {"usage": usage(3)["usage"]},)), 3),
    "usage_in_the_choice": (
        saying("a", "b", "c", end=({"choices": [FINISH["choices"][0] | {"usage": usage(3)["usage"]}]}, "[DONE]")),
        3,
    ),
    "usage_in_every_chunk": (saying(counted("a", 1), counted("b", 2), counted("c", 3)), 3),
    "usage_so_far": (saying(counted("a", 1), "b", "c"), None),
    "usage_null": (saying(*(text(word) | {"usage": None} for word in "abc")), None),
    "usage_never": (saying("a", "b", "c"), None),
}
"""Ways of saying, or not saying, that `abc` has three tokens."""


def strict(refusal: Any, *unwanted: str, status: str = "400 Bad Request") -> Script:
    """Refuses a request that holds an unwanted option, and answers any other well."""

    async def check(wire: Wire) -> None:
        held = [name for name in unwanted if name in wire.talk.body]
        if held:
            await asyncio.sleep(0.1)
            await wire.answer(status, refusal if isinstance(refusal, str) else json.dumps(refusal))
        else:
            await good(wire)

    return check


def forbidden(*names: str) -> Any:
    """How FastAPI refuses fields that it does not know: the request comes back with every complaint."""
    row = {"type": "extra_forbidden", "msg": "Extra inputs are not permitted", "input": {"temperature": 1, "top_p": 1}}
    return {"detail": [row | {"loc": ["body", name]} for name in names]}


async def one_by_one(wire: Wire) -> None:
    """Names only the first option that it does not know."""
    for name in ("stream_options", "top_p", "seed"):
        if name in wire.talk.body:
            await wire.answer("400 Bad Request", f"Unrecognized request argument supplied: {name}", "text/plain")
            return
    await good(wire)


NEWER = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
SHORT = "max_tokens or max_completion_tokens is too large: 512. The context length is 128 tokens, temperature 0.2."
STRICT: dict[str, Script] = {
    "no_stream_options": strict({"error": {"message": "stream_options is not a known field"}}, "stream_options"),
    "no_seed": strict({"error": {"message": "Unknown parameter: 'seed'.", "param": "seed"}}, "seed"),
    "no_temperature": strict(
        {"error": {"message": "Only the default (1) value is supported.", "param": "temperature"}}, "temperature"
    ),
    "no_sampling": strict(
        forbidden("seed", "top_p", "stop"), "seed", "top_p", "stop", status="422 Unprocessable Entity"
    ),
    "newer_limit": strict({"error": {"message": NEWER, "code": "unsupported_parameter"}}, "max_tokens"),
    "one_by_one": one_by_one,
    "short_context": refusing("400 Bad Request", {"error": {"message": SHORT}}),
    "cold_only": refusing("400 Bad Request", {"error": {"message": "Invalid parameter: temperature must be below 1"}}),
}
"""Servers that refuse options, or whose refusals name some without being about them."""


async def restarted(wire: Wire) -> None:
    """The host goes down in the middle of its answer: the connection is reset."""
    await wire.head()
    await wire.event(text("half of"))
    await asyncio.sleep(0.05)
    wire.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.writer.transport.abort()


async def cut_tag(wire: Wire) -> None:
    """Ends in what could have become a tag."""
    await wire.head()
    await wire.send(sse(text("<thi")))


def busy(*headers: str) -> Script:
    async def refuse(wire: Wire) -> None:
        await wire.answer("429 Too Many Requests", '{"message": "slow down"}', "application/json", *headers)

    return refuse


SCRIPTS |= {"hostile": hostile, "hostile_error": hostile_error, "restarted": restarted, "cut_tag": cut_tag}
SCRIPTS |= THINKING | STRICT | {name: script for name, (script, _) in USAGES.items()}
SCRIPTS |= {
    "unclosed": saying("<think>", "Hm."),
    "other_tag": saying("<th", "ead> is HTML"),
    "tag_later": saying("Use ", "<think>", " tags"),
    "busy_for_7_s": busy("Retry-After: 7"),
    "busy_for_5_min": busy("Retry-After: 000000000300"),
    "busy_for_ever": busy("Retry-After: Sun, 29 Nov 2099 12:00:00 GMT"),
    "busy_until": busy("Retry-After: Sun, 22 Nov 2026 11:03:01 GMT"),
    "wrong_path": refusing("404 Not Found", "<html><h1>Not Found</h1></html>"),
    "wrong_path_fastapi": refusing("404 Not Found", {"detail": "Not Found"}),
    "not_loaded": refusing("400 Bad Request", {"error": {"message": "The model is not loaded"}}),
    "many_complaints": refusing(
        "422 Unprocessable Entity", {"detail": [{"loc": ["body", "messages"], "msg": "Field required"}]}
    ),
}


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


class PathServer:
    """A web server that answers each of these paths with JSON, any other with 404, and notes what it is asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                body = json.dumps(answers.get(self.path)).encode()
                self.send_response(200 if self.path in answers else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> PathServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
