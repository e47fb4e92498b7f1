"""Every key of a screen, on one page."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui.ui import actions, widget_actions
from tui.ui.screens.page import PageScreen

Groups = Sequence[tuple[str, Sequence[actions.Action]]]
_OF_MODE: dict[str, Groups] = {
    "models": [("Models", actions.MODELS), ("In the list", widget_actions.LIST)],
    "compare": [
        ("In the prompt", widget_actions.PROMPT),
        ("Compare", actions.COMPARE),
        ("In an answer", widget_actions.ANSWER),
    ],
}


class HelpScreen(PageScreen):
    """Lists the actions of a mode by group, then those that are to be had everywhere."""

    DEFAULT_CSS = """
    HelpScreen VerticalScroll { width: 72; }
    """

    def __init__(self, mode: str) -> None:
        super().__init__("Keys", Content("\n").join(_lines([*_OF_MODE[mode], ("Everywhere", actions.EVERYWHERE)])))


def _lines(groups: Groups) -> list[Content]:
    lines: list[Content] = []
    for title, listed in groups:
        lines.append(Content.styled(title, "bold"))
        lines += [Content(f"  {item.shown:<14}{item.about}") for item in listed]
        lines.append(Content(""))
    return lines[:-1]
