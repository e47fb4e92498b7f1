"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.figures import Figure, Results, cpu_per_10k, key_p95, percentile
from benchmarks.parts.accuracy import FIELDS, Judged
from benchmarks.parts.streaming import Streamed

_VERDICTS = {"aim": "the aim", "must": "the must", "missed": "**neither**", "": "-"}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, all others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float | None, digits: int = 3) -> str:
    """A number to so many digits; a dash for what is unknown."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 10 ** (digits - 1) else f"{value:.{digits}g}"


def figures_table(rows: Sequence[Figure]) -> str:
    """The contract: figure, value, must, aim, which of them is reached."""
    return table(
        ["figure", "measured", "must", "aim", "reaches", "the two values"],
        [
            [
                row.name,
                _with_unit(row.value, row.unit),
                "≤ " + _with_unit(row.must, row.unit),
                "≤ " + _with_unit(row.aim, row.unit),
                _VERDICTS[row.verdict],
                row.detail or "-",
            ]
            for row in rows
        ],
    )


def designs_table(found: Results) -> str:
    """Every design in absolute numbers."""
    rows = [_design(name, found.plain[name], found.typed.get(name)) for name in found.plain]
    rows += [_design(f"{name}, one answer", run, None) for name, run in found.peers.items()]
    if found.slow is not None:
        rows.append(_design(f"{found.slow.design}, 20 KB/s, keys", found.slow, found.slow))
    if found.eight is not None:
        rows.append(_design(f"{found.eight.design}, 8 panes at 100 tok/s", found.eight, None))
    head = [
        "design", "stamp error p50 ms", "p95 ms", "CPU s per 10,000 tokens", "KB/s to the terminal",
        "key to echo p50 ms", "p95 ms", "complete after ms", "CPU s in the 1.5 s after",
    ]  # fmt: skip
    return table(head, rows)


def accuracy_table(judged: Sequence[Judged]) -> str:
    """The error of every field: a row a field, a column a shape. `!` where something is known to one side alone."""
    head = ["error of", *[one.shape for one in judged]]
    return table(head, [[f"`{name}`", *[_error(one, name) for one in judged]] for name in FIELDS])


def memory_table(found: Results) -> str:
    """Memory along the sitting."""
    points = found.soaked.points if found.soaked else []
    rows = [[f"{tokens:,}", f"{seen.program / 1e6:.1f}", f"{seen.whole / 1e6:.1f}"] for tokens, seen in points]
    return table(["tokens so far", "program MB", "with its engine MB"], rows)


def _design(name: str, plain: Streamed, typed: Streamed | None) -> list[str]:
    return [
        name,
        number(percentile(plain.errors_ms, 50)),
        number(percentile(plain.errors_ms, 95)),
        number(cpu_per_10k(plain)),
        number(plain.written / plain.seconds / 1000 if plain.seconds else None),
        number(percentile(typed.keys_ms, 50) if typed else None),
        number(key_p95(typed)),
        number(plain.complete_ms),
        number(plain.after_s),
    ]


def _error(one: Judged, name: str) -> str:
    if one.disagrees(name):
        return "!"
    error = one.error(name)
    if error is None:
        return "-"
    return f"{error:+.2f}{'' if name.endswith('_ms') else ' %'}"


def _with_unit(value: float | None, unit: str) -> str:
    return number(value) + (f" {unit}" if unit and value is not None else "")
