"""Sessions to the text of a report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tui.core.errors import BadInputError
from tui.core.sessions.session import Session
from tui.report.aggregate import Aggregation
from tui.report.formats.registry import FORMATS, format_called


def report(
    sessions: Iterable[Session],
    format: str = FORMATS[0].name,  # noqa: A002 - the command line's own name for it
    *,
    skipped: Sequence[tuple[str, str]] = (),
) -> str:
    """The report on these sessions as text, in one of the formats of `foundry-compare report --format`.

    `skipped` are files that the report says it is without, each with the reason; read after the last session. Raises
    BadInputError when there is no session, or no such format.
    """
    form = format_called(format)
    aggregation, any_good = Aggregation(), False
    for session in sessions:
        aggregation.add(session)
        any_good = True
    if not any_good:
        raise BadInputError("There is no session to report on", hint="Give session files, or folders that hold some.")
    return form.render(aggregation.report(list(skipped)))
