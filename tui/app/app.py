"""The terminal program: modes, keys, themes and signals, put together. What takes long to load comes after a frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.actions import parse
from textual.binding import Binding
from textual.message import Message
from textual.messages import Update
from textual.notifications import SeverityLevel
from textual.theme import Theme
from textual.types import CSSPathType

from tui.app.crash_log import CrashLog
from tui.app.shutdown import Shutdown
from tui.app.stylesheet import ParsedOnce
from tui.core.errors import BadInputError, CompareError, StoreError
from tui.core.text.clean import clean_line
from tui.ui import modes
from tui.ui.actions import Action, Need, bindings, bound_ids, needs_of, shown_key
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
    from tui.app.history_controller import HistoryController
    from tui.app.host_controller import HostController
    from tui.app.host_questions import HostAnswered, HostFailed, HostMachines, HostOffered, ModelActionFailed
    from tui.app.judge_controller import JudgeController
    from tui.app.report_controller import ReportController
    from tui.app.session_controller import SessionController, SessionTurned
    from tui.app.threaded_controller import DoneInThread
    from tui.core.plans.plan import PlanOptions
    from tui.core.sessions.view import Commands, ComparisonView, RatingCommands
    from tui.hosts.base import Host
    from tui.runner import Runner
    from tui.runner.sitting import Sitting
    from tui.storage.prompt_library import PromptLibrary
    from tui.ui.compare.judging import JudgeWanted
    from tui.ui.compare.replaying import ReplayEnded
    from tui.ui.keymap import Keymap

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
    models: Sequence[str] = ()
    """Which models are chosen first where none was named."""
    named_by: str = ""
    """Who names these, as a sentence without its stop."""
    prompt: str = ""
    """What stands in the prompt at first, without being asked."""
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What a person's file of models calls them; see `AppState.tags`."""
    options: PlanOptions | None = None
    """How plans are carried out; None for the usual."""
    keymap: Keymap | None = None
    """The keys that actions have instead of the usual ones; None for the usual ones."""
    library: PromptLibrary | None = None
    """What is kept between sittings of what is asked; None to keep nothing."""
    sitting: Sitting | None = None
    """What has another session take the place of the runner's; None where none can."""
    choosing: Wanted | None = None
    """The must-haves and weights that the Report screen begins with; None for none."""


@dataclass(frozen=True)
class OpenedFile:
    """A session file that is shown; a host is looked for when something is asked. Whoever opened it closes it."""

    name: str
    """The file's name, which is shown where a host would be."""
    view: ComparisonView
    ratings: RatingCommands | None
    """What rates the answers; None when the file is only read."""
    close: Callable[[], bool]
    """Writes the last of it, and returns whether everything is kept."""
    notices: Sequence[CompareError] = ()
    """What there is to say of it at first."""
    keymap: Keymap | None = None
    """As of what is `Opened`."""
    commands: Commands | None = None
    """What asks; None where nothing can be asked."""
    options: PlanOptions | None = None
    """How plans are carried out; None for the usual."""
    sitting: Sitting | None = None
    """What has another session take its place; None where none can."""
    library: PromptLibrary | None = None
    """What is kept between sittings of what is asked; None to keep nothing."""
    choosing: Wanted | None = None
    """As of what is `Opened`."""


class RecoveryNotice(Message):
    """What completing earlier sessions has to report, from its thread: a sentence, or what went wrong."""

    def __init__(self, notice: str | CompareError) -> None:
        super().__init__()
        self.notice = notice


