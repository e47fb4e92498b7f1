"""The adapter's models behind OpenAI's chat API on 127.0.0.1, so that the engine asks them like any others.

`GET /v1/models`, `GET /models/loaded`; `POST /models/load`, `POST /models/unload` with `{"model": name}`;
`POST /v1/chat/completions`, streamed.

Every request has to bring the token that the server makes for itself and gives to the program, under the server's own
address, and from no web page: other users of this machine, and pages that a browser shows, are refused. A POST has to
be JSON.
"""

from __future__ import annotations

import hmac
import json
import secrets
import socket
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

from tui.core.errors import ModelFailedError
from tui.hosts.adapter.loaded_model import InUseError, Listener, LoadedModel, NotLoadedError, Question

MAX_BODY = 16_000_000
"""Bytes of the longest request that is read."""
PARAMETERS: Mapping[str, tuple[type, ...]] = {
    "max_tokens": (int,),
    "temperature": (int, float),
    "top_p": (int, float),
    "seed": (int,),
    "stop": (str, list),
}


class RefusedError(Exception):
    """A request that is not carried out: the HTTP `status`, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class AdapterServer(ThreadingTCPServer):
    """Listens from the moment it is made, on a port of its own; `serve_forever()` answers."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, models: Mapping[str, LoadedModel]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.models = models
        self.place = f"127.0.0.1:{self.server_address[1]}"
        self.root = f"http://{self.place}"
        self.token = secrets.token_urlsafe(32)


