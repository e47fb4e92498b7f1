"""What was kept, added up: figures of models, plots, and the answers behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

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
from tui.report.formats.terminal_plots import COLOURS
from tui.report.formats.words import counted
from tui.report.options import BY
from tui.report.selection import DIMENSIONS
from tui.ui.actions import REPORT
from tui.ui.cells import ELLIPSIS, cut
from tui.ui.dialogs.choice import ChoiceDialog
from tui.ui.dialogs.text_input import TextInputDialog
from tui.ui.fitting import Note, ever_fewer, first_that_fits
from tui.ui.history.messages import OpenRequested
from tui.ui.list_screen import ListScreen
from tui.ui.report.answers import AnswersDialog
from tui.ui.report.baselines import NO_BASELINE, BaselineDialog
from tui.ui.report.figures import (
    FIXED,
    MOST_LINES,
    Answer,
    FigureColumn,
    ShownRow,
    about_row,
    figure_columns,
    figure_rows,
    said_of_change,
)
from tui.ui.report.hand_over import ask_format
from tui.ui.report.messages import ExportRequested, FiguresRequested
from tui.ui.report.narrowing import FilterBy, condition
from tui.ui.report.pages import PageKind, ReportPage
from tui.ui.report.reported import Reported
from tui.ui.report.wanted import Wanted
from tui.ui.report.wanted_options import asked_of
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
_MISSING = {
    PageKind.PLOT: "There is no plot: it takes answers with times. On F2 something is asked, and scored with 1-5.",
    PageKind.SELECTION: "There is nothing to choose from: it takes answers. On F2 something is asked.",
}
"""Why there is no page of a kind that a key leads to."""


class ReportScreen(ListScreen):
    """Rows keyed by what they are about. What is read and worked out the app is asked for by messages."""

    MODE = "report"
    CSS_PATH = "screen.tcss"
    ACTIONS = REPORT
    FIELDS = FilterBy
    WORDS = "/ filter, such as device = GPU, ttft_ms < 500"
    ROWS = "answers"

    def __init__(self, app_state: AppState, refresh_rate: RefreshRate) -> None:
        super().__init__(app_state, refresh_rate)
        self._reported: Reported | None = None
        self._columns: list[FigureColumn] = []
        self._rows: dict[str, ShownRow] = {}
        self._read: int | None = None
        """How many sessions were read of a report that is being worked out; None while none is."""
        self._words = ""
        """The conditions that were typed last and that can be read."""
        self._wrong: BadInputError | None = None
        """What is wrong with those that are typed."""
        self._page: int | None = None
        """Which page is shown; None for the table."""
        self._wanted = Wanted()
        """But for the filters."""
        self._comes: PageKind | None = None
        """Of which kind a page is to be shown once the report is worked out."""
        self._typed: Timer | None = None

    def list_widgets(self) -> Iterable[Widget]:
        """The figures, and what a plot is drawn on in their place."""
        yield FigureTable(FIXED, id="table")
        yield VerticalScroll(Static(id="drawn", markup=False), id="plot")

    def on_screen_resume(self) -> None:
        """Read what was kept again: something was asked or scored since. The base class's handler is called beside
        this one."""
        if self.app.is_running:
            if self._reported is None:
                choosing = self.app_state.choosing
                self._wanted = replace(self._wanted, requires=choosing.requires, weights=choosing.weights)
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
        self._rows = {one.key: one for one in reported.rows}
        self._columns = figure_columns([one.row for one in reported.rows if one.row is not None])
        before = self._page
        if self._page is not None and self._page >= len(reported.pages):
            self._page = None
        if self._comes is not None and reported.wanted == self._all_wanted:
            self._page = next((at for at, one in enumerate(reported.pages) if one.kind is self._comes), None)
            self._comes = None
        self.refill()
        if before != self._page and not isinstance(self.focused, FilterField):
            self.focus_list()
            self.call_after_refresh(self._draw)

    def refill(self) -> None:
        """Show the report as it is; the cursor stays on its row and its figure."""
        rows = figure_rows(list(self._rows.values()), self._columns)
        self._figures.show_figures([column.title for column in self._columns], rows)
        self.show_facets()
        self.show_line(self._line())
        self.show_about()
        self.show_top()

    def show_about(self) -> None:
        """Show what there is to say of the figure under the cursor, or of the page."""
        page, (one, column) = self._shown_page, self._here
        self.set_class(page is not None, "-plot")
        self.set_class(page is not None and page.kind is not PageKind.PLOT, "-text")
        self._draw()
        if self._wrong is not None:
            text = Content(clean(self._wrong.sentence()))
        elif page is not None:
            text = Content.assemble((clean_line(page.title, 200), "bold"), "\n", clean_line(page.says, 2000))
        elif one is not None and one.row is None:
            text = Content.styled(one.name, "bold")
        elif one is None or one.row is None or column is None or self._reported is None:
            text = Content(self._why_empty())
        else:
            name, *facts = about_row(one.row)
            compared = [] if one.group else self._compared(one, column)
            said = [*([one.group] if one.group else []), *column.about(one.row), *compared]
            lines = [Content.styled(clean_line(column.title, 60) + f": {name}", "bold"), *map(Content, said)]
            text = Content("\n").join([*lines, *(Content(clean_line(fact, 300)) for fact in facts)])
        self.query_one("#about", Static).update(text)
        self.show_line(self._line())

    def _compared(self, one: ShownRow, column: FigureColumn) -> list[str]:
        """What may be said of a figure of a whole row since the baseline, and beside other models."""
        if self._reported is None or one.row is None:
            return []
        found, name = self._reported.changes, column.compared_for[1] if column.compared_for is not None else ""
        change = found.get((one.row.subject, name)) or found.get((one.row.subject, ""))
        since = [said_of_change(change)] if change is not None and name else []
        return [*since, *self._reported.compared(one.row, column)]

    @property
    def _shown_page(self) -> ReportPage | None:
        return self._reported.pages[self._page] if self._reported is not None and self._page is not None else None

    def _draw(self) -> None:
        """Draw the page into the room that there is."""
        page = self._shown_page
        if page is None:
            return
        around = self.query_one("#plot", VerticalScroll)
        width, height = around.scrollable_content_region.size
        if width > 0:
            drawn = page.draw(width, min(max(height, _PLOT_LEAST), _PLOT_MOST), True)
            self.query_one("#drawn", Static).update(_in_colours(drawn))

    def on_resize(self, event: events.Resize) -> None:
        """Draw the page anew where the room is another. The base class's handler is called beside this one."""
        self.call_after_refresh(self._draw)

    @property
    def _here(self) -> tuple[ShownRow | None, FigureColumn | None]:
        """The line and the figure under the cursor."""
        here = self._figures.here if self.alive else None
        row = self._rows.get(here.key) if here is not None else None
        at = self._figures.figure
        return row, self._columns[at] if row is not None and at < len(self._columns) else None

    def _line(self) -> str:
        """What is counted, what is left out, and what is still to come."""
        width = max(self.size.width - 2, 0)
        return first_that_fits([(" · ", said) for said in ever_fewer(self._notes())], width)

    def _notes(self) -> list[Note]:
        reported = self._reported
        report = reported.report if reported is not None else None
        parts: list[Note] = []
        page = self._shown_page
        if reported is not None and report is not None:
            runs = sum(row.outcomes.runs for row in report.rows)
            parts += [counted(report.sessions, "session"), (*[counted(runs, "run")] * 2, "")]
            left, right = self._figures.out_of_sight
            if page is None and left + right:
                more = f"{f'← {left} ' if left else ''}{f'→ {right} ' if right else ''}"
                parts.append((f"{more}more figures", f"{more}more", more.rstrip()))
        if reported is not None:
            alike = [one for one in reported.pages if one.kind is (PageKind.IMPORT if page is None else page.kind)]
            if page is not None:
                place, count = alike.index(page) + 1, len(alike)
                parts.append((f"{page.kind.value} {place} of {count}", f"{page.kind.value} {place}/{count}"))
            elif alike:
                parts.append(f"v: {len(alike)} imported")
            parts += _said_of_wanted(reported.wanted)
            if report is not None and reported.wanted.requires.strip():
                out = len(report.failing)
                said = f"must-haves leave out {out or 'none'}: s"
                parts.append((said, said, f"must-haves: {out} out", "must-haves"))
        if len(self._rows) >= MOST_LINES and reported is not None and reported.wanted.by:
            parts.append(f"the first {MOST_LINES} lines")
        if reported is not None and reported.left_out:
            left_out = f"{len(reported.left_out)} left out"
            parts.append((f"{left_out}: y, enter says why", left_out))
        if self._read is not None:
            parts.append(f"reading, {counted(self._read, 'session')} so far …" if self._read else "reading …")
        return parts

    def _why_empty(self) -> str:
        reported = self._reported
        if reported is None:
            return "Reading what was kept …"
        wanted = reported.wanted
        if reported.report is not None and reported.report.failing:
            return "No model has what it must have: m changes that, s says what each lacks."
        hints = ["a chooses another baseline, or none."] if wanted.baseline is not None else []
        if wanted.filters:
            hints.append("/ changes the filter, 0 lets in all values of 1 to 5 again.")
        if reported.why_none is not None and hints:
            return clean(" ".join([reported.why_none.sentence(), *hints]))
        if hints:
            notes = reported.report.notes if reported.report is not None else ()
            return clean(" ".join(["Nothing is left to report on.", *notes[:1], *hints, *notes[1:]]))
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

    @property
    def _all_wanted(self) -> Wanted:
        filters = [condition(by, value) for by, value in self.picked.items()]
        return replace(self._wanted, filters=tuple([*filters, self._words] if self._words else filters))

    def _ask(self) -> None:
        self._read = 0
        self.show_line(self._line())
        self.post_message(FiguresRequested(self._all_wanted))

    # What is wanted besides

    def action_split(self) -> None:
        """Ask what the rows are split by: a dimension more, or one less."""
        keys = {str(number): by for number, by in enumerate(BY, 1)}
        now = self._wanted.by
        answers = [
            (
                key,
                f"{by.name}: {re.split('[;:]', by.meaning)[0]}"
                + (" (now; again: no longer)" if by.name in now else ""),
            )
            for key, by in keys.items()
        ]
        answers += [("0", "nothing: each model is one row")] if now else []

        def answered(key: str | None) -> None:
            if key is not None:
                name = keys[key].name if key in keys else ""
                by = tuple(one for one in now if one != name) if name in now else (*now, name) if name else ()
                self._want(replace(self._wanted, by=by), None)

        title = f"Split the rows by{': ' + ', '.join(now) + ', and' if now else ''}"
        self.app.push_screen(ChoiceDialog(title, "", answers), answered)

    def action_must_haves(self) -> None:
        """Ask what a model must have."""
        self._type("Must-haves: who lacks one is left out", self._wanted.requires, "licence = MIT, size_mb < 4000",
                   lambda text: replace(self._wanted, requires=text))  # fmt: skip

    def action_weights(self) -> None:
        """Ask what weighs how much."""
        names = ", ".join(one.name for one in DIMENSIONS if one.value is not None)
        self._type(f"Weights of {names}", self._wanted.weights, "quality=3, latency=1",
                   lambda text: replace(self._wanted, weights=text))  # fmt: skip

    def _type(self, title: str, text: str, placeholder: str, wanted: Callable[[str], Wanted]) -> None:
        """Ask for a text of the selection; one that cannot be read is said to be so, and asked for again."""

        def typed(line: str | None) -> None:
            if line is None:
                return
            try:
                asked_of(wanted(line))
            except BadInputError as error:
                self._say(clean(error.sentence()))
                self._type(title, line, placeholder, wanted)
            else:
                self._want(wanted(line), PageKind.SELECTION)

        self.app.push_screen(TextInputDialog(title, text, placeholder), typed)

    def action_baseline(self) -> None:
        """Ask what the sessions are compared with."""
        sessions = self._reported.sessions if self._reported is not None else ()

        def chosen(place: Path | str | None) -> None:
            if isinstance(place, Path):
                self._compare_with(place)
            elif place == NO_BASELINE:
                self._want(replace(self._wanted, baseline=None), None)
            elif place is not None:
                now = str(self._wanted.baseline or "")
                self.app.push_screen(
                    TextInputDialog("A session's file, or a folder of them", now, "before/", needed=True), typed
                )

        def typed(line: str | None) -> None:
            if line:
                self._compare_with(_path(line))

        self.app.push_screen(BaselineDialog(sessions, self._wanted.baseline), chosen)

    def _compare_with(self, place: Path) -> None:
        self._want(replace(self._wanted, baseline=place), PageKind.BASELINE)

    def _want(self, wanted: Wanted, page: PageKind | None) -> None:
        """Have it worked out, and show a page of this kind then; None for the table."""
        self._wanted, self._comes = wanted, page
        if page is None:
            self._show_page(None)
        self._ask()

    # What is done with it

    def on_row_table_picked(self, event: FigureTable.Picked) -> None:
        """A click on the figure under the cursor opens what is behind it."""
        self.action_answers()

    def action_answers(self) -> None:
        """The answers behind the figure under the cursor; one alone is opened at once."""
        one, column = self._here
        row = one.row if one is not None else None
        if self._page is not None:
            self._say("Answers are behind figures; esc leads to them.")
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
        self._next_page(PageKind.PLOT, PageKind.IMPORT)

    def action_page(self, kind: str) -> None:
        """The next page of this kind; after the last one the table."""
        self._next_page(PageKind(kind))

    def _next_page(self, *kinds: PageKind) -> None:
        places = [at for at, one in enumerate(self._pages) if one.kind in kinds]
        if not places:
            self._say(_MISSING[kinds[0]])
            return
        after = [at for at in places if self._page is not None and at > self._page]
        is_here = self._page in places
        self._show_page((after[0] if after else None) if is_here else places[0])

    @property
    def _pages(self) -> Sequence[ReportPage]:
        return self._reported.pages if self._reported is not None else ()

    def _show_page(self, number: int | None) -> None:
        self._page = number
        self.show_about()
        self.focus_list()
        self.call_after_refresh(self._draw)

    def focus_list(self) -> None:
        """Put the cursor into the table, or onto the page, which scrolls."""
        self.query_one("#table" if self._page is None else "#plot").focus()

    def on_key(self, event: events.Key) -> None:
        """Esc goes from a page back to the table."""
        if event.key == "escape" and self._page is not None and not isinstance(self.focused, FilterField):
            self._show_page(None)
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


def _path(typed: str) -> Path:
    try:
        return Path(typed).expanduser()
    except RuntimeError:
        return Path(typed)  # No home directory is known: the tilde is then taken as a name.


def _said_of_wanted(wanted: Wanted) -> list[Note]:
    """How the rows are split, and what they are compared with, in few words."""
    said: list[Note] = [f"by {', '.join(wanted.by)}"] if wanted.by else []
    if wanted.baseline is not None:
        name = clean_line(wanted.baseline.stem)
        said.append(tuple(f"since {one}" for one in (cut(name, 40), _ended(name, 24), _ended(name, 9))))
    return said


def _ended(name: str, most: int) -> str:
    """A session's or folder's name with its end: the beginning is the day, which many have in common."""
    return name if len(name) <= most else f"{ELLIPSIS}{name[1 - most :]}"


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
