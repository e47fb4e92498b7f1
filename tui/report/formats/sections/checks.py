"""What the user's own checks found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN
from tui.report.formats.narrow_tables import Titled
from tui.report.formats.sections.section import Section, table_names
from tui.report.formats.words import PROMPT_SHOWN, counted
from tui.report.report import Report
from tui.report.row_names import NAME_SHOWN
from tui.report.statistics.shares import share_by_prompt
from tui.report.subject import Subject

_LATE_SHOWN = 12
"""So many sentences say which check ran out of time, and where."""


def check_sections(report: Report) -> Iterator[Section]:
    """Of each row how many answers passed each check; first which checks ran out of time."""
    checks = report.options.checks
    if not checks or not report.rows:
        return
    names = table_names(report, modes=True)
    rows = []
    for row in report.rows:
        cells = [names[row.subject]]
        for number in range(len(checks)):
            said_of = [(run.prompt, bool(run.checks[number])) for run in row.requests if run.checks[number] is not None]
            share = share_by_prompt(said_of)
            passed = sum(passes for _, passes in said_of)
            known = share.low is not None and share.high is not None
            cells.append(
                f"{passed} of {len(said_of)} ({100 * (share.low or 0):.0f}-{100 * (share.high or 0):.0f})" if known
                else UNKNOWN
            )  # fmt: skip
        rows.append(tuple(cells))
    headings = ["", *(clean_line(check.name, NAME_SHOWN) for check in checks)]
    remark = (
        "Passed of the answers that were checked; in brackets the 95 % interval of the share, in per cent, of prompts."
    )
    yield Section("Your checks", tuple(_out_of_time(report, names)), (Titled("", (headings, rows)),), (remark,))


def _out_of_time(report: Report, names: Mapping[Subject, str]) -> Iterator[str]:
    """Which check ran out of time on which answers: they count as not checked."""
    late = Counter(
        (check.name, names[row.subject], run.prompt)
        for number, check in enumerate(report.options.checks)
        for row in report.rows
        for run in row.requests
        if number in run.out_of_time
    )
    for (check, model, prompt), count in list(late.items())[:_LATE_SHOWN]:
        yield (
            f"{clean_line(check, NAME_SHOWN)} ran out of time on {counted(count, 'answer')} of {model} to "
            f"{clean_line(prompt, PROMPT_SHOWN)}: not checked."
        )
    if (rest := late.total() - sum(list(late.values())[:_LATE_SHOWN])) > 0:
        yield f"Checks ran out of time on {rest} more: not checked."
