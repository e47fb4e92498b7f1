"""The pane of one model: an answer with everything that is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from tui.core.requests.phases import Span
from tui.core.requests.request import RequestState
from tui.core.scoring.rating import Score
from tui.ui.layout_limits import PANE_WIDTH
from tui.ui.widgets.answer.moves import MOVES, Moves
from tui.ui.widgets.answer.view import AnswerView
from tui.ui.widgets.metrics import MetricsRow, Reading
from tui.ui.widgets.painted import KeptLines
from tui.ui.widgets.phase_bar import PhaseBar
from tui.ui.widgets.scores import ScoreRow
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
    scores: Mapping[str, Score] = field(default_factory=dict)
    """By criterion."""
    note: str = ""
    waiting: str = ""
    """What to show while there is no text."""


class AnswerPane(Moves, KeptLines, Vertical, can_focus=True):
    """A focusable pane. Its keys move through the answer; its frame shows by line and colour where the focus is."""

    DEFAULT_CSS = f"""
    AnswerPane {{
        min-width: {PANE_WIDTH};
        width: 1fr;
        height: 1fr;
        background: $surface;
        border: round $secondary;
        & > AnswerView {{ height: 1fr; }}
        &:focus {{ border: heavy $accent; }}
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = MOVES

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self.view = AnswerView()
        self.view.can_focus = False
        self._title = TitleRow()
        self._bar = PhaseBar()
        self._metrics = MetricsRow()
        self._score = ScoreRow()
        self._data: PaneData | None = None

    def compose(self) -> ComposeResult:
        """Title, answer, bar, numbers, score."""
        yield self._title
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
        self.view.show_error(*(data.fault or ("", "")))
        self.view.show_remark(data.remark)
        running = state is not None and not state.final
        if counters or not running:
            self._bar.show(data.spans, data.scale, running=running)
            self._metrics.show(data.reading)
        self._score.show(data.scores, data.note)

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Only the frame looks different. Textual would look the styles of all parts up again, a millisecond each."""
        self.app.stylesheet.update_nodes((self,))

    @property
    def moving(self) -> AnswerView:
        """The keys of the pane move through its answer."""
        return self.view
