"""What the screens of all modes share: the line at the top, the footer, and a word when there is too little room."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Static

from tui.core.clean import clean_line
from tui.ui.shelf import Shelf

MIN_WIDTH, MIN_HEIGHT = 60, 18


class ModeScreen(Screen[None]):
    """A screen of one mode. Its parts come from `body()`."""

    MODE = ""
    TITLES = (("models", "F1 Models"), ("compare", "F2 Compare"))

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self.shelf = shelf

    def compose(self) -> ComposeResult:
        """The shared frame around `body()`."""
        yield Static(id="top", markup=False)
        yield Static(id="too-small", markup=False)
        with Vertical(id="body"):
            yield from self.body()
        yield Footer(show_command_palette=False, compact=True)

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
        self.query_one("#too-small", Static).update(
            Content(f"This terminal is {width}x{height}. At least {MIN_WIDTH}x{MIN_HEIGHT} is needed; nothing is lost.")
        )
        self.show_top()

    def show_top(self) -> None:
        """The line at the top: program, host, modes."""
        shelf, width = self.shelf, self.size.width
        if shelf.trouble is not None:
            host = f"✗ {shelf.trouble.title}"
        elif shelf.info is None:
            host = "… connecting"
        else:
            loaded = sum(card.state.value == "loaded" for card in shelf.cards)
            toys = " · toys" if shelf.info.toys else ""
            host = f"● {shelf.info.title}{toys} · {loaded}/{len(shelf.cards)} loaded"
        tabs = [Content.styled(f" {title} ", "reverse" if mode == self.MODE else "") for mode, title in self.TITLES]
        right = Content("").join(tabs)
        name = "foundry-compare  " if width >= 100 else ""
        room = max(width - right.cell_length - len(name) - 2, 0)
        left = Content.assemble((name, "bold"), clean_line(host, room))
        gap = " " * max(width - left.cell_length - right.cell_length, 1)
        self.query_one("#top", Static).update(Content.assemble(left, gap, right))
