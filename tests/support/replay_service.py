"""Foundry Local 0.8's service, replayed from published recordings on 127.0.0.1, with a fault for each path on request.

It keeps books of what is cached and loaded, and answers in the service's words; its chat says the same to everybody.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.chatting import chat, older
from tests.support.fake_foundry import Books

RECORDED: dict[str, Any] = json.loads((Path(__file__).parents[1] / "data" / "service_0_8.json").read_text("utf-8"))
PATIENCE_S = 10.0
"""Nobody is waited for longer than this."""


@dataclass(frozen=True)
class Fault:
    """What a path answers instead of what it should."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"
    head: dict[str, str] = field(default_factory=dict)


HTML = Fault(200, b"<!doctype html><html><body>Welcome to the router</body></html>", "text/html")
NOT_FOUND = Fault(404)
SIGN_IN = Fault(401, b'{"error": {"message": "who are you?"}}', "application/json")
BUSY = Fault(429, b"Too many requests")
BARE_500 = Fault(500)
BROKEN = Fault(500, b"The configuration file could not be read")
ELSEWHERE = Fault(302, head={"Location": "http://192.0.2.7/login"})
CUT = Fault(200, b'["deepseek', "application/json", {"Content-Length": "500"})
SILENCE = Fault(0)
"""The request is read, and no header ever comes."""
STALL = Fault(-1)
"""A download begins, and goes on neither here nor there."""

TOTAL = tuple(RECORDED["download"])
"""A download's lines as services send them."""
SHARES = (
    '("genai_config.json", 0.01)', '("model.onnx.data", 0.5)', '("", 1)',
    '{', '  "Success": true,', '  "ErrorMessage": null', '}',
)  # fmt: skip
"""A download's lines as the manual says."""


@dataclass
class Asked:
    """A request as the service saw it."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


class ReplayService:
    """State of the service, and what it was asked. Change `faults` and `lines` while it runs."""

    def __init__(self) -> None:
        self.cached: list[str] = list(RECORDED["models"])
        self.loaded: list[str] = []
        self.listed: Any = RECORDED["list"]
        self.status: Any = RECORDED["status"]
        self.faults: dict[str, Fault] = {}
        """By path; a path with a name in it goes by what comes before the name: `/openai/load`."""
        self.lines: tuple[str, ...] = TOTAL
        self.line_end = "\n"
        self.appears = True
        """Whether a download leaves the model in the cache."""
        self.books: Books | None = None
        """Those of the `foundry` command that manages it, where there is one."""
        self.asked: list[Asked] = []
        self.hung_up = threading.Event()
        """Set when a client left in the middle of a download or a silence."""
        self.over = threading.Event()
        self.url = ""

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def last(self, path: str) -> Asked:
        """The last request that begins like this."""
        return next(asked for asked in reversed(self.asked) if asked.path.startswith(path))

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """Status and body of what is no fault and no download."""
        match asked.path.strip("/").split("/"):
            case ["openai", "status"]:
                return 200, self.status
            case ["openai", "models"]:
                removed = self.books.read()["removed"] if self.books is not None else []
                return 200, [name for name in self.cached if name not in removed]
            case ["openai", "loadedmodels"]:
                return 200, self.loaded
            case ["foundry", "list"]:
                return 200, self.listed
            case ["openai", "load", name]:
                if name not in self.cached:
                    return 400, f"No OpenAIService provider found for modelName:{name}"
                self.loaded = sorted({*self.loaded, name})
                return 200, None
            case ["openai", "unload", name]:
                # A model whose time is not over stays, unless it is forced out.
                if asked.query.get("force") == "true":
                    self.loaded = [other for other in self.loaded if other != name]
                return 200, None
            case ["v1", "chat", "completions", "tokenizer", "encode", "count"]:
                if asked.body["model"] not in self.cached:
                    return 400, f"No OpenAIService provider found for modelName:{asked.body['model']}"
                # The chat template's own tokens, and one for each word.
                return 200, {"tokenCount": 5 + len(asked.body["messages"][0]["content"].split())}
            case ["v1", "chat", "completions"]:
                return 400, f"No OpenAIService provider found for modelName:{asked.body['model']}"
        return 404, None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE_S
    server: _Server

    def do_GET(self) -> None:
        self._handle(None)

    def do_POST(self) -> None:
        self._handle(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
        pass

    def _handle(self, body: Any) -> None:
        service = self.server.service
        parts = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        asked = Asked(self.command, unquote(parts.path), query, body)
        service.asked.append(asked)
        try:
            fault = next((fault for path, fault in service.faults.items() if asked.path.startswith(path)), None)
            if fault is SILENCE:
                self._wait()
            elif asked.path == "/openai/download" and fault in (None, STALL):
                self._download(body, stall=fault is STALL)
            elif fault is not None:
                self._send(fault)
            elif asked.path == "/v1/chat/completions" and body["model"] in service.loaded:
                chat(self, *older(RECORDED["chunk"], body["model"]))
            else:
                status, answer = service.answer(asked)
                text = isinstance(answer, str) or answer is None
                raw = (answer or "").encode() if text else json.dumps(answer).encode()
                self._send(Fault(status, raw, "text/plain" if text else "application/json"))
        except OSError:
            service.hung_up.set()

    def _send(self, fault: Fault) -> None:
        self.send_response(fault.status)
        for name, value in {
            "Content-Type": fault.content_type,
            "Content-Length": str(len(fault.body)),
            **fault.head,
        }.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(fault.body)
        self.close_connection = True

    def _download(self, body: Any, *, stall: bool) -> None:
        service = self.server.service
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for line in service.lines:
            self._chunk(line + service.line_end)
            time.sleep(0.01)
        if stall:
            self._wait()
            return
        if service.appears:
            service.cached.append(body["model"]["Name"])
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, text: str) -> None:
        raw = text.encode()
        self.wfile.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")

    def _wait(self) -> None:
        """Until the client leaves or the service ends."""
        self.close_connection = True
        self.connection.settimeout(0.05)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and not self.server.service.over.is_set():
            try:
                if not self.connection.recv(1):
                    self.server.service.hung_up.set()
                    return
            except TimeoutError:
                pass


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, service: ReplayService) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.service = service


@contextmanager
def replaying() -> Iterator[ReplayService]:
    """A running service, stopped at the end."""
    service = ReplayService()
    server = _Server(service)
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        service.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
