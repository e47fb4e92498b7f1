"""A Textual program as one writes it first: a column for each model, fed in the loop that paints, and a prompt."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App, ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input

from benchmarks.baselines.asking import Arguments, Asking, Show

Pane = tuple[Widget, Callable[[], Show]]
"""A widget for one answer, and what makes its `Show` once it is mounted."""


class BaselineApp(App[None]):
    """`pane` makes the widget of an answer."""

    CSS = """
    VerticalScroll { width: 1fr; border: round $primary; }
    Input { dock: bottom; }
    """

    def __init__(self, given: Arguments, pane: Callable[[], Pane]) -> None:
        super().__init__()
        self._given = given
        self._asking = Asking(given)
        self._panes = {model: pane() for model in given.models}

    def compose(self) -> ComposeResult:
        with Horizontal():
            for widget, _ in self._panes.values():
                with VerticalScroll():
                    yield widget
        yield Input(placeholder="Prompt")

    def on_mount(self) -> None:
        """Follow the tails, and ask once the screen stands."""
        for column in self.query(VerticalScroll):
            column.can_focus = False
            column.anchor()
        self.query_one(Input).focus()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.run_worker(self._ask_all())

    async def _ask_all(self) -> None:
        await self._asking.warm_up()
        for model in self._panes:
            self.run_worker(self._ask(model))

    async def _ask(self, model: str) -> None:
        _, showing = self._panes[model]
        await self._asking.ask(model, showing())
