"""A page of Markdown as lines of plain text, for a terminal without a screen."""

from __future__ import annotations

import io
import re

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_PICTURE = re.compile(r"^\[?!\[[^\]]*\]\([^)]*\)\]?(\([^)]*\))?\n?", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:)[^)]*\)")
_ADDRESS = re.compile(r"<(https?://[^>]+)>")


def page_lines(text: str, width: int) -> list[str]:
    """The page in lines of at most `width` cells: tables drawn, pictures and links to other pages left out."""
    from rich.console import Console
    from rich.markdown import Markdown

    text = _ADDRESS.sub(r"\1", _LINK.sub(r"\1", _PICTURE.sub("", _COMMENT.sub("", text))))
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False, legacy_windows=False)
    with console.capture() as captured:
        console.print(Markdown(text, hyperlinks=False))
    return [line.rstrip() for line in captured.get().splitlines()]
