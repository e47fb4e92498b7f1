"""What the Report screen asks of the app."""

from __future__ import annotations

from textual.message import Message

from tui.ui.report.wanted import Wanted


class ReportAsked(Message):
    """Something to have worked out, or written."""


class FiguresRequested(ReportAsked):
    """The report on all that was kept should be worked out."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__()
        self.wanted = wanted


class ExportRequested(ReportAsked):
    """The report that is shown should be written: a file of this format, or a page to read where it is empty."""

    def __init__(self, format: str = "") -> None:  # noqa: A002 - what reports call it
        super().__init__()
        self.format = format
