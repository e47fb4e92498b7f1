"""`Static.update` with the whole text at every token."""

from __future__ import annotations

from textual.widgets import Static

from benchmarks.baselines.app import BaselineApp, Pane
from benchmarks.baselines.asking import Show, arguments


def pane() -> Pane:
    """A plain text widget."""
    widget = Static(markup=False)

    def showing() -> Show:
        whole = ""

        async def show(text: str) -> None:
            nonlocal whole
            whole += text
            widget.update(whole)

        return show

    return widget, showing


if __name__ == "__main__":
    BaselineApp(arguments(), pane).run()
