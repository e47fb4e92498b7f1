"""What the Report screen is given to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tui.core.errors import BadInputError
from tui.report.aggregate import Report, Row
from tui.report.formats.terminal_plots import TerminalPlot
from tui.ui.report.figures import FigureColumn
from tui.ui.report.narrowing import FilterBy


@dataclass(frozen=True, slots=True)
class Reported:
    """What was kept adds up to this, under these filters."""

    filters: tuple[str, ...]
    report: Report | None
    """None where there is nothing to report on."""
    why_none: BadInputError | None
    known: Mapping[FilterBy, tuple[str, ...]]
    """The values that all sessions have, whatever the filters."""
    files: Mapping[str, Path]
    """Where each session is, by its whole id."""
    plots: tuple[TerminalPlot, ...]
    """Behind those of the report stand the pages of what was imported."""
    imported: int
    """How many of them these are."""
    compared: Callable[[Row, FigureColumn], list[str]]
    """As `figures.compared` makes it, which takes long."""
    left_out: tuple[tuple[str, str], ...]
    """Files and sessions that are not in it: name and reason."""
