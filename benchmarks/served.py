"""The benchmark's server from the outside: started, asked for its log, ended."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.talk import Talk, talk_from_dict

ROOT = Path(__file__).parents[1]
LIMIT_S = 1200.0
"""After this a server ends by itself, whatever became of whoever started it."""
_PATIENCE_S = 30.0
# Never through a proxy of the environment: everything here is on loopback.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Served:
    """A running server."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"

    @property
    def url(self) -> str:
        """The address clients are given."""
        return f"{self._base}/v1"

    def offer(self, model_ids: Sequence[str]) -> None:
        """Have the server list these models; it answers to any other id as well."""
        self._ask("/bench/models", json.dumps(list(model_ids)).encode())

    def progress(self) -> list[dict[str, Any]]:
        """How far each request has come: model, received, last, chunks, tokens, closed."""
        rows: list[dict[str, Any]] = self._ask("/bench/progress")
        return rows

    def talks(self, since: int = 0) -> list[Talk]:
        """The send log of the requests but for the first `since` ones."""
        return [talk_from_dict(row) for row in self._ask("/bench/talks")[since:]]

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        with _opener.open(urllib.request.Request(self._base + path, data=body), timeout=_PATIENCE_S) as reply:
            return json.loads(reply.read())


@contextmanager
def serving() -> Iterator[Served]:
    """A server of its own for this block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server", "--limit", str(LIMIT_S)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield Served(int(process.stdout.readline()))
    finally:
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
