"""An HTTP proxy on loopback that alone knows where its names lead: tunnels for https, absolute addresses for http."""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_HEAD_END = b"\r\n\r\n"


class LoopbackProxy:
    """`places` leads from names to ports of this machine; `login` is the `user:password` it wants, if any; `delay` is
    how many seconds a tunnel takes to be there."""

    def __init__(self, places: Mapping[str, int], login: str | None = None, *, delay: float = 0.0) -> None:
        self._delay = delay
        self._places = places
        self._login = login
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.asked: list[str] = []
        """The first line of each request."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @contextmanager
    def running(self) -> Iterator[LoopbackProxy]:
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while _HEAD_END not in head:
                received = client.recv(65536)
                if not received:
                    return  # connected, and asked nothing
                head += received
            lines, _, rest = head.partition(_HEAD_END)
            first, *headers = lines.decode().split("\r\n")
            self.asked.append(first)
            method, target, version = first.split()
            wanted = f"proxy-authorization: basic {base64.b64encode((self._login or '').encode()).decode()}"
            if self._login is not None and wanted.lower() not in [header.lower() for header in headers]:
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            parts = urlsplit(target if method != "CONNECT" else f"//{target}")
            port = self._places.get(parts.hostname or "")
            if port is None:
                client.sendall(b"HTTP/1.1 403 Not from here\r\nContent-Length: 0\r\n\r\n")
                return
            try:
                reached = socket.create_connection(("127.0.0.1", port))
            except OSError:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            with reached as host:
                if method == "CONNECT":
                    time.sleep(self._delay)
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    kept = [header for header in headers if not header.lower().startswith("proxy-")]
                    host.sendall("\r\n".join([f"{method} {parts.path} {version}", *kept]).encode() + _HEAD_END + rest)
                back = threading.Thread(target=_pass_on, args=(host, client), daemon=True)
                back.start()
                _pass_on(client, host)
                back.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
