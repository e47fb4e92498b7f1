"""What the screens of all modes share: the line at the top, the key bar, and a word when there is too little room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import wrap
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.core.catalog.model_card import ModelState
from tui.core.text.clean import clean_line
from tui.ui import modes
from tui.ui.actions import Action, Need, bindings, needs_of
from tui.ui.cells import cells_needed, cut
from tui.ui.layout_limits import MIN_HEIGHT, MIN_WIDTH
from tui.ui.state import AppState
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.widgets.key_bar import KeyBar
from tui.ui.widgets.painted import KeptLines


class Line(KeptLines, Static):
    """A line of text."""


class Body(Vertical):
    """Nothing but its parts."""

    BLANK = True


class ModeScreen(Screen[None]):
    """The screen of one mode. Its widgets come from `body()`.

    A subclass sets `MODE` and `ACTIONS`; its keys are bound from them. What they need it says in `meets()`.
    """

    BLANK = True
    MODE: ClassVar[str] = ""
    """The name of its mode in `tui.ui.modes`."""
    ACTIONS: ClassVar[tuple[Action, ...]] = ()
    """What the screen itself does; its widgets have bindings of their own."""
    _needs: ClassVar[Mapping[str, tuple[Need, ...]]] = {}

    def __init_subclass__(cls, **more: Any) -> None:
        if "ACTIONS" in cls.__dict__:
            cls.BINDINGS = bindings(cls.ACTIONS)
            cls._needs = needs_of(cls.ACTIONS)
        super().__init_subclass__(**more)

    def __init__(self, app_state: AppState, refresh_rate: RefreshRate) -> None:
        super().__init__()
        self.app_state = app_state
        self._refresh_rate = refresh_rate

    def compose(self) -> ComposeResult:
        """The shared frame around `body()`."""
        yield Line(id="top", markup=False)
        yield Static(id="too-small", markup=False)
        with Body(id="body"):
            yield from self.body()
        yield KeyBar()

    def body(self) -> Iterable[Widget]:
        """The screen's own widgets."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether the action can be done: True, None when its key is shown greyed, False when it is not shown."""
        met = [self.meets(need, action) for need in self._needs.get(action, ())]
        return False if False in met else None if None in met else True

    def meets(self, need: Need, action: str) -> bool | None:
        """Whether this is there for the action, as `check_action()` has it."""
        return True

    async def host_changed(self) -> None:
        """Show what the host has answered: the state that the screens share is another one."""
        self.show_top()

    def models_changed(self) -> None:
        """Show that a download has moved, or the choice of models or the free memory has changed."""

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
        """Whether the screen has its widgets: not before it is mounted, nor when the program is ending."""
        return self.is_mounted and self.app.is_running

    def show_top(self) -> None:
        """The line at the top: program, host, modes."""
        width = self.size.width
        tabs = [Content.styled(f" {mode.tab} ", "reverse" if mode.name == self.MODE else "") for mode in modes.MODES]
        right = Content("").join(tabs)
        name = "foundry-compare  " if width >= 100 else ""
        left = Content.assemble((name, "bold"), self._host(max(width - right.cell_length - len(name) - 2, 0)))
        gap = " " * max(width - left.cell_length - right.cell_length, 1)
        self.query_one("#top", Static).update(Content.assemble(left, gap, right))

    def _host(self, width: int) -> str:
        """The host in at most `width` cells. A fact for which there is no room is left out."""
        app_state = self.app_state
        if app_state.trouble is not None:
            return cut(clean_line(f"✗ {app_state.trouble.title}"), width)
        if app_state.info is None:
            return cut("… connecting", width)
        line = cut(clean_line(f"{'○' if app_state.info.unlisted else '●'} {app_state.info.title}"), width)
        states = [card.state for card in app_state.cards]
        counts = f"{states.count(ModelState.LOADED)}/{len(states)} loaded" if {*states} - {ModelState.UNKNOWN} else ""
        for fact in ("toys" if app_state.info.toys else "", counts):
            if fact and cells_needed(f"{line} · {fact}") <= width:
                line += f" · {fact}"
        return line


def _too_small(width: int, height: int) -> str:
    """A sentence saying that the terminal is too small, the longest one that fits into it."""
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
