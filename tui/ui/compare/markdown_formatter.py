"""Answers become Markdown after a run: the focused one first, one at a time, and never while a request is timed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from tui.ui.widgets.answer.formatted import FormatJob, Formatted
from tui.ui.widgets.answer.view import AnswerView
from tui.ui.widgets.pane_grid import PaneRow


class MarkdownFormatter:
    """Formats in a thread, so that a long answer holds up neither keys nor the end of the program."""

    def __init__(self, row: PaneRow, timed: Callable[[], bool]) -> None:
        """`timed` says whether an answer is on its way, whose time formatting would spoil."""
        self._row = row
        self._timed = timed
        self._working = False
        self._as_it_came: set[str] = set()
        """The models whose answers are to stay as they came."""

    def beat(self) -> None:
        """Begin with the next answer, if it is time."""
        if self._working or self._timed():
            return
        for view in self._in_turn():
            wish = view.wish
            if wish is not None:
                self._working = True
                loop = asyncio.get_running_loop()
                threading.Thread(target=self._work, args=(loop, view, wish), name="markdown", daemon=True).start()
                return

    def toggle(self) -> str:
        """The focused answer as Markdown, or as it came: what there is to say of it, if it is not seen at once."""
        here = self._row.focused_index
        if here is None:
            return ""
        self._as_it_came ^= {list(self._row.panes)[here]}
        shown = "as Markdown once the run is over" if self._heed(here) else "as it comes, and stays so"
        return f"The answer is shown {shown}." if self._timed() else ""

    def heed(self) -> None:
        """Panes may be new ones."""
        for number in range(len(self._row.panes)):
            self._heed(number)

    def _heed(self, number: int) -> bool:
        model, pane = list(self._row.panes.items())[number]
        pane.view.markdown = model not in self._as_it_came
        return pane.view.markdown

    def _in_turn(self) -> list[AnswerView]:
        panes, here = list(self._row.panes.values()), self._row.focused_index
        first = [panes[here]] if here is not None else []
        return [pane.view for pane in [*first, *panes] if pane.display]

    def _work(self, loop: asyncio.AbstractEventLoop, view: AnswerView, wish: FormatJob) -> None:
        from tui.ui.widgets.answer.markdown import formatted

        made = formatted(wish)
        try:
            loop.call_soon_threadsafe(self._done, view, wish, made)
        except RuntimeError:
            pass  # The program has ended meanwhile.

    def _done(self, view: AnswerView, wish: FormatJob, made: Formatted | None) -> None:
        self._working = False
        if view.is_attached:
            view.take(wish, made)
