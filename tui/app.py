"""The terminal program: modes, keys, themes and signals, put together. What takes long to load comes after a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.message import Message
from textual.theme import Theme
from textual.types import CSSPathType

from tui.core.clean import clean_line
from tui.core.errors import CompareError
from tui.ui import actions
from tui.ui.crash import CrashLog
from tui.ui.keys_in_turn import KeysInTurn
from tui.ui.leaving import Leaving
from tui.ui.screens.compare import CompareScreen
from tui.ui.shelf import Shelf
from tui.ui.terminal.drivers import bounded_driver
from tui.ui.terminal.flow import Flow
from tui.ui.terminal.hold import Hold
from tui.ui.terminal.outlet import Outlet
from tui.ui.theming import DEFAULT_THEME, SIXTEEN_THEME, variable_defaults

if TYPE_CHECKING:
    from tui.conductor import Conductor
    from tui.hosts.host import Host
    from tui.ui.desk import Desk
    from tui.ui.host_work import HostAnswered, HostFailed, HostOffered
    from tui.ui.screens.models import ModelsScreen

MODES_IN_ORDER = ("models", "compare")
_FIRST_FRAME = 0.05
"""Seconds within which the first frame is painted; when it takes longer, it only comes later."""
_AFTER_OPENING = {"show", "step", "help", "host"}
"""What there is nothing to do for before the host and the conductor are there."""


@dataclass(frozen=True)
class Opened:
    """What the program works with. Whoever opened it closes it."""

    host: Host
    conductor: Conductor
    notices: Sequence[CompareError] = ()
    """What went wrong and stops nothing."""
    recover: Callable[[Callable[[str | CompareError], object]], None] | None = None
    """Brings back what a program that died left behind, and tells of it to what it is given. It may take long."""


class Told(Message):
    """Something to tell that came from a thread: news, or what went wrong and stops nothing."""

    def __init__(self, what: str | CompareError) -> None:
        super().__init__()
        self.what = what


class CompareApp(KeysInTurn[None]):
    """Paints its first frame with next to nothing loaded, then opens what it works with."""

    TITLE = "foundry-compare"
    # The first screen's comes with it: a style sheet that is read later has all of them parsed again.
    CSS_PATH: ClassVar[CSSPathType | None] = ["app.tcss", "ui/screens/compare.tcss"]
    BINDINGS = actions.bindings(actions.EVERYWHERE)
    DEFAULT_MODE = CompareScreen.MODE

    def __init__(
        self,
        open_up: Callable[[], Opened],
        *,
        models: Sequence[str] = (),
        prompt: str | None = None,
        themes: Sequence[Theme] = (),
        theme: str | None = None,
        remember_theme: Callable[[str], None] = lambda _: None,
        free: Callable[[], float | None] | None = None,
        over_ssh: bool = False,
        low_bandwidth: bool = False,
    ) -> None:
        """`open_up` is called once, after the first frame; when it raises CompareError, the program ends with that in
        `failure`.

        `free` tells the free memory of this machine, in bytes. `remember_theme` is given the name of each
        theme that is chosen, and may raise StoreError."""
        outlet = Outlet()
        super().__init__(driver_class=bounded_driver(outlet))
        self._hold = Hold(self, outlet)
        self.crash_log = CrashLog()
        self.error_console = self.crash_log.console
        self.shelf = Shelf()
        self.failure: CompareError | None = None
        """Why nothing could be opened."""
        self._open_up = open_up
        self._asked: dict[str, Any] = {"models": models, "prompt": prompt, "free": free}
        flow = Flow(outlet, over_ssh=over_ssh, low_bandwidth=low_bandwidth)
        self._compare = CompareScreen(self.shelf, flow)
        # The mode to begin with: switching to it would hold the first frame back.
        self.add_mode(self.DEFAULT_MODE, lambda: self._compare)
        self._opened: Opened | None = None
        self._desk: Desk | None = None
        self._remember_theme = remember_theme
        self.leaving = Leaving(self, self._keep, lambda: outlet.put_back())
        """What signals do; whoever runs the app has it listen."""
        if themes:
            self._use_themes(themes, theme)

    def on_load(self) -> None:
        """Before the terminal is touched."""
        self.leaving.begin()

    def on_mount(self) -> None:
        """Paint first; then start what takes time."""
        self.theme_changed_signal.subscribe(self, self._theme_chosen)

    def on_ready(self) -> None:
        """Nothing is painted before this has been handled; the first frame comes next."""
        # `call_after_refresh` comes before it, because Textual starts within a batch that paints nothing.
        self.set_timer(_FIRST_FRAME, self._begin)

    def on_unmount(self) -> None:
        """Nobody waits for downloads any more."""
        if self._desk is not None:
            self._desk.close()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, for themes that do not set them."""
        return variable_defaults()

    def post_display_hook(self) -> None:
        """After each frame: see whether the terminal keeps up."""
        self._hold.look()

    async def _begin(self) -> None:
        from tui.threads import in_thread
        from tui.ui.desk import Desk

        try:
            self._opened = opened = self._open_up()
        except CompareError as error:
            self.failure = error
            self.exit()
            return
        self._desk = desk = Desk(self, self.shelf, self._compare, opened.host, opened.conductor, **self._asked)
        self.add_mode("models", lambda: desk.models)
        await self._compare.take_up(opened.conductor)
        self.refresh_bindings()
        for notice in opened.notices:
            self._compare.tell(notice)
        opened.conductor.start()
        desk.ask_host()
        if opened.recover is not None:
            # Nobody waits for it at the end: what is not completed then is completed at the next start.
            work = partial(opened.recover, lambda what: self.post_message(Told(what)))
            in_thread(work, "recovery").add_done_callback(self._recovered)

    def _recovered(self, done: Future[None]) -> None:
        if done.exception() is not None:
            self.call_later(done.result)  # A defect ends the app, wherever it is.

    def on_told(self, message: Told) -> None:
        """Show it for a while."""
        if isinstance(message.what, CompareError):
            self._compare.tell(message.what)
        else:
            self.notify(clean_line(message.what), timeout=10, markup=False)

    # What screens and host have to say

    async def on_host_answered(self, message: HostAnswered) -> None:
        """Show what is there."""
        if self._desk is not None and self.is_running:
            await self._desk.answered(message)

    async def on_host_offered(self, message: HostOffered) -> None:
        """Show what could be had."""
        if self._desk is not None:
            await self._desk.offered(message)

    async def on_host_failed(self, message: HostFailed) -> None:
        """Say why not."""
        if self._desk is not None:
            await self._desk.failed(message)

    async def on_models_screen_asked(self, message: ModelsScreen.Asked) -> None:
        """Have it done."""
        if self._desk is not None:
            await self._desk.asked(message)

    def on_models_screen_chosen(self, message: ModelsScreen.Chosen) -> None:
        """Take over the choice."""
        if self._desk is not None:
            self._desk.chosen(message)

    def on_compare_screen_rested(self, message: CompareScreen.Rested) -> None:
        """See what is loaded after a run."""
        if self._desk is not None:
            self._desk.ask_host()

    # Everywhere

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what has nothing to work with yet."""
        return None if action in _AFTER_OPENING and self._desk is None else True

    def action_show(self, mode: str) -> None:
        """To a screen by its name."""
        if len(self.screen_stack) == 1 and self.current_mode != mode:
            self.switch_mode(mode)

    def action_step(self, step: int) -> None:
        """To the screen before or after this one."""
        here = MODES_IN_ORDER.index(self.current_mode)
        self.action_show(MODES_IN_ORDER[(here + step) % len(MODES_IN_ORDER)])

    def action_help(self) -> None:
        """Every key of this screen."""
        from tui.ui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.current_mode))

    def action_quiet(self) -> None:
        """Put the notices away: on a small screen they hide what is under them."""
        self.clear_notifications()

    def action_help_quit(self) -> None:
        """What ctrl+c asks for where there is nothing to copy. Textual names another key, in a notice a press."""
        from tui.ui.screens.ask import AskScreen

        def leave(answer: str | None) -> None:
            if answer is not None:
                self.exit()

        text = "Answers and downloads that still run are stopped"
        said = self._compare.said_of_saving
        text += f". Of saving, this was said last: {said.sentence()}" if said is not None else "; what arrived is kept."
        self.push_screen(AskScreen("Leave the program?", text, [("y", "leaves")]), leave)

    def action_host(self) -> None:
        """Where the host was looked for, and what was found."""
        if self._desk is not None:
            self._desk.tell_of_host()

    def _use_themes(self, themes: Sequence[Theme], wanted: str | None) -> None:
        for theme in themes:
            self.register_theme(theme)
        ours = {theme.name for theme in themes}
        few_colours = self.console.color_system in (None, "standard")
        fitting = SIXTEEN_THEME if few_colours else DEFAULT_THEME
        self.theme = next((name for name in (wanted, fitting) if name in ours), themes[0].name)
        for name in set(self.available_themes) - ours:
            self.unregister_theme(name)

    def _theme_chosen(self, theme: Theme) -> None:
        try:
            self._remember_theme(theme.name)
        except CompareError as error:
            self._compare.tell(error)

    def _keep(self) -> bool:
        """Write and end what must not be lost; whether everything is kept."""
        if self._desk is not None:
            self._desk.close()
        if self._opened is None:
            return True
        kept = self._opened.conductor.close()
        self._opened.host.close()
        return kept
