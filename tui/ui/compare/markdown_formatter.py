"""Formats answers as Markdown: the focused one first, one at a time, and never while a request is timed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Generic

from tui.background import in_thread
from tui.ui.widgets.answer.formatted import FormatJob, Formatted
from tui.ui.widgets.answer.view import AnswerView
from tui.ui.widgets.pane_grid import Key, PaneGrid

_MOMENT_S = 0.2
"""Seconds that answers which come into sight are waited for at most: else their rows move under the reader's eyes."""
_CHARS_KEPT = 400_000
"""Characters of answers that stay formatted, for whoever comes back to them."""


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
        self._known: dict[tuple[str, int], tuple[FormatJob, Formatted | None]] = {}
        """What came of the last jobs, the oldest first, by text and width."""

    def begin_next(self) -> None:
        """Begin to format the next answer, if there is one and nothing is timed."""
        if not self._working and not self._timed() and (jobs := self._jobs()):
            self._begin(jobs[:1])

    async def show_formatted(self) -> None:
        """Show what is in sight as it was formatted before; wait a moment for the rest, where nothing is timed."""
        self._show_known()
        if not self._working and not self._timed() and (jobs := self._jobs()):
            await asyncio.wait([self._begin(jobs)], timeout=_MOMENT_S)

    def toggle(self) -> str:
        """The focused answer as Markdown, or as it came. Returns a sentence on it: of an answer without marks nothing
        else is seen, nor of one that is timed."""
        here = self._row.focused_index
        if here is None:
            return ""
        key = list(self._row.panes)[here]
        self._as_it_came ^= {key}
        self.apply()
        as_it_came = key in self._as_it_came
        if self._timed():
            shown = "as it comes, and stays so" if as_it_came else "as Markdown once the run is over"
        else:
            shown = "as it came" if as_it_came else "as Markdown"
        return f"The answer is shown {shown}."

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

    def _jobs(self) -> list[FormatJob]:
        """What is to be formatted of what is in sight, each once."""
        jobs: list[FormatJob] = []
        for view in self._in_turn():
            if (job := view.format_job) is not None and job not in jobs:
                jobs.append(job)
        return jobs

    def _begin(self, jobs: Sequence[FormatJob]) -> asyncio.Future[list[Formatted | None]]:
        self._working = True
        future = asyncio.wrap_future(in_thread(partial(_formatted, jobs), "markdown"))
        future.add_done_callback(partial(self._done, jobs))
        return future

    def _done(self, jobs: Sequence[FormatJob], future: asyncio.Future[list[Formatted | None]]) -> None:
        self._working = False
        if future.cancelled():
            return  # The program has ended meanwhile.
        for job, made in zip(jobs, future.result(), strict=True):
            self._known.pop((job.text, job.width), None)
            self._known[job.text, job.width] = job, made
        while len(self._known) > 1 and sum(len(text) for text, _ in self._known) > _CHARS_KEPT:
            del self._known[next(iter(self._known))]
        self._show_known()
        self._tell_done()

    def _show_known(self) -> None:
        for view in self._in_turn():
            job = view.format_job if view.is_attached else None
            if job is None:
                continue
            known, made = self._known.get((job.text, job.width), (None, None))
            if known == job:  # In the same colours, too.
                view.show_formatted(job, made)


def _formatted(jobs: Sequence[FormatJob]) -> list[Formatted | None]:
    from tui.ui.widgets.answer.markdown import formatted

    return [formatted(job) for job in jobs]
