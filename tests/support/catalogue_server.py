"""The public catalogue's three services on 127.0.0.1, as far as the SDK uses them: the list, the registry, the files.

The list's address can be configured. The registry's cannot: it is reached through a proxy of the environment, which
this server is as well, with a certificate that only `SSL_CERT_FILE` makes anybody trust. `environment()` has it all.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CERTIFICATE = Path(__file__).with_name("registry.pem")
"""A key and a certificate for the registry's name. They are worth nothing outside these tests."""
DAY = "Thu, 01 Jan 2026 00:00:00 GMT"
PATIENCE_S = 30.0


def row(name: str, alias: str, *, version: int = 1, device: str = "cpu", ep: str = "CPUExecutionProvider") -> Any:
    """One model variant, in the catalogue's words."""
    asset = f"azureml://registries/azureml/models/{name}/versions/{version}"
    limits = {"textLimits": {"inputContextWindow": 32768, "maxOutputTokens": 2048}}
    return {
        "assetId": asset,
        "entityId": asset,
        "annotations": {
            "tags": {"alias": alias, "task": "chat-completion"},
            "systemCatalogData": {
                "publisher": "Somebody",
                "displayName": alias.title(),
                "license": "MIT",
                "licenseDescription": "Do as you like.",
                "modelCapabilities": ["tool-calling"],
                "inferenceTasks": ["chat-completion"],
                "modelLimits": limits,
            },
        },
        "properties": {
            "id": f"{name}:{version}",
            "name": name,
            "version": version,
            "alias": alias,
            "variantInfo": {
                "parents": [{"assetId": f"azureml://registries/azureml/models/{alias}/versions/{version}"}],
                "variantMetadata": {
                    "modelType": "ONNX",
                    "device": device,
                    "executionProvider": ep,
                    "fileSizeBytes": 12 * 1024 * 1024,
                },
            },
        },
    }


class CatalogueServer:
    """`rows` are listed; each of them downloads as the files of `folder`.

    With `hold`, the largest file stops in its middle until `go_on` is set. With `broken`, the list is an error.
    """

    def __init__(self, rows: list[Any], folder: Path) -> None:
        self.rows = rows
        self.files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        self.asked: list[str] = []
        """What was asked of it, in order: `list`, `resolve`, or a file's name."""
        self.broken = False
        self.hold = False
        self.held = threading.Event()
        self.go_on = threading.Event()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(CERTIFICATE)
        server = self

        class Handler(_Handler):
            catalogue = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self._thread.start()
        self.root = f"http://127.0.0.1:{self._http.server_port}"
        self.address = f"{self.root}/asset-gallery/v1.0/models"

    def environment(self) -> dict[str, str]:
        """What makes the SDK come here."""
        return {
            "FOUNDRY_COMPARE_CATALOGUE": self.address,
            "HTTPS_PROXY": self.root,
            "SSL_CERT_FILE": str(CERTIFICATE),
        }

    def stop(self) -> None:
        self.go_on.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def secure(self, connection: Any) -> ssl.SSLSocket:
        return self._tls.wrap_socket(connection, server_side=True)


class _Handler(BaseHTTPRequestHandler):
    catalogue: CatalogueServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.catalogue.asked.append("list")
        if self.catalogue.broken:
            self._reply(b"<h1>No</h1>", status=403)
        else:
            body = {"value": self.catalogue.rows, "totalCount": len(self.catalogue.rows)}
            self._reply(json.dumps(body).encode(), "application/json")

    def do_CONNECT(self) -> None:
        self.catalogue.asked.append("resolve")
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        try:
            with self.catalogue.secure(self.connection) as registry:
                request = b""
                while b"\r\n\r\n" not in request:
                    received = registry.recv(65_536)
                    if not received:
                        return  # connected, and asked nothing
                    request += received
                body = json.dumps({"blobSasUri": f"{self.catalogue.root}/files?sig=none"}).encode()
                head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                registry.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)
        except OSError:
            pass  # it hangs up without a farewell

    def do_HEAD(self) -> None:
        self._file(self.catalogue.files[self._name()], None)

    def do_GET(self) -> None:
        if "comp=list" in self.path:
            self._reply(self._listing().encode(), "application/xml")
            return
        name = self._name()
        whole = self.catalogue.files[name]
        self.catalogue.asked.append(name)
        wanted = self.headers["x-ms-range"] or self.headers["Range"]
        first, _, last = wanted.removeprefix("bytes=").partition("-") if wanted else ("0", "", "")
        end = int(last) + 1 if last else len(whole)
        try:
            self._file(whole[int(first) : end], (int(first), len(whole)), slowly=len(whole) == self._largest())
        except OSError:
            pass  # a client that was ended does not read on

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        pass

    def _name(self) -> str:
        return self.path.partition("?")[0].rpartition("/")[2]

    def _largest(self) -> int:
        return max(map(len, self.catalogue.files.values()))

    def _file(self, part: bytes, place: tuple[int, int] | None, *, slowly: bool = False) -> None:
        self.send_response(200 if place is None else 206)
        headers = {
            "Content-Length": len(part),
            "Content-Type": "application/octet-stream",
            "ETag": '"1"',
            "Last-Modified": DAY,
            "x-ms-blob-type": "BlockBlob",
            "x-ms-creation-time": DAY,
            "x-ms-lease-state": "available",
            "x-ms-lease-status": "unlocked",
            "x-ms-server-encrypted": "true",
            "x-ms-version": "2024-08-04",
        }
        if place is not None:
            headers["Content-Range"] = f"bytes {place[0]}-{place[0] + len(part) - 1}/{place[1]}"
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.end_headers()
        if place is None:
            return
        half = len(part) // 2
        self.wfile.write(part[:half])
        self.wfile.flush()
        if slowly and self.catalogue.hold:
            self.catalogue.held.set()
            self.catalogue.go_on.wait(PATIENCE_S)
        self.wfile.write(part[half:])

    def _listing(self) -> str:
        blobs = "".join(
            f"<Blob><Name>{name}</Name><Properties><Creation-Time>{DAY}</Creation-Time><Last-Modified>{DAY}"
            f"</Last-Modified><Etag>1</Etag><Content-Length>{len(data)}</Content-Length><BlobType>BlockBlob</BlobType>"
            "<AccessTier>Hot</AccessTier><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
            "<ServerEncrypted>true</ServerEncrypted></Properties></Blob>"
            for name, data in self.catalogue.files.items()
        )
        start = '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="files">'
        return f"{start}<Blobs>{blobs}</Blobs><NextMarker /></EnumerationResults>"

    def _reply(self, body: bytes, kind: str = "text/html", *, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def catalogue_of(rows: list[Any], folder: Path) -> Iterator[CatalogueServer]:
    """A running server, stopped at the end."""
    server = CatalogueServer(rows, folder)
    try:
        yield server
    finally:
        server.stop()
