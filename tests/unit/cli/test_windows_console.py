"""What the doctor says of a Windows console."""

from __future__ import annotations

import sys

import pytest

from tests.support.some import any_number_of
from tui.cli.windows_console import UTF_8, Console, described, hints, read_console


@pytest.mark.parametrize(
    ("console", "says", "advises"),
    [
        (Console(UTF_8, 1252, True), "UTF-8 (code page 65001); the system's code page is 1252; escape sequences", []),
        (Console(437, 1252, None), "code page 437; the system's code page is 1252", ["[Console]::OutputEncoding"]),
        (
            Console(850, 1252, False), "code page 850; the system's code page is 1252; no escape sequences",
            ["-o FILE", "Windows Terminal"],
        ),
        (Console(None, 1252, None), "none; the system's code page is 1252", []),
    ],
    ids=["as it should be", "through a pipe", "an old console", "no console"],
)  # fmt: skip
def test_what_spoils_text_is_said_with_what_to_do(console: Console, says: str, advises: list[str]) -> None:
    assert described(console) == says
    given = list(hints(console))
    assert len(given) == len(advises)
    assert all(part in hint for part, hint in any_number_of(zip(advises, given, strict=True)))


@pytest.mark.skipif(sys.platform != "win32", reason="Windows' consoles")
def test_windows_tells_its_code_pages() -> None:
    console = read_console()
    assert console is not None and console.system_code_page > 0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX: there are no code pages")
def test_elsewhere_there_is_no_such_console() -> None:
    assert read_console() is None
