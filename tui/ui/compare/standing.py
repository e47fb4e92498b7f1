"""Where the models stand: a row beside the status, and a page with the same for each criterion."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content
from textual.timer import Timer

from tui.background import Questions as NumberedQuestions
from tui.background import in_thread
from tui.core.scoring.score_pass import left_of, score_items
from tui.core.sessions.entry_dict import with_entries
from tui.core.sessions.session import Session
from tui.core.text.cell_width import padded, wrapped
from tui.core.text.clean import clean_line
from tui.ui.cells import cut
from tui.ui.compare.part import ScreenPart, StatusNote
from tui.ui.compare.screen import CompareScreen
from tui.ui.defects import end_app
from tui.ui.dialogs.text_page import TextPageDialog

if TYPE_CHECKING:
    from tui.report.standing import Dimension
    from tui.report.standing import Standing as StandingTexts

_REST_S = 0.4
"""Seconds without a decision after which it is worked out where the models stand: keys come first."""
_LABEL = 20
"""Cells for the name of a dimension."""
_LEAST_COLUMN = 15
"""Cells that a model's column takes at least."""
_PAGE_CELLS, _PAGE_EDGES = 92, 8
"""How wide a page is at most, and what of it its frame takes."""
_WITH_ITS_NUMBER = re.compile(r"(?<=\d) (?=(?:ms|s|[kMG]?B|tok/s)\b)|(?<=\(n) |(?<=max) |(?<=p95) ")
"""Spaces at which a line does not break."""
_HIDDEN = "Names are hidden: S shows where the models stand once V has revealed them."


_WORDS = (
    "A prompt is decisive where one of the two models is ahead. E is the evidence that has come together: when it has "
    "reached the number behind it, you may stop, however often you have looked. If you stop here: what the numbers "
    "show as they are, with the 95 % interval in brackets and how it was made. docs/statistics.md has all of it."
)


