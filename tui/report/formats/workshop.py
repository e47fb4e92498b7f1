"""The report in the shapes of the workshop's own benchmark, for what already reads its files.

Times are in seconds there. Each figure is what its name says, over the answers that count: an average is a mean, the
95th percentile is never above the largest value and unknown for fewer answers than it takes, and tokens per second are
those of decoding, not all tokens over all time.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tui.core.references import DECODE, DECODE_REMARK, FROM
from tui.report.formats.markdown import table
from tui.report.report import Report
from tui.report.row_names import row_names
from tui.report.rows import Row
from tui.report.statistics.sample import Stat

_COLUMNS = ("latency_avg", "latency_p95", "tokens_per_sec_avg", "rounds", "first_token_latency_avg")
_HEADINGS = ("Model", "Avg Latency (s)", "p95 (s)", "Tokens/sec", "Rounds", "First Token (s)")


def render_json(report: Report) -> str:
    """A list with one object a row of the report: `alias`, `latency_avg`, `latency_p95`, `tokens_per_sec_avg`,
    `rounds`, `first_token_latency_avg`, and which tokens the rate is of. What is unknown is null."""
    return json.dumps([_line(name, row) for name, row in _named(report)], indent=2) + "\n"


def render_markdown(report: Report) -> str:
    """The same as a table, and below it which tokens the rate is of. What is unknown is a dash."""
    lines = [_line(name, row) for name, row in _named(report)]
    cells = [[line["alias"], *(_shown(line[key]) for key in _COLUMNS)] for line in lines]
    return f"{table(_HEADINGS, cells)}\n\n{DECODE_REMARK}\n"


def _named(report: Report) -> list[tuple[str, Row]]:
    """The rows with their models' aliases; with as much more as tells those of one alias apart."""
    often = Counter(row.subject.alias for row in report.rows)
    names = row_names(report.rows)
    return [
        (row.subject.alias if often[row.subject.alias] == 1 else name, row)
        for name, row in zip(names, report.rows, strict=True)
    ]


def _line(name: str, row: Row) -> dict[str, Any]:
    end, first, rate = (row.stats[metric] for metric in ("end_ms", "ttft_ms", "decode_tps"))
    return {
        "alias": name,
        "latency_avg": _seconds(end.mean),
        "latency_p95": _seconds(end.p95),
        "tokens_per_sec_avg": _rounded(rate),
        "rounds": end.n,
        "first_token_latency_avg": _seconds(first.mean),
        FROM: DECODE,
    }


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value / 1000, 4)


def _rounded(stat: Stat) -> float | None:
    return None if stat.mean is None else round(stat.mean, 2)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
