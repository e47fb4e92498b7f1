"""The row between the prompt and the panes, as a widget. Its usual text is made in `status_line.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from textual.content import Content
from textual.timer import Timer

from tui.core.text.clean import clean_line
from tui.ui.fitting import rows_of
from tui.ui.mode_screen import Line

_SENTENCE_S = 6.0
"""Seconds that a sentence stands in the place of the status."""


class StatusRow(Line):
    """Shows a text, and knows the sentence that is to stand there for a while."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` has the text worked out, and shown."""
        super().__init__(id="status", markup=False)
        self.sentence = ""
        """What stands in the place of the status for a while; empty when nothing does."""
        self.is_held = False
        """Whether nothing is to be worked out now."""
        self._changed = changed
        self._end: Timer | None = None
        self._shown = [""]

    def say(self, sentence: str) -> None:
        """Have a sentence stand there for a while; an empty one ends that."""
        if self._end is not None:
            self._end.stop()
        self.sentence = sentence
        self._end = self.set_timer(_SENTENCE_S, lambda: self.say("")) if sentence else None
        self._changed()

    def show(self, text: str, width: int) -> None:
        """Show a text in rows of at most `width` cells, if it is another one than is shown."""
        rows = rows_of(clean_line(text), width)
        if rows != self._shown:
            if len(rows) != len(self._shown):
                self.styles.height = len(rows)
            self._shown = rows
            self.update(Content("\n".join(rows)), layout=False)

    @contextmanager
    def once(self) -> Iterator[None]:
        """Have the text worked out once, at the end: each step of what a key does asks for it."""
        if self.is_held:
            yield
            return
        self.is_held = True
        try:
            yield
        finally:
            self.is_held = False
            self._changed()
