"""The answers behind a figure, the worst first: one of them is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.core.text.clean import clean_line
from tui.ui.report.figures import Answer
from tui.ui.widgets.row_table import RowTable, TableColumn, TableRow

_COLUMNS = (
    TableColumn("value", right=True),
    TableColumn("prompt", least=20),
    TableColumn("round", rank=2, right=True),
    TableColumn("session", rank=1),
)
_PROMPT_SHOWN = 120


class AnswersDialog(ModalScreen[Answer | None]):
    """Returns the answer that is to be opened, or None when it was closed with esc."""

    AUTO_FOCUS = "RowTable"
    DEFAULT_CSS = """
    AnswersDialog { align: center middle; }
    AnswersDialog Vertical {
        width: 110; max-width: 96%; height: auto; max-height: 92%; padding: 0 1; border: round $primary;
        background: $surface;
    }
    AnswersDialog Static { height: auto; max-height: 5; }
    AnswersDialog RowTable { height: auto; max-height: 30; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", tooltip="Open the session at this answer", id="answers.open"),
        Binding("escape", "dismiss", "close", tooltip="Back to the report", id="answers.leave"),
    ]

    def __init__(self, title: str, text: str, answers: Sequence[Answer]) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._answers = answers

    def compose(self) -> ComposeResult:
        """What they are behind, and a row for each."""
        with Vertical():
            heading = Content.styled(clean_line(self._title, 200), "bold")
            yield Static(Content("\n").join([heading, Content(clean_line(self._text, 300)), Content("")]), markup=False)
            yield RowTable(_COLUMNS, -1)

    def on_mount(self) -> None:
        """Fill the list."""
        table = self.query_one(RowTable)
        table.show([_row(number, answer) for number, answer in enumerate(self._answers)])
        table.styles.height = min(len(self._answers) + 1, max(self.app.size.height - 10, 4))

    def on_row_table_picked(self, event: RowTable.Picked) -> None:
        """A click on the row under the cursor opens it."""
        self.action_open()

    def action_open(self) -> None:
        """Return the one under the cursor."""
        here = self.query_one(RowTable).here
        if here is not None:
            self.dismiss(self._answers[int(here.key)])


def _row(number: int, answer: Answer) -> TableRow:
    request = answer.request
    prompt = " ".join(request.prompt[: 4 * _PROMPT_SHOWN].split())
    cells = (answer.value, prompt, str(request.round), request.session)
    return TableRow(str(number), tuple(clean_line(cell or "-", _PROMPT_SHOWN) for cell in cells))
