"""The report as CSV, for spreadsheets, with headings that do not change: its rows, its requests, its comparisons,
or what was imported.

Text from outside that a spreadsheet would take for a formula gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from statistics import mean as mean_of

from tui.core.metrics.registry import Place, Tally, flags_in, metrics_in
from tui.core.scoring.rubric import DEFAULT_SCALE
from tui.core.scoring.score_cells import FORMULA
from tui.core.text.clean import clean_line
from tui.report.aggregate import criterion_order
from tui.report.candidate_names import Names, names_of
from tui.report.formats.spreadsheet import Spreadsheet
from tui.report.not_compared import said_of_unlike
from tui.report.pairs import Candidate, Unlike
from tui.report.references import REFERENCE_COLUMNS, reference_rows
from tui.report.report import Report
from tui.report.reported_request import PEOPLE
from tui.report.request_table import COLUMNS, Cell, rows
from tui.report.rows import FacetShare, Row
from tui.report.statistics.sample import Stat
from tui.report.verdict_words import full_method, said
from tui.report.verdicts import Verdict, verdicts

_COMPARISON: dict[str, Callable[[Verdict], Cell]] = {
    "mode": lambda verdict: verdict.pair.conditions.mode,
    "max_tokens": lambda verdict: verdict.pair.conditions.parameters.max_tokens,
    "temperature": lambda verdict: verdict.pair.conditions.parameters.temperature,
    "top_p": lambda verdict: verdict.pair.conditions.parameters.top_p,
    "seed": lambda verdict: verdict.pair.conditions.parameters.seed,
    "stop": lambda verdict: " ".join(map(repr, verdict.pair.conditions.parameters.stop)),
    "nonce": lambda verdict: verdict.pair.conditions.nonce,
    "figure": lambda verdict: verdict.pair.figure.name,
    "scale": lambda verdict: verdict.pair.figure.scale,
    "raters": lambda verdict: verdict.pair.figure.raters,
    "rubric": lambda verdict: verdict.pair.figure.rubric,
    "cold": lambda verdict: verdict.pair.figure.cold,
    "outcome": lambda verdict: verdict.outcome,
    "n": lambda verdict: verdict.n,
    "prompts_ahead": lambda verdict: verdict.prompts.ahead,
    "prompts_equal": lambda verdict: verdict.prompts.equal,
    "prompts_behind": lambda verdict: verdict.prompts.behind,
    "ahead": lambda verdict: verdict.pair.counts.ahead,
    "equal": lambda verdict: verdict.pair.counts.equal,
    "behind": lambda verdict: verdict.pair.counts.behind,
    "effect": lambda verdict: verdict.effect,
    "unit": lambda verdict: verdict.pair.figure.kind.value,
    "low": lambda verdict: verdict.low,
    "high": lambda verdict: verdict.high,
    "p": lambda verdict: verdict.p,
    "method": full_method,
    "same_within": lambda verdict: verdict.margin,
    "more_prompts": lambda verdict: verdict.more,
    "models": lambda verdict: verdict.models,
    "different_sessions": lambda verdict: verdict.pair.apart,
    "cold_left_out": lambda verdict: verdict.pair.cold_left_out,
    "caveat": lambda verdict: verdict.caveat,
}
_SIDE = ("alias", "model", "variant", "device", "ep", "host")
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
_FACETS: dict[str, Callable[[FacetShare], Cell]] = {
    "met": lambda share: share.met,
    "of": lambda share: share.of,
    "answers": lambda share: share.answers,
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


Table = tuple[list[str], list[list[Cell]]]
"""Headings and lines."""


def render(report: Report, spreadsheet: Spreadsheet = Spreadsheet.ANY) -> str:
    """The report's rows, each a line: see `row_table`. What is unknown is an empty cell."""
    return _table(*row_table(report), spreadsheet)


def row_table(report: Report) -> Table:
    """Headings and the report's rows.

    Behind the other statistics come the averages, then whether a metric is of cold answers alone, then the facets that
    people marked and the memory of GPUs; criteria come last, as `score_<criterion>_mean`, `_n` and, behind those of all
    criteria, `_blind_n`; a scale other than the usual one is in the name.
    """
    found = {(mean.criterion, mean.scale, mean.raters) for row in report.rows for mean in row.scores}
    criteria = sorted(found, key=criterion_order)
    columns, metrics = _columns(), [metric.name for metric in metrics_in(Place.REPORT)]
    headings = [*columns, *(f"{metric}_{name}" for metric in metrics for name in _STATISTICS)]
    headings += [f"{metric}_{part}" for part in ("mean", "cold") for metric in metrics]
    headings += [*(f"facets_{part}" for part in _FACETS), "gpu_memory_mb"]
    headings += [f"score_{_criterion(*key)}_{part}" for key in criteria for part in ("mean", "n")]
    headings += [f"score_{_criterion(*key)}_blind_n" for key in criteria]
    lines: list[list[Cell]] = []
    for row in report.rows:
        cells = [read(row) for read in columns.values()]
        cells += [read(row.stats[metric]) for metric in metrics for read in _STATISTICS.values()]
        cells += [row.stats[metric].mean for metric in metrics]
        cells += [row.stats[metric].cold for metric in metrics]
        facets = next((share for share in row.facets if share.raters == PEOPLE), None)
        cells += [None if facets is None else read(facets) for read in _FACETS.values()]
        cells.append(row.gpu_memory_mb)
        means = {(mean.criterion, mean.scale, mean.raters): mean for mean in row.scores}
        for key in criteria:
            mean = means.get(key)
            cells += [mean.mean, mean.n] if mean else [None, 0]
        cells += [means[key].blind if key in means else 0 for key in criteria]
        lines.append(cells)
    return headings, lines


