"""The report as CSV, for spreadsheets: one line for each row, with headings that do not change.

Text from outside that a spreadsheet would take for a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from tui.core.metrics.registry import Place, Tally, flags_in, metrics_in
from tui.core.scoring.rating import SCALE
from tui.core.text.clean import clean_line
from tui.report.aggregate import Report, Row, criterion_order
from tui.report.statistic import Stat

Cell = str | int | float | None

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_SUBJECT: dict[str, Callable[[Row], Cell]] = {
    "mode": lambda row: row.subject.mode,
    "alias": lambda row: row.subject.alias,
    "model": lambda row: row.subject.model,
    "variant": lambda row: row.subject.variant,
    "device": lambda row: row.subject.device,
    "ep": lambda row: row.subject.ep,
    "host": lambda row: row.subject.host,
    "max_tokens": lambda row: row.subject.parameters.max_tokens,
    "temperature": lambda row: row.subject.parameters.temperature,
    "top_p": lambda row: row.subject.parameters.top_p,
    "seed": lambda row: row.subject.parameters.seed,
    "stop": lambda row: " ".join(map(repr, row.subject.parameters.stop)),
    "system": lambda row: row.subject.system,
    "nonce": lambda row: row.subject.nonce,
    "size_mb": lambda row: row.size_mb,
    "licence": lambda row: row.licence,
    "memory_mb": lambda row: row.memory_mb,
    "sessions": lambda row: row.sessions,
    "prompts": lambda row: row.prompts,
}
_OUTCOMES: dict[str, Callable[[Row], Cell]] = {
    "runs": lambda row: row.outcomes.runs,
    "done": lambda row: row.outcomes.done,
    "empty": lambda row: row.outcomes.empty,
    "cut": lambda row: row.outcomes.cut,
    "failed": lambda row: row.outcomes.failed,
    "stopped": lambda row: row.outcomes.stopped,
    "skipped": lambda row: row.outcomes.skipped,
    "failures": lambda row: row.outcomes.failures,
    "failure_rate": lambda row: row.outcomes.failure_rate,
    "warmups": lambda row: row.warmups,
    "unfinished": lambda row: row.unfinished,
}
_NOTES: dict[str, Callable[[Row], Cell]] = {
    "outliers": lambda row: len(row.outliers),
    "notes": lambda row: "; ".join(row.notes),
}
_STATISTICS: dict[str, Callable[[Stat], Cell]] = {
    "n": lambda stat: stat.n,
    "median": lambda stat: stat.median,
    "median_low": lambda stat: stat.low,
    "median_high": lambda stat: stat.high,
    "min": lambda stat: stat.minimum,
    "max": lambda stat: stat.maximum,
    "p95": lambda stat: stat.p95,
    "p95_high": lambda stat: stat.p95_high,
    "estimated": lambda stat: stat.estimated,
}


def render(report: Report) -> str:
    """Headings and rows, separated by commas; each line ends in a line feed. What is unknown is an empty cell.

    Criteria come last, as `score_<criterion>_mean` and `_n`; a scale other than the usual one is in the name.
    """
    found = {(mean.criterion, mean.scale) for row in report.rows for mean in row.scores}
    criteria = sorted(found, key=criterion_order)
    columns, metrics = _columns(), [metric.name for metric in metrics_in(Place.REPORT)]
    headings = [*columns, *(f"{metric}_{name}" for metric in metrics for name in _STATISTICS)]
    headings += [f"score_{_criterion(*key)}_{part}" for key in criteria for part in ("mean", "n")]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_text(heading) for heading in headings)
    for row in report.rows:
        cells = [read(row) for read in columns.values()]
        cells += [read(row.stats[metric]) for metric in metrics for read in _STATISTICS.values()]
        means = {(mean.criterion, mean.scale): mean for mean in row.scores}
        for key in criteria:
            mean = means.get(key)
            cells += [mean.mean, mean.n] if mean else [None, 0]
        writer.writerow(_shown(cell) for cell in cells)
    return out.getvalue()


def _columns() -> dict[str, Callable[[Row], Cell]]:
    """What is read off a row itself, by heading."""
    flags = flags_in(Place.REPORT)
    any_of = {flag.name: _any(flag.name) for flag in flags if flag.tally is Tally.ANY}
    counts = {flag.name: _count(flag.name) for flag in flags if flag.tally is Tally.COUNT}
    return {**_SUBJECT, **any_of, **_OUTCOMES, **counts, **_NOTES}


def _any(flag: str) -> Callable[[Row], Cell]:
    return lambda row: row.flags[flag] > 0


def _count(flag: str) -> Callable[[Row], Cell]:
    return lambda row: row.flags[flag]


def _criterion(name: str, scale: int) -> str:
    return name if scale == SCALE[-1] else f"{name}_of_{scale}"


def _shown(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case int():
            return str(cell)
        case float():
            return repr(round(cell, 4))
        case _:
            return _text(cell)


def _text(text: str) -> str:
    line = clean_line(text)
    return f"'{line}" if line.lstrip().startswith(_FORMULA) else line
