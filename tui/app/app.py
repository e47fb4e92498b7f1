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

from tui.app.crash_log import CrashLog
from tui.app.shutdown import Shutdown
from tui.core.errors import CompareError
from tui.core.text.clean import clean_line
from tui.ui import actions
from tui.ui.compare.screen import CompareScreen
from tui.ui.keys_in_turn import KeysInTurn
from tui.ui.state import AppState
from tui.ui.terminal.backpressure import Backpressure
from tui.ui.terminal.driver import bounded_driver
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.terminal.writer import TerminalWriter
from tui.ui.themes import DEFAULT_THEME, SIXTEEN_THEME, variable_defaults

if TYPE_CHECKING:
    from tui.app.host_controller import HostController
    from tui.app.host_questions import HostAnswered, HostFailed, HostOffered
    from tui.core.sessions.view import ComparisonView
    from tui.hosts.base import Host
    from tui.runner import Runner
    from tui.ui.models.screen import ModelsScreen

MODES_IN_ORDER = ("models", "compare")
_FIRST_FRAME = 0.05
"""Seconds within which the first frame is painted; when it takes longer, it only comes later."""
_AFTER_OPENING = {"show", "step", "help", "host"}
"""What there is nothing to do for before the host and the runner are there."""


@dataclass(frozen=True)
class Opened:
    """What the program works with. Whoever opened it closes it."""

    host: Host
    runner: Runner
    notices: Sequence[CompareError] = ()
    """What went wrong and stops nothing."""
    recover: Callable[[Callable[[str | CompareError], object]], None] | None = None
    """Brings back what a program that died left behind, and tells of it to what it is given. It may take long."""
    view: ComparisonView | None = None
    """What the Compare screen shows; None for what the runner runs."""


class Told(Message):
    """Something to tell that came from a thread: news, or what went wrong and stops nothing."""

    def __init__(self, what: str | CompareError) -> None:
        super().__init__()
        self.what = what


class CompareApp(KeysInTurn[None]):
    """Paints its first frame with next to nothing loaded, then opens what it works with."""

    TITLE = "foundry-compare"
    # The first screen's comes with it: a style sheet that is read later has all of them parsed again.
    CSS_PATH: ClassVar[CSSPathType | None] = ["app.tcss", "../ui/compare/screen.tcss"]
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
        terminal_writer = TerminalWriter()
        super().__init__(driver_class=bounded_driver(terminal_writer))
        self._backpressure = Backpressure(self, terminal_writer)
        self.crash_log = CrashLog()
        self.error_console = self.crash_log.console
        self.app_state = AppState()
        self.failure: CompareError | None = None
        """Why nothing could be opened."""
        self._open_up = open_up
        self._asked: dict[str, Any] = {"models": models, "prompt": prompt, "free": free}
        flow = RefreshRate(terminal_writer, over_ssh=over_ssh, low_bandwidth=low_bandwidth)
        self._compare = CompareScreen(self.app_state, flow)
        # The mode to begin with: switching to it would hold the first frame back.
        self.add_mode(self.DEFAULT_MODE, lambda: self._compare)
        self._opened: Opened | None = None
        self._host_controller: HostController | None = None
        self._remember_theme = remember_theme
        self.leaving = Shutdown(self, self._keep, lambda: terminal_writer.put_back())
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
        if self._host_controller is not None:
            self._host_controller.close()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, for themes that do not set them."""
        return variable_defaults()

    def post_display_hook(self) -> None:
        """After each frame: see whether the terminal keeps up."""
        self._backpressure.look()

    async def _begin(self) -> None:
        from tui.app.host_controller import HostController
        from tui.background import in_thread

        try:
            self._opened = opened = self._open_up()
        except CompareError as error:
            self.failure = error
            self.exit()
            return
        self._host_controller = host_controller = HostController(
            self, self.app_state, self._compare, opened.host, opened.runner, **self._asked
        )
        self.add_mode("models", lambda: host_controller.models)
        await self._compare.take_up(opened.view or opened.runner, opened.runner)
        self.refresh_bindings()
        for notice in opened.notices:
            self._compare.tell(notice)
        opened.runner.start()
        host_controller.ask_host()
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
        if self._host_controller is not None and self.is_running:
            await self._host_controller.answered(message)

    async def on_host_offered(self, message: HostOffered) -> None:
        """Show what could be had."""
        if self._host_controller is not None:
            await self._host_controller.offered(message)

    async def on_host_failed(self, message: HostFailed) -> None:
        """Say why not."""
        if self._host_controller is not None:
            await self._host_controller.failed(message)

    async def on_models_screen_asked(self, message: ModelsScreen.Asked) -> None:
        """Have it done."""
        if self._host_controller is not None:
            await self._host_controller.asked(message)

    def on_models_screen_chosen(self, message: ModelsScreen.Chosen) -> None:
        """Take over the choice."""
        if self._host_controller is not None:
            self._host_controller.chosen(message)

    def on_compare_screen_run_ended(self, message: CompareScreen.RunEnded) -> None:
        """See what is loaded after a run."""
        if self._host_controller is not None:
            self._host_controller.ask_host()

    # Everywhere

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what has nothing to work with yet."""
        return None if action in _AFTER_OPENING and self._host_controller is None else True

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
        from tui.ui.dialogs.help import HelpDialog

        self.push_screen(HelpDialog(self.current_mode))

    def action_quiet(self) -> None:
        """Put the notices away: on a small screen they hide what is under them."""
        self.clear_notifications()

    def action_help_quit(self) -> None:
        """What ctrl+c asks for where there is nothing to copy. Textual names another key, in a notice a press."""
        from tui.ui.dialogs.choice import ChoiceDialog

        def leave(answer: str | None) -> None:
            if answer is not None:
                self.exit()

        text = "Answers and downloads that still run are stopped"
        problem = self._compare.storage_problem
        text += f". Of saving, this was said last: {problem.sentence()}" if problem else "; what arrived is kept."
        self.push_screen(ChoiceDialog("Leave the program?", text, [("y", "leaves")]), leave)

    def action_host(self) -> None:
        """Where the host was looked for, and what was found."""
        if self._host_controller is not None:
            self._host_controller.tell_of_host()

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
        if self._host_controller is not None:
            self._host_controller.close()
        if self._opened is None:
            return True
        kept = self._opened.runner.close()
        self._opened.host.close()
        return kept
