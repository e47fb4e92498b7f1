"""Sessions to a report, as a value or as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tui.core.conditions.names import Figure
from tui.core.errors import BadInputError
from tui.core.sessions.session import Session
from tui.report.formats.registry import format_called

if TYPE_CHECKING:
    from tui.core.answers.checks import Check
    from tui.report.report import Report
    from tui.report.session_record import AnySession


def rendered(sessions: Iterable[Session], name: str, *, skipped: Sequence[tuple[str, str]] = ()) -> str:
    """The report on these sessions as text, in the format of this name; see `aggregated`.

    Raises BadInputError when there is no session, or no such format.
    """
    form = format_called(name)
    return form.render(aggregated(sessions, skipped=skipped, answers=form.answers))


def aggregated(
    sessions: Iterable[AnySession],
    *,
    skipped: Sequence[tuple[str, str]] = (),
    figures: Iterable[Figure] = (),
    without: Iterable[str] = (),
    checks: Iterable[Check] = (),
    may_be_empty: bool = False,
    answers: bool = False,
) -> Report:
    """The report on these sessions. `figures` are those that conditions and tables are about; answers with a flag of
    those that `without` names are left out; `checks` are put to each answer; with `answers` their texts are kept.

    Raises BadInputError where there is no session, unless there may be none.
    """
    from tui.report.aggregate import Aggregation  # they are not needed to run a comparison
    from tui.report.contribution import Keep

    keep = Keep(tuple(figures), frozenset(without), tuple(checks), answers)
    aggregation, any_good = Aggregation(keep), False
    for session in sessions:
        aggregation.add(session)
        any_good = True
    if not (any_good or may_be_empty):
        raise BadInputError("There is no session to report on", hint="Give session files, or folders that hold some.")
    return aggregation.report(list(skipped))
