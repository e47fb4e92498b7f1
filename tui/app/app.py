"""The terminal program: modes, keys, themes and signals, put together. What takes long to load comes after a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.message import Message
from textual.theme import Theme
from textual.types import CSSPathType

from tui.app.crash_log import CrashLog
from tui.app.shutdown import Shutdown
from tui.core.errors import CompareError
from tui.core.text.clean import clean_line
from tui.ui import modes
from tui.ui.actions import Need, bindings, needs_of
from tui.ui.compare.screen import CompareScreen
from tui.ui.mode_screen import ModeScreen
from tui.ui.models.messages import ChoiceChanged, CompareRequested, HostRequest
from tui.ui.state import AppState
from tui.ui.terminal.backpressure import Backpressure
from tui.ui.terminal.driver import bounded_driver
from tui.ui.terminal.keys_in_turn import KeysInTurn
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.terminal.writer import TerminalWriter
from tui.ui.themes import DEFAULT_THEME, SIXTEEN_THEME, variable_defaults

if TYPE_CHECKING:
    from tui.app.host_controller import HostController
    from tui.app.host_questions import HostAnswered, HostFailed, HostOffered, ModelActionFailed
    from tui.core.sessions.view import ComparisonView
    from tui.hosts.base import Host
    from tui.runner import Runner

_FIRST_FRAME = 0.05
"""Seconds within which the first frame is painted; when it takes longer, it only comes later."""
_NEEDS = needs_of(modes.EVERYWHERE)


@dataclass(frozen=True)
class Opened:
    """What the program works with. Whoever opened it closes it."""

    host: Host
    runner: Runner
    notices: Sequence[CompareError] = ()
    """What went wrong and stops nothing."""
    recover: Callable[[Callable[[str | CompareError], object]], None] | None = None
    """Completes what a program that died left behind, and reports to the function it is given. It may take long."""
    view: ComparisonView | None = None
    """What the Compare screen shows; None for what the runner runs."""


class RecoveryNotice(Message):
    """What completing earlier sessions has to report, from its thread: a sentence, or what went wrong."""

    def __init__(self, notice: str | CompareError) -> None:
        super().__init__()
        self.notice = notice


class CompareApp(KeysInTurn[None]):
    """Paints its first frame with next to nothing loaded, then opens what it works with."""

    TITLE = "foundry-compare"
    # The first screen's comes with it: a style sheet that is read later has all of them parsed again.
    CSS_PATH: ClassVar[CSSPathType | None] = ["app.tcss", "../ui/compare/screen.tcss"]
    BINDINGS = bindings(modes.EVERYWHERE)
    DEFAULT_MODE = modes.FIRST

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

        `free` returns the free memory of this machine in bytes, or None when it is not known. `remember_theme` is given
        the name of each theme that is chosen, and may raise StoreError."""
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
        self._refresh_rate = RefreshRate(terminal_writer, over_ssh=over_ssh, low_bandwidth=low_bandwidth)
        self.compare = CompareScreen(self.app_state, self._refresh_rate)
        self._screens: dict[str, ModeScreen] = {self.compare.MODE: self.compare}
        """Those that have been shown, by the names of their modes."""
        for mode in modes.MODES:
            self.add_mode(mode.name, partial(self._screen_of, mode))
        self._opened: Opened | None = None
        self._host_controller: HostController | None = None
        self._remember_theme = remember_theme
        self.shutdown = Shutdown(self, self._save_all, lambda: terminal_writer.restore_terminal())
        """What signals do; whoever runs the app has it listen."""
        if themes:
            self._use_themes(themes, theme)

    def on_load(self) -> None:
        """Before the terminal is touched."""
        self.shutdown.begin()

    def on_mount(self) -> None:
        """Paint first; then start what takes time."""
        self.theme_changed_signal.subscribe(self, self._theme_chosen)

    def on_ready(self) -> None:
        """Nothing is painted before this has been handled; the first frame comes next."""
        # `call_after_refresh` comes before it, because Textual starts within a batch that paints nothing.
        self.set_timer(_FIRST_FRAME, self._begin)

    def on_unmount(self) -> None:
        """Stop the downloads, and ask the host nothing more."""
        if self._host_controller is not None:
            self._host_controller.close()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The program's own variables, for themes that do not set them."""
        return variable_defaults()

    def post_display_hook(self) -> None:
        """After each frame: check whether the terminal keeps up."""
        self._backpressure.check()

    async def _begin(self) -> None:
        from tui.app.host_controller import HostController
        from tui.background import in_thread

        try:
            self._opened = opened = self._open_up()
        except CompareError as error:
            self.failure = error
            self.exit()
            return
        self._host_controller = host_controller = HostController(self, opened.host, opened.runner, **self._asked)
        await self.compare.show_comparison(opened.view or opened.runner, opened.runner)
        self.refresh_bindings()
        for notice in opened.notices:
            self.show_error(notice)
        opened.runner.start()
        host_controller.ask_models()
        if opened.recover is not None:
            # Nothing waits for it at the end: what is not completed then is completed at the next start.
            work = partial(opened.recover, lambda notice: self.post_message(RecoveryNotice(notice)))
            in_thread(work, "recovery").add_done_callback(self._recovered)

    def _screen_of(self, mode: modes.ScreenMode) -> ModeScreen:
        if mode.name not in self._screens:
            self._screens[mode.name] = mode.screen_class()(self.app_state, self._refresh_rate)
        return self._screens[mode.name]

    # What the screens show

    async def host_changed(self) -> None:
        """Have every screen show what the host has answered."""
        for screen in self._live_screens():
            await screen.host_changed()

    def models_changed(self) -> None:
        """Have every screen show how far downloads are, what is chosen, and the free memory."""
        for screen in self._live_screens():
            screen.models_changed()

    def show_error(self, error: CompareError) -> None:
        """Show a failure as a sentence, for a while."""
        self.notify(clean_line(error.sentence()), severity="error", timeout=10, markup=False)

    def _live_screens(self) -> list[ModeScreen]:
        return [screen for screen in self._screens.values() if screen.alive]

    def _recovered(self, done: Future[None]) -> None:
        from tui.ui.defects import end_app

        if (error := done.exception()) is not None:
            end_app(self, error)

    def on_recovery_notice(self, message: RecoveryNotice) -> None:
        """Show it for a while."""
        if isinstance(message.notice, CompareError):
            self.show_error(message.notice)
        else:
            self.notify(clean_line(message.notice), timeout=10, markup=False)

    # Messages of the host and of the screens

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

    async def on_model_action_failed(self, message: ModelActionFailed) -> None:
        """Say why."""
        if self._host_controller is not None:
            await self._host_controller.action_failed(message)

    @on(HostRequest)
    async def _host_requested(self, message: HostRequest) -> None:
        if self._host_controller is not None:
            await self._host_controller.request(message)

    @on(ChoiceChanged)
    def _choice_changed(self) -> None:
        if self._host_controller is not None:
            self._host_controller.choice_changed()

    @on(CompareRequested)
    def _compare_requested(self) -> None:
        if self._host_controller is not None:
            self._host_controller.compare()

    def on_compare_screen_run_ended(self, message: CompareScreen.RunEnded) -> None:
        """See what is loaded after a run."""
        if self._host_controller is not None:
            self._host_controller.ask_models()

    # Actions on every screen

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what needs the host before that has been opened."""
        return None if Need.HOST in _NEEDS.get(action, ()) and self._host_controller is None else True

    def action_show(self, mode: str) -> None:
        """To a mode by its name."""
        if len(self.screen_stack) == 1 and self.current_mode != mode:
            self.switch_mode(mode)

    def action_step(self, step: int) -> None:
        """To the mode before or after this one."""
        self.action_show(modes.neighbour(self.current_mode, step))

    def action_help(self) -> None:
        """Every key of this screen."""
        from tui.ui.dialogs.help import HelpDialog

        self.push_screen(HelpDialog(self.current_mode))

    def action_quiet(self) -> None:
        """Close the notices: on a small screen they hide what is under them."""
        self.clear_notifications()

    def action_help_quit(self) -> None:
        """What ctrl+c asks for where there is nothing to copy. Textual would show a notice that names another key."""
        from tui.ui.dialogs.choice import ChoiceDialog

        def leave(answer: str | None) -> None:
            if answer is not None:
                self.exit()

        text = "Answers and downloads that still run are stopped"
        problem = self.compare.storage_problem
        text += f". Of saving, this was said last: {problem.sentence()}" if problem else "; what arrived is kept."
        self.push_screen(ChoiceDialog("Leave the program?", text, [("y", "leaves")]), leave)

    def action_host(self) -> None:
        """Where the host was looked for, and what was found."""
        if self._host_controller is not None:
            self._host_controller.describe_host()

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
            self.show_error(error)

    def _save_all(self) -> bool:
        """Write what must not be lost and end what runs. Returns whether everything is kept."""
        if self._host_controller is not None:
            self._host_controller.close()
        if self._opened is None:
            return True
        kept = self._opened.runner.close()
        self._opened.host.close()
        return kept
