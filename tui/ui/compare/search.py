"""Searching the answers in sight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from tui.core.requests.request import Request
from tui.ui.compare.part import ScreenPart
from tui.ui.compare.screen import CompareScreen
from tui.ui.widgets.answer.highlights import Highlight, pattern_of
from tui.ui.widgets.answer.pane import PaneData
from tui.ui.widgets.answer.view import AnswerView
from tui.ui.widgets.line_field import LineField


class SearchField(LineField):
    """Where is written what to look for, in the row of the status."""

    DEFAULT_CSS = """
    SearchField { height: 1; border: none; padding: 0 1; background: $surface; color: $foreground; }
    SearchField:focus { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "step(1)", "Next", key_display="enter", tooltip="The next match", id="search.next"),
        Binding("up", "step(-1)", "Previous", key_display="↑", tooltip="The match before", id="search.previous"),
        Binding("escape", "leave", "End", key_display="esc", tooltip="End the search", id="search.leave"),
    ]

    def __init__(self, changed: Callable[[str], None], step: Callable[[int], None], left: Callable[[], object]) -> None:
        """`changed` is called with what is written, `step` to go to another match, `left` when the focus goes."""
        super().__init__(placeholder="Search the answers in sight · enter next · ↑ previous · esc ends")
        self.cursor_blink = False
        self._changed, self._step, self._left = changed, step, left

    def on_input_changed(self, event: Input.Changed) -> None:
        """Other words."""
        event.stop()
        self._changed(event.value)

    def action_step(self, by: int) -> None:
        """To another match."""
        self._step(by)

    def action_leave(self) -> None:
        """End the search."""
        self._left()

    def on_blur(self) -> None:
        """The search ends when something else has the focus, and not when the terminal is left for a while."""
        self.call_later(self._look_where_the_focus_is)

    def _look_where_the_focus_is(self) -> None:
        if self.is_attached and self.screen.focused not in (None, self):
            self._left()


class Search(ScreenPart):
    """Marks what is looked for in all panes in sight, and goes from one place to the next, pane by pane."""

    def __init__(self, screen: CompareScreen) -> None:
        super().__init__(screen)
        self._field: SearchField | None = None
        self._here: tuple[int, tuple[Highlight, ...]] | None = None
        """The pane and the place that is looked at."""
        self._began_at = 0
        """The pane that had the focus."""

    async def open(self) -> None:
        """A field in the row of the status."""
        if self._field is not None:
            self._field.focus()
            return
        self._began_at = self.screen.grid.focused_index or 0
        self._here = None
        status = self.screen.status_row
        status.display = False
        self._field = SearchField(self._look_for, self.step, self.leave)
        await self.screen.mount(self._field, after=status)
        self._field.focus()

    def step(self, by: int) -> None:
        """To the next place or the one before, around the ends."""
        places = self._places()
        if not places:
            return
        at = places.index(self._here) + by if self._here in places else 0
        self._go(places[at % len(places)])

    def leave(self) -> bool:
        """End the search, at the pane where it began; what was found stays in sight."""
        field, self._field = self._field, None
        if field is None:
            return False
        has_focus = field.has_focus
        field.remove()
        self.screen.status_row.display = True
        self._here = None
        for view in self._views():
            view.search(None)
        if has_focus:
            self.screen.grid.focus_index(min(self._began_at, len(self.screen.grid.panes) - 1))
        self._repaint()
        return True

    def rebuilt(self) -> None:
        """There may be other panes."""
        if self._field is not None:
            for view in self._views():
                view.search(pattern_of(self._field.value))

    def shown(self, data: PaneData, request: Request) -> PaneData:
        """How many places a pane has, and which of them is looked at."""
        if self._field is None or not self._field.value.strip():
            return data
        matches = list(self._views()[data.position - 1].matches)
        foot = f"{len(matches)} {'match' if len(matches) == 1 else 'matches'}" if matches else "no match"
        if self._here is not None and self._here[0] == data.position - 1 and self._here[1] in matches:
            foot = f"match {matches.index(self._here[1]) + 1} of {len(matches)}"
        return replace(data, foot=foot)

    def _views(self) -> list[AnswerView]:
        return [pane.view for pane in self.screen.grid.panes.values()]

    def _look_for(self, words: str) -> None:
        pattern = pattern_of(words)
        for view in self._views():
            view.search(pattern)
        self._here = None
        places = self._places()
        if places:
            # What is in sight of the pane that was read comes first, not what was read before.
            top = self._views()[self._began_at].scroll_offset.y
            after = [place for place in places if place[0] > self._began_at]
            here = [place for place in places if place[0] == self._began_at and place[1][0].row >= top]
            self._go((here or after or places)[0])
        else:
            self._repaint()

    def _places(self) -> list[tuple[int, tuple[Highlight, ...]]]:
        views = self._views()
        return [(index, match) for index in self.screen.grid.in_sight for match in views[index].matches]

    def _go(self, place: tuple[int, tuple[Highlight, ...]]) -> None:
        self._here = place
        for index, view in enumerate(self._views()):
            view.look_at_match(place[1] if index == place[0] else ())
        self._repaint()

    def _repaint(self) -> None:
        """What the lower edges of the panes say."""
        for request in self.screen.painter.requests():
            self.screen.repaint_one(request)
