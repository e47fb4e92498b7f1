"""What the screens of all modes share: the line at the top, the footer, and a word when there is too little room."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.core.catalog.model_card import ModelState
from tui.core.text.clean import clean_line
from tui.ui.cells import cut, room
from tui.ui.layout_limits import MIN_HEIGHT, MIN_WIDTH
from tui.ui.state import AppState
from tui.ui.widgets.key_bar import KeyBar


class ModeScreen(Screen[None]):
    """A screen of one mode. Its parts come from `body()`."""

    MODE = ""
    TITLES = (("models", "F1 Models"), ("compare", "F2 Compare"))

    def __init__(self, app_state: AppState) -> None:
        super().__init__()
        self.app_state = app_state

    def compose(self) -> ComposeResult:
        """The shared frame around `body()`."""
        yield Static(id="top", markup=False)
        yield Static(id="too-small", markup=False)
        with Vertical(id="body"):
            yield from self.body()
        yield KeyBar()

    def body(self) -> Iterable[Widget]:
        """The screen's own widgets."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """Show what changed while another screen was in front."""
        self.show_top()

    def on_resize(self, event: events.Resize) -> None:
        """Say so when the terminal is too small to show anything useful."""
        width, height = event.size
        small = width < MIN_WIDTH or height < MIN_HEIGHT
        self.set_class(small, "-small")
        if small:
            self.query_one("#too-small", Static).update(Content(_too_small(width, height)))
        self.show_top()

    @property
    def alive(self) -> bool:
        """Whether the screen has its parts: not before it is mounted, and no more when the program is leaving."""
        return self.is_mounted and self.app.is_running

    def show_top(self) -> None:
        """The line at the top: program, host, modes."""
        width = self.size.width
        tabs = [Content.styled(f" {title} ", "reverse" if mode == self.MODE else "") for mode, title in self.TITLES]
        right = Content("").join(tabs)
        name = "foundry-compare  " if width >= 100 else ""
        left = Content.assemble((name, "bold"), self._host(max(width - right.cell_length - len(name) - 2, 0)))
        gap = " " * max(width - left.cell_length - right.cell_length, 1)
        self.query_one("#top", Static).update(Content.assemble(left, gap, right))

    def _host(self, width: int) -> str:
        """The host in at most `width` cells; what there is no room for in full is left out from the end on."""
        app_state = self.app_state
        if app_state.trouble is not None:
            return cut(clean_line(f"✗ {app_state.trouble.title}"), width)
        if app_state.info is None:
            return cut("… connecting", width)
        told = cut(clean_line(f"{'○' if app_state.info.unlisted else '●'} {app_state.info.title}"), width)
        states = [card.state for card in app_state.cards]
        counts = f"{states.count(ModelState.LOADED)}/{len(states)} loaded" if {*states} - {ModelState.UNKNOWN} else ""
        for fact in ("toys" if app_state.info.toys else "", counts):
            if fact and room(f"{told} · {fact}") <= width:
                told += f" · {fact}"
        return told


def _too_small(width: int, height: int) -> str:
    """That there is too little room, in the most words that there is room for."""
    needed = f"{MIN_WIDTH}x{MIN_HEIGHT}"
    sentences = (
        f"This terminal is {width}x{height}. At least {needed} is needed; nothing is lost.",
        f"{width}x{height} is too small; {needed} is needed.",
        f"Too small: {needed} is needed.",
        f"{needed} is needed.",
    )
    for sentence in sentences:
        lines = wrap(sentence, max(width - 2, 1), break_long_words=False)
        if len(lines) <= height and max(map(len, lines)) <= width - 2:
            return "\n".join(lines)
    return needed
