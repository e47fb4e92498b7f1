"""One prompt, several models, at once: panes that stream, and scores from the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from tui.core.errors import BadInputError, CompareError, StoreError
from tui.core.plans.plan import Mode
from tui.core.text.clean import clean_line
from tui.ui.actions import COMPARE, bindings
from tui.ui.cells import cut
from tui.ui.compare.status import status_line
from tui.ui.mode_screen import ModeScreen
from tui.ui.state import AppState
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.widgets.pane_grid import PaneRow
from tui.ui.widgets.prompt import PromptField

if TYPE_CHECKING:
    from tui.runner import Runner
    from tui.ui.compare.markdown_formatter import MarkdownFormatter
    from tui.ui.compare.scoring import ScorePass
    from tui.ui.compare.shown import Shown

_SAID_FOR = 6.0
"""Seconds that a sentence stands in the place of the status."""
_PANE_KEYS = {"score", "note", "zoom", "thinking", "markdown", "rerun", "stop", "focus_pane"}
_RUN_KEYS = {"undo", "unscored", "rerun_all", "stop_all"}


class CompareScreen(ModeScreen):
    """Panes follow the chosen models until a run begins, and that run's models from then on."""

    MODE = "compare"
    BINDINGS = bindings(COMPARE)
    AUTO_FOCUS = "PromptField"

    # These are there from `take_up` on.
    _runner: Runner
    _shown: Shown
    _scoring: ScorePass
    _markdown_formatter: MarkdownFormatter

    def __init__(self, app_state: AppState, flow: RefreshRate) -> None:
        super().__init__(app_state)
        self._begun = False
        self._refresh_rate = flow
        self._low = False
        self.mode = Mode.RACE
        """How the next run goes."""
        self._alone = False
        self._status: str | None = None
        self._said = ""
        """What stands in the place of the status for a while."""
        self._silence: Timer | None = None
        self._row = PaneRow(id="panes")
        self._unfolded: set[str] = set()
        self._jumping = False
        self._ran = False
        self.said_of_saving: StoreError | None = None
        """What was last wrong, or worth telling, about keeping the session."""
        self.early_prompt: str | None = None
        """What was to be run before the host was there."""

    def body(self) -> Iterable[Widget]:
        """Prompt, a line about the run, panes."""
        yield PromptField(id="prompt")
        yield Static(id="status", markup=False)
        yield self._row

    def on_mount(self) -> None:
        """Show what is waited for."""
        self._show_status()

    async def take_up(self, runner: Runner) -> None:
        """Begin to beat: from here on there can be runs. What they need is loaded now, after the first frame."""
        from tui.ui.compare.markdown_formatter import MarkdownFormatter
        from tui.ui.compare.scoring import ScorePass
        from tui.ui.compare.shown import Shown
        from tui.ui.terminal.refresh_loop import RefreshLoop

        self._runner = runner
        self._shown = Shown(runner, self._row)
        self._scoring = ScorePass(
            self, runner, self._shown, lambda request: self._repaint({request.spec.id}, bars=False), self._say
        )
        self._markdown_formatter = MarkdownFormatter(self._row, lambda: runner.busy)
        self._begun = True
        await self.rebuild()
        refresh_loop = RefreshLoop(
            self, self._refresh_rate, runner.tick, self._beat, eager=lambda: runner.preparing, running=self._moving
        )
        refresh_loop.start()

    def on_resize(self, event: events.Resize) -> None:
        """Another width has room for more or fewer panes. The row itself is not told of every one: Textual sends no
        Resize for a layout that somebody looked up before it was due. The base class's handler is called too."""
        if self._row.is_attached:
            self._row.lay_out(event.size.width)

    def on_screen_resume(self) -> None:
        """Take over a choice made on another screen. The base class's handler is called beside this one."""
        self.call_next(self.rebuild)

    class Rested(Message):
        """The last request of a run has ended; models may have been loaded for it."""

    # What is shown

    async def rebuild(self) -> None:
        """Make the panes anew when other models are to be shown than are."""
        if not (self.alive and self._begun):
            return
        await self._row.hold(self._wanted)
        self._markdown_formatter.heed()
        self._repaint(set(self._runner.session.requests), bars=True)

    def _wanted(self) -> list[str]:
        run = self._runner.run
        asked = [self._runner.session.models[key].card.key for key in run.plan.models] if run else []
        if run is not None and (self._runner.busy or set(asked) == set(self.app_state.chosen)):
            return asked
        return [card.key for card in self.app_state.chosen_cards()]

    def on_pane_row_arranged(self, event: PaneRow.Arranged) -> None:
        """Panes that come into sight may show something old."""
        if self._begun:
            self._repaint(set(self._runner.session.requests), bars=True)
            self._show_status()

    def _moving(self) -> list[str]:
        return [request.spec.id for request in self._shown.requests() if not request.state.final]

    def _beat(self, changed: set[str], bars: bool) -> None:
        """Repaint what a beat brought; nothing between runs."""
        runner = self._runner
        if self._low != self._refresh_rate.low:
            self._low = not self._low
            self.query_one(PromptField).cursor_blink = not self._low
            self._repaint(set(runner.session.requests), bars=True)
            self._show_status()
        if changed or (bars and runner.busy):
            self._repaint(changed, bars)
            if not changed and runner.pause_s is not None:
                self._show_status()
        elif bars:
            self._show_status()
        if self._ran and not runner.busy:
            self._say("")
            self.post_message(self.Rested())
        self._ran = runner.busy
        self._markdown_formatter.beat()
        for problem in runner.problems():
            if isinstance(problem, StoreError):
                self.said_of_saving = problem
            self.tell(problem)

    def _repaint(self, changed: set[str], bars: bool) -> None:
        """Show the requests that changed; bars and counters of running requests move only when they are due."""
        if self._shown.models():
            self._shown.paint(changed, bars, self._unfolded, coarse=self._low)
        else:
            self._shown.paint_waiting(self.app_state)
        if changed:
            self._show_status()

    def _show_status(self) -> None:
        if not self.alive:
            return
        line = "Waiting for the host …"
        if self._begun:
            notes = ("low bandwidth" if self._low else "", self._row.page)
            unscored = len(self._scoring.unscored())
            line = status_line(self.app_state, self._runner, self.mode, unscored, notes, max(self.size.width - 2, 0))
        if self._jumping:
            line = "Which pane? Press its number."
        elif self._said:
            line = self._said
        elif self.early_prompt is not None and self.app_state.info is None:
            line = "Runs as soon as the host is there …"
        line = cut(clean_line(line), max(self.size.width - 2, 0))
        if line != self._status:
            self._status = line
            self.query_one("#status", Static).update(Content(line))

    def _say(self, text: str) -> None:
        """Say something about the answers for a while, in a line that covers none of them."""
        if self._silence is not None:
            self._silence.stop()
        self._said = text
        self._silence = self.set_timer(_SAID_FOR, lambda: self._say("")) if text else None
        self._show_status()

    def tell(self, error: CompareError) -> None:
        """Show a failure as a sentence."""
        self.notify(clean_line(error.sentence()), severity="error", timeout=10, markup=False)

    # Running

    async def on_prompt_field_submitted(self, event: PromptField.Submitted) -> None:
        """Put the prompt to the chosen models."""
        await self.ask(event.text)

    def on_prompt_field_left(self, event: PromptField.Left) -> None:
        """From the prompt to the panes; while there are none, to where keys are no text."""
        self.set_focus(None)
        self._row.focus_index()

    def fill(self, text: str) -> None:
        """Put a prompt into the box."""
        self.query_one(PromptField).fill(text)

    async def ask(self, text: str) -> None:
        """Begin a run of the chosen models, and move to the panes; before the host is there, keep it for then."""
        if self.app_state.info is None and self.app_state.trouble is None and text.strip():
            self.early_prompt = text
            self._show_status()
            return
        cards = self.app_state.chosen_cards()
        if not cards and text.strip():
            self.tell(self.app_state.trouble or BadInputError("No model is chosen", hint="F1 shows the models."))
            return
        try:
            self._runner.begin(cards, text, mode=self.mode, alone=self._alone)
        except CompareError as error:
            self._refuse(error)
            return
        self._say("")
        self.query_one(PromptField).remember(text)
        self._unfolded.clear()
        await self.rebuild()
        self._row.focus_index()

    def action_mode(self) -> None:
        """The next run is a race, or measured."""
        self.use(Mode.MEASURE if self.mode is Mode.RACE else Mode.RACE)

    def use(self, mode: Mode, *, alone: bool = False) -> None:
        """The next run goes like this; `alone` says that one model at a time fits into memory."""
        self.mode, self._alone = mode, alone
        self._say("")

    def action_edit(self) -> None:
        """Back to the prompt."""
        self.query_one(PromptField).come_back()

    def action_stop(self) -> None:
        """Stop the focused answer."""
        if (request := self._shown.focused()) is not None:
            self._runner.stop(request.spec.id)

    def action_stop_all(self) -> None:
        """Stop every answer."""
        self._runner.stop_all()

    def action_rerun(self) -> None:
        """Ask the focused model again."""
        if (request := self._shown.focused()) is not None:
            self._rerun(lambda: self._runner.rerun(request.spec.model))

    def action_rerun_all(self) -> None:
        """Ask all models again."""
        self._rerun(self._runner.rerun_all)

    def _refuse(self, error: CompareError) -> None:
        """Say why nothing new is asked; what is only true of a run that goes on, no longer than that goes on."""
        if self._runner.busy:
            self._say(clean_line(error.sentence()))
        else:
            self.tell(error)

    def _rerun(self, again: Callable[[], None]) -> None:
        try:
            again()
        except CompareError as error:
            self._refuse(error)
        else:
            self._say("")

    # Scoring

    def action_score(self, value: int) -> None:
        """Score the focused answer; 0 takes the score back."""
        self._scoring.score(value)

    def action_note(self) -> None:
        """Write a note on the focused answer."""
        self._scoring.note()

    def action_undo(self) -> None:
        """Take back the last score or note."""
        self._scoring.undo()

    def action_unscored(self) -> None:
        """Go to the next answer without a score."""
        waiting = [self._shown.index(request) for request in self._scoring.unscored()]
        if not waiting:
            self._say("Every answer has a score.")
            return
        here = self._row.focused_index
        after = 0 if here is None else here + 1
        self._row.focus_index(min(waiting, key=lambda index: (index - after) % len(self._row.panes)))

    # Panes

    def action_focus_pane(self, step: int) -> None:
        """To the pane beside this one."""
        self._row.step(step)

    def action_jump(self) -> None:
        """The next digit names a pane."""
        self._jumping = True
        self._show_status()

    def on_key(self, event: events.Key) -> None:
        """The digit after a jump; any other key ends it, and does nothing else: a digit is no score here."""
        if self._jumping:
            self._jumping = False
            event.prevent_default()
            event.stop()
            number = event.character if event.character is not None and event.character in "0123456789" else ""
            if number and 1 <= int(number) <= len(self._row.panes):
                self._row.focus_index(int(number) - 1)
            elif number:
                self._say(f"There is no pane {number}.")
            self._show_status()

    def action_page(self, step: int) -> None:
        """The panes before or after these."""
        self._row.turn(step)

    def action_zoom(self) -> None:
        """The focused pane alone, and back."""
        self._row.zoom()

    def action_thinking(self) -> None:
        """Show or fold what the focused model thought."""
        if (request := self._shown.focused()) is not None:
            self._unfolded ^= {request.spec.model}
            self._repaint({request.spec.id}, bars=False)

    def action_markdown(self) -> None:
        """The focused answer as Markdown, or as it came."""
        if told := self._markdown_formatter.toggle():
            self._say(told)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what needs panes when there are none, and what needs runs before there can be any."""
        if action in _RUN_KEYS and not self._begun:
            return None
        return None if action in _PANE_KEYS and not self._row.panes else True
