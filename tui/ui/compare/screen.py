"""One prompt, several models, at once: panes that stream. What is done with them is in the parts of the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING

from textual import events
from textual.widget import Widget

from tui.core.errors import CompareError, StoreError
from tui.core.plans.mode import Mode
from tui.ui.actions import COMPARE, Need
from tui.ui.compare.messages import HostWanted, ModelsSeen, ProblemMet, RunEnded
from tui.ui.compare.next_run import NextRun
from tui.ui.compare.part import PartGroup
from tui.ui.compare.status_row import StatusRow
from tui.ui.layout_limits import ROOMY_HEIGHT
from tui.ui.mode_screen import ModeScreen
from tui.ui.state import AppState
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.widgets.pane_grid import PaneGrid
from tui.ui.widgets.prompt import PromptField

if TYPE_CHECKING:
    from tui.core.blind.concealed import ConcealableView
    from tui.core.plans.plan_run import PlanRun
    from tui.core.plans.questions import PlanQuestion
    from tui.core.requests.request import Request
    from tui.core.sessions.replay import Replay
    from tui.core.sessions.view import Commands, ComparisonView, RatingCommands
    from tui.storage.prompt_library import PromptLibrary
    from tui.ui.compare.markdown_formatter import MarkdownFormatter
    from tui.ui.compare.pane_painter import PanePainter
    from tui.ui.compare.part import StatusNote
    from tui.ui.compare.presenter import PaneModel, Presenter
    from tui.ui.terminal.refresh_loop import RefreshLoop
    from tui.ui.widgets.answer.view import AnswerView
    from tui.ui.widgets.key_bar import FirstKey
    from tui.ui.widgets.scores import ScoreRow

REQUESTS_FIRST_S = 0.025
"""Seconds that the requests have for themselves: what is laid out and painted beside their threads holds them up."""
_HOPS = 4
"""Rounds of the loop after which all that a key has changed has arrived where frames are made: from a widget's queue to
the screen's. Without them it comes in two frames."""
_FIRST_IN_PROMPT = (
    ("prompt.run", "run"), ("prompt.leave", "answers"), ("prompt.new-line", "new line"), ("run.set", "set")
)  # fmt: skip


