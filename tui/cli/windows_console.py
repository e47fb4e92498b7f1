"""What a Windows console does with text, and what to do where it spoils it: for the doctor."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

UTF_8 = 65001
"""The number of UTF-8 among Windows' code pages."""


@dataclass(frozen=True, slots=True)
class Console:
    """The code pages in force, and what the console is able to do."""

    output_code_page: int | None
    """What is written to the console is taken for this, and so does PowerShell 5.1 with what it reads of a program.
    None without a console."""
    system_code_page: int
    """What programs that do not choose write into pipes and files."""
    escape_sequences: bool | None
    """Whether the console understands them, as the screen needs; None where stdout is none."""


if sys.platform == "win32":
    import ctypes
    import msvcrt

    _PROCESSING = 0x0004  # ENABLE_VIRTUAL_TERMINAL_PROCESSING

    def read_console() -> Console | None:
        """The console of this process."""
        kernel32 = ctypes.WinDLL("kernel32")
        return Console(kernel32.GetConsoleOutputCP() or None, kernel32.GetACP(), _understands(kernel32))

    def _understands(kernel32: ctypes.WinDLL) -> bool | None:
        """Whether the console behind stdout can be switched to escape sequences. It is left as it was."""
        try:
            handle = ctypes.c_void_p(msvcrt.get_osfhandle(sys.stdout.fileno()))
        except (OSError, ValueError, AttributeError):
            return None
        mode = ctypes.c_ulong()
        if not kernel32.GetConsoleMode(handle, ctypes.byref(mode)):
            return None
        if mode.value & _PROCESSING:
            return True
        able = bool(kernel32.SetConsoleMode(handle, mode.value | _PROCESSING))
        kernel32.SetConsoleMode(handle, mode.value)
        return able

else:

    def read_console() -> Console | None:
        """None: this is not Windows."""
        return None


def described(console: Console) -> str:
    """The console in one line."""
    page = console.output_code_page
    parts = [
        "none" if page is None else "UTF-8 (code page 65001)" if page == UTF_8 else f"code page {page}",
        f"the system's code page is {console.system_code_page}",
    ]
    if console.escape_sequences is not None:
        parts.append("escape sequences" if console.escape_sequences else "no escape sequences")
    return "; ".join(parts)


def hints(console: Console) -> Iterator[str]:
    """What to do, a sentence each; nothing where all is well."""
    if console.output_code_page not in (None, UTF_8):
        yield (
            "PowerShell 5.1 takes what programs write for that code page; this one writes UTF-8. Say "
            "`[Console]::OutputEncoding = [Text.Encoding]::UTF8` first, or use `-o FILE`."
        )
    if console.escape_sequences is False:
        yield "The screen needs a console that knows escape sequences: Windows Terminal, or Windows 10 or later."
