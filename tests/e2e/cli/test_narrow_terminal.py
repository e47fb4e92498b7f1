"""Every command on a terminal of 40 columns: no sentence of it is broken inside of a word."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import MODULE, PATIENCE_S
from tui.core.text.cell_width import cell_width

if sys.platform == "win32":
    pytest.skip("no pseudo-terminals", allow_module_level=True)
import termios

pytestmark = pytest.mark.slow
EXAMPLES = Path(__file__).parents[3] / "sessions" / "examples"
FIRST, LAST, RACED = (f"20261130T{name}.toml" for name in ("135717Z-f3c8", "140121Z-a9db", "140439Z-cb54"))
COMMAND = ("foundry-compare ", "`foundry-compare ")
At = tuple[str, str]


def narrow(*args: str, cwd: Path) -> tuple[int, str]:
    """How a command ended on such a terminal, and what it wrote. A line that is longer is one word, such as a path, or
    something to copy."""
    near, far = os.openpty()
    termios.tcsetwinsize(far, (24, 40))
    # A library of the test's may have set COLUMNS behind Python's back.
    process = subprocess.Popen(
        [*MODULE, *args], cwd=cwd, env=dict(os.environ), stdin=subprocess.DEVNULL, stdout=far, stderr=far
    )
    os.close(far)
    written = b""
    with contextlib.suppress(OSError):  # Linux says so of a terminal that nobody has open any more.
        while part := os.read(near, 65536):
            written += part
    os.close(near)
    text = written.decode().replace("\r\n", "\n")
    lines = [line for line in re.split("[\r\n]", text) if cell_width(line.rstrip()) > 40]
    assert text and not [line for line in lines if " " in line.strip() and not line.startswith(COMMAND)]
    return process.wait(PATIENCE_S), text


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The example sessions, in a folder of their own."""
    return Path(shutil.copytree(EXAMPLES, tmp_path / "kept"))


def test_bench(at: At, kept: Path, tmp_path: Path) -> None:
    judged = ("--fail-if", "ttft_ms.p95 > 1", "--baseline", str(kept / FIRST), "--junit", "j.xml", "-o", "report.md")
    code, text = narrow("bench", *at, "-m", "good", "-m", "burst", "-p", "hi", *judged, cwd=tmp_path)
    assert code == 9
    said = (
        "--fail-if ttft_ms.p95 > 1 cannot be\njudged. burst, measure: ttft_ms.p95\nneeds 20 values, and there are 3.\n"
    )
    assert f"\n{said}" in text


def test_run(at: At, tmp_path: Path) -> None:
    code, text = narrow("run", *at, "-m", "good", "-m", "empty", "-p", "hi", "--rounds", "2", cwd=tmp_path)
    assert code == 6 and "\nKept in\n" in text


@pytest.mark.parametrize(
    "args",
    [
        ("report", "kept"),
        ("report", "kept", "--by", "session", "--baseline", f"kept/{FIRST}"),
        ("report", f"kept/{RACED}", "--select", "--weight", "quality=3,latency=1", "--require", "size_mb < 5"),
        ("report", "kept", "--by", "nosuch"),
        ("sessions", "check", "kept"),
        ("sessions", "repair", f"kept/{FIRST}"),
        ("sessions", "agreement", f"kept/{FIRST}"),
        ("sessions", "list", "kept"),
        ("sessions", "search", "--no-index", "token", "kept"),
        ("sessions", "trash", f"kept/{FIRST}", "kept/nosuch.toml"),
        ("sessions", "reveal", f"kept/{FIRST}"),
        ("models", "check", "kept"),
        ("prompts", "new", "prompts.json"),
        ("config", "check"),
        ("doctor",),
    ],
)
def test_others(args: tuple[str, ...], kept: Path, tmp_path: Path) -> None:
    narrow(*args, cwd=tmp_path)


def test_models_and_judge(at: At, kept: Path, tmp_path: Path) -> None:
    narrow("models", *at, cwd=tmp_path)
    narrow("models", "unload", *at, "good", cwd=tmp_path)
    narrow("judge", *at, "-m", "good", str(kept / LAST), cwd=tmp_path)
