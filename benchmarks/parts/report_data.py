"""A million requests as Parquet by date and host: the queries of docs/report-data.md."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parents[2]
PAGE = TOP / "docs" / "report-data.md"
QUERIES = ("duckdb-speed", "duckdb-scores", "duckdb-days")
_MAKE = """
COPY (
  SELECT DATE '2025-01-01' + (i // 2740)::INT AS date, ['foundry', 'demo', 'openai'][1 + (i % 3)] AS host,
         'session' || (i // 100) AS session, 'r' || (i % 100) AS run, ['race', 'measure'][1 + (i // 100) % 2] AS mode,
         ['demo-small', 'demo-medium', 'demo-large', 'other'][1 + (i % 4)] AS alias,
         ['CPU', 'GPU'][1 + i % 2] AS device, 'Prompt number ' || (i % 40) || repeat(' and so on', 20) AS prompt,
         i % 97 <> 0 AS counts, i % 50 = 0 AS cold, 10 + hash(i) % 100 AS ttft_ms, 100.0 + hash(i) % 2000 AS end_ms,
         20.0 + hash(i) % 100 AS decode_tps,
         [{'criterion': 'overall', 'scale': 5, 'raters': 'people', 'rater': 'ana', 'value': 1 + (i % 5)}] AS scores
  FROM range(?) every(i)
) TO 'requests' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (date, host));
"""
_ASK = """
import resource, sys
import duckdb
duckdb.sql('SET enable_progress_bar = false')
found = duckdb.sql(sys.stdin.read()).fetchall()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(len(found), peak)
"""


@dataclass(frozen=True, slots=True)
class Queried:
    """What a query took, in a process of its own."""

    name: str
    seconds: float
    """From the start of Python to the end of the process."""
    peak_bytes: int
    rows: int


def query(name: str) -> str:
    """A query as the page has it."""
    found = re.search(rf"<!-- example: {name} -->\n```\w*\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    if found is None:
        raise RuntimeError(f"{PAGE} has no query {name}")
    return found[1]


def queried(requests: int) -> Iterator[Queried]:
    """Make so many requests, in a folder for each day and host, and measure each query."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        make = f"import duckdb, sys\nduckdb.connect().execute(sys.stdin.read(), [{requests}])"
        subprocess.run([sys.executable, "-c", make], input=_MAKE, text=True, cwd=folder, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        for name in QUERIES:
            began = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-c", _ASK], input=query(name), capture_output=True, text=True, cwd=folder, check=True
            )
            rows, peak = map(int, done.stdout.split())
            yield Queried(name, time.monotonic() - began, peak, rows)
