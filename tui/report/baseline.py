"""Which row of the baseline a row is compared with, and on which prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.report.reported_request import ReportedRequest
from tui.report.row_names import differences, in_words, row_names
from tui.report.rows import Row

MAY_BE_UNKNOWN = ("variant", "ep")
"""What a host does not always say: it differs only where both sides have it."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The rows of the baseline."""

    rows: Sequence[Row] = ()
    also_reported: int = 0
    """How many of its sessions are not in these rows, because they are all that is compared with it."""
    unlike: tuple[str, ...] = ()
    """What there is to say of sessions in it that differ."""


@dataclass(frozen=True, slots=True)
class Match:
    """The runs of a row and of the baseline that may be compared, or why none may."""

    mine: tuple[ReportedRequest, ...] = ()
    theirs: tuple[ReportedRequest, ...] = ()
    prompts: int = 0
    """How many prompts both have. The runs are those of these prompts alone."""
    of: int = 0
    """How many prompts the row has."""
    why_not: str = ""
    """As a sentence without its stop."""


def match(row: Row, baseline: Earlier) -> Match:
    """What of the baseline is like the row but for the time it was made: the same model, asked the same way."""
    same_model = (other for other in baseline.rows if _is_same_model(row, other))
    similar = [(_unlike(row, other), other) for other in same_model]
    if not similar:
        return Match(why_not=f"the baseline has no runs of it{_but_for(baseline.also_reported)}")
    unlike, other = min(similar, key=lambda found: len(found[0]))
    if unlike:
        return Match(why_not=f"not comparable: {'; '.join(unlike)}")
    mine, theirs = ({run.prompt for run in one.requests} for one in (row, other))
    both = mine & theirs
    if not both:
        return Match(why_not="not comparable: no prompt is in both")
    runs, before = (tuple(run for run in one.requests if run.prompt in both) for one in (row, other))
    return Match(runs, before, len(both), len(mine))


def missing(rows: Sequence[Row], baseline: Earlier) -> list[str]:
    """The names of the baseline's models of which there is no row at all, however it was asked."""
    gone = [not any(_is_same_model(row, other) for row in rows) for other in baseline.rows]
    return [name for name, is_gone in zip(row_names(baseline.rows), gone, strict=True) if is_gone]


def _but_for(also_reported: int) -> str:
    if not also_reported:
        return ""
    sessions = "one session that is itself" if also_reported == 1 else f"{also_reported} sessions that are themselves"
    return f" but for {sessions} reported, and no session is a baseline of itself: give others"


def _is_same_model(row: Row, other: Row) -> bool:
    mine, theirs = row.subject, other.subject
    return mine.model == theirs.model or mine.alias == theirs.alias


def _unlike(row: Row, other: Row) -> list[str]:
    found = differences(row.subject, other.subject)
    return [
        in_words(difference) for difference in found if not (difference[0] in MAY_BE_UNKNOWN and None in difference[1:])
    ]
