"""The way to the clipboard, and what is said of it."""

from __future__ import annotations

import base64
import sys
from collections.abc import Mapping

import pytest

from tui.ui.terminal.clipboard import Way, copied, osc52, way_to_clipboard, wrapped_for_screen, wrapped_for_tmux

SSH, TMUX = {"SSH_TTY": "/dev/pts/3"}, {"TMUX": "/tmp/tmux-1/default,1,0"}


@pytest.mark.parametrize(
    ("environ", "platform", "there", "name", "swallowed"),
    [
        (SSH, "linux", ["xclip"], "OSC 52", False),
        (SSH | {"DISPLAY": ":10"}, "linux", ["xclip"], "OSC 52", False),
        (SSH | TMUX, "linux", ["tmux"], "OSC 52, wrapped for tmux", False),
        (SSH | {"STY": "1.pts"}, "linux", [], "OSC 52, wrapped for screen", False),
        ({"SSH_CONNECTION": "10.0.0.2 1 10.0.0.1 22"}, "win32", ["powershell"], "OSC 52", True),
        ({}, "win32", ["powershell"], "Set-Clipboard", False),
        ({}, "win32", [], "OSC 52", False),
        (TMUX, "darwin", ["pbcopy", "tmux"], "pbcopy", False),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, "linux", ["wl-copy", "xclip"], "wl-copy", False),
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, "linux", ["xsel"], "xsel", False),
        ({"DISPLAY": ":0"}, "linux", [], "OSC 52", False),
        (TMUX, "linux", [], "OSC 52, wrapped for tmux", False),
        ({}, "linux", ["xclip", "wl-copy"], "OSC 52", False),
    ],
)
def test_the_likeliest_way_is_taken(
    environ: Mapping[str, str], platform: str, there: list[str], name: str, swallowed: bool
) -> None:
    way = way_to_clipboard(environ, platform, lambda command: f"/bin/{command}" if command in there else None)
    assert (way.name, way.swallowed) == (name, swallowed)


def test_sequences_hold_the_text_and_wrapped_ones_come_out_as_they_went_in() -> None:
    encoded = base64.b64encode("Wörter 検索".encode()).decode() * 20
    assert osc52(encoded) == f"\x1b]52;c;{encoded}\x07"
    tmux = wrapped_for_tmux(encoded)
    assert tmux.startswith("\x1bPtmux;") and tmux.endswith("\x1b\\")
    assert tmux.removeprefix("\x1bPtmux;").removesuffix("\x1b\\").replace("\x1b\x1b", "\x1b") == osc52(encoded)
    pieces = wrapped_for_screen(encoded).removeprefix("\x1bP").removesuffix("\x1b\\").split("\x1b\\\x1bP")
    assert "".join(pieces) == osc52(encoded) and max(map(len, pieces)) < 100


def test_what_was_sent_is_said_with_its_length_and_that_nobody_knows_whether_it_arrived() -> None:
    written: list[str] = []
    said = copied("é" * 1234, Way("OSC 52", sequence=osc52), written.append)
    assert said == (
        "1,234 characters sent to the terminal by OSC 52. Nobody can tell from here whether they arrived: paste to see."
    )
    assert base64.b64decode(written[0].removeprefix("\x1b]52;c;").removesuffix("\x07")).decode() == "é" * 1234
    assert "Some terminals drop so much." in copied("x" * 80_000, Way("OSC 52", sequence=osc52), written.append)
    swallowed = copied("x", Way("OSC 52", sequence=osc52, swallowed=True), written.append)
    assert swallowed.startswith("1 character sent") and "known to drop" in swallowed and "paste to see" not in swallowed


def test_a_command_is_given_the_text_and_where_it_fails_the_terminal_is() -> None:
    written: list[str] = []
    read = "import sys; data = sys.stdin.buffer.read(); sys.exit(data.decode().split() != ['Wörter', '検索'])"
    takes = Way("pbcopy", (sys.executable, "-c", read), osc52)
    assert copied("Wörter\n検索", takes, written.append) == (
        "pbcopy took 9 characters. Nobody can tell from here whether they arrived: paste to see."
    )
    assert not written
    fails = Way("xclip", (sys.executable, "-c", "import sys; sys.exit('no display')"))
    assert copied("ab", fails, written.append).startswith(
        "xclip did not take it (no display). 2 characters sent to the terminal by OSC 52."
    )
    assert "did not take it" in copied("ab", Way("xsel", ("no-such-command-here",)), written.append)
    assert len(written) == 2
