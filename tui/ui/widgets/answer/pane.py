"""The pane of one model: an answer with everything that is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content

from tui.core.requests.phases import Span
from tui.core.requests.request import RequestState
from tui.core.scoring.rating import Score
from tui.core.scoring.rubric import DEFAULT_RUBRIC, Rubric
from tui.core.text.clean import clean_line
from tui.ui.layout_limits import PANE_WIDTH
from tui.ui.widgets.answer.formatted import StandIn
from tui.ui.widgets.answer.moves import MOVES, Moves
from tui.ui.widgets.answer.view import AnswerView
from tui.ui.widgets.metrics import MetricsRow, Reading
from tui.ui.widgets.painted import FramePainted
from tui.ui.widgets.phase_bar import PhaseBar
from tui.ui.widgets.scores import Mark, ScoreRow
from tui.ui.widgets.title import TitleRow


@dataclass(frozen=True, slots=True)
class PaneData:
    """All that a pane shows. Texts may come from outside as they are: the pane cleans them."""

    position: int
    """Counted from 1."""
    title: str
    """Model and device, or a letter while names are hidden."""
    toy: bool = False
    state: RequestState | None = None
    """None says nothing: nothing was asked yet, or the order of finishing is hidden."""
    answer: str = ""
    reasoning: str = ""
    reasoning_folded: bool = True
    fault: tuple[str, str] | None = None
    """Why the answer failed, and what to do now."""
    remark: str = ""
    """What the host did not do as it was asked to."""
    spans: tuple[Span, ...] = ()
    scale: float = 0.0
    """Seconds that fill the phase bar, the same for all panes."""
    reading: Reading | None = None
    rubric: Rubric = DEFAULT_RUBRIC
    """What the answer is scored for."""
    scores: Mapping[str, Score] = field(default_factory=dict)
    """By criterion."""
    criterion: str = ""
    """The id of the criterion that the next score is for; empty for the first without one."""
    marks: tuple[Mark, ...] = ()
    """What else was said of the answer."""
    note: str = ""
    waiting: str = ""
    """What to show while there is no text."""
    stand_in: StandIn | None = None
    """What is shown in the answer's place."""
    foot: str = ""
    """A few words about what is looked at in it, for the lower edge of the frame."""


class PaneBody(FramePainted, Vertical):
    """All of a pane but its title, which is the upper edge of the frame around this."""


class AnswerPane(Moves, FramePainted, Vertical, can_focus=True):
    """A focusable pane. Its keys move through the answer; its frame shows by line and colour where the focus is."""

    DEFAULT_CSS = f"""
    AnswerPane {{
        min-width: {PANE_WIDTH};
        width: 1fr;
        height: 1fr;
        background: $surface;
        & > PaneBody {{ height: 1fr; background: $surface; border: round $secondary; border-top: none; }}
        & > PaneBody.-focus {{ border: heavy $accent; border-top: none; }}
        & AnswerView {{ height: 1fr; }}
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = MOVES

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._compact = False
        self._foot = ""
        self.view = AnswerView()
        self.view.can_focus = False
        self._title = TitleRow()
        self._body = PaneBody()
        self._bar = PhaseBar()
        self._metrics = MetricsRow()
        self._score = ScoreRow()
        self._data: PaneData | None = None

    def compose(self) -> ComposeResult:
        """Title, answer, bar, numbers, score."""
        yield self._title
        with self._body:
            yield self.view
            yield self._bar
            yield self._metrics
            yield self._score

    @property
    def data(self) -> PaneData | None:
        """What the pane shows."""
        return self._data

    def show(self, data: PaneData, *, counters: bool = True) -> None:
        """Show this. Each part compares it with what it shows already and paints what differs.

        Without `counters` the bar and the numbers of an answer that still grows stay as they are.
        """
        self._data = data
        state = data.state
        thinking = bool(data.reasoning) and not data.answer
        self._title.show(data.position, data.title, toy=data.toy, state=state, thinking=thinking)
        self.view.set_placeholder(data.waiting)
        self.view.show_reasoning(data.reasoning, data.reasoning_folded)
        self.view.show(data.answer, ended=state is not None and state.final)
        self.view.show_stand_in(data.stand_in)
        if data.foot != self._foot:
            self._foot = data.foot
            self._body.border_subtitle = Content(clean_line(data.foot, 80)) if data.foot else ""
        self.view.show_error(*(data.fault or ("", "")))
        self.view.show_remark(data.remark)
        running = state is not None and not state.final
        if counters or not running:
            self._bar.show(data.spans, data.scale, running=running)
            self._metrics.show(data.reading)
        self._show_ratings(data)

    def _show_ratings(self, data: PaneData) -> None:
        """Where there is one row for the figures, a note stands in their place: somebody wrote it to be read."""
        note = data.note if self._compact else ""
        self._metrics.show_note(note)
        self._score.show(data.rubric, data.scores, "" if note else data.note, data.criterion, data.marks)

    @property
    def compact(self) -> bool:
        """Whether the figures have one row instead of two, and the answer has the other one."""
        return self._compact

    @compact.setter
    def compact(self, wanted: bool) -> None:
        if wanted != self._compact:
            self._compact = wanted
            self._metrics.styles.height = 1 if wanted else 2
            if self._data is not None:
                self._show_ratings(self._data)

    def watch_has_focus(self, has_focus: bool) -> None:
        """Only the frame looks different. Textual would look the styles of all parts up again, a millisecond each."""
        self._title.focused = has_focus
        self._body.set_class(has_focus, "-focus", update=False)
        self.app.stylesheet.update_nodes((self._body,))

    @property
    def moving(self) -> AnswerView:
        """The keys of the pane move through its answer."""
        return self.view
