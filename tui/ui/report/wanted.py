"""What the Report screen wants of a report, in the texts that the options of `report` take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.report.conditional import Asked


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters, and what rows are split by, must have, are weighed by and compared with."""

    filters: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    """Names of dimensions."""
    requires: str = ""
    """The must-haves, as conditions."""
    weights: str = ""
    baseline: Path | None = None
    """A session's file or a folder."""

    def asked(self) -> Asked:
        """The same for whoever makes the report. Raises BadInputError where a text is wrong."""
        from tui.report.conditional import Asked  # the first frame needs no report
        from tui.report.options import ReportOptions, parse_by
        from tui.report.selection import parse_weights

        options = ReportOptions(
            by=parse_by(self.by),
            select=bool(self.requires or self.weights),
            weights=parse_weights([self.weights] if self.weights else []),
        )
        requires = [self.requires] if self.requires else []
        return Asked.parse(self.filters, requires, compares=self.baseline is not None, options=options)
