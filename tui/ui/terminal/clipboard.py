"""Ways to the clipboard. None of them can be asked whether it arrived, so none of them says that it did.

A terminal takes OSC 52, a sequence that carries the text in base64, also from the other end of an SSH session; a
multiplexer passes it on when it is wrapped. On a machine where somebody sits, a command of the system is surer.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from textwrap import wrap

from tui.child.command import Command
from tui.core.text.clean import clean_line

PATIENCE_S = 5.0
"""Seconds that a command may take."""
MOST_BYTES = 74_994
"""The most bytes that every terminal takes: some drop a sequence of more than 100,000 characters."""
_POWERSHELL = "[Console]::InputEncoding = [Text.Encoding]::UTF8; Set-Clipboard -Value ([Console]::In.ReadToEnd())"
_SCREEN_PIECE = 76


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a clipboard."""

    name: str
    """What a sentence calls it."""
    command: tuple[str, ...] = ()
    """What is given the text on its stdin; empty where the terminal is given a sequence."""
    sequence: Callable[[str], str] | None = None
    """The sequence for a text in base64."""
    buffer: tuple[str, ...] = ()
    """A command that puts the text where it can be pasted whatever becomes of the sequence."""
    swallowed: bool = False
    """Whether the text is known to get lost on it: the Windows console behind an SSH server drops the sequence."""


def osc52(encoded: str) -> str:
    """The sequence as it is."""
    return f"\x1b]52;c;{encoded}\a"


def wrapped_for_tmux(encoded: str) -> str:
    """The sequence in one that tmux hands on to the terminal around it."""
    return f"\x1bPtmux;{osc52(encoded).replace(chr(27), chr(27) * 2)}\x1b\\"


def wrapped_for_screen(encoded: str) -> str:
    """The sequence in pieces that GNU screen hands on to the terminal around it."""
    return "\x1bP" + "\x1b\\\x1bP".join(("\x1b]52;c;", *wrap(encoded, _SCREEN_PIECE), "\a")) + "\x1b\\"


def way_to_clipboard(environ: Mapping[str, str], platform: str, which: Callable[[str], str | None]) -> Way:
    """The way that is likeliest to arrive. `platform` as in `sys.platform`; `which` finds a command."""
    over_ssh = any(environ.get(name) for name in ("SSH_TTY", "SSH_CONNECTION", "SSH_CLIENT"))
    if platform == "win32":
        if over_ssh:
            return Way("OSC 52", sequence=osc52, swallowed=True)
        shell = which("powershell") or which("pwsh")
        return (
            Way("Set-Clipboard", (shell, "-NoProfile", "-Command", _POWERSHELL)) if shell else _through(environ, which)
        )
    if over_ssh:
        return _through(environ, which)
    found: list[tuple[str, ...]] = [("pbcopy",)] if platform == "darwin" else []
    if environ.get("WAYLAND_DISPLAY"):
        found.append(("wl-copy",))
    if environ.get("DISPLAY"):
        found += [("xclip", "-selection", "clipboard"), ("xsel", "-ib")]
    for name, *options in found:
        if (path := which(name)) is not None:
            return Way(name, (path, *options))
    return _through(environ, which)


def _through(environ: Mapping[str, str], which: Callable[[str], str | None]) -> Way:
    """Through the terminal, and what is between."""
    if environ.get("TMUX"):
        # By default tmux drops what programs wrap for it; what it is given by a command it hands on itself.
        tmux = which("tmux")
        buffer = (tmux, "load-buffer", "-w", "-") if tmux else ()
        return Way("OSC 52, wrapped for tmux", sequence=wrapped_for_tmux, buffer=buffer)
    if environ.get("STY"):
        return Way("OSC 52, wrapped for screen", sequence=wrapped_for_screen)
    return Way("OSC 52", sequence=osc52)


def copied(text: str, way: Way, write: Callable[[str], None]) -> str:
    """Send a text on its way, and say what was done, as sentences. It may take a while, so not on the app's loop.

    `write` writes to the terminal, from any thread.
    """
    failed = ""
    if way.command:
        failed = _given(text, way.command)
        if not failed:
            return f"{way.name} took {_count(text)}. Nobody can tell from here whether they arrived: paste to see."
        failed = f"{way.name} did not take it ({failed}). "
        way = Way("OSC 52", sequence=osc52)
    data = text.encode("utf-8", "replace")
    assert way.sequence is not None
    write(way.sequence(base64.b64encode(data).decode("ascii")))
    said = f"{failed}{_count(text)} sent to the terminal by {way.name}"
    said += ", and put into tmux's buffer. " if way.buffer and not _given(text, way.buffer) else ". "
    if way.swallowed:
        return f"{said}The Windows console is known to drop that over SSH: y p prints, y f writes a file."
    if len(data) > MOST_BYTES:
        said += "Some terminals drop so much. "
    return f"{said}Nobody can tell from here whether they arrived: paste to see."


def _given(text: str, command: tuple[str, ...]) -> str:
    """Give a command the text. Returns why it did not take it; empty when it did."""
    try:
        with Command(command, text) as running:
            code = running.wait(PATIENCE_S)
            if code is None:
                return f"it took more than {PATIENCE_S:g} s"
            return "" if code == 0 else clean_line(running.complaints().strip(), 80) or f"exit code {code}"
    except OSError as error:
        return clean_line(str(error), 80)


def _count(text: str) -> str:
    return "1 character" if len(text) == 1 else f"{len(text):,} characters"