class CompareScreen(ModeScreen):
    """Shows a comparison, and acts on it where there are commands for that.

    Panes follow the chosen models until a run begins, and that run's models from then on. The parts
    (`tui.ui.compare.parts`) have the actions; they are made when there is a comparison.
    """

    MODE = "compare"
    ACTIONS = COMPARE
    AUTO_FOCUS = "PromptField"

    # These are there from `show_comparison` on.
    view: ConcealableView
    presenter: Presenter
    painter: PanePainter
    markdown_formatter: MarkdownFormatter[PaneModel]
    _refresh_loop: RefreshLoop

    def __init__(self, app_state: AppState, refresh_rate: RefreshRate) -> None:
        super().__init__(app_state, refresh_rate)
        self._begun = False
        self._replay: Replay | None = None
        self._quoted: str | None = None
        """The question of a kept session that was put into the box; None where one writes there."""
        self.commands: Commands | None = None
        """What asks; None where nothing can be asked."""
        self.ratings: RatingCommands | None = None
        """What rates; None where nothing can be rated."""
        self.parts = PartGroup({})
        """Empty before there is a comparison."""
        self._reading = False
        """Whether the prompt was left for the answers."""
        self.next_run = NextRun()
        self.library: PromptLibrary | None = None
        """What is kept between sittings of what is asked; None to keep nothing."""
        self._keys: tuple[object, ...] = (False,)
        """What the key bar names first, and whether the next key answers a question."""
        self.prompt = PromptField(id="prompt")
        self.status_row = StatusRow(self.show_status)
        self.grid: PaneGrid[PaneModel] = PaneGrid(id="panes")
        self._run_seen: PlanRun | None = None
        self._ran = False
        self.storage_problem: StoreError | None = None
        """What was last wrong, or worth a notice, about keeping the session."""
        self.early_prompt: str | None = None
        """What was to be run before the host was there."""

    def body(self) -> Iterable[Widget]:
        """Prompt, a line about the run, panes."""
        yield self.prompt
        yield self.status_row
        yield self.grid

    def on_mount(self) -> None:
        """Show what is waited for."""
        self.show_status()

    async def show_comparison(
        self,
        view: ComparisonView,
        commands: Commands | None = None,
        ratings: RatingCommands | None = None,
        *,
        opened: bool = False,
    ) -> None:
        """Show a comparison in place of the one before, and follow it. What that needs is loaded now, after the first
        frame. Without `commands` nothing can be asked, and answers are scored only with `ratings`. `opened` says that
        it was kept, and is read first."""
        from tui.core.blind.concealed import ConcealableView
        from tui.core.sessions.replay import Replay
        from tui.ui.compare.markdown_formatter import MarkdownFormatter
        from tui.ui.compare.pane_painter import PanePainter
        from tui.ui.compare.parts import parts_of
        from tui.ui.compare.presenter import Presenter
        from tui.ui.terminal.refresh_loop import RefreshLoop

        if self._begun:
            self._put_away()
        self._replay = view if isinstance(view, Replay) else None
        self.view = view = ConcealableView(view, ahead=self.next_run.blind)
        self.commands = commands
        self.ratings = ratings = commands.ratings if commands is not None else ratings
        self.presenter = Presenter(
            view, can_act=commands is not None, can_rate=ratings is not None, shows_scores=self._replay is None
        )
        self.parts = parts_of(self)
        self.painter = PanePainter(self.grid, self.presenter, self.app_state, self.parts, low=self._refresh_rate.low)
        self.prompt.disabled = commands is None
        self._quoted = None
        if commands is None or opened:
            self._quote()
        self._refresh_loop = refresh_loop = RefreshLoop(
            self, self._refresh_rate, view.tick, self._beat, busy=lambda: view.busy, running=self.painter.moving
        )
        self.markdown_formatter = MarkdownFormatter(self.grid, lambda: view.busy, refresh_loop.wake)
        self._begun = True
        await self.rebuild()
        if commands is None or opened:
            self.set_focus(None)
            self.grid.focus_index()
        view.call_on_change(refresh_loop.wake)
        refresh_loop.start()

    @property
    def replay(self) -> Replay | None:
        """The replay that is shown, if it is one."""
        return self._replay

    @property
    def busy(self) -> bool:
        """Whether answers are still coming; a replay's are not."""
        return self._begun and self.view.busy and self.replay is None

    def stand_still(self) -> None:
        """Take nothing in any more, nor paint it, before another comparison is shown: what would be asked or scored now
        might not be kept."""
        if self._begun:
            self._refresh_loop.stop()
            self.commands = self.ratings = None
            self.refresh_bindings()

    def _put_away(self) -> None:
        """Nothing of the comparison that was shown is left."""
        self.stand_still()
        self.view.call_on_change(lambda: None)
        for part in self.parts:
            part.put_away()
        self.say("")
        self._run_seen, self._ran = None, False
        self.grid.forget()

    def on_resize(self, event: events.Resize) -> None:
        """Another width has room for more or fewer panes. The row itself does not hear of every one: Textual sends no
        Resize for a layout that somebody looked up before it was due. The base class's handler is called too."""
        self.grid.compact = event.size.height < ROOMY_HEIGHT
        if self.grid.is_attached:
            self.grid.lay_out(event.size.width)
        self._lay_out_prompt()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The rows of the prompt go to the answers while these have the focus."""
        self._reading = not isinstance(event.widget, PromptField)
        self.show_status()

    def _lay_out_prompt(self) -> None:
        """While answers are read, the prompt is as low as can be, and shows the question that they are to."""
        self.prompt.one_row = self._reading and self.grid.compact
        self.prompt.stand_in = self.presenter.question_in(self.grid.keys) if self._reading and self._begun else ""

    def on_screen_suspend(self) -> None:
        """Ask nothing any more: who comes back later means something else by the next key."""
        for part in self.parts:
            part.ask_no_more()

    def on_screen_resume(self) -> None:
        """Take over a choice made on another screen. The base class's handler is called beside this one."""
        self.call_next(self.rebuild)

    # What is shown

    async def host_changed(self) -> None:
        """Show the host, and the panes of the models that it has."""
        await super().host_changed()
        await self.rebuild()

    async def rebuild(self) -> None:
        """Make new panes when other models are to be shown than are; where there is none, say which keys lead on."""
        from tui.ui.compare.first_steps import why_no_panes

        if not (self.alive and self._begun):
            return
        self._run_seen = self.view.run
        if self.commands is None and self.presenter.asked() != self.prompt.text:
            self._quote()
        names = self.presenter.renamed(self._wanted())
        self.grid.rename(names)
        self.markdown_formatter.rename(names)
        await self.grid.show_panes(self._wanted)
        await self.grid.explain("" if self.commands is None else why_no_panes(self.app_state))
        self.markdown_formatter.apply()
        for part in self.parts:
            part.rebuilt()
        with self.app.batch_update():
            await self.show_panes()

    def _wanted(self) -> list[PaneModel]:
        return self.presenter.models_wanted(self.app_state)

    async def on_score_row_clicked(self, event: ScoreRow.Clicked) -> None:
        """A click on a star scores the answer above it."""
        panes = list(self.grid.panes.values())
        pane = next((one for one in panes if one in event.row.ancestors), None)
        if pane is not None and self.ratings is not None:
            self.grid.focus_index(panes.index(pane))
            await self.action_part("scoring.score_clicked", event.criterion, event.value)

    async def on_pane_grid_arranged(self, event: PaneGrid.Arranged) -> None:
        """Panes that come into sight may show something old."""
        if self._begun:
            with self.app.batch_update():
                await self.show_panes()
                self.show_status()
            self._refresh_loop.wake()

    async def show_panes(self) -> None:
        """Show what is in sight as it is now, answers that have ended as Markdown."""
        self._repaint(set(self.view.session.requests), bars=True)
        await self.markdown_formatter.show_formatted()

    def on_answer_view_scrolled(self, event: AnswerView.Scrolled) -> None:
        """A person moved through an answer."""
        for part in self.parts:
            part.scrolled(event.view)

    def _beat(self, changed: set[str], bars: bool) -> None:
        """Repaint what a beat brought; nothing between runs."""
        view = self.view
        if view.run is not self._run_seen:
            self.call_next(self.rebuild)
        if changed and self.replay is not None and self.presenter.asked() != self._quoted:
            self._quote()
        if self.painter.low != self._refresh_rate.low:
            self.painter.low = not self.painter.low
            self.prompt.cursor_blink = not self.painter.low
            self._repaint(set(view.session.requests), bars=True)
            self.show_status()
        if changed and view.concealed:
            changed = set(view.session.requests)  # One pane after the other would tell which is whose.
        if changed and (seen := self.presenter.models_seen(changed, self.app_state)) != (set(), set()):
            self.post_message(ModelsSeen(*seen))
        if changed or (bars and view.busy):
            self._repaint(changed, bars)
            if not changed and (view.pause_s is not None or self.replay is not None):
                self.show_status()
        elif bars:
            self.show_status()
        if self._ran and not view.busy:
            self.say("")
            self.post_message(RunEnded())
        if self._ran is not view.busy:
            self._ran = view.busy
            self.refresh_bindings()
        self.markdown_formatter.begin_next()
        for problem in view.problems():
            if isinstance(problem, StoreError):
                self.storage_problem = problem
            self.show_error(problem)

    def _repaint(self, changed: set[str], bars: bool) -> None:
        """Show the requests that changed; bars and counters of running requests move only when they are due."""
        self.painter.paint(changed, bars=bars)
        if changed and (bars or changed - self.painter.moving().keys()):
            self.show_status()

    def repaint_one(self, request: Request) -> None:
        """Show a request that changed, by a score perhaps."""
        self._repaint({request.spec.id}, bars=False)

    def show_status(self) -> None:
        """Paint the line between the prompt and the panes, if it is another one."""
        if not self.alive or self.status_row.is_held:
            return
        self._lay_out_prompt()
        width, asked = max(self.size.width - 2, 0), self.parts.asks()
        keys = (bool(asked), *self._first_keys(asked))
        if keys != self._keys:
            self._keys = keys
            self.refresh_bindings()
        self.status_row.show(asked or self._status_line(width), width)

    def _status_line(self, width: int) -> str:
        """What stands there while nothing is asked. The status itself is worked out only where it is shown."""
        if said := self.status_row.sentence or self.parts.says():
            return said
        if self.early_prompt is not None and self.app_state.info is None:
            return "Runs as soon as the host is there …"
        if not self._begun:
            return "Waiting for the host …"
        from tui.ui.compare.status_line import status

        notes: list[StatusNote] = ["low bandwidth" if self.painter.low else "", self.grid.page, *self.parts.notes()]
        return status(self.view, self.presenter, self.app_state, self.next_run.mode, self.grid.keys, notes, width)

    @property
    def next_key_answers(self) -> bool:
        """Whether a part waits for a key."""
        return bool(self.parts.asks())

    def first_keys(self) -> Sequence[FirstKey]:
        """Those of the parts that are at work: of what is asked, only how to leave it. While a prompt is written, what
        everybody needs first."""
        return self._first_keys(self.parts.asks())

    def _first_keys(self, asked: str) -> Sequence[FirstKey]:
        if asked:
            return (("", "Leave"),)
        if isinstance(self.focused, PromptField):
            return _FIRST_IN_PROMPT
        if not self._begun or self.grid.focused_index is None:
            return ()
        return self.parts.first_keys()

    def wake(self) -> None:
        """Have the next beat at once."""
        self._refresh_loop.wake()

    def say(self, text: str) -> None:
        """Say something about the answers for a while, in a line that covers none of them."""
        self.status_row.say(text)

    def show_error(self, error: CompareError) -> None:
        """Show a failure as a sentence."""
        self.post_message(ProblemMet(error))

    # Asking

    async def on_prompt_field_submitted(self, event: PromptField.Submitted) -> None:
        """Put the prompt to the chosen models."""
        await self.ask(event.text)

    def on_prompt_field_left(self, event: PromptField.Left) -> None:
        """From the prompt to the panes; while there are none, to where keys are no text."""
        self.set_focus(None)
        self.grid.focus_index()

    def _quote(self) -> None:
        """Put the question that is shown into the box, as if it had been asked here."""
        self.prompt.fill(self.presenter.asked())
        self.prompt.remember(self.prompt.text)
        self._quoted = self.prompt.text

    def write_again(self, text: str) -> None:
        """Put back what stood in the box. If it was asked, its answers are looked at, and the next question takes its
        place; else it is written on."""
        self.prompt.fill(text)
        if text and text == self.presenter.asked():
            self.prompt.remember(text)
            self.set_focus(None)
            self.grid.focus_index()
        else:
            self.prompt.focus()

    def propose(self, text: str) -> None:
        """Put a prompt into the box where nothing is typed or asked yet."""
        if not self.prompt.text and self.early_prompt is None:
            self.prompt.fill(text)

    async def ask(self, text: str) -> None:
        """Begin a run of the chosen models, and move to the panes; before the host is there, keep it for then."""
        if self.app_state.info is None and self.app_state.trouble is None and text.strip():
            self.early_prompt = text
            self.show_status()
            self.post_message(HostWanted())
            return
        if self.commands is not None:
            from tui.core.plans.prompt import Prompt
            from tui.ui.compare.asking import Asking

            await self.parts[Asking].ask([Prompt(text)])

    def action_mode(self) -> None:
        """The next run is a race, or measured."""
        self.use(Mode.MEASURE if self.next_run.mode is Mode.RACE else Mode.RACE)

    def use(self, mode: Mode, *, alone: bool = False) -> None:
        """The next run goes like this; `alone` says that one model at a time fits into memory."""
        self.next_run.mode, self.next_run.alone = mode, alone
        self.say("")

    def action_edit(self) -> None:
        """Back to the prompt."""
        self.prompt.come_back()

    def begun(self) -> None:
        """Give the requests that were begun a moment for themselves."""
        self._ran = True
        self.refresh_bindings()
        self._refresh_loop.pause_painting(REQUESTS_FIRST_S)
        if self.app_state.info is None:
            self.post_message(HostWanted())

    def focused_request(self) -> Request | None:
        """The request whose answer is in the focused pane."""
        return self.presenter.request_in(self.grid.keys, self.grid.focused_index) if self._begun else None

    async def show_question(self, question: PlanQuestion) -> None:
        """Show a question of the session."""
        self.presenter.questions.look_at(question, self.app_state)
        await self.show_current_question()

    def focus_answer(self, request: Request) -> None:
        """Focus the pane that this answer stands in, where it may be known whose it is."""
        models = [pane.key for pane in self.grid.panes]
        if request.spec.model in models and not self.view.concealed:
            self.grid.focus_index(models.index(request.spec.model))

    async def show_current_question(self) -> None:
        """Show the question that is looked at; the focus stays where it was, also when other panes come."""
        here = self.grid.focused_index
        if self.commands is None or self.prompt.text == self._quoted:
            self._quote()
        await self.rebuild()
        if here is not None and self.grid.focused_index is None:
            self.grid.focus_index(min(here, len(self.grid.panes) - 1))
        self.say("")
        self._refresh_loop.wake()

    # Parts

    async def decided(self) -> None:
        """Show what was said of answers, and let each part go on from it; all of it is painted at once."""
        with self.app.batch_update():
            self._repaint({request.spec.id for request in self.painter.requests()}, bars=False)
            await self.parts.decided()
            self.show_status()

    async def action_part(self, name: str, *parameters: object) -> None:
        """What a part of the screen does: `PART.METHOD` of the table of actions."""
        if refusal := self.parts.refuses(name):
            self.say(refusal)
        elif (method := self.parts.method(name)) is not None:
            with self.app.batch_update():
                with self.status_row.once():
                    self.say("")  # What was said of the key before.
                    done = method(*parameters)
                    if isawaitable(done):
                        await done
                for _ in range(_HOPS):
                    await asyncio.sleep(0)

    def on_key(self, event: events.Key) -> None:
        """A key goes to the part that waits for one; esc to whichever has something to end. Then to what is bound."""
        said = self.status_row.sentence
        taken = self.parts.on_key(event)
        if not taken and event.key == "escape" and self.parts.leave():
            taken = True
            if self.status_row.sentence == said:
                self.say("")  # It was about what has ended.
        if taken:
            event.prevent_default()
            event.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what a part of the screen does not allow, too."""
        met = super().check_action(action, parameters)
        return None if met and action == "part" and self.parts.refuses(str(parameters[0])) else met

    def why_not(self, action: str) -> str:
        """Why an action cannot be done, as a sentence; empty when it can."""
        return self.parts.refuses(action.partition("(")[0]) or super().why_not(action)

    def meets(self, need: Need, action: str) -> bool | None:
        """Grey out what needs panes when there are none, what needs runs before there can be any, and what acts where
        nobody runs the comparison."""
        met = True
        match need:  # One after the other: the key bar asks for each key that there is.
            case Need.REPLAY:
                return self.replay is not None
            case Need.PAUSES:
                return self.meets(Need.RUNNER, action) if self.replay is None else True
            case Need.VIEW:
                met = self._begun
            case Need.RUNNER:
                met = self.commands is not None or not self._begun
            case Need.RATINGS:
                met = self.ratings is not None or not self._begun
            case Need.PANE:
                met = bool(self.grid.panes)
            case Need.RUNNING:
                met = self._begun and self.view.busy
            case Need.BLIND:
                met = self._begun and self.view.concealed
        return True if met else None

    def reason(self, need: Need, action: str) -> str:
        """What is lacking, and where else it is."""
        if need is Need.RUNNING and self._begun and not self.presenter.questions.can_rerun:
            from tui.ui.compare.questions import ONLY_NEWEST

            return ONLY_NEWEST
        return super().reason(need, action)

    def say_why(self, sentence: str) -> None:
        """In the line that covers no answer."""
        self.say(sentence)
