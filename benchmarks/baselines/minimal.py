"""The least that a Textual program can be: some text on a screen."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static

TEXT = "Here it is."


class MinimalApp(App[None]):
    """Shows `TEXT`."""

    def compose(self) -> ComposeResult:
        yield Static("Here it is.")


if __name__ == "__main__":
    MinimalApp().run()
