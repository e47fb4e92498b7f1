"""The options of a report from the texts that the Report screen was told."""

from __future__ import annotations

from tui.report.conditional import Asked
from tui.report.options import ReportOptions, parse_by
from tui.report.selection import parse_weights
from tui.ui.report.wanted import Wanted


def asked_of(wanted: Wanted) -> Asked:
    """What whoever makes the report is asked for. Raises BadInputError where a text is wrong."""
    options = ReportOptions(
        by=parse_by(wanted.by),
        select=bool(wanted.requires or wanted.weights),
        weights=parse_weights([wanted.weights] if wanted.weights else []),
    )
    requires = [wanted.requires] if wanted.requires else []
    return Asked.parse(wanted.filters, requires, compares=wanted.baseline is not None, options=options)
