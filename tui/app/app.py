"""The terminal program: modes, keys, themes and signals, put together. What takes long to load comes after a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.actions import parse
from textual.binding import Binding
from textual.messages import Update
from textual.notifications import SeverityLevel
from textual.theme import Theme
from textual.types import CSSPathType

from tui.app.controllers import Controllers
from tui.app.crash_log import CrashLog
from tui.app.shutdown import Shutdown
from tui.app.stylesheet import ParsedOnce
from tui.core.errors import BadInputError, CompareError, StoreError
from tui.core.text.clean import clean_line
from tui.ui import modes
from tui.ui.actions import Need, bindings, bound_ids, needs_of, shown_key
from tui.ui.compare.messages import ConcealmentChanged, HostWanted, ModelsSeen, ProblemMet, RunEnded
from tui.ui.compare.screen import CompareScreen
from tui.ui.history.messages import HistoryRequest
from tui.ui.mode_screen import ModeScreen
from tui.ui.models.messages import ChoiceChanged, CompareRequested, HostRequest
from tui.ui.report.messages import FiguresRequested, ReportAsked
from tui.ui.report.wanted import Wanted
from tui.ui.state import AppState
from tui.ui.terminal.backpressure import Backpressure
from tui.ui.terminal.driver import bounded_driver
from tui.ui.terminal.keys_in_turn import KeysInTurn
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.terminal.writer import TerminalWriter
from tui.ui.themes import DEFAULT_THEME, SIXTEEN_THEME, variable_defaults

if TYPE_CHECKING:
    from tui.app.host_questions import HostAnswered, HostFailed, HostMachines, HostOffered, ModelActionFailed
    from tui.app.opened import Opened, OpenedFile
    from tui.app.session_controller import SessionTurned
    from tui.app.threaded_controller import DoneInThread
    from tui.ui.compare.judging import JudgeWanted
    from tui.ui.compare.replaying import ReplayEnded
    from tui.ui.keymap import Keymap

_FIRST_FRAME = 0.05
"""Seconds within which the first frame is painted; when it takes longer, it only comes later."""
_NEEDS = needs_of(modes.EVERYWHERE)
ScreenKind = TypeVar("ScreenKind", bound=ModeScreen)


class CompareApp(KeysInTurn[None]):
    """Paints its first frame with next to nothing loaded, then opens what it works with."""

    TITLE = "foundry-compare"
    # The first screen's comes with it, so that all of it is parsed at once.
    CSS_PATH: ClassVar[CSSPathType | None] = ["app.tcss", "../ui/compare/screen.tcss"]
    BINDINGS = bindings(modes.EVERYWHERE)
    DEFAULT_MODE = modes.FIRST
    ENABLE_COMMAND_PALETTE = False
    """The help has the actions of the table, and does them."""

    def __init__(
        self,
        open_up: Callable[[], Opened | OpenedFile],
        *,
        models: Sequence[str] = (),
        prompt: str | None = None,
        blind: bool = False,
        themes: Sequence[Theme] = (),
        theme: str | None = None,
        remember_theme: Callable[[str], None] = lambda _: None,
        free: Callable[[], float | None] | None = None,
        over_ssh: bool = False,
        low_bandwidth: bool = False,
    ) -> None:
        """`open_up` is called once, after the first frame; when it raises CompareError, the program ends with that in
        `failure`. `blind` hides which model answers, from the first question on.

        `free` returns the free memory of this machine in bytes, or None when it is not known. `remember_theme` is given
        the name of each theme that is chosen, and may raise CompareError."""
        terminal_writer = TerminalWriter()
        super().__init__(driver_class=bounded_driver(terminal_writer))
        self._backpressure = Backpressure(self, terminal_writer)
        self._write_to_terminal = terminal_writer.write
        self._copied = ""
        self.crash_log = CrashLog()
        self.error_console = self.crash_log.console
        self.app_state = AppState(concealed=blind)
        self.failure: CompareError | None = None
        """Why nothing could be opened."""
        self._open_up = open_up
        self._models = models
        self._prompt = prompt
        self._refresh_rate = RefreshRate(terminal_writer, over_ssh=over_ssh, low_bandwidth=low_bandwidth)
        self.compare = CompareScreen(self.app_state, self._refresh_rate)
        self.compare.next_run.blind = blind
        self._screens: dict[str, ModeScreen] = {self.compare.MODE: self.compare}
        """Those that have been shown, by the names of their modes."""
        for mode in modes.MODES:
            self.add_mode(mode.name, partial(self._screen_of, mode))
        self._opened: Opened | OpenedFile | None = None
        self._shown_keys: dict[str, str] = {}
        """How the keys of the configuration are shown, by the ids of their bindings."""
        self.controllers = Controllers(self, free)
        self._remember_theme = remember_theme
        self.shutdown = Shutdown(self, self._save_all, lambda: terminal_writer.restore_terminal())
        """What signals do; whoever runs the app has it listen."""
        if themes:
            self._use_themes(themes, theme)
        self.stylesheet = ParsedOnce(self.get_css_variables())

    def on_load(self) -> None:
        """Before the terminal is touched."""
        self.shutdown.begin()

    def on_mount(self) -> None:
        """Paint first; then start what takes time."""
        self.theme_changed_signal.subscribe(self, self._theme_chosen)

    def on_ready(self) -> None:
        """Nothing is painted before this has been handled; the first frame comes next."""
        # Textual starts within a batch, in which the first frame is made and thrown away: whatever did not change since
        # would be painted at the next of 60 ticks a second.
        self.screen.post_message(Update(self.screen))
        self.screen.call_later(self.refresh_css, animate=False)
        # `call_after_refresh` comes before the first frame.
        self.set_timer(_FIRST_FRAME, self._begin)

    def on_unmount(self) -> None:
        """Stop the downloads, read and write nothing more for the screens, and ask no host and no judge."""
        self.controllers.close()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The program's own variables, for themes that do not set them."""
        return variable_defaults()

    def post_display_hook(self) -> None:
        """After each frame: check whether the terminal keeps up."""
        self._backpressure.check()

    async def _begin(self) -> None:
        from tui.app.opened import OpenedFile

        if not self.is_running:
            return  # It was left before anything was opened; its screens go already.
        try:
            self._opened = opened = self._open_up()
        except CompareError as error:
            self.failure = error
            self.exit()
            return
        if opened.keymap is not None:
            self.use_keymap(opened.keymap)
        self.app_state.choosing = opened.choosing or self.app_state.choosing
        self.compare.library = opened.library
        if opened.options is not None:
            self.compare.next_run.use_options(opened.options)
        if opened.sitting is not None:
            self.controllers.begin_sitting(opened.sitting, with_file=isinstance(opened, OpenedFile))
        if isinstance(opened, OpenedFile):
            await self._show_file(opened)
        else:
            await self._show_host(opened)

    async def _show_file(self, opened: OpenedFile) -> None:
        self.app_state.opened_file = opened.name
        if (run := opened.view.run) is not None and opened.commands is not None:
            models = opened.view.session.models
            self.app_state.chosen = list(dict.fromkeys(models[key].card.key for key in run.plan.models))
        await self.compare.show_comparison(
            opened.view, opened.commands, ratings=opened.ratings, opened=opened.commands is not None
        )
        self.compare.show_top()
        self.refresh_bindings()
        for notice in opened.notices:
            self.notify(clean_line(notice.sentence()), timeout=10, markup=False)

    async def _show_host(self, opened: Opened) -> None:
        self.app_state.tags = opened.tags
        host = self.controllers.begin_host(
            opened.host,
            opened.runner,
            models=self._models or opened.models,
            named_by=opened.named_by,
            prompt=self._prompt,
        )
        await self.compare.show_comparison(opened.view or opened.runner, opened.runner)
        if not self.screen_stack:
            return  # It was left in this moment.
        if opened.prompt and self._prompt is None:
            self.compare.propose(opened.prompt)
        self.refresh_bindings()
        for notice in opened.notices:
            self.show_error(notice)
        opened.runner.start()
        host.ask_models()
        if opened.recover is not None:
            from tui.background import in_thread

            # Nothing waits for it at the end: what is not completed then is completed at the next start.
            in_thread(partial(opened.recover, self._report_recovery), "recovery").add_done_callback(self._recovered)

    def _report_recovery(self, notice: str | CompareError) -> None:
        """Show what completing earlier sessions has to report, from its thread."""
        if isinstance(notice, CompareError):
            self._post_done(partial(self.show_error, notice))
        else:
            self._notify_from_thread(clean_line(notice))

    def _notify_from_thread(self, text: str) -> None:
        self._post_done(partial(self.notify, text, timeout=10, markup=False))

    def _post_done(self, show: Callable[[], object]) -> None:
        from tui.app.threaded_controller import DoneInThread

        self.post_message(DoneInThread(show))

    def _recovered(self, done: Future[None]) -> None:
        from tui.ui.defects import end_app

        if (error := done.exception()) is not None:
            end_app(self, error)

    def use_keymap(self, keymap: Keymap) -> None:
        """Give actions the keys of the configuration instead of their usual ones."""
        self.app_state.keymap = keymap
        actions = [action for action in modes.all_actions() if action.id in keymap.keys]
        self._shown_keys = {id_: keymap.shown(action) for action in actions for id_ in bound_ids(action)}
        self.leave_keys = next(keymap.keys_of(action) for action in modes.EVERYWHERE if action.id == "app.quit")
        self.set_keymap(keymap.bindings(actions))

    def get_key_display(self, binding: Binding) -> str:
        """A key as the help and the documents write it."""
        return self._shown_keys.get(binding.id or "") or binding.key_display or shown_key(binding.key)

    def _screen_of(self, mode: modes.ScreenMode) -> ModeScreen:
        if mode.name not in self._screens:
            self._screens[mode.name] = mode.screen_class()(self.app_state, self._refresh_rate)
        return self._screens[mode.name]

    def screen_of(self, kind: type[ScreenKind]) -> ScreenKind:
        """The screen of this kind, whether it has been shown or not."""
        screen = self._screen_of(modes.mode_called(kind.MODE))
        assert isinstance(screen, kind)
        return screen

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
        """Show a failure as a sentence, for a while. One of a host or of a model could tell whose an answer is."""
        text = clean_line(error.sentence())
        if self.app_state.sealed and not isinstance(error, (StoreError, BadInputError)):
            self.hold(text)
        else:
            self.notify(text, severity="error", timeout=10, markup=False)

    def say_of_model(self, text: str) -> None:
        """Show a sentence about one model for a while, once that tells nothing."""
        if self.app_state.sealed:
            self.hold(text)
        else:
            self.notify(text, timeout=4, markup=False)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a notice, which is never markup; without names of models and hosts while these are hidden."""
        if self.app_state.sealed:
            from tui.core.blind.masks import without_names

            info = self.app_state.info
            members = () if info is None else (info, *info.members)
            places = [place for one in members for place in (one.name, one.title, one.endpoint) if place]
            message = without_names(message, self.app_state.cards, places)
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)

    def hold(self, text: str) -> None:
        """Keep a sentence until nothing is hidden that it could tell."""
        self.app_state.held.append(clean_line(text))
        self.compare.show_status()

    def on_problem_met(self, message: ProblemMet) -> None:
        """Show it."""
        self.show_error(message.error)

    def on_concealment_changed(self, message: ConcealmentChanged) -> None:
        """Names are hidden from here on, with the notices that stand there; or no longer: say what was held back."""
        state = self.app_state
        if state.sealed:
            self.clear_notifications()
            if modes.mode_called(self.current_mode).names_models:
                self.action_show(modes.FIRST)
        elif not state.hidden_session():  # Else a replay of another session is shown meanwhile.
            held, state.held = state.held, []
            for text in held:
                self.notify(text, timeout=10, markup=False)
        for screen in self._live_screens():
            screen.show_top()
        self.compare.show_status()
        self.refresh_bindings()

    def _live_screens(self) -> list[ModeScreen]:
        return [screen for screen in self._screens.values() if screen.alive]

    # What the screens ask for, and tell

    @on(HostRequest)
    async def _host_requested(self, message: HostRequest) -> None:
        if (host := self.controllers.host) is not None:
            await host.request(message)

    @on(ChoiceChanged)
    def _choice_changed(self) -> None:
        if (host := self.controllers.host) is not None:
            host.choice_changed()

    @on(CompareRequested)
    def _compare_requested(self) -> None:
        if (host := self.controllers.host) is not None:
            host.compare()

    def on_replay_ended(self, message: ReplayEnded) -> None:
        """Back to what was shown before; where there was nothing, the program ends."""
        if self.controllers.sessions is not None:
            self.controllers.sessions.come_back()
        else:
            self.exit()

    async def on_host_wanted(self, message: HostWanted) -> None:
        """Look for the host that something is asked of."""
        self.controllers.find_host()

    @on(HistoryRequest)
    def _history_requested(self, request: HistoryRequest) -> None:
        self.controllers.history_requested(request)

    @on(ReportAsked)
    def _report_asked(self, request: ReportAsked) -> None:
        if isinstance(request, FiguresRequested):
            wanted = request.wanted
            self.app_state.choosing = Wanted(requires=wanted.requires, weights=wanted.weights)
        self.controllers.report_asked(request)

    def on_judge_wanted(self, message: JudgeWanted) -> None:
        """Have it judge, in a thread."""
        self.controllers.judge_wanted(message)

    def on_judge_stopped(self) -> None:
        """Ask it nothing more."""
        if self.controllers.judges is not None:
            self.controllers.judges.stop()

    def on_models_seen(self, message: ModelsSeen) -> None:
        """Count them where loaded models are counted, without asking the host anything while it answers."""
        self.app_state.seen(message.loaded, message.freed)
        for screen in self._live_screens():
            screen.show_top()

    def on_run_ended(self, message: RunEnded) -> None:
        """See what is loaded after a run."""
        if (host := self.controllers.host) is not None:
            host.ask_models()

    # What comes from threads

    def on_done_in_thread(self, message: DoneInThread) -> None:
        """Show what was found out, or done."""
        message.show()

    async def on_session_turned(self, message: SessionTurned) -> None:
        """Another session can be shown."""
        await message.show()

    async def on_host_answered(self, message: HostAnswered) -> None:
        """Show what is there."""
        if (host := self.controllers.host) is not None and self.is_running:
            first = self.app_state.info is None
            await host.answered(message)
            if self.controllers.sessions is not None:
                await self.controllers.sessions.host_answered(message.info, first=first)

    async def on_host_offered(self, message: HostOffered) -> None:
        """Show what could be had."""
        if (host := self.controllers.host) is not None:
            await host.offered(message)

    async def on_host_machines(self, message: HostMachines) -> None:
        """Show what is known of the hosts' machines."""
        if (host := self.controllers.host) is not None:
            await host.machines(message)

    async def on_host_failed(self, message: HostFailed) -> None:
        """Say why not."""
        if (host := self.controllers.host) is not None:
            await host.failed(message)

    async def on_model_action_failed(self, message: ModelActionFailed) -> None:
        """Say why."""
        if (host := self.controllers.host) is not None:
            await host.action_failed(message)

    # The clipboard

    @property
    def clipboard(self) -> str:
        """What was copied last within the program, for its own text fields."""
        return self._copied

    def copy_to_clipboard(self, text: str) -> None:
        """Send a text to the clipboard in the way that is likeliest to arrive, and say which one that was."""
        import os
        import shutil
        import sys

        from tui.background import in_thread
        from tui.ui.terminal.clipboard import copied, way_to_clipboard

        self._copied = text
        work = partial(copied, text, way_to_clipboard(os.environ, sys.platform, shutil.which), self._write_to_terminal)
        in_thread(work, "clipboard").add_done_callback(lambda done: self._notify_from_thread(done.result()))

    # Actions on every screen

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what needs the host before that has been opened, and where there is none."""
        needs = _NEEDS.get(action, ())
        if action == "show" and parameters:
            needs = modes.mode_called(str(parameters[0])).needs
        return None if self._missing & set(needs) else True

    @property
    def _missing(self) -> set[Need]:
        """What is not there yet, or at all."""
        host = {Need.HOST} if self.controllers.host is None else set()
        return host | ({Need.VIEW} if self._opened is None else set())

    def action_show(self, mode: str) -> None:
        """To a mode by its name."""
        if self.app_state.sealed and modes.mode_called(mode).names_models:
            shown = self.screen if isinstance(self.screen, ModeScreen) else self.compare
            shown.say_why("That screen tells models apart: first V, on F2, reveals whose the answers are.")
        else:
            self.switch_to(mode)

    def switch_to(self, mode: str) -> None:
        """To a mode by its name, unless a dialog is open."""
        if len(self.screen_stack) == 1 and self.current_mode != mode:
            self.switch_mode(mode)

    def action_step(self, step: int) -> None:
        """To the mode before or after this one."""
        self.action_show(modes.neighbour(self.current_mode, step, self._missing))

    def action_help(self) -> None:
        """Every key of this screen; what is chosen there is done."""
        from tui.app.help import open_help

        open_help(self)

    def why_not(self, action: str) -> str:
        """Why an action of every screen cannot be done, as a sentence; empty when it can. `action` is what it is in the
        table: with its parameters."""
        _, name, parameters = parse(action)
        if self.check_action(name, parameters) is True:
            return ""
        if self._opened is not None:
            return "No host is looked for before something is asked."
        return "The host is still being looked for."

    def action_why(self, action: str) -> None:
        """Say why something cannot be done."""
        if (sentence := self.why_not(action)) and self.screen_stack:
            self.notify(sentence, severity="warning", markup=False)

    def action_quiet(self) -> None:
        """Close the notices: on a small screen they hide what is under them. Without any, back from a session that was
        opened to that of the sitting."""
        if len(self._notifications):
            self.clear_notifications()
        elif self.controllers.sessions is not None and self.current_mode == self.compare.MODE:
            self.controllers.sessions.come_back()

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
        if self.app_state.sealed:
            self.compare.say("That would name the host: V reveals whose the answers are first.")
        elif self.controllers.host is not None:
            self.controllers.host.describe_host()

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
        self.controllers.close()
        return self._opened is None or self._opened.close()
