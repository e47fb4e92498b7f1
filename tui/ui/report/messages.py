"""What the Report screen asks of the app. Filters are conditions, as `report --filter` takes them."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message


class ReportAsked(Message):
    """Something to have worked out, or written."""


class FiguresRequested(ReportAsked):
    """The report on all that was kept, under these filters, should be worked out."""

    def __init__(self, filters: Sequence[str]) -> None:
        super().__init__()
        self.filters = tuple(filters)


class ExportRequested(ReportAsked):
    """The report that is shown should be written: a file of this format, or a page to read where it is empty."""

    def __init__(self, format: str = "") -> None:  # noqa: A002 - what reports call it
        super().__init__()
        self.format = format
