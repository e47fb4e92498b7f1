"""The plots of `report --plot`, in the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tui.cli.output import show_lines
from tui.cli.output_file import STDOUT
from tui.core.errors import BadInputError
from tui.core.text.cell_width import cell_width, wrapped
from tui.core.text.clean import clean_line
from tui.report.formats.registry import FORMATS, FileFormat, Format
from tui.report.report import Report

_NARROWEST, _WIDEST = 60, 160
_LEAST, _MOST = 12, 24
"""Rows of a plot."""
_BESIDE = 9
"""Rows that title and sentences take, so that both are seen at once."""


def check_plot(output: Path | None, form: Format | FileFormat) -> None:
    """Raises BadInputError where a report that goes there has no place for plots."""
    if form is not FORMATS[0] or (output is not None and output != STDOUT):
        hint = "Leave out -o and --format; `-o report.html` has charts."
        raise BadInputError("--plot draws in the terminal", hint=hint)


def show_plots(report: Report) -> None:
    """Write all plots of a report to stdout, in colours where a terminal shows them. Raises StoreError."""
    width, height = shutil.get_terminal_size((80, 24))
    width = min(max(width, _NARROWEST), _WIDEST)
    show_lines(_lines(report, width, min(max(height - _BESIDE, _LEAST), _MOST), colour=_in_colours()))


def _lines(report: Report, width: int, height: int, *, colour: bool) -> Iterator[str]:
    from tui.report.formats.terminal_plots import terminal_plots

    plots = terminal_plots(report)
    for plot in plots:
        title = clean_line(plot.title)
        yield from ("", title, "-" * min(cell_width(title), width), *plot.draw(width, height, colour).splitlines())
        yield from wrapped(clean_line(plot.says), width)
    if not plots:
        yield from ("", "There is no plot: it takes answers with times.")


def _in_colours() -> bool:
    """Whether stdout is a terminal that is known to show colours, and nobody wishes for none."""
    known = os.name != "nt" or bool(os.environ.get("WT_SESSION") or os.environ.get("TERM"))
    wished = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return known and wished and sys.stdout is not None and sys.stdout.isatty()
