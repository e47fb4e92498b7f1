"""Formats answers as Markdown: the focused one first, one at a time, and never while a request is timed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Generic

from tui.background import start
from tui.ui.widgets.answer.formatted import FormatJob, Formatted
from tui.ui.widgets.answer.view import AnswerView
from tui.ui.widgets.pane_grid import Key, PaneGrid


class MarkdownFormatter(Generic[Key]):
    """Works in a thread, so that a long answer holds up neither keys nor the end of the program."""

    def __init__(self, row: PaneGrid[Key], timed: Callable[[], bool], done: Callable[[], None]) -> None:
        """`timed` says whether an answer is being timed, whose times the formatting would spoil. `done` is called when
        an answer has been formatted, and the next one could be."""
        self._row = row
        self._timed = timed
        self._tell_done = done
        self._working = False
        self._as_it_came: set[Key] = set()
        """The keys of the panes whose answers are to stay as they came."""

    def begin_next(self) -> None:
        """Begin to format the next answer, if there is one and nothing is timed."""
        if self._working or self._timed():
            return
        for view in self._in_turn():
            job = view.format_job
            if job is not None:
                self._working = True
                loop = asyncio.get_running_loop()
                start(partial(self._work, loop, view, job), "markdown")
                return

    def toggle(self) -> str:
        """The focused answer as Markdown, or as it came. Returns a sentence when the change is not seen at once."""
        here = self._row.focused_index
        if here is None:
            return ""
        key = list(self._row.panes)[here]
        self._as_it_came ^= {key}
        self.apply()
        shown = "as it comes, and stays so" if key in self._as_it_came else "as Markdown once the run is over"
        return f"The answer is shown {shown}." if self._timed() else ""

    def apply(self) -> None:
        """Show each answer in the way that is wanted of its pane: call it when there may be other panes."""
        for key, pane in self._row.panes.items():
            pane.view.markdown = key not in self._as_it_came

    def rename(self, names: Mapping[Key, Key]) -> None:
        """Panes have other keys; `names` gives them by the keys so far."""
        self._as_it_came |= {new for old, new in names.items() if old in self._as_it_came}
        self._as_it_came -= names.keys()

    def _in_turn(self) -> list[AnswerView]:
        panes, here = list(self._row.panes.values()), self._row.focused_index
        first = [panes[here]] if here is not None else []
        return [pane.view for pane in [*first, *panes] if pane.display]

    def _work(self, loop: asyncio.AbstractEventLoop, view: AnswerView, job: FormatJob) -> None:
        from tui.ui.widgets.answer.markdown import formatted

        made = formatted(job)
        try:
            loop.call_soon_threadsafe(self._done, view, job, made)
        except RuntimeError:
            pass  # The program has ended meanwhile.

    def _done(self, view: AnswerView, job: FormatJob, made: Formatted | None) -> None:
        self._working = False
        self._tell_done()
        if view.is_attached:
            view.show_formatted(job, made)
