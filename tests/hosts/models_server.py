"""A server on 127.0.0.1 that answers every request with the bytes it was given, however wrong they are."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PATIENCE_S = 10.0
"""A server that waits for its client to give up does not wait longer than this."""


def http(status: str, body: bytes, content_type: str = "application/json", *headers: str) -> bytes:
    """A whole HTTP response that closes its connection."""
    head = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*head, *headers, "", ""]).encode() + body


def as_json(value: Any, status: str = "200 OK") -> bytes:
    """A JSON response."""
    return http(status, json.dumps(value).encode())


class ModelsServer:
    """`answer` is sent to whoever asks; `hold` leaves the connection open.

    `drip` sends what comes after these bytes of it one by one.
    """

    def __init__(self, answer: bytes, *, drip: bytes = b"", hold: bool = False) -> None:
        self.answer = answer
        self.requests: list[str] = []
        """The head of each request, as received."""
        self._drip = drip
        self._backpressure = hold
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        # An accept() that is under way only ends when somebody comes.
        with socket.create_connection(("127.0.0.1", self.port)):
            pass
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if self._over.is_set():
                    return
                connection.settimeout(PATIENCE_S)
                try:
                    self._answer(connection)
                except OSError:
                    pass  # the client went away, as some tests have it do

    def _answer(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            received = connection.recv(65_536)
            if not received:
                return
            head += received
            if not head.startswith(b"GET"):  # a TLS greeting has no end that we could wait for
                break
        self.requests.append(head.decode("latin-1"))
        if self._drip:
            start, drip, rest = self.answer.partition(self._drip)
            connection.sendall(start + drip)
            for byte in rest:
                connection.sendall(bytes([byte]))
                if self._over.wait(0.05):
                    return
        else:
            connection.sendall(self.answer)
        if self._backpressure:
            connection.recv(1)


@contextmanager
def serving(answer: bytes, *, drip: bytes = b"", hold: bool = False) -> Iterator[ModelsServer]:
    """A running server, stopped at the end."""
    server = ModelsServer(answer, drip=drip, hold=hold)
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A port of 127.0.0.1 at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