class Copied(Message):
    """A text was sent to the clipboard, as far as that can be known: what to say of it."""

    def __init__(self, sentences: str) -> None:
        super().__init__()
        self.sentences = sentences


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
        self._asked: dict[str, Any] = {"models": models, "prompt": prompt, "free": free}
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
        self._host_controller: HostController | None = None
        self._session_controller: SessionController | None = None
        self._history_controller: HistoryController | None = None
        self._report_controller: ReportController | None = None
        self._judge_controller: JudgeController | None = None
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
        """Stop the downloads, and ask the host nothing more."""
        if self._host_controller is not None:
            self._host_controller.close()
        self._close_controllers()

    def _close_controllers(self) -> None:
        """Nothing more is read or written for History and Report, and no judge is asked."""
        for controller in (self._history_controller, self._report_controller, self._judge_controller):
            if controller is not None:
                controller.close()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The program's own variables, for themes that do not set them."""
        return variable_defaults()

    def post_display_hook(self) -> None:
        """After each frame: check whether the terminal keeps up."""
        self._backpressure.check()

    async def _begin(self) -> None:
        from tui.app.host_controller import HostController
        from tui.background import in_thread

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
        if opened.sitting is not None:
            from tui.app.session_controller import SessionController

            self._session_controller = SessionController(self, opened.sitting)
            self.app_state.hidden_session = self._session_controller.hidden
        if isinstance(opened, OpenedFile):
            self.app_state.opened_file = opened.name
            if opened.options is not None:
                self.compare.next_run.use_options(opened.options)
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
            return
        self.app_state.tags = opened.tags
        asked = self._asked | {"models": self._asked["models"] or opened.models, "named_by": opened.named_by}
        self._host_controller = host_controller = HostController(self, opened.host, opened.runner, **asked)
        if opened.options is not None:
            self.compare.next_run.use_options(opened.options)
        await self.compare.show_comparison(opened.view or opened.runner, opened.runner)
        if not self.screen_stack:
            return  # It was left in this moment.
        if opened.prompt and asked["prompt"] is None:
            self.compare.propose(opened.prompt)
        self.refresh_bindings()
        for notice in opened.notices:
            self.show_error(notice)
        opened.runner.start()
        host_controller.ask_models()
        if opened.recover is not None:
            # Nothing waits for it at the end: what is not completed then is completed at the next start.
            work = partial(opened.recover, lambda notice: self.post_message(RecoveryNotice(notice)))
            in_thread(work, "recovery").add_done_callback(self._recovered)

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

    # Which session is open

    @property
    def began_with_file(self) -> bool:
        """Whether the program was begun to show a file."""
        return isinstance(self._opened, OpenedFile)

    def is_open(self, path: Path) -> bool:
        """Whether this file is that of the session that is open. May be called from any thread."""
        return self._session_controller is not None and self._session_controller.is_open(path)

    @property
    def sessions(self) -> SessionController | None:
        """What has one session take the place of another, once there is one."""
        return self._session_controller

    def name_open_session(self, title: str | None, tags: Sequence[str] | None) -> None:
        """Give the session that is open a title and tags, None for what it has. Raises BadInputError when it cannot
        have others."""
        if self._session_controller is not None:
            self._session_controller.name(title, tags)

    def host_runner_changed(self, runner: Runner) -> None:
        """Another runner asks from here on."""
        if self._host_controller is not None:
            self._host_controller.runner = runner

    def switch_to(self, mode: str) -> None:
        """To a mode by its name, unless a dialog is open."""
        if len(self.screen_stack) == 1 and self.current_mode != mode:
            self.switch_mode(mode)

    def find_host(self) -> None:
        """Look for a host now, where none was looked for yet."""
        from tui.app.host_controller import HostController

        opened = self._opened
        sitting = opened.sitting if opened is not None else None
        if self._host_controller is not None or sitting is None or sitting.runner is None:
            return
        asked = self._asked | {"models": tuple(self.app_state.chosen), "prompt": None}
        self._host_controller = HostController(self, sitting.host, sitting.runner, **asked)
        self._host_controller.ask_models()
        self.refresh_bindings()

    async def on_session_turned(self, message: SessionTurned) -> None:
        """Another session can be shown."""
        await message.show()

    def on_replay_ended(self, message: ReplayEnded) -> None:
        """Back to what was shown before; where there was nothing, the program ends."""
        if self._session_controller is not None:
            self._session_controller.come_back()
        else:
            self.exit()

    async def on_host_wanted(self, message: HostWanted) -> None:
        """Look for the host that something is asked of."""
        self.find_host()

    @on(HistoryRequest)
    def _history_requested(self, request: HistoryRequest) -> None:
        from tui.ui.history import messages

        sessions = self._session_controller
        match request:
            case messages.OpenRequested() if sessions is not None:
                sessions.read(request.path, request.run)
            case messages.ResumeRequested() if sessions is not None:
                sessions.resume(request.path)
            case messages.JudgeRequested() if sessions is not None:
                sessions.judge(request.path)
            case messages.ReplayRequested() if sessions is not None:
                sessions.replay(request.path)
            case messages.SecondRaterRequested() if sessions is not None:
                sessions.open(request.path, request.rater)
            case messages.ReportRequested():
                self._reports.report_on(request.paths, request.format)
            case _:
                self._history.request(request)

    @property
    def _history(self) -> HistoryController:
        if self._history_controller is None:
            from tui.app.history_controller import HistoryController
            from tui.ui.history.screen import HistoryScreen

            screen = self._screen_of(modes.mode_called(HistoryScreen.MODE))
            assert isinstance(screen, HistoryScreen)
            self._history_controller = HistoryController(self, screen, *self._kept_for)
        return self._history_controller

    @property
    def _kept_for(self) -> tuple[Path | None, str | None]:
        """Where sessions are kept, and who looks at them; None for the usual."""
        sitting = self._opened.sitting if self._opened is not None else None
        return (sitting.sessions, sitting.rater) if sitting is not None else (None, None)

    @property
    def judges(self) -> JudgeController | None:
        """What has a model judge the session that is open, once one was asked to."""
        return self._judge_controller

    def on_judge_wanted(self, message: JudgeWanted) -> None:
        """Have it judge, in a thread."""
        sitting = self._opened.sitting if self._opened is not None else None
        if self._judge_controller is None and sitting is not None:
            from tui.app.judge_controller import JudgeController

            self._judge_controller = JudgeController(self, sitting)
        if self._judge_controller is not None:
            self._judge_controller.begin(message.card, pairs=message.pairs)

    def on_judge_stopped(self) -> None:
        """Ask it nothing more."""
        if self._judge_controller is not None:
            self._judge_controller.stop()

    @on(ReportAsked)
    def _report_asked(self, request: ReportAsked) -> None:
        from tui.ui.report.screen import ReportScreen

        screen = self._screen_of(modes.mode_called(ReportScreen.MODE))
        assert isinstance(screen, ReportScreen)
        if isinstance(request, FiguresRequested):
            wanted = request.wanted
            self.app_state.choosing = Wanted(requires=wanted.requires, weights=wanted.weights)
        self._reports.request(request, screen)

    @property
    def _reports(self) -> ReportController:
        if self._report_controller is None:
            from tui.app.report_controller import ReportController

            self._report_controller = ReportController(self, *self._kept_for)
        return self._report_controller

    def on_done_in_thread(self, message: DoneInThread) -> None:
        """Show what was found out, or done."""
        message.show()

    # Messages of the host and of the screens

    async def on_host_answered(self, message: HostAnswered) -> None:
        """Show what is there."""
        if self._host_controller is not None and self.is_running:
            first = self.app_state.info is None
            await self._host_controller.answered(message)
            if self._session_controller is not None:
                await self._session_controller.host_answered(message.info, first=first)

    async def on_host_offered(self, message: HostOffered) -> None:
        """Show what could be had."""
        if self._host_controller is not None:
            await self._host_controller.offered(message)

    async def on_host_machines(self, message: HostMachines) -> None:
        """Show what is known of the hosts' machines."""
        if self._host_controller is not None:
            await self._host_controller.machines(message)

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

    def on_models_seen(self, message: ModelsSeen) -> None:
        """Count them where loaded models are counted, without asking the host anything while it answers."""
        self.app_state.seen(message.loaded, message.freed)
        for screen in self._live_screens():
            screen.show_top()

    def on_run_ended(self, message: RunEnded) -> None:
        """See what is loaded after a run."""
        if self._host_controller is not None:
            self._host_controller.ask_models()

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
        in_thread(work, "clipboard").add_done_callback(lambda done: self.post_message(Copied(done.result())))

    def on_copied(self, message: Copied) -> None:
        """Show for a while what was done."""
        self.notify(message.sentences, timeout=10, markup=False)

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
        host = {Need.HOST} if self._host_controller is None else set()
        return host | ({Need.VIEW} if self._opened is None else set())

    def action_show(self, mode: str) -> None:
        """To a mode by its name."""
        if self.app_state.sealed and modes.mode_called(mode).names_models:
            shown = self.screen if isinstance(self.screen, ModeScreen) else self.compare
            shown.say_why("That screen tells models apart: first V, on F2, reveals whose the answers are.")
        else:
            self.switch_to(mode)

    def action_step(self, step: int) -> None:
        """To the mode before or after this one."""
        self.action_show(modes.neighbour(self.current_mode, step, self._missing))

    def action_help(self) -> None:
        """Every key of this screen; what is chosen there is done."""
        from tui.ui.dialogs.help import HelpDialog

        screen = self.screen
        owners: dict[str, CompareApp | ModeScreen] = {action.id: self for action in modes.EVERYWHERE}
        own = screen.ACTIONS if isinstance(screen, ModeScreen) else ()
        if isinstance(screen, ModeScreen):
            owners |= {action.id: screen for action in own}
        actions = {action.id: action for action in (*modes.EVERYWHERE, *own)}

        def why_not(action: Action) -> str | None:
            if action.id not in owners or action.by_place:
                return None
            return owners[action.id].why_not(action.action)

        async def do(chosen: str | None) -> None:
            if chosen is not None:
                action, owner = actions[chosen], owners[chosen]
                possible = not owner.why_not(action.action)
                # The key itself may say more of why not.
                bound = action.bound(next(iter(action.key_list), "")) if possible else f"why({action.action!r})"
                await self.run_action(bound, owner)

        self.push_screen(HelpDialog(self.current_mode, why_not, self.app_state.keymap), do)

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
        elif self._session_controller is not None and self.current_mode == self.compare.MODE:
            self._session_controller.come_back()

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
        elif self._host_controller is not None:
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
        self._close_controllers()
        if isinstance(self._opened, OpenedFile):
            return self._opened.close()
        if self._opened.sitting is not None:
            kept = self._opened.sitting.close()
            self._opened.host.close()
            return kept
        kept = self._opened.runner.close()
        self._opened.host.close()
        return kept
