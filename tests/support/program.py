"""The whole program as a process, as a shell starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.wine import SLOWNESS

PATIENCE_S = 60.0 * SLOWNESS
"""Seconds after which a program that does not end fails its test."""
MODULE = (sys.executable, "-P", "-m", "tui")


@dataclass(frozen=True)
class Done:
    """How a program ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its stdout, which is to be one JSON value in ASCII and nothing else."""
        assert self.out.isascii()
        return json.loads(self.out)


def until(holds: Callable[[], bool]) -> None:
    """Wait for it; fail after a long time."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.01)


def start(
    *args: str, cwd: Path, program: Sequence[str] = MODULE, environ: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start it with these arguments; `environ` is added to the environment."""
    return subprocess.Popen(
        [*program, *args],
        cwd=cwd,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | dict(environ or {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[bytes], stdin: bytes = b"", encoding: str = "utf-8") -> Done:
    """Wait for its end. What it wrote must be in this encoding."""
    try:
        out, err = process.communicate(stdin, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Done(process.returncode, *(text.decode(encoding).replace("\r\n", "\n") for text in (out, err)))


def call(
    *args: str,
    cwd: Path,
    stdin: bytes = b"",
    program: Sequence[str] = MODULE,
    environ: Mapping[str, str] | None = None,
) -> Done:
    """Run it to its end."""
    return finish(start(*args, cwd=cwd, program=program, environ=environ), stdin)
