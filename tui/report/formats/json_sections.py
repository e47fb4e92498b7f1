"""What a report has as JSON besides its rows and comparisons: a key for each thing that was asked for, and for what was
left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tui.core.metrics.registry import Place, metrics_in
from tui.report.breakdown import breakdowns, figure_stat
from tui.report.candidate_names import Names
from tui.report.changes import Change
from tui.report.contrasts import contrasts
from tui.report.excluded import excluded
from tui.report.pairs import Matches
from tui.report.rating_checks import rating_checks, said_of_check
from tui.report.report import Report
from tui.report.row_names import row_names
from tui.report.rows import Row
from tui.report.running_costs import HEURISTIC, Running, running_cost
from tui.report.selection import DIMENSIONS, ModelSelection, selections
from tui.report.statistics.sample import Stat
from tui.report.subject import Subject
from tui.report.trend import Trend, trends


def section_facts(report: Report, matches: Matches, names: Names) -> dict[str, Any]:
    """The keys; what was not asked for has none. Rows are named as in `row_names`."""
    options = report.options
    rows = {row.subject: name for row, name in zip(report.rows, row_names(report.rows), strict=True)}
    facts: dict[str, Any] = {
        "excluded": [asdict(one) for one in excluded(report, matches, names)],
        "rating_checks": [{**asdict(one), "sentence": said_of_check(one)} for one in rating_checks(report.rows)],
    }
    if options.metrics:
        facts["figures"] = _figures(report, rows)
    if options.by:
        facts["by"] = _breakdowns(report, rows)
        facts["contrasts"] = _contrasts(report, rows)
        facts["trends"] = _trends(report, rows)
    if options.select:
        found = selections((*report.rows, *report.failing), options.requires, options.weights, matches)
        facts["selection"] = [_selection(one) for one in found]
    if report.changes is not None:
        facts["changes"] = [{"row": rows[one.subject], **_facts_but(one, "subject")} for one in report.changes]
    if options.checks:
        facts["checks"] = _checks(report, rows)
    if options.running is not None:
        facts["running"] = {"note": HEURISTIC, "rows": _running_costs(report, rows, options.running)}
    return facts


_Names = Mapping[Subject, str]
"""What rows are called."""


def _facts_but(one: Change | Trend, *left_out: str) -> dict[str, Any]:
    return {key: value for key, value in asdict(one).items() if key not in left_out}


def _figures(report: Report, rows: _Names) -> list[dict[str, Any]]:
    return [
        {"row": rows[row.subject], "figure": figure.name, "unit": figure.unit, **stat_facts(figure_stat(row, figure))}
        for row in report.rows
        for figure in report.options.metrics
        if not figure.criteria
    ]


def _breakdowns(report: Report, rows: _Names) -> list[dict[str, Any]]:
    return [
        {
            "mode": found.mode,
            "by": {one.name: key for one, key in zip(found.by, group.keys, strict=True)},
            "scores_apart": group.apart,
            "longest_over_shortest": group.ratio,
            "rows": [{"row": rows[row.subject], **_part(row)} for row in group.rows],
        }
        for found in breakdowns(report.rows, report.options.by)
        for group in found.groups
    ]


def _contrasts(report: Report, rows: _Names) -> list[dict[str, Any]]:
    return [
        {
            "by": one.by.name, "a": rows[one.first.subject], "b": rows[one.second.subject],
            "differences": [{"name": name, "a": first, "b": second} for name, first, second in one.differs],
        }
        for one in contrasts(report.rows, report.options.by)
    ]  # fmt: skip


def _trends(report: Report, rows: _Names) -> list[dict[str, Any]]:
    return [
        {
            **_facts_but(one, "subject", "points"),
            "row": rows[one.subject],
            "points": [
                {**asdict(point), "when": None if point.when is None else point.when.isoformat()}
                for point in one.points
            ],
        }
        for one in trends(report.rows)
    ]


def _checks(report: Report, rows: _Names) -> list[dict[str, Any]]:
    return [
        {"row": rows[row.subject], "check": check.name, **_passed(row, number)}
        for row in report.rows
        for number, check in enumerate(report.options.checks)
    ]


def _running_costs(report: Report, rows: _Names, running: Running) -> list[dict[str, Any]]:
    return [
        {"row": rows[row.subject], **asdict(running_cost(running, row.subject.device, row.requests))}
        for row in report.rows
    ]


def row_facts(row: Row) -> dict[str, Any]:
    """What a row has besides its narrow tables."""
    return {
        "wide": {metric.name: stat_facts(row.wide[metric.name]) for metric in metrics_in(Place.WIDE)},
        "means": {name: stat.mean for name, stat in row.stats.items()},
        "context": row.context,
        "gpu_memory_mb": row.gpu_memory_mb,
        "quality": row.quality,
        "cold": row.cold,
        "left_out_by_flag": dict(row.flagged),
    }


def stat_facts(stat: Stat) -> dict[str, Any]:
    """A statistic, with its average."""
    return {
        "n": stat.n, "median": stat.median, "mean": stat.mean, "median_low": stat.low, "median_high": stat.high,
        "min": stat.minimum, "max": stat.maximum, "p95": stat.p95, "p95_high": stat.p95_high,
        "estimated": stat.estimated, "cold": stat.cold,
    }  # fmt: skip


def _part(row: Row) -> dict[str, Any]:
    return {
        "runs": row.outcomes.runs,
        "failures": row.outcomes.failures,
        **{name: stat_facts(stat) for name, stat in row.stats.items()},
        "scores": [asdict(mean) for mean in row.scores],
        "quality": row.quality,
    }


def _passed(row: Row, number: int) -> dict[str, Any]:
    said = [run.checks[number] for run in row.requests if run.checks[number] is not None]
    late = [run for run in row.requests if number in run.out_of_time]
    return {
        "passed": sum(map(bool, said)),
        "of": len(said),
        "out_of_time": [{"session": run.session, "run": run.id, "prompt": run.prompt} for run in late],
    }


def _selection(found: ModelSelection) -> dict[str, Any]:
    return {
        "mode": found.mode,
        "weights": dict(found.weights),
        "not_weighed": sorted(found.not_weighed),
        "models": [
            {
                "row": one.name,
                **{each.name: each.value(one.row) for each in DIMENSIONS if each.value is not None},
                "licence": one.row.licence,
                "share": one.share,
                "unknown": list(one.unknown),
                "fails": list(one.lacks),
            }
            for one in found.models
        ],
        "fronts": [
            {
                "criterion": front.criterion.criterion,
                "why_not": front.why_not or None,
                "rows": [
                    {"alias": point.row.subject.alias, "model": point.row.subject.model, "time_ms": point.time_ms,
                     "mean": point.mean, "ahead": front.ahead[place] if front.ahead else None}
                    for place, point in enumerate(front.points)
                ],
            }
            for front in found.fronts
        ],
    }  # fmt: skip
