"""Where the models stand: a row beside the status, and a page with the same for each criterion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content
from textual.timer import Timer

from tui.background import Questions as NumberedQuestions
from tui.background import in_thread
from tui.core.scoring.in_effect import RatingsOf
from tui.core.scoring.rating import RaterKind
from tui.core.scoring.score_pass import left_of, score_items
from tui.core.sessions.entry_dict import with_entries
from tui.core.sessions.session import Session
from tui.core.text.cell_width import wrapped
from tui.core.text.clean import clean_line
from tui.ui.cells import cut
from tui.ui.compare.part import ScreenPart, StatusNote
from tui.ui.compare.screen import CompareScreen
from tui.ui.defects import end_app
from tui.ui.dialogs.text_page import TextPageDialog
from tui.ui.fitting import Yielding
from tui.ui.report.wanted import Wanted

if TYPE_CHECKING:
    from tui.report.standing import Standing as StandingTexts

_REST_S = 0.4
"""Seconds without a decision after which it is worked out where the models stand: keys come first."""
_PAGE_CELLS, _PAGE_EDGES = 92, 8
"""How wide a page is at most, and what of it its frame takes."""
_UNWEIGHED = "m and w on the Report screen (F4) say what a model must have, and what weighs how much, here too."
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
        self._asked = self._told = (-1, Wanted())
        """How many entries and ended answers there were when it was begun to be worked out last, and of which the texts
        are; with what was asked of the choice."""
        self._page_wanted = False

    def notes(self) -> Sequence[StatusNote]:
        """The row, in ever fewer words; none while names are hidden."""
        texts = self._texts
        if texts is None or not texts.row or self.screen.view.concealed:
            return ()
        return (Yielding((texts.row, texts.brief, texts.short, "")),)

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
        if session.scores or session.votes or session.judgements:
            self._timer = self.screen.set_timer(_REST_S, self._begin_where_shown)

    def _begin_where_shown(self) -> None:
        """Begin it, but while another part has the row: then nobody reads it, and keys are pressed."""
        if self.screen.parts.says():
            self._wait()
        else:
            self._begin()

    def _begin(self) -> None:
        view, seen = self.screen.view, self._count()
        if view.concealed or seen == self._asked:
            return
        self._asked = seen
        # In a sitting that goes on more may always be asked.
        asks = self.screen.commands is not None
        work = partial(_worked_out, _ended(view.session), view.ratings.rater, asks, seen[1])
        number, app = self._numbers.ask(), self.screen.app
        in_thread(work, "standing").add_done_callback(lambda made: app.call_later(self._take, number, seen, made))

    def _take(self, number: int, seen: tuple[int, Wanted], made: Future[StandingTexts]) -> None:
        if (error := made.exception()) is not None:
            end_app(self.screen.app, error)
        elif self._numbers.accept(number) and self.screen.alive:
            self._texts, self._told = made.result(), seen
            self.screen.show_status()
            if self._page_wanted and seen == self._asked:
                self._show_page(self._texts)

    def _count(self) -> tuple[int, Wanted]:
        session = self.screen.view.session
        entries = len(session.scores) + len(session.votes) + len(session.facets)
        entries += len(session.undos) + len(session.redos) + len(session.judgements)
        ended = sum(request.state.final for request in session.requests.values())
        return entries + ended, self.screen.app_state.choosing

    def _show_page(self, texts: StandingTexts) -> None:
        self._page_wanted = False
        if self.screen.view.concealed or len(self.screen.app.screen_stack) > 1:
            return
        width = min(_PAGE_CELLS, self.screen.size.width * 96 // 100) - _PAGE_EDGES
        choosing = self._told[1]
        weighs = bool(choosing.weights or choosing.requires)
        lines = [*_in_short(texts, width), *_judged(texts, width), *_choice(texts, width, weighs)]
        lines += [*self._noted(width), *_in_detail(texts, width)]
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


def _worked_out(session: Session, rater: str, asks: bool, choosing: Wanted) -> StandingTexts:
    """In a thread. `asks` says that more answers may come."""
    from tui.report.standing import (  # loaded where it is used: the first frame needs none of it
        judge_standings,
        standing,
    )
    from tui.ui.report.wanted_options import asked_of

    growing = asks or bool(left_of(score_items(session), RatingsOf(session, rater).scores_of))
    made = standing(session, rater, growing=growing, asked=asked_of(choosing))
    judged = any(one.kind is RaterKind.JUDGE for one in session.raters.values())
    return replace(made, judges=judge_standings(session, growing=growing)) if judged else made


def _in_short(texts: StandingTexts, width: int) -> Iterator[Content]:
    """What everybody understands comes first."""
    for sentence in texts.plain or ("Nothing that compares two models is scored yet.",):
        yield from _indented(sentence, width, 0)


def _judged(texts: StandingTexts, width: int) -> Iterator[Content]:
    """What models that judged say, apart from people."""
    if texts.judges:
        yield from (Content(""), Content.styled("Judges, apart from people", "bold"))
    for judge in texts.judges:
        yield from _indented(judge.how, width, 0)
        for sentence in judge.plain:
            yield from _indented(sentence, width, 2)


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


def _choice(texts: StandingTexts, width: int, weighs: bool) -> Iterator[Content]:
    """The table that every report has of it, for each mode."""
    from tui.report.formats.text import section_text

    if not texts.choice:
        return
    yield from (Content(""), Content.styled("Which should I take?", "bold"))
    for number, section in enumerate(texts.choice):
        if len(texts.choice) > 1:
            yield from ([Content("")] * bool(number) + [Content.styled(section.title, "bold")])
        yield from map(Content, section_text(section, width).split("\n"))
    remarks = [*texts.remarks, *([] if weighs else [_UNWEIGHED])]
    yield Content("")
    yield from _indented(" ".join(remarks), width, 0, "dim")


def _indented(text: str, width: int, by: int, style: str = "") -> Iterator[Content]:
    for line in wrapped(text, width - by):
        yield Content.styled(f"{' ' * by}{line}", style)
