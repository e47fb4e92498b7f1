"""What the screens of all modes share: the line at the top, the key bar, and a word when there is too little room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import Any, ClassVar, Self

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.core.text.clean import clean_line
from tui.ui import modes
from tui.ui.actions import REASONS, Action, Need, bindings, needs_of
from tui.ui.cells import cells_needed, cut
from tui.ui.layout_limits import MIN_HEIGHT, MIN_WIDTH
from tui.ui.state import AppState
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.widgets.key_bar import FirstKey, KeyBar
from tui.ui.widgets.painted import KeptLines

BLIND = ("◌ blind review: models and host are hidden", "◌ blind: models and host hidden")
"""What stands where the host stands else, while it is hidden which model answers: the first for which there is room."""


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
    _moving_focus = False

    def __init_subclass__(cls, **more: Any) -> None:
        if "ACTIONS" in cls.__dict__:
            cls.BINDINGS = bindings(cls.ACTIONS)
            cls._needs = needs_of(cls.ACTIONS)
        super().__init_subclass__(**more)

    def __init__(self, app_state: AppState, refresh_rate: RefreshRate) -> None:
        super().__init__()
        self.app_state = app_state
        self._refresh_rate = refresh_rate

    def set_focus(self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False) -> None:
        """As the base class's, which has all of the screen painted: what looks different with the focus paints
        itself."""
        self._moving_focus = True
        try:
            super().set_focus(widget, scroll_visible, from_app_focus)
        finally:
            self._moving_focus = False

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As the base class's, but for a move of the focus."""
        return super().refresh(*regions, repaint=repaint and not self._moving_focus, layout=layout, recompose=recompose)

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
        name = str(parameters[0]) if action == "part" else action
        met = [self.meets(need, name) for need in self._needs.get(name, ())]
        return False if False in met else None if None in met else True

    def meets(self, need: Need, action: str) -> bool | None:
        """Whether this is there for the action, as `check_action()` has it."""
        return True

    def first_keys(self) -> Sequence[FirstKey]:
        """What the key bar names first, as long as it counts most."""
        return ()

    @property
    def next_key_answers(self) -> bool:
        """Whether the next key answers a question, whatever it is bound to."""
        return False

    def why_not(self, action: str) -> str:
        """Why an action of the table cannot be done, as a sentence; empty when it can. `action` is what it is
        there, with parameters or without."""
        name = action.partition("(")[0]
        unmet = next((need for need in self._needs.get(name, ()) if self.meets(need, name) is not True), None)
        return "" if unmet is None else self.reason(unmet, name)

    def reason(self, need: Need, action: str) -> str:
        """Why this is not there for the action, as a sentence."""
        if need is Need.VIEW and self.app_state.info is None and not self.app_state.opened_file:
            return "The host is still being looked for."
        return REASONS[need]

    def action_why(self, action: str) -> None:
        """Say why something cannot be done."""
        if sentence := self.why_not(action):
            self.say_why(sentence)

    def say_why(self, sentence: str) -> None:
        """Say why something cannot be done, for a while."""
        self.notify(clean_line(sentence, 300), severity="warning", markup=False)

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
        if not self.app.is_running:
            return
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
        # Where there is no host yet, where it is looked for, or why it does not answer, has the room.
        bare = width < 100 and self.app_state.info is None and not self.app_state.opened_file
        tabs = [
            Content.styled(f" {mode.tab} ", "reverse")
            if mode.name == self.MODE
            else Content(f" {mode.key.upper() if bare else mode.tab} ")
            for mode in modes.MODES
        ]
        right = Content("").join(tabs)
        name = "foundry-compare  " if width >= 100 else ""
        left = Content.assemble((name, "bold"), self._host(max(width - right.cell_length - len(name) - 2, 0)))
        gap = " " * max(width - left.cell_length - right.cell_length, 1)
        self.query_one("#top", Static).update(Content.assemble(left, gap, right))

    def _is_blind(self) -> bool:
        """Whether the host is hidden here: not where models are chosen before anything is asked, nor while it is to be
        said that there is none."""
        state = self.app_state
        shown = state.trouble is not None or modes.mode_called(self.MODE).names_models
        return state.sealed or (state.concealed and not shown)

    def _host(self, width: int) -> str:
        """The host in at most `width` cells. A fact for which there is no room is left out."""
        app_state = self.app_state
        if self._is_blind():
            return cut(next((text for text in BLIND if len(text) <= width), BLIND[-1]), width)
        if app_state.opened_file:
            return cut(clean_line(app_state.opened_file), width)
        if app_state.trouble is not None:
            return cut(clean_line(f"✗ {app_state.trouble.title}"), width)
        if app_state.info is None:
            place = f": {clean_line(app_state.looking_at)}" if app_state.looking_at else ""
            return cut(f"… connecting{place}", width)
        from tui.core.catalog.model_card import ModelState

        toys = " · toys" if app_state.info.toys else ""  # However little room there is: nobody may take them for more.
        sign = "○" if app_state.info.unlisted else "●"
        title, room = f"{sign} {clean_line(app_state.info.title)}", max(width - len(toys), 0)
        if cells_needed(title) > room:
            title = f"{sign} {_place_first(clean_line(app_state.info.title))}"
        line = cut(title, room) + toys
        states = [card.state for card in app_state.cards]
        counts = f"{states.count(ModelState.LOADED)}/{len(states)} loaded" if {*states} - {ModelState.UNKNOWN} else ""
        return f"{line} · {counts}" if counts and cells_needed(f"{line} · {counts}") <= width else line


def _place_first(title: str) -> str:
    """A host's title with its address first: where there is room for one of the two, the address tells more."""
    for joint in (" at ", " · "):
        kind, found, place = title.rpartition(joint)
        if found:
            return f"{place} · {kind}"
    return title


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