class Standing(ScreenPart):
    """Works it out in a thread, when nothing was decided for a moment."""

    def __init__(self, screen: CompareScreen) -> None:
        super().__init__(screen)
        self._texts: StandingTexts | None = None
        self._numbers = NumberedQuestions()
        self._timer: Timer | None = None
        self._asked = self._told = -1
        """How many entries and ended answers there were when it was begun to be worked out last, and of which the texts
        are."""
        self._page_wanted = False

    def notes(self) -> Sequence[StatusNote]:
        """The row, in ever fewer words; none while names are hidden."""
        texts = self._texts
        if texts is None or not texts.row or self.screen.view.concealed:
            return ()
        return ((texts.row, texts.brief, texts.short, ""),)

    def decided(self) -> None:
        """It may be another one, in a moment."""
        self._wait()

    def rebuilt(self) -> None:
        """Answers may have come."""
        self._wait()

    def page(self) -> None:
        """Show where the models stand for each criterion, and what speaks for which."""
        if self.screen.view.concealed:
            self.screen.say(_HIDDEN)
            return
        self._page_wanted = True
        if self._texts is not None and self._told == self._count():
            self._show_page(self._texts)
        else:
            self._begin()

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        session = self.screen.view.session
        if session.scores or session.votes:
            self._timer = self.screen.set_timer(_REST_S, self._begin)

    def _begin(self) -> None:
        view, seen = self.screen.view, self._count()
        if view.concealed or seen == self._asked:
            return
        self._asked = seen
        # In a sitting that goes on more may always be asked.
        left = left_of(score_items(view.session), view.ratings.scores_of)
        growing = self.screen.commands is not None or bool(left)
        work = partial(_worked_out, _ended(view.session), view.ratings.rater, growing)
        number, app = self._numbers.ask(), self.screen.app
        in_thread(work, "standing").add_done_callback(lambda made: app.call_later(self._take, number, seen, made))

    def _take(self, number: int, seen: int, made: Future[StandingTexts]) -> None:
        if (error := made.exception()) is not None:
            end_app(self.screen.app, error)
        elif self._numbers.accept(number) and self.screen.alive:
            self._texts, self._told = made.result(), seen
            self.screen.show_status()
            if self._page_wanted and seen == self._asked:
                self._show_page(self._texts)

    def _count(self) -> int:
        session = self.screen.view.session
        entries = len(session.scores) + len(session.votes) + len(session.facets)
        entries += len(session.undos) + len(session.redos)
        return entries + sum(request.state.final for request in session.requests.values())

    def _show_page(self, texts: StandingTexts) -> None:
        self._page_wanted = False
        if self.screen.view.concealed or len(self.screen.app.screen_stack) > 1:
            return
        width = min(_PAGE_CELLS, self.screen.size.width * 96 // 100) - _PAGE_EDGES
        lines = [*_in_short(texts, width), *_choice(texts, width), *self._noted(width), *_in_detail(texts, width)]
        self.screen.app.push_screen(TextPageDialog("Where it stands", Content("\n").join(lines)))

    def _noted(self, width: int) -> Iterator[Content]:
        """What the session is called, and the notes that are on no single answer."""
        view, presenter = self.screen.view, self.screen.presenter
        said = [("Title", view.session.title), ("Session", view.ratings.note_of(""))]
        said += [
            (presenter.model_name(model), view.ratings.note_of("", model=key))
            for key, model in view.session.models.items()
        ]
        if any(text for _, text in said):
            yield from (Content(""), Content.styled("Notes", "bold"))
        for name, text in said:
            if text:
                yield from _indented(f"{clean_line(name, 40)}: {clean_line(text, 2000)}", width, 2)


def _ended(session: Session) -> Session:
    """The session as it is now, with the answers that have ended: nothing of it changes any more."""
    copy = with_entries(session, lambda kind: list(kind.of(session)))
    return replace(
        copy,
        requests={key: request for key, request in session.requests.items() if request.state.final},
        plans=dict(session.plans),
        models=dict(session.models),
        prompts=dict(session.prompts),
        raters=dict(session.raters),
    )


def _worked_out(session: Session, rater: str, growing: bool) -> StandingTexts:
    from tui.report.standing import standing  # loaded where it is used: the first frame needs none of it

    return standing(session, rater, growing=growing)


def _in_short(texts: StandingTexts, width: int) -> Iterator[Content]:
    """What everybody understands comes first."""
    for sentence in texts.plain or ("Nothing that compares two models is scored yet.",):
        yield from _indented(sentence, width, 0)


def _in_detail(texts: StandingTexts, width: int) -> Iterator[Content]:
    """Each pair of models, with how sure that is, and what the words mean."""
    if not texts.stated:
        return
    yield from (Content(""), Content.styled("In detail", "bold"))
    yield from _indented(_WORDS, width, 0, "dim")
    for figure in texts.stated:
        yield Content("")
        yield Content.styled(cut(figure.figure[:1].upper() + figure.figure[1:], width), "bold")
        for counts, verdict in figure.sentences:
            yield from _indented(counts, width, 2)
            yield from _indented(verdict, width, 4, "dim")
    if texts.need:
        yield Content("")
        yield from _indented(texts.need, width, 0)


def _choice(texts: StandingTexts, width: int) -> Iterator[Content]:
    """A block of so many models beside each other as there is room for."""
    if not texts.dimensions:
        return
    yield from (Content(""), Content.styled("Which should I take?", "bold"))
    room = width - _LABEL
    each = max(min(len(texts.models), room // _LEAST_COLUMN), 1)
    column = room // each
    for first in range(0, len(texts.models), each):
        if first:
            yield Content("")
        yield from _table_row("", texts.models[first : first + each], column, "bold")
        for dimension in texts.dimensions:
            yield from _dimension(dimension, first, each, column)
    if texts.remarks:
        yield Content("")
        yield from _indented(" ".join(texts.remarks), width, 0, "dim")


def _dimension(dimension: Dimension, first: int, each: int, column: int) -> Iterator[Content]:
    return _table_row(dimension.name, dimension.values[first : first + each], column)


def _table_row(name: str, values: Sequence[str], column: int, style: str = "") -> Iterator[Content]:
    """A row of a table, whose cells have as many lines as they need."""
    together = (_WITH_ITS_NUMBER.sub("\N{NO-BREAK SPACE}", value) for value in values)
    cells = [wrapped(name, _LABEL - 1), *(wrapped(value, column - 1) for value in together)]
    widths = [_LABEL, *[column] * len(values)]
    for number in range(max(map(len, cells))):
        line = [padded(cut(cell[number], wide - 1) if number < len(cell) else "", wide)
                for cell, wide in zip(cells, widths, strict=True)]  # fmt: skip
        yield Content.styled("".join(line).rstrip(), style)


def _indented(text: str, width: int, by: int, style: str = "") -> Iterator[Content]:
    for line in wrapped(text, width - by):
        yield Content.styled(f"{' ' * by}{line}", style)
