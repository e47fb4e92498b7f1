"""What the Report screen wants of a report, in the texts that the options of `report` take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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
