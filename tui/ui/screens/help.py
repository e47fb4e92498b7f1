"""Every key of a screen, on one page."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui.ui.actions import Action
from tui.ui.screens.page import PageScreen


class HelpScreen(PageScreen):
    """Lists actions by group."""

    DEFAULT_CSS = """
    HelpScreen VerticalScroll { width: 72; }
    """

    def __init__(self, groups: Sequence[tuple[str, Sequence[Action]]]) -> None:
        super().__init__("Keys", Content("\n").join(_lines(groups)))


def _lines(groups: Sequence[tuple[str, Sequence[Action]]]) -> list[Content]:
    lines: list[Content] = []
    for title, actions in groups:
        lines.append(Content.styled(title, "bold"))
        lines += [Content(f"  {item.shown:<14}{item.about}") for item in actions]
        lines.append(Content(""))
    return lines[:-1]
