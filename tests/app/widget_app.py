"""A bare app to put widgets on."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget

from tui.ui.terminal.keys_in_turn import KeysInTurn
from tui.ui.themes import variable_defaults
from tui.ui.widgets.answer.rows import MARK
from tui.ui.widgets.answer.view import AnswerView
from tui.ui.widgets.prompt import PromptField


class WidgetApp(KeysInTurn[None]):
    """Widgets side by side, and what they said."""

    CSS = "Horizontal { height: 1fr; }"

    def __init__(self, *widgets: Widget) -> None:
        super().__init__()
        self.shown: Sequence[Widget] = widgets
        self.heard: list[Message] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    def compose(self) -> ComposeResult:
        yield Horizontal(*self.shown)

    @on(PromptField.Submitted)
    @on(PromptField.Left)
    @on(AnswerView.Scrolled)
    def hear(self, message: Message) -> None:
        self.heard.append(message)


def rows(widget: Widget) -> list[str]:
    """What a widget paints, without the spaces and the mark at the ends of its rows."""
    return [strip.text.rstrip(f" {MARK}") for strip in widget.render_lines(widget.outer_size.region)]


def screen_text(app: App[None]) -> str:
    """All that is on the screen; nothing while its widgets come and go, when Textual paints nothing either."""
    if app._batch_count:
        return ""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())
