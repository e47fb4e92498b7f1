"""`MarkdownStream`, Textual's own way of showing an answer that grows."""

from __future__ import annotations

from textual.widgets import Markdown

from benchmarks.baselines.app import BaselineApp, Pane
from benchmarks.baselines.asking import Show, arguments


def pane() -> Pane:
    """A Markdown widget and its stream."""
    widget = Markdown()

    def showing() -> Show:
        return Markdown.get_stream(widget).write

    return widget, showing


if __name__ == "__main__":
    BaselineApp(arguments(), pane).run()