class _Handler(BaseHTTPRequestHandler):
    # Each piece of an answer leaves at once: held back, it would be timed late.
    disable_nagle_algorithm = True
    # Answers are sent in chunks, so that one that a crash cuts off cannot be taken for a whole one.
    protocol_version = "HTTP/1.1"
    server: AdapterServer

    def do_GET(self) -> None:
        models = self.server.models
        try:
            self._check_caller()
        except RefusedError as error:
            self._refuse(error.status, str(error))
            return
        if self.path == "/v1/models":
            rows = [{"id": name, "object": "model", "created": 0, "owned_by": "adapter"} for name in models]
            self._json(200, {"object": "list", "data": rows})
        elif self.path == "/models/loaded":
            self._json(200, [name for name, model in models.items() if model.loaded])
        else:
            self._refuse(404, f"There is nothing at {self.path}")

    def do_POST(self) -> None:
        try:
            self._check_caller()
            body = self._body()
            model = self._model(body)
            match self.path:
                case "/models/load":
                    model.load()
                    self._json(200, {"loaded": model.name})
                case "/models/unload":
                    model.unload()
                    self._json(200, {"unloaded": model.name})
                case "/v1/chat/completions":
                    self._chat(model, body)
                case _:
                    raise RefusedError(404, f"There is nothing at {self.path}")
        except RefusedError as error:
            self._refuse(error.status, str(error))
        except InUseError as error:
            self._refuse(409, error.title)
        except ModelFailedError as error:
            self._refuse(500, error.title)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own signature
        """Say nothing."""

    def _chat(self, model: LoadedModel, body: dict[str, Any]) -> None:
        question = _question(body)
        if body.get("stream") is not True:
            raise RefusedError(400, 'Answers are streamed here: ask with "stream": true')
        if not model.loaded:
            raise RefusedError(400, f"{model.name} is not loaded")
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        stream = _Stream(self.connection, model.name)
        try:
            end = model.answer(question, stream)
            if end is not None:
                stream.finish(end.finish_reason, end.counts)
        except OSError:
            pass  # whoever asked has gone
        except ModelFailedError as error:
            stream.fail(error.title, "not_loaded" if isinstance(error, NotLoadedError) else "adapter_error")

    def _check_caller(self) -> None:
        """Raises RefusedError unless it is the program that asks."""
        hosts, given = self.headers.get_all("Host", []), self.headers.get_all("Authorization", [])
        if hosts != [self.server.place]:
            # Else a page could give this machine's address a name of its own, and ask here as if at home.
            raise RefusedError(421, f"This is {self.server.place} and nothing else")
        if self.headers.get_all("Origin"):
            raise RefusedError(403, "No web page may ask here")
        expected = f"Bearer {self.server.token}".encode()
        if len(given) != 1 or not hmac.compare_digest(given[0].encode("utf-8", "replace"), expected):
            raise RefusedError(401, "A request has to bring the token that this process told the program")

    def _body(self) -> dict[str, Any]:
        if self.headers.get_content_type() != "application/json":
            raise RefusedError(415, "A request has to be application/json")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or not 0 < int(length) <= MAX_BODY:
            raise RefusedError(413, f"A request has to say its length, which is at most {MAX_BODY} bytes")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise RefusedError(400, "The request is not JSON") from error
        if not isinstance(body, dict):
            raise RefusedError(400, "The request is no JSON object")
        return body

    def _model(self, body: dict[str, Any]) -> LoadedModel:
        name = body.get("model")
        model = self.server.models.get(name) if isinstance(name, str) else None
        if model is None:
            raise RefusedError(404, f"There is no model called {name}")
        return model

    def _refuse(self, status: int, why: str) -> None:
        self._json(status, _error(why, "invalid_request_error" if status < 500 else "adapter_error"))

    def _json(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode("ascii")
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(data)
        except OSError:
            pass  # whoever asked has gone


class _Stream(Listener):
    """An answer on its way over a connection, as server-sent events."""

    def __init__(self, connection: socket.socket, model: str) -> None:
        self._connection = connection
        self._about = {
            "id": f"chatcmpl-{secrets.token_hex(8)}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
        }

    def gone(self) -> bool:
        """Whether the other end has closed the connection."""
        before = self._connection.gettimeout()
        try:
            self._connection.settimeout(0)
            return self._connection.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            self._connection.settimeout(before)

    def hear(self, kind: str, text: str) -> None:
        self._choice({kind: text}, None)

    def finish(self, reason: str, counts: Mapping[str, int]) -> None:
        """Say how it ended, and the counts if there are any."""
        self._choice({}, reason)
        if counts:
            self._send({**self._about, "choices": [], "usage": _usage(counts)})
        self._event("[DONE]")
        self._chunk(b"")

    def fail(self, why: str, kind: str) -> None:
        """Say why there is no more."""
        try:
            self._send(_error(why, kind))
            self._chunk(b"")
        except OSError:
            pass  # whoever asked has gone

    def _choice(self, delta: dict[str, str], reason: str | None) -> None:
        self._send({**self._about, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})

    def _send(self, data: Any) -> None:
        self._event(json.dumps(data))

    def _event(self, data: str) -> None:
        self._chunk(f"data: {data}\n\n".encode("ascii"))

    def _chunk(self, data: bytes) -> None:
        """One chunk, in one write; an empty one ends the stream."""
        self._connection.sendall(b"%x\r\n%b\r\n" % (len(data), data))


def _question(body: dict[str, Any]) -> Question:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RefusedError(400, "There are no messages")
    for message in messages:
        texts = isinstance(message, dict) and isinstance(message.get("role"), str)
        if not texts or not isinstance(message.get("content"), str):
            raise RefusedError(400, "Each message has to have a role and a content, which are text")
    params = {key: body[key] for key in PARAMETERS if body.get(key) is not None}
    for key, value in params.items():
        if not isinstance(value, PARAMETERS[key]) or isinstance(value, bool):
            raise RefusedError(400, f"`{key}` is not what it should be")
    if isinstance(params.get("stop"), str):
        params["stop"] = [params["stop"]]
    return Question(tuple({"role": item["role"], "content": item["content"]} for item in messages), params)


def _usage(counts: Mapping[str, int]) -> dict[str, Any]:
    usage: dict[str, Any] = {key: count for key, count in counts.items() if key != "reasoning_tokens"}
    if "reasoning_tokens" in counts:
        usage["completion_tokens_details"] = {"reasoning_tokens": counts["reasoning_tokens"]}
    return usage


def _error(why: str, kind: str) -> dict[str, Any]:
    return {"error": {"message": why, "type": kind, "param": None, "code": None}}
