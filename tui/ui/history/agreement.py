"""How far those agree who scored a session, what they differ about most, and what they decide together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.core.blind.masks import mask, masked_ranges
from tui.core.scoring.disagreement import SharedAnswer, shared_answers
from tui.core.scoring.in_effect import in_effect
from tui.core.sessions.session import Session
from tui.core.text.clean import clean, clean_line
from tui.ui.history.messages import DecisionRequested, OpenRequested
from tui.ui.widgets.row_table import EMPTY, RowTable, TableColumn, TableRow

_COLUMNS = (
    TableColumn("apart"),
    TableColumn("criterion", rank=1),
    TableColumn("given", least=12),
    TableColumn("decided"),
    TableColumn("question", rank=2, least=16),
)
_DECIDED = 3
_LONGEST = 120
_ANSWER = 20_000
"""Characters of an answer that are shown."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An answer that people scored differently, as it is shown: nothing in it names its model."""

    shared: SharedAnswer
    question: str
    answer: str
    notes: tuple[tuple[str, str], ...]
    """Who wrote what on it."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What there is to say of a session that several people scored. Texts are raw."""

    path: Path
    name: str
    sentences: tuple[str, ...]
    """How far they agree, on each criterion."""
    shared: int
    """How many scores can be compared: of an answer, for a criterion, from two people or more."""
    differing: tuple[Disagreement, ...]
    """Those furthest apart first."""


def agreement_of(path: Path, session: Session, sentences: Sequence[str], only: str = "") -> Agreement:
    """The agreement on a session in this file; `sentences` say how far people agree on each criterion. `only` is who is
    in the middle of scoring it blind: then it has the answers that this person has scored, and of the others nothing.
    """
    found = [one for one in shared_answers(session, session.raters) if not only or only in dict(one.scores)]
    notes = [note for note in in_effect(session).notes.values() if note.run]
    differing = []
    for shared in found:
        request = session.requests.get(shared.run)
        if request is None or not shared.apart:
            continue
        differing.append(
            Disagreement(
                shared,
                session.prompts[request.spec.prompt].user,
                mask(request.answer, masked_ranges(session, request)),
                tuple((note.rater, note.text) for note in notes if note.run == shared.run),
            )
        )
    first = next(iter(session.prompts.values()), None)
    name = session.title or (first.user if first is not None else "")
    return Agreement(path, name, tuple(sentences), len(found), tuple(differing))


