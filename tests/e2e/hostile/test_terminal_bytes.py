"""The bytes that the whole program writes to a terminal while everything it is told is hostile."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.hostile.payloads import PAYLOADS, SAMPLE, offences
from tests.e2e.hostile.test_cli_sinks import play, server
from tests.support.loopback_server import LoopbackServer
from tui.core.text.clean import join_surrogates

if sys.platform == "win32":
    pytest.skip("no pseudo-terminals", allow_module_level=True)

import fcntl
import struct
import termios

__all__ = ["server"]
PATIENCE_S = 90.0
WIDTH, HEIGHT = 160, 45
OWN = re.compile(
    r"\x1b\[[0-9;]*[mHGXCKJABDdrhl]|\x1b\[[?>=<][0-9;]*\$?[a-zA-Z]|\x1b[78=>]|\x1b\[\d* ?q|\x1b\[[0-9;]*[tucn]|\x1b\(B"
    r"|\x1b\]22;[a-z-]*\x07|\x18"
)
"""Sequences of the program's own; of the hostile ones none is just one of these."""
several = pytest.param(" ".join(PAYLOADS[name] for name in SAMPLE), id="sample")
each = (pytest.param(payload, id=name, marks=pytest.mark.soak) for name, payload in PAYLOADS.items())


class Program:
    """The program in a pseudo-terminal, everything it writes, and its keyboard."""

    def __init__(self, folder: Path, *args: str) -> None:
        self.master, shell = os.openpty()
        fcntl.ioctl(shell, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        environ = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONUTF8": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tui", *args], stdin=shell, stdout=shell, stderr=shell, cwd=folder, env=environ
        )
        os.close(shell)
        self.got = b""

    @property
    def text(self) -> str:
        return self.got.decode("utf-8", "strict" if self.process.poll() is not None else "ignore")

    def read(self) -> bool:
        """Take in what is there; False when there will be no more."""
        if select.select([self.master], [], [], 0.1)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                return False
            self.got += data
            return bool(data)
        return True

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert self.read() and time.monotonic() < deadline, OWN.sub("", self.text)[-2000:]

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())
        quiet = time.monotonic() + 0.5
        while time.monotonic() < quiet:
            self.read()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.mark.parametrize("payload", [several, *each])
def test_nothing_hostile_is_written(
    payload: str, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    payload = payload.replace("\x00", "")
    models = [part for model in play(monkeypatch, payload) for part in ("-m", model)]
    program = Program(tmp_path, "--host", server.url, *models, "-p", join_surrogates(payload))
    try:
        program.until(lambda: "unscored" in program.text)
        for keys in (
            "\x1b[C",
            "t",
            "m",
            "z",
            "\x1b[C",
            "z",
            "]",
            "[",
            "1",
            "n",
            "note\r",
            "u",
            "e",
            "\x1b",
            "?",
            "\x1b",
        ):
            program.press(keys)
        program.press("\x1bOP")
        for keys in ("\x1b[B", "i", "\x1b", "/", "PWN", "\r", "\x11"):
            program.press(keys)
        deadline = time.monotonic() + PATIENCE_S
        while program.read() and time.monotonic() < deadline:
            pass
        program.process.wait(PATIENCE_S)
    finally:
        program.end()
    assert program.process.returncode == 0
    written = OWN.sub("", program.text)
    assert "PWN" in written or "ก" in written
    assert offences(written, "\n\r") == []
