"""Asks for the sessions that a report is compared with: one of those that were kept, or any file or folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.core.text.clean import clean_line
from tui.report.session_record import AboutSession
from tui.ui.widgets.row_table import RowTable, TableColumn, TableRow

_COLUMNS = (
    TableColumn("compare with", least=24),
    TableColumn("models", least=16, rank=1),
    TableColumn("asked", rank=2, right=True),
)
_NONE, _OTHER = "none", "other"


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session that could be a baseline."""

    path: Path
    id: str
    created: datetime
    title: str
    models: str
    """Their names, raw."""
    requests: int

    @classmethod
    def of(cls, path: Path, session_id: str, session: AboutSession) -> KeptSession:
        """What is shown of the session of this id."""
        return cls(path, session_id, session.created, session.title, ", ".join(session.models), session.requests)


class BaselineDialog(ModalScreen[Path | str | None]):
    """Returns the file of a session, an empty text for another place, `NO_BASELINE` for none; None when it was closed
    with esc."""

    AUTO_FOCUS = "RowTable"
    DEFAULT_CSS = """
    BaselineDialog { align: center middle; }
    BaselineDialog Vertical {
        width: 110; max-width: 96%; height: auto; max-height: 92%; padding: 0 1; border: round $primary;
        background: $surface;
    }
    BaselineDialog Static { height: auto; max-height: 8; }
    BaselineDialog RowTable { height: auto; max-height: 30; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "choose", tooltip="Compare with this", id="baseline.choose"),
        Binding("escape", "dismiss", "close", tooltip="Leave it as it is", id="baseline.leave"),
    ]

    def __init__(self, sessions: Sequence[KeptSession], now: Path | None) -> None:
        """`now` is what is compared with already."""
        super().__init__()
        self._sessions = sessions
        self._now = now

    def compose(self) -> ComposeResult:
        """What it is for, and a row for each choice."""
        text = (
            "What became better or worse since then is said of each model, figure and prompt that both have. To tell "
            "it from noise takes four sessions of the same prompts: name the folder that holds them."
        )
        now = f"Now: {clean_line(str(self._now), 200)}" if self._now is not None else "Now: no baseline"
        lines = [Content.styled("Baseline: enter compares all other sessions with", "bold"), Content(text)]
        with Vertical():
            yield Static(Content("\n").join([*lines, Content(now), Content("")]), markup=False)
            yield RowTable(_COLUMNS, -1)

    def on_mount(self) -> None:
        """Fill the list."""
        rows = [TableRow(_NONE, ("no baseline any more", "", ""))] if self._now is not None else []
        rows += [_row(number, one) for number, one in enumerate(self._sessions)]
        rows.append(TableRow(_OTHER, ("a folder of sessions, or another file: type its path …", "", "")))
        table = self.query_one(RowTable)
        table.show(rows)
        table.styles.height = min(len(rows) + 1, max(self.app.size.height - 12, 4))

    def on_row_table_picked(self, event: RowTable.Picked) -> None:
        """A click on the row under the cursor chooses it."""
        self.action_choose()

    def action_choose(self) -> None:
        """Return what is under the cursor."""
        here = self.query_one(RowTable).here
        if here is None:
            return
        named = {_NONE: NO_BASELINE, _OTHER: ""}
        self.dismiss(named[here.key] if here.key in named else self._sessions[int(here.key)].path)


NO_BASELINE = "-"
"""What stands for no baseline any more."""


def _row(number: int, one: KeptSession) -> TableRow:
    name = f"{one.created:%Y-%m-%d %H:%M} {one.title or one.id}"
    return TableRow(str(number), (clean_line(name, 80), clean_line(one.models, 80), str(one.requests)))