class AgreementDialog(ModalScreen[None]):
    """The answers that people differ about, one of them whole below the list. A digit keeps what they decide
    together; everybody's own scores stay."""

    DEFAULT_CSS = """
    AgreementDialog { align: center middle; }
    AgreementDialog #page {
        width: 100%; height: 100%; padding: 0 1; border: round $primary; background: $surface;
    }
    AgreementDialog #said { height: auto; max-height: 35%; }
    AgreementDialog RowTable { height: 2fr; min-height: 4; background: $surface; }
    AgreementDialog #answer { height: 3fr; min-height: 3; border-top: solid $panel; scrollbar-size-vertical: 1; }
    """
    AUTO_FOCUS = "RowTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "close", tooltip="Back to the list of sessions", id="agreement.close"),
        Binding("1", "decide(1)", "decide", key_display="1 to 9", id="agreement.decide",
                tooltip="Keep this score as what you decided together; everybody's own stay"),
        Binding("0,backspace,delete", "take_back", "take back", id="agreement.take-back",
                tooltip="Take back what was decided"),
        Binding("enter", "open", "open", tooltip="Open the session at this answer's question", id="agreement.open"),
        Binding("space", "scroll_answer(1)", "read on", tooltip="Further down in the answer", id="agreement.read-on"),
        Binding("b", "scroll_answer(-1)", "read back", tooltip="Back up in the answer", id="agreement.read-back"),
    ]  # fmt: skip

    def __init__(self, agreement: Agreement) -> None:
        super().__init__()
        self._agreement = agreement
        self._by_key: dict[str, Disagreement] = {}

    def compose(self) -> ComposeResult:
        """How far they agree, the list, and the answer under the cursor."""
        with Vertical(id="page") as page:
            page.border_subtitle = Content("a digit decides · 0 takes back · space reads on · enter opens · esc")
            with VerticalScroll(id="said", can_focus=False):
                yield Static(id="sentences", markup=False)
            yield RowTable(_COLUMNS, _DECIDED)
            with VerticalScroll(id="answer", can_focus=False):
                yield Static(id="text", markup=False)

    def on_mount(self) -> None:
        """Fill it."""
        self.show(self._agreement)

    @property
    def path(self) -> Path:
        """The session's file."""
        return self._agreement.path

    def show(self, agreement: Agreement) -> None:
        """Show this instead; the cursor stays on its answer."""
        self._agreement = agreement
        self._by_key = {_key(one.shared): one for one in agreement.differing}
        decided = sum(one.shared.decided is not None for one in agreement.differing)
        said = [clean_line(f"{sentence}.") for sentence in agreement.sentences]
        said.append(
            f"{len(agreement.differing)} of {agreement.shared} scores in common differ, {decided} of them decided."
            if agreement.differing
            else "Nobody differs about anything."
        )
        self.query_one("#sentences", Static).update(Content("\n".join(said)))
        self.query_one(RowTable).show([_row(key, one) for key, one in self._by_key.items()])
        self._show_answer()

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Show the answer under the cursor."""
        self._show_answer()

    def on_row_table_picked(self, event: RowTable.Picked) -> None:
        """A click on the row under the cursor opens it."""
        self.action_open()

    def on_key(self, event: events.Key) -> None:
        """The digits above 1."""
        if event.character is not None and event.character in "23456789":
            event.stop()
            self.action_decide(int(event.character))

    def action_decide(self, value: int) -> None:
        """Keep this as what was decided on the answer under the cursor."""
        one = self._here
        if one is not None and value > one.shared.scale:
            self.notify(f"{value} is not on the scale of 1 to {one.shared.scale}.", severity="warning", markup=False)
        elif one is not None:
            self.post_message(DecisionRequested(self.path, one.shared, value))

    def action_take_back(self) -> None:
        """Take back what was decided."""
        one = self._here
        if one is not None:
            self.post_message(DecisionRequested(self.path, one.shared, None))

    def action_open(self) -> None:
        """Open the session at the question of this answer."""
        one = self._here
        if one is not None:
            self.dismiss()
            self.app.post_message(OpenRequested(self.path, one.shared.run))

    def action_scroll_answer(self, pages: int) -> None:
        """Read on, or back."""
        answer = self.query_one("#answer", VerticalScroll)
        answer.scroll_relative(y=pages * max(answer.size.height - 1, 1), animate=False)

    @property
    def _here(self) -> Disagreement | None:
        row = self.query_one(RowTable).here
        return self._by_key.get(row.key) if row is not None else None

    def _show_answer(self) -> None:
        one, keys = self._here, list(self._by_key)
        title = clean_line(f"Agreement: {self._agreement.name}", 50)
        lines: list[Content] = []
        if one is not None:
            # Not all of them need be in sight.
            title += f" · {keys.index(_key(one.shared)) + 1} of {len(keys)} that differ"
            lines = [
                Content.styled(clean(one.question), "bold"),
                *(Content.assemble((f"{clean_line(rater, 40)}: ", "bold"), clean(text)) for rater, text in one.notes),
                Content(clean(one.answer[:_ANSWER])),
            ]
        self.query_one("#page").border_title = Content(title)
        self.query_one("#text", Static).update(Content("\n").join(lines))
        self.query_one("#answer", VerticalScroll).scroll_home(animate=False)


def _key(shared: SharedAnswer) -> str:
    return "\n".join((shared.run, shared.criterion, str(shared.scale), shared.rubric))


def _row(key: str, one: Disagreement) -> TableRow:
    shared, decided = one.shared, one.shared.decided
    cells = (
        f"{shared.apart} of {shared.scale - 1}",
        shared.criterion,
        shared.given,
        EMPTY if decided is None else str(decided.value),
        " ".join(one.question[: 4 * _LONGEST].split()),
    )
    return TableRow(key, tuple(clean_line(cell, _LONGEST) for cell in cells), "" if decided is None else "loaded")
