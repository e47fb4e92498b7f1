"""What was kept, added up: figures of models, plots, and the answers behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from rich.text import Text
from textual import events
from textual.containers import VerticalScroll
from textual.content import Content, Span
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.core.conditions.grammar import parse
from tui.core.conditions.names import Use
from tui.core.errors import BadInputError
from tui.core.text.clean import clean, clean_line
from tui.report.aggregate import Row
from tui.report.formats.terminal_plots import COLOURS
from tui.report.formats.words import counted
from tui.ui.actions import REPORT
from tui.ui.history.messages import OpenRequested
from tui.ui.list_screen import ListScreen
from tui.ui.report.answers import AnswersDialog
from tui.ui.report.figures import FIXED, Answer, FigureColumn, about_row, figure_columns, figure_rows
from tui.ui.report.hand_over import ask_format
from tui.ui.report.messages import ExportRequested, FiguresRequested
from tui.ui.report.narrowing import FilterBy, condition
from tui.ui.report.reported import Reported
from tui.ui.state import AppState
from tui.ui.terminal.refresh_rate import RefreshRate
from tui.ui.widgets.figure_table import FigureTable
from tui.ui.widgets.line_field import FilterField

_TYPED_S = 0.3
"""Seconds after a key before what was typed is a filter: the next key may be on its way."""
_TONES = dict(zip(COLOURS, ("$primary", "$success", "$warning", "$secondary", "$accent", "$error"), strict=True))
"""How the theme colours what plots colour."""
_PLOT_LEAST, _PLOT_MOST = 10, 30
"""Rows of a plot; where there are fewer, it scrolls."""


class ReportScreen(ListScreen):
    """Rows keyed by what they are about. What is read and worked out the app is asked for by messages."""

    MODE = "report"
    CSS_PATH = "screen.tcss"
    ACTIONS = REPORT
    FIELDS = FilterBy
    WORDS = "/ filter: device = GPU, ttft_ms < 500"
    ROWS = "answers"

    def __init__(self, app_state: AppState, refresh_rate: RefreshRate) -> None:
        super().__init__(app_state, refresh_rate)
        self._reported: Reported | None = None
        self._columns: list[FigureColumn] = []
        self._rows: dict[str, Row] = {}
        self._read: int | None = None
        """How many sessions were read of a report that is being worked out; None while none is."""
        self._words = ""
        """The conditions that were typed last and that can be read."""
        self._wrong: BadInputError | None = None
        """What is wrong with those that are typed."""
        self._plot: int | None = None
        """Which plot is shown; None for the table."""
        self._typed: Timer | None = None

    def list_widgets(self) -> Iterable[Widget]:
        """The figures, and what a plot is drawn on in their place."""
        yield FigureTable(FIXED, id="table")
        yield VerticalScroll(Static(id="drawn", markup=False), id="plot")

    def on_screen_resume(self) -> None:
        """Read what was kept again: something was asked or scored since. The base class's handler is called beside
        this one."""
        if self.app.is_running:
            self._ask()

    # What is shown

    def show_progress(self, read: int) -> None:
        """Say how many sessions were read so far."""
        if self.alive and self._read is not None:
            self._read = read
            self.show_line(self._line())

    def show_reported(self, reported: Reported) -> None:
        """Show what was worked out."""
        if not self.alive:
            return
        self._reported, self._read = reported, None
        report = reported.report
        rows = report.rows if report is not None else ()
        self._rows = {repr(row.subject): row for row in rows}
        self._columns = figure_columns(rows)
        if self._plot is not None and self._plot >= len(reported.plots):
            self._plot = None
        self.refill()

    def refill(self) -> None:
        """Show the report as it is; the cursor stays on its row and its figure."""
        rows = figure_rows(list(self._rows.values()), self._columns)
        self._figures.show_figures([column.title for column in self._columns], rows)
        self.show_facets()
        self.show_line(self._line())
        self.show_about()
        self.show_top()

    def show_about(self) -> None:
        """Show what there is to say of the figure under the cursor, or of the plot."""
        self.set_class(self._plot is not None, "-plot")
        self._draw()
        row, column = self._here
        if self._wrong is not None:
            text = Content(clean(self._wrong.sentence()))
        elif self._reported is not None and self._plot is not None:
            plot = self._reported.plots[self._plot]
            text = Content.assemble((clean_line(plot.title, 200), "bold"), "\n", clean_line(plot.says, 2000))
        elif row is None or column is None or self._reported is None:
            text = Content(self._why_empty())
        else:
            name, *facts = about_row(row)
            said = [*column.about(row), *self._reported.compared(row, column)]
            lines = [Content.styled(clean_line(column.title, 60) + f": {name}", "bold"), *map(Content, said)]
            text = Content("\n").join([*lines, *(Content(clean_line(fact, 300)) for fact in facts)])
        self.query_one("#about", Static).update(text)
        self.show_line(self._line())

    def _draw(self) -> None:
        """Draw the plot into the room that there is."""
        if self._reported is None or self._plot is None:
            return
        around = self.query_one("#plot", VerticalScroll)
        width, height = around.scrollable_content_region.size
        if width > 0:
            drawn = self._reported.plots[self._plot].draw(width, min(max(height, _PLOT_LEAST), _PLOT_MOST), True)
            self.query_one("#drawn", Static).update(_in_colours(drawn))

    def on_resize(self, event: events.Resize) -> None:
        """Draw the plot anew where the room is another. The base class's handler is called beside this one."""
        self.call_after_refresh(self._draw)

    @property
    def _here(self) -> tuple[Row | None, FigureColumn | None]:
        """The row and the figure under the cursor."""
        here = self._figures.here if self.alive else None
        row = self._rows.get(here.key) if here is not None else None
        at = self._figures.figure
        return row, self._columns[at] if row is not None and at < len(self._columns) else None

    def _line(self) -> str:
        """What is counted, what is left out, and what is still to come."""
        reported = self._reported
        report = reported.report if reported is not None else None
        parts = []
        if reported is not None and report is not None:
            runs = sum(row.outcomes.runs for row in report.rows)
            parts += [counted(report.sessions, "session"), counted(runs, "run")]
            left, right = self._figures.out_of_sight
            if left + right and self._plot is None:
                parts.append(f"{f'← {left} ' if left else ''}{f'→ {right} ' if right else ''}more figures")
        if reported is not None:
            plots = len(reported.plots) - reported.imported
            if self._plot is None:
                parts += [f"v: {reported.imported} imported"] if reported.imported else []
            elif self._plot < plots:
                parts.append(f"plot {self._plot + 1} of {plots}")
            else:
                parts.append(f"import {self._plot + 1 - plots} of {reported.imported}")
        if reported is not None and reported.left_out:
            parts.append(f"{len(reported.left_out)} left out: y, enter says why")
        if self._read is not None:
            parts.append(f"reading, {counted(self._read, 'session')} so far …" if self._read else "reading …")
        return " · ".join(parts)

    def _why_empty(self) -> str:
        reported = self._reported
        if reported is None:
            return "Reading what was kept …"
        if reported.why_none is not None and reported.filters:
            hint = "/ changes the filter, 0 lets in all values of 1 to 5 again."
            return clean(f"{reported.why_none.sentence()} {hint}")
        missing = "No session was kept yet: ask something on the Compare screen (F2), and score it there with 1-5."
        hint = " v shows what was imported." if reported.imported else ""
        if not reported.left_out:
            return missing + hint
        why = (clean_line(f"{place}: {reason}", 300) for place, reason in reported.left_out)
        return "\n".join([f"Nothing can be reported on.{hint}", *why])

    # Narrowing

    def known(self, by: StrEnum) -> Sequence[str]:
        """The values that answers have."""
        return self._reported.known[FilterBy(by)] if self._reported is not None else ()

    def narrowed(self) -> None:
        """Have the report worked out for what is wanted."""
        self.show_facets()
        self._ask()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Take what is typed for a filter, once no more is."""
        if self._typed is not None:
            self._typed.stop()
        self._typed = self.set_timer(_TYPED_S, self._take_words)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Filter at once. The base class's handler is called beside this one."""
        self._take_words()

    def _take_words(self) -> None:
        if self._typed is not None:
            self._typed.stop()
        words = self.query_one("#words", Input).value.strip()
        self._wrong = _wrong_with(words)
        if self._wrong is None and words != self._words:
            self._words = words
            self._ask()
        self.show_about()

    def _ask(self) -> None:
        filters = [condition(by, value) for by, value in self.picked.items()]
        self._read = 0
        self.show_line(self._line())
        self.post_message(FiguresRequested([*filters, self._words] if self._words else filters))

    # What is done with it

    def on_row_table_picked(self, event: FigureTable.Picked) -> None:
        """A click on the figure under the cursor opens what is behind it."""
        self.action_answers()

    def action_answers(self) -> None:
        """The answers behind the figure under the cursor; one alone is opened at once."""
        row, column = self._here
        if self._plot is not None:
            self._say("Answers are behind figures; esc leads from the plot to them.")
            return
        if row is None or column is None:
            self._say("There is no figure here.")
            return
        answers = column.answers(row)
        if not answers:
            self._say("No answer is behind this.")
        elif len(answers) == 1:
            self._open(answers[0])
        else:
            said = " ".join(column.about(row)[:1])
            dialog = AnswersDialog(f"{column.title}: {about_row(row)[0]}", said, answers)
            self.app.push_screen(dialog, self._open)

    def _open(self, answer: Answer | None) -> None:
        if answer is None or self._reported is None:
            return
        file = self._reported.files.get(answer.request.session)
        if file is not None:
            self.post_message(OpenRequested(file, run=answer.request.id))

    def action_plot(self) -> None:
        """The next plot, then the pages of what was imported; after the last one the table."""
        plots = self._reported.plots if self._reported is not None else ()
        if not plots:
            self._say("There is no plot: it takes answers with times. On F2 something is asked, and scored with 1-5.")
            return
        at = 0 if self._plot is None else self._plot + 1
        self._show_plot(at if at < len(plots) else None)

    def _show_plot(self, number: int | None) -> None:
        self._plot = number
        self.show_about()
        self.focus_list()
        self.call_after_refresh(self._draw)

    def focus_list(self) -> None:
        """Put the cursor into the table, or onto the plot, which scrolls."""
        self.query_one("#table" if self._plot is None else "#plot").focus()

    def on_key(self, event: events.Key) -> None:
        """Esc goes from a plot back to the table."""
        if event.key == "escape" and self._plot is not None and not isinstance(self.focused, FilterField):
            self._show_plot(None)
            event.stop()
            event.prevent_default()

    def action_export(self) -> None:
        """Ask how the report is to be handed over."""
        if self._reported is None or (self._reported.report is None and not self._reported.imported):
            self._say("There is nothing to report on.")
            return
        ask_format(self, "Report on what is shown", lambda name: self.post_message(ExportRequested(name)))

    def action_refresh_report(self) -> None:
        """Read what was kept again."""
        self._ask()

    @property
    def _figures(self) -> FigureTable:
        return self.query_one("#table", FigureTable)


def _wrong_with(words: str) -> BadInputError | None:
    """What is wrong with conditions; None where they can be read, or there are none."""
    try:
        parse(words, Use.FILTER) if words else ()
    except BadInputError as error:
        return error
    return None


def _in_colours(drawn: str) -> Content:
    """A plot with the theme's colours for the terminal's."""
    text = Text.from_ansi(drawn)
    spans = []
    for span in text.spans:
        colour = getattr(span.style, "color", None)
        if colour is not None and colour.number in _TONES:
            spans.append(Span(span.start, span.end, _TONES[colour.number]))
    return Content(text.plain, spans)
