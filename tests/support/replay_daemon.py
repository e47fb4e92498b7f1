"""The daemon of Foundry Local 0.10, replayed from published recordings on 127.0.0.1; its chat says always the same.

What is loaded and cached stands in the books that the `foundry` command of `fake_foundry` reads and writes as well.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.support.chatting import chat, newer
from tests.support.fake_foundry import RECORDED, install
from tests.support.replay_service import Fault
from tui.hosts.foundry.cli import FoundryCli, find_cli

CPU, TRT, SMALL, PHI = (row["variantId"] for row in RECORDED["model list --variants"]["variants"])


def refusal(status: int, message: str) -> Fault:
    """An error as the daemon words it."""
    error = RECORDED["500 body"]["error"] | {"message": message}
    return Fault(status, json.dumps({"error": error}).encode(), "application/json")


class ReplayDaemon:
    """One daemon with its `foundry` command and its home. Change `faults` and `books` while it runs."""

    def __init__(self, folder: Path) -> None:
        self.books = install(folder / "bin", cached=[CPU, SMALL])
        self.home = folder / "home"
        self.faults: dict[str, Fault] = {}
        """By path, or by the beginning of one."""
        self.asked: list[str] = []
        """The path of each request, as it was written."""
        self.root = ""
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self.start()

    @property
    def cli(self) -> FoundryCli:
        """The command that is first on its PATH."""
        found = find_cli({"PATH": f"{self.books.path.parent}{os.pathsep}{os.environ['PATH']}"})
        assert found is not None
        return found

    def start(self) -> None:
        """Serve, at another port than before, which the command knows from now on."""
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.root = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.books.write(root=self.root)

    def stop(self) -> None:
        """Serve no more. What was loaded is not."""
        if self._server is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None
            self.books.write(root=None, loaded=[])

    def write_file(self, **changes: Any) -> None:
        """Leave `daemon.json` in the home."""
        known = {"pid": os.getpid(), "web_urls": [self.root], "daemon_version": "0.10.3", "ort_version": "1.26.0"}
        assert set(known) == set(RECORDED["daemon.json keys"])
        (self.home / ".foundry").mkdir(parents=True, exist_ok=True)
        (self.home / ".foundry" / "daemon.json").write_text(json.dumps(known | changes), "utf-8")

    def answer(self, path: str) -> Fault:
        """What a path is answered."""
        with self._lock:
            known = self.books.read()
            match path.strip("/").split("/"):
                case ["models", "loaded"]:
                    return _json(known["loaded"])
                case ["models", "load", name]:
                    if name not in known["cached"]:
                        return refusal(400, f"Model '{name}' was not found in the cache")
                    self.books.write(loaded=sorted({*known["loaded"], name}))
                    return _json({"status": "loaded"})
                case ["models", "unload", name]:
                    if name not in known["loaded"]:
                        return refusal(400, f"Model '{name}' is not loaded")
                    self.books.write(loaded=[other for other in known["loaded"] if other != name])
                    return _json({"status": "unloaded"})
                case ["v1", "models"]:
                    return _json({"object": "list", "data": [_row(name) for name in known["cached"]]})
        return Fault(404)


def _json(value: Any) -> Fault:
    return Fault(200, json.dumps(value).encode(), "application/json")


def _row(model_id: str) -> dict[str, Any]:
    """A row of the daemon's list, in which ids have no version."""
    rows = RECORDED["model list --variants"]["variants"]
    alias = next((row["alias"] for row in rows if row["variantId"] == model_id), model_id)
    recorded: dict[str, Any] = RECORDED["GET /v1/models row"]
    return recorded | {"id": model_id.rpartition(":")[0] or model_id, "parent": alias}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10.0
    server: _Server

    def do_GET(self) -> None:
        daemon, path = self.server.daemon, unquote(self.path)
        daemon.asked.append(self.path)
        fault = next((fault for start, fault in daemon.faults.items() if path.startswith(start)), None)
        answer = fault or daemon.answer(path)
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.content_type, **answer.head}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)
        self.close_connection = True

    def do_POST(self) -> None:
        daemon = self.server.daemon
        daemon.asked.append(self.path)
        model = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["model"]
        if model in daemon.books.read()["loaded"]:
            chat(self, *newer(model))
            return
        fault = refusal(400, f"Model '{model}' is not loaded")
        self.send_response(fault.status)
        self.send_header("Content-Type", fault.content_type)
        self.send_header("Content-Length", str(len(fault.body)))
        self.end_headers()
        self.wfile.write(fault.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, daemon: ReplayDaemon) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.daemon = daemon


@contextmanager
def daemon_in(folder: Path) -> Iterator[ReplayDaemon]:
    """A running daemon with two models in its cache, stopped at the end."""
    daemon = ReplayDaemon(folder)
    try:
        yield daemon
    finally:
        daemon.stop()
