"""The report as JSON, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from tui.core.metrics.registry import Place, Tally, flags_in, metrics_in
from tui.core.text.clean import join_surrogates
from tui.report.aggregate import Report, Row
from tui.report.outliers import LIMIT, OUTLIERS_FROM
from tui.report.statistic import INTERVAL_FROM, P95_BOUND_FROM, P95_FROM, RESAMPLES, Stat

SCHEMA = 1


def render(report: Report) -> str:
    """The whole report as one JSON object, two spaces deep. What is unknown is null.

    It is ASCII, so that text from outside is unchanged and harmless in a terminal.
    """
    facts = {
        "schema": SCHEMA,
        "sessions": report.sessions,
        "interval_of_median": {"percent": 95, "from_n": INTERVAL_FROM, "resamples": RESAMPLES},
        "p95_from_n": P95_FROM,
        "p95_high_from_n": P95_BOUND_FROM,
        "outliers": {"beyond_scaled_mads": LIMIT, "from_n": OUTLIERS_FROM},
        "rows": [_row(row) for row in report.rows],
        "skipped": [{"file": name, "reason": reason} for name, reason in report.skipped],
        "notes": report.notes,
    }
    return json.dumps(_rounded(facts), indent=2, allow_nan=False) + "\n"


def _row(row: Row) -> dict[str, Any]:
    outcomes, flags = row.outcomes, flags_in(Place.REPORT)
    return {
        **asdict(row.subject),
        **{flag.name: row.flags[flag.name] > 0 for flag in flags if flag.tally is Tally.ANY},
        "sessions": row.sessions,
        "prompts": row.prompts,
        "runs": outcomes.runs,
        "warmups": row.warmups,
        "unfinished": row.unfinished,
        **asdict(outcomes),
        "failures": outcomes.failures,
        "failure_rate": outcomes.failure_rate,
        **{metric.name: _stat(row.stats[metric.name]) for metric in metrics_in(Place.REPORT)},
        "scores": [asdict(mean) for mean in row.scores],
        "size_mb": row.size_mb,
        "licence": row.licence,
        "memory_mb": row.memory_mb,
        **{flag.name: row.flags[flag.name] for flag in flags if flag.tally is Tally.COUNT},
        "notes": row.notes,
        "outliers": [asdict(outlier) for outlier in row.outliers],
    }


def _stat(stat: Stat) -> dict[str, Any]:
    return {
        "n": stat.n,
        "median": stat.median,
        "median_low": stat.low,
        "median_high": stat.high,
        "min": stat.minimum,
        "max": stat.maximum,
        "p95": stat.p95,
        "p95_high": stat.p95_high,
        "estimated": stat.estimated,
    }


def _rounded(value: Any) -> Any:
    """All numbers rounded to the precision of the clock, and text without halves of surrogate pairs."""
    match value:
        case dict():
            return {key: _rounded(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_rounded(inner) for inner in value]
        case str():
            return join_surrogates(value)
        case float():
            return round(value, 4)
        case _:
            return value
