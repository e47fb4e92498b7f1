"""The panes side by side: as many a page as there is room for, or one of them alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widgets import Static

from tui.ui.layout_limits import pages
from tui.ui.widgets.painted import Canvas

if TYPE_CHECKING:
    from tui.ui.widgets.answer.pane import AnswerPane

Key = TypeVar("Key", bound=Hashable)


class PaneGrid(Canvas, Horizontal, Generic[Key]):
    """One pane a model. Panes are told apart by a key, and counted from 0 in the order of the models."""

    BLANK = True

    class Arranged(Message):
        """Other panes are in sight than before, and may show something old."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.panes: dict[Key, AnswerPane] = {}
        """By key, in order."""
        self._building = asyncio.Lock()
        """Held while panes come and go, which more than one part of the program may ask for at once."""
        self._pages: list[range] = []
        self._page = 0
        """Which of them is in sight."""
        self._compact = False
        self._zoomed = False
        self._explained = ""
        """What stands where panes would be."""
        self._forgotten = False
        """Whether the panes are those of answers that are shown no more."""

    async def show_panes(self, wanted: Callable[[], Sequence[Key]]) -> None:
        """Have panes for the keys that `wanted` names when it is their turn; the same ones stay as they are."""
        from tui.ui.widgets.answer.pane import AnswerPane  # an empty row is painted first, and needs none of it

        async with self._building:
            keys = list(wanted())
            if self.keys != keys or self._forgotten:
                self._forgotten = False
                # A frame painted half-way through a mount can leave the new widgets without a Resize, and so empty.
                with self.app.batch_update():
                    await self.remove_children()
                    self.panes = {key: AnswerPane() for key in keys}
                    self._page, self._zoomed = 0, False
                    await self.mount_all(self.panes.values())
        self.lay_out()

    async def explain(self, text: str) -> None:
        """Have a text stand where panes would be, while there is none; an empty one for nothing."""
        shown = self.query("#no-panes")
        if self.panes or not text:
            await shown.remove()
        elif not shown:
            await self.mount(Static(Content(text), id="no-panes", markup=False))
        elif text != self._explained:
            shown.first(Static).update(Content(text))
        self._explained = text

    def forget(self) -> None:
        """What is shown next are other answers, whatever the keys of their panes."""
        self._forgotten = True

    def rename(self, names: Mapping[Key, Key]) -> None:
        """Give panes that stay as they are other keys, by their keys so far."""
        self.panes = {names.get(key, key): pane for key, pane in self.panes.items()}

    @property
    def keys(self) -> list[Key]:
        """The keys of the panes, in order."""
        return list(self.panes)

    @property
    def focused_index(self) -> int | None:
        """Which pane has the focus."""
        node = self.screen.focused
        inside = node.ancestors_with_self if node is not None else ()
        return next((index for index, pane in enumerate(self.panes.values()) if pane in inside), None)

    @property
    def in_sight(self) -> list[int]:
        """Which panes are on the screen."""
        return [index for index, pane in enumerate(self.panes.values()) if pane.display]

    @property
    def page(self) -> str:
        """Which panes are in sight, in words; empty when all of them are."""
        if len(self._pages) <= 1:
            return ""
        shown = self._pages[self._page]
        first, last = shown.start + 1, shown.stop
        return f"{f'panes {first}-{last}' if first < last else f'pane {last}'} of {len(self.panes)} · [ ]"

    def on_resize(self, event: Resize) -> None:
        """Another width has room for more or fewer panes."""
        self.lay_out()

    def lay_out(self, width: int | None = None) -> None:
        """Show the page that holds the focus, or the focused pane alone. `width` is that of the screen, in cells, where
        it is about to be another one."""
        panes, here = list(self.panes.values()), self.focused_index
        room = self.screen.size.width if width is None else width
        first = self._first if here is None else here  # A pane that goes out of sight would lose the focus.
        self._pages = pages(len(panes), room)
        self._page = next((number for number, page in enumerate(self._pages) if first in page), 0)
        known = next((pane.view.room for pane in panes if pane.display and pane.view.room), None)
        for index, pane in enumerate(panes):
            on_page = index in self._pages[self._page]
            pane.display = index == here if self._zoomed and here is not None else on_page
            pane.compact = self._compact
            if known is not None and pane.display and not self._zoomed:
                pane.view.expect(known)  # The panes of a page are as wide as those of another.
        self.post_message(self.Arranged())

    @property
    def compact(self) -> bool:
        """Whether the panes leave their rows to the answers."""
        return self._compact

    @compact.setter
    def compact(self, wanted: bool) -> None:
        self._compact = wanted
        for pane in self.panes.values():
            pane.compact = wanted

    @property
    def _first(self) -> int:
        """The first pane on the page in sight."""
        return self._pages[self._page].start if self._page < len(self._pages) else 0

    def focus_index(self, index: int | None = None) -> bool:
        """Focus a pane and turn to its page; without an index the first one in sight. Returns whether other panes have
        come into sight."""
        panes = list(self.panes.values())
        wanted = self._first if index is None else index
        if 0 <= wanted < len(panes):
            in_sight = panes[wanted].display and not self._zoomed
            self.screen.set_focus(panes[wanted], scroll_visible=False)
            if not in_sight:
                self.lay_out()
                return True
        return False

    def step(self, by: int) -> None:
        """Focus the pane beside the focused one, around the ends."""
        here = self.focused_index
        if self.panes:
            self.focus_index(None if here is None else (here + by) % len(self.panes))

    def turn(self, by: int) -> bool:
        """Turn to the page before or after. Returns whether there is one."""
        there = 0 <= self._page + by < len(self._pages)
        if there:
            self.focus_index(self._pages[self._page + by].start)
        return there

    @property
    def zoomed(self) -> bool:
        """Whether one pane is shown alone."""
        return self._zoomed

    def zoom(self) -> None:
        """The focused pane alone, and back."""
        if self.focused_index is not None:
            self._zoomed = not self._zoomed
            self.lay_out()
