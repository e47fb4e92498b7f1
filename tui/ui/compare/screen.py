"""One prompt, several models, at once: panes that stream, and scores from the keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from tui.core.errors import BadInputError, CompareError, StoreError
from tui.core.plans.plan import Mode, PlanOptions
from tui.core.text.clean import clean_line
from tui.ui.actions import COMPARE, Need
from tui.ui.cells import cut
from tui.ui.mode_screen import Line, ModeScreen
from tui.ui.state import AppState
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.widgets.pane_grid import PaneGrid
from tui.ui.widgets.prompt import PromptField

if TYPE_CHECKING:
    from tui.core.plans.plan_run import PlanRun
    from tui.core.requests.request import Request
    from tui.core.sessions.view import Commands, ComparisonView
    from tui.ui.compare.markdown_formatter import MarkdownFormatter
    from tui.ui.compare.presenter import PaneModel, Presenter
    from tui.ui.compare.scoring import Scoring
    from tui.ui.terminal.refresh_loop import RefreshLoop

_REQUESTS_FIRST_S = 0.025
"""Seconds that the requests have for themselves: what is laid out and painted beside their threads holds them up."""
_SENTENCE_S = 6.0
"""Seconds that a sentence stands in the place of the status."""


class CompareScreen(ModeScreen):
    """Shows a comparison, and acts on it where there are commands for that.

    Panes follow the chosen models until a run begins, and that run's models from then on.
    """

    MODE = "compare"
    ACTIONS = COMPARE
    AUTO_FOCUS = "PromptField"

    # These are there from `show_comparison` on.
    _view: ComparisonView
    _presenter: Presenter
    _markdown_formatter: MarkdownFormatter[PaneModel]
    _refresh_loop: RefreshLoop

    def __init__(self, app_state: AppState, refresh_rate: RefreshRate) -> None:
        super().__init__(app_state, refresh_rate)
        self._begun = False
        self._commands: Commands | None = None
        self._scoring: Scoring | None = None
        self._low = False
        self.mode = Mode.RACE
        """How the next run goes."""
        self._alone = False
        self._status: str | None = None
        self._sentence = ""
        """What stands in the place of the status for a while."""
        self._sentence_end: Timer | None = None
        self._row: PaneGrid[PaneModel] = PaneGrid(id="panes")
        self._unfolded: set[str] = set()
        """The session's keys of the models whose thinking is open."""
        self._jumping = False
        self._run_seen: PlanRun | None = None
        self._ran = False
        self.storage_problem: StoreError | None = None
        """What was last wrong, or worth a notice, about keeping the session."""
        self.early_prompt: str | None = None
        """What was to be run before the host was there."""

    def body(self) -> Iterable[Widget]:
        """Prompt, a line about the run, panes."""
        yield PromptField(id="prompt")
        yield Line(id="status", markup=False)
        yield self._row

    def on_mount(self) -> None:
        """Show what is waited for."""
        self._show_status()

    async def show_comparison(self, view: ComparisonView, commands: Commands | None = None) -> None:
        """Show a comparison, and follow it. What that needs is loaded now, after the first frame. Without `commands`
        nothing can be asked or scored."""
        from tui.ui.compare.markdown_formatter import MarkdownFormatter
        from tui.ui.compare.presenter import Presenter
        from tui.ui.compare.scoring import Scoring
        from tui.ui.terminal.refresh_loop import RefreshLoop

        self._view, self._commands = view, commands
        self._presenter = presenter = Presenter(view, can_act=commands is not None)
        if commands is not None:
            self._scoring = Scoring(
                self, self._row, presenter, view.ratings, commands.ratings, rated=self._repaint_one, say=self._say
            )
        else:
            self.fill(presenter.question())
            self.query_one(PromptField).disabled = True
        self._refresh_loop = refresh_loop = RefreshLoop(
            self, self._refresh_rate, view.tick, self._beat, busy=lambda: view.busy, running=self._moving
        )
        self._markdown_formatter = MarkdownFormatter(self._row, lambda: view.busy, refresh_loop.wake)
        self._begun = True
        await self.rebuild()
        if commands is None:
            self._row.focus_index()
        view.call_on_change(refresh_loop.wake)
        refresh_loop.start()

    def on_resize(self, event: events.Resize) -> None:
        """Another width has room for more or fewer panes. The row itself does not hear of every one: Textual sends no
        Resize for a layout that somebody looked up before it was due. The base class's handler is called too."""
        if self._row.is_attached:
            self._row.lay_out(event.size.width)

    def on_screen_resume(self) -> None:
        """Take over a choice made on another screen. The base class's handler is called beside this one."""
        self.call_next(self.rebuild)

    class RunEnded(Message):
        """The last request of a run has ended; models may have been loaded for it."""

    # What is shown

    async def host_changed(self) -> None:
        """Show the host, and the panes of the models that it has."""
        await super().host_changed()
        await self.rebuild()

    async def rebuild(self) -> None:
        """Make new panes when other models are to be shown than are."""
        if not (self.alive and self._begun):
            return
        self._run_seen = self._view.run
        names = self._presenter.renamed(self._wanted())
        self._row.rename(names)
        self._markdown_formatter.rename(names)
        await self._row.show_panes(self._wanted)
        self._markdown_formatter.apply()
        self._repaint(set(self._view.session.requests), bars=True)

    def _wanted(self) -> list[PaneModel]:
        return self._presenter.models_wanted(self.app_state)

    def on_pane_grid_arranged(self, event: PaneGrid.Arranged) -> None:
        """Panes that come into sight may show something old."""
        if self._begun:
            self._repaint(set(self._view.session.requests), bars=True)
            self._show_status()
            self._refresh_loop.wake()

    def _moving(self) -> dict[str, int]:
        requests = self._presenter.requests(list(self._row.panes))
        return {request.spec.id: request.timestamps.chunks for request in requests if not request.state.final}

    def _beat(self, changed: set[str], bars: bool) -> None:
        """Repaint what a beat brought; nothing between runs."""
        view = self._view
        if view.run is not self._run_seen:
            self.call_next(self.rebuild)
        if self._low != self._refresh_rate.low:
            self._low = not self._low
            self.query_one(PromptField).cursor_blink = not self._low
            self._repaint(set(view.session.requests), bars=True)
            self._show_status()
        if changed or (bars and view.busy):
            self._repaint(changed, bars)
            if not changed and view.pause_s is not None:
                self._show_status()
        elif bars:
            self._show_status()
        if self._ran and not view.busy:
            self._say("")
            self.post_message(self.RunEnded())
        self._ran = view.busy
        self._markdown_formatter.begin_next()
        for problem in view.problems():
            if isinstance(problem, StoreError):
                self.storage_problem = problem
            self.show_error(problem)

    def _repaint(self, changed: set[str], bars: bool) -> None:
        """Show the requests that changed; bars and counters of running requests move only when they are due."""
        keys, panes = list(self._row.panes), list(self._row.panes.values())
        shown = self._presenter.pane_data(
            keys, self.app_state, changed, in_sight=self._row.in_sight, bars=bars, unfolded=self._unfolded
        )
        with self._row.frame():
            for data in shown:
                pane = panes[data.position - 1]
                pane.view.coarse = self._low
                pane.show(data, counters=bars or self._low)
        if changed and (bars or changed - self._moving().keys()):
            self._show_status()

    def _repaint_one(self, request: Request) -> None:
        self._repaint({request.spec.id}, bars=False)

    def _show_status(self) -> None:
        if not self.alive:
            return
        width = max(self.size.width - 2, 0)
        line = "Waiting for the host …"
        if self._begun:
            notes = ("low bandwidth" if self._low else "", self._row.page)
            line = self._presenter.status(self.app_state, self.mode, list(self._row.panes), notes, width)
        if self._jumping:
            line = "Which pane? Press its number."
        elif self._sentence:
            line = self._sentence
        elif self.early_prompt is not None and self.app_state.info is None:
            line = "Runs as soon as the host is there …"
        line = cut(clean_line(line), width)
        if line != self._status:
            self._status = line
            self.query_one("#status", Static).update(Content(line))

    def _say(self, text: str) -> None:
        """Say something about the answers for a while, in a line that covers none of them."""
        if self._sentence_end is not None:
            self._sentence_end.stop()
        self._sentence = text
        self._sentence_end = self.set_timer(_SENTENCE_S, lambda: self._say("")) if text else None
        self._show_status()

    def show_error(self, error: CompareError) -> None:
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
        if self._commands is None:
            return
        cards = self.app_state.chosen_cards()
        if not cards and text.strip():
            self.show_error(self.app_state.trouble or BadInputError("No model is chosen", hint="F1 shows the models."))
            return
        try:
            self._commands.begin(cards, text, PlanOptions(mode=self.mode, alone=self._alone))
        except CompareError as error:
            self._refuse(error)
            return
        self._ran = True
        self._refresh_loop.pause_painting(_REQUESTS_FIRST_S)
        await asyncio.sleep(_REQUESTS_FIRST_S)
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
        if self._commands is not None and (request := self._focused()) is not None:
            self._commands.stop(request.spec.id)

    def action_stop_all(self) -> None:
        """Stop every answer."""
        if self._commands is not None:
            self._commands.stop_all()

    def action_rerun(self) -> None:
        """Ask the focused model again."""
        if self._commands is not None and (request := self._focused()) is not None:
            self._rerun(partial(self._commands.rerun, request.spec.model))

    def action_rerun_all(self) -> None:
        """Ask all models again."""
        if self._commands is not None:
            self._rerun(self._commands.rerun_all)

    def _refuse(self, error: CompareError) -> None:
        """Say why nothing new is asked; what is only true of a run that goes on, no longer than that goes on."""
        if self._view.busy:
            self._say(clean_line(error.sentence()))
        else:
            self.show_error(error)

    def _rerun(self, again: Callable[[], None]) -> None:
        try:
            again()
        except CompareError as error:
            self._refuse(error)
        else:
            self._ran = True
            self._refresh_loop.pause_painting(_REQUESTS_FIRST_S)
            self._say("")

    def _focused(self) -> Request | None:
        return self._presenter.request_in(list(self._row.panes), self._row.focused_index) if self._begun else None

    # Scoring

    def action_score(self, value: int) -> None:
        """Score the focused answer; 0 takes the score back."""
        if self._scoring is not None:
            self._scoring.score(value)

    def action_note(self) -> None:
        """Write a note on the focused answer."""
        if self._scoring is not None:
            self._scoring.note()

    def action_undo(self) -> None:
        """Take back the last score or note."""
        if self._scoring is not None:
            self._scoring.undo()

    def action_unscored(self) -> None:
        """Go to the next answer without a score."""
        panes = list(self._row.panes)
        waiting = self._presenter.unscored(panes)
        if not waiting:
            self._say("Every answer has a score.")
            return
        here = self._row.focused_index
        after = 0 if here is None else here + 1
        self._row.focus_index(min(waiting, key=lambda index: (index - after) % len(panes)))

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
        if (request := self._focused()) is not None:
            self._unfolded ^= {request.spec.model}
            self._repaint_one(request)

    def action_markdown(self) -> None:
        """The focused answer as Markdown, or as it came."""
        if sentence := self._markdown_formatter.toggle():
            self._say(sentence)
        self._refresh_loop.wake()

    def meets(self, need: Need, action: str) -> bool | None:
        """Grey out what needs panes when there are none, what needs runs before there can be any, and what acts where
        nobody runs the comparison."""
        met = {
            Need.VIEW: self._begun,
            Need.RUNNER: self._commands is not None or not self._begun,
            Need.PANE: bool(self._row.panes),
        }
        return True if met.get(need, True) else None