def render_requests(report: Report, spreadsheet: Spreadsheet = Spreadsheet.ANY) -> str:
    """A line for each request: see `scored_request_table`."""
    return _table(*scored_request_table(report), spreadsheet)


def scored_request_table(report: Report) -> Table:
    """Headings and a line for each request: the columns of `request_table`, then its scores and the user's checks.

    A criterion's column has the mean of what the raters of one kind gave; a scale other than the usual one, and raters
    who are no people, are in its name.
    """
    every = list(rows(report))
    given = {score[:3] for _, request in every for score in request.scores}
    criteria = sorted(given, key=criterion_order)
    headings = [*(column.name for column in COLUMNS), *(f"score_{_criterion(*key)}" for key in criteria)]
    headings += [f"check_{check.name}" for check in report.options.checks]
    lines: list[list[Cell]] = []
    for row, request in every:
        cells = [column.read(row, request) for column in COLUMNS]
        for key in criteria:
            values = [score.value for score in request.scores if score[:3] == key]
            cells.append(mean_of(values) if values else None)
        cells += [request.checks[number] for number in range(len(report.options.checks))]
        lines.append(cells)
    return headings, lines


def render_comparisons(report: Report, spreadsheet: Spreadsheet = Spreadsheet.ANY) -> str:
    """A line for each two models and figure that are compared: see `comparison_table`."""
    matches = report.matches
    return _table(*comparison_table(verdicts(matches), matches.unlike, names_of(matches.candidates)), spreadsheet)


def comparison_table(found: Iterable[Verdict], unlike: Iterable[Unlike], names: Names) -> Table:
    """Headings, and a line for each two models and figure that are compared.

    `a_…` and `b_…` are the two models; `ahead` is a. Two that cannot be compared have neither figure nor outcome.
    """
    headings = [*(f"{side}_{fact}" for side in "ab" for fact in _SIDE), *_COMPARISON, "sentence"]
    lines: list[list[Cell]] = []
    for verdict in found:
        cells = [*_sides(verdict.pair.first, verdict.pair.second), *(read(verdict) for read in _COMPARISON.values())]
        lines.append([*cells, said(verdict, names).sentence])
    for one in unlike:
        cells = [*_sides(one.first, one.second), *(None for _ in _COMPARISON)]
        lines.append([*cells, said_of_unlike([one], names)[0]])
    return headings, lines


def render_references(report: Report, spreadsheet: Spreadsheet = Spreadsheet.ANY) -> str:
    """Headings and a line for each imported row: what another program measured, under its own names."""
    headings = [column.name for column in REFERENCE_COLUMNS]
    return _table(headings, reference_rows(report.references), spreadsheet)


def _table(headings: Iterable[str], lines: Iterable[Sequence[Cell]], spreadsheet: Spreadsheet) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=spreadsheet.separator, lineterminator=spreadsheet.line_end)
    writer.writerow(_text(heading) for heading in headings)
    for cells in lines:
        writer.writerow(_shown(cell, spreadsheet) for cell in cells)
    return spreadsheet.mark + out.getvalue()


def _sides(*models: Candidate) -> list[Cell]:
    return [getattr(who, fact) or None for who in models for fact in _SIDE]


def _columns() -> dict[str, Callable[[Row], Cell]]:
    """What is read off a row itself, by heading."""
    flags = flags_in(Place.REPORT)
    any_of = {flag.name: _any(flag.name) for flag in flags if flag.tally is Tally.ANY}
    counts = {flag.name: _count(flag.name) for flag in flags if flag.tally is not Tally.ANY}
    return {**_SUBJECT, **any_of, **_OUTCOMES, **counts, **_NOTES}


def _any(flag: str) -> Callable[[Row], Cell]:
    return lambda row: row.flags[flag] > 0


def _count(flag: str) -> Callable[[Row], Cell]:
    return lambda row: row.flags[flag]


def _criterion(name: str, scale: int, raters: str) -> str:
    named = name if scale == DEFAULT_SCALE else f"{name}_of_{scale}"
    return named if raters == PEOPLE else f"{named}_by_{raters}"


def _shown(cell: Cell, spreadsheet: Spreadsheet) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case int():
            return str(cell)
        case float():
            number = repr(round(cell, 4))
            return number.replace(".", ",") if spreadsheet is Spreadsheet.EXCEL_COMMA else number
        case datetime():
            return f"{cell:%Y-%m-%dT%H:%M:%S}Z"
        case date():
            return cell.isoformat()
        case _:
            return _text(cell)


def _text(text: str) -> str:
    line = clean_line(text)
    return f"'{line}" if line.lstrip().startswith(FORMULA) else line
