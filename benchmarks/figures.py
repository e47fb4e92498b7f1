"""The figures the program is held to: a ratio within one run each, what it must be, and what is aimed at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from benchmarks.parts.accuracy import Judged
from benchmarks.parts.asking import Asked
from benchmarks.parts.first_paint import Paints
from benchmarks.parts.history import Histories
from benchmarks.parts.report_data import Queried
from benchmarks.parts.scoring import ITEMS, Decided
from benchmarks.parts.slow_rates import LOADS, SlowRate
from benchmarks.parts.soak import Soaked
from benchmarks.parts.streaming import Streamed


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: smaller is better, and None was not measured."""

    name: str
    value: float | None
    must: float
    aim: float
    unit: str = ""
    """Empty for a ratio."""
    detail: str = ""

    @property
    def verdict(self) -> str:
        """`aim`, `must` or `missed`: the best that is reached; empty when nothing was measured."""
        if self.value is None:
            return ""
        return "aim" if self.value <= self.aim else "must" if self.value <= self.must else "missed"


@dataclass(slots=True)
class Results:
    """What the parts that ran have found."""

    plain: dict[str, Streamed] = field(default_factory=dict)
    """By design: answers alone, nobody types."""
    typed: dict[str, Streamed] = field(default_factory=dict)
    """By design: keys are pressed meanwhile."""
    peers: dict[str, Streamed] = field(default_factory=dict)
    """By design: one answer in one pane, which is all that programs of others show at once."""
    slow: Streamed | None = None
    """Our program over a slow line, with keys."""
    eight: Streamed | None = None
    slow_rates: Sequence[SlowRate] = ()
    asked: Asked | None = None
    decided: Decided | None = None
    decided_slow: Decided | None = None
    """The same over a slow line."""
    paints: Paints | None = None
    soaked: Soaked | None = None
    histories: Histories | None = None
    queried: list[Queried] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Parts that came to no end, and why."""

    def faults(self) -> list[str]:
        """What went wrong, so that no number is read that should not be."""
        every = [
            *self.plain.values(),
            *self.typed.values(),
            *self.peers.values(),
            *(one for one in (self.slow, self.eight) if one),
            *(one for load in self.slow_rates for one in (*load.bare, *load.ours)),
        ]
        said = [f"{one.design}: {fault}" for one in every for fault in one.faults]
        said += [f"{one.shape}: {fault}" for one in self.judged for fault in one.faults]
        passes = [one for one in (self.decided, self.decided_slow) if one]
        said += [f"score pass: {one.fault}" for one in passes if one.fault]
        said += [f"keys: {self.asked.fault}"] if self.asked and self.asked.fault else []
        said += [f"history: {self.histories.fault}"] if self.histories and self.histories.fault else []
        return self.broken + said + ([f"sitting: {self.soaked.fault}"] if self.soaked and self.soaked.fault else [])


def percentile(values: Sequence[float], percent: float) -> float | None:
    """By linear interpolation; None of nothing."""
    return float(np.percentile(values, percent)) if values else None


def ratio(one: float | None, other: float | None) -> float | None:
    """None where either is unknown, or nothing can be divided by."""
    return one / other if one is not None and other else None


def cpu_per_10k(one: Streamed | None) -> float | None:
    """Seconds of CPU for ten thousand tokens."""
    return ratio(one.cpu_s * 1e4, one.tokens) if one else None


def error_p95(one: Streamed | None) -> float | None:
    """Milliseconds that 19 of 20 stamps are not later than."""
    return percentile(one.errors_ms, 95) if one else None


def key_p95(one: Streamed | None) -> float | None:
    """Milliseconds within which 19 of 20 keys show."""
    return percentile(one.keys_ms, 95) if one else None


def _bytes_per_token(one: Streamed | None) -> float | None:
    return ratio(one.written, one.tokens) if one else None


def figures(found: Results, *, ours: str, bare: str, static: str, markdown: str) -> list[Figure]:
    """The rows of the contract, in its order; the names are those of the designs."""
    plain, typed = found.plain.get, found.typed.get
    mine, slow = plain(ours), found.slow
    cpu = cpu_per_10k(mine)
    fast_error = error_p95(typed(ours))
    paints, soaked = found.paints, found.soaked
    enter, again = (
        (percentile(found.asked.enter_ms, 50), percentile(found.asked.rerun_ms, 50)) if found.asked else (None, None)
    )
    complete = found.eight.complete_ms if found.eight else None
    return [
        Figure(
            "stamp error p95, 4 panes painting at 50 tok/s, against the bare client without a screen",
            ratio(error_p95(mine), error_p95(plain(bare))), 1.0, 0.25,
            detail=_against(error_p95(mine), error_p95(plain(bare)), "ms"),
        ),
        Figure(
            "the same on a terminal drained at 20 KB/s, against a fast terminal",
            ratio(error_p95(slow), fast_error), 2.0, 1.2,
            detail=_against(error_p95(slow), fast_error, "ms"),
        ),
        Figure(
            "CPU of the process tree per token, against the bare client",
            ratio(cpu, cpu_per_10k(plain(bare))), 2.0, 1.0,
            detail=_against(cpu, cpu_per_10k(plain(bare)), "s per 10,000 tokens"),
        ),
        Figure(
            "the same against `MarkdownStream` per token",
            ratio(cpu, cpu_per_10k(plain(markdown))), 1 / 3, 1 / 6,
            detail=_against(cpu, cpu_per_10k(plain(markdown)), "s per 10,000 tokens"),
        ),
        Figure(
            "terminal bytes, against `Static.update` per token",
            ratio(_bytes_per_token(mine), _bytes_per_token(plain(static))), 1 / 8, 1 / 20,
            detail=_against(_bytes_per_token(mine), _bytes_per_token(plain(static)), "bytes a token"),
        ),
        Figure(
            "key to echo p95, against `Static.update` per token",
            ratio(key_p95(typed(ours)), key_p95(typed(static))), 0.5, 0.25,
            detail=_against(key_p95(typed(ours)), key_p95(typed(static)), "ms"),
        ),
        Figure(
            "first paint, against a minimal Textual program",
            paints.ratio if paints else None, 1.5, 1.1,
            detail=_against(percentile(paints.ours, 50), percentile(paints.minimal, 50), "ms") if paints else "",
        ),
        Figure(
            "8 panes at 100 tok/s: screen complete after the last byte",
            None if complete is None else complete / 1000, 1.0, 0.2, "s",
        ),
        Figure(
            f"memory after {soaked.points[-1][0]:,} tokens in one sitting, against after 10,000"
            if soaked and soaked.points else "memory after 1,000,000 tokens in one sitting, against after 10,000",
            soaked.ratio if soaked and soaked.points else None, 1.5, 1.2,
            detail=_against(soaked.points[-1][1].whole / 1e6, soaked.points[0][1].whole / 1e6, "MB")
            if soaked and soaked.points else "",
        ),
        Figure(
            "slowest key to echo on a terminal drained at 20 KB/s",
            max(slow.keys_ms) / 1000 if slow and slow.keys_ms else None, 1.0, 0.25, "s",
        ),
        *(
            Figure(
                f"CPU of the process tree per token, {load.answers} answers at {load.rate} tok/s, "
                "against the bare client",
                load.ratio, 2.0, 1.3,
                detail=_against(_cpu_share(load.ours), _cpu_share(load.bare), "% of one CPU"),
            )
            for load in found.slow_rates or [SlowRate(*load) for load in LOADS]
        ),
        Figure(
            "from Enter or R, whichever is slower, to the last of four requests at the server",
            max(enter, again) if enter is not None and again is not None else None, 25.0, 10.0, "ms",
            detail=f"Enter {enter:.3g} and R {again:.3g} ms" if enter is not None and again is not None else "",
        ),
        Figure(
            f"from a digit of a score pass to the next thing to decide, p95, {ITEMS} answers",
            percentile(found.decided.keys_ms, 95) if found.decided else None, 50.0, 30.0, "ms",
        ),
        Figure(
            "the same on a terminal drained at 20 KB/s",
            percentile(found.decided_slow.keys_ms, 95) if found.decided_slow else None, 1000.0, 500.0, "ms",
        ),
        *_of_history(found.histories),
        *_of_queries(found.queried),
    ]  # fmt: skip


def _of_history(found: Histories | None) -> list[Figure]:
    """The rows of the index."""
    sessions = f"{found.sessions if found else 10_000:,} sessions"
    held = f"{found.peak_bytes / 1e6:.0f} and {found.index_bytes / 1e6:.0f} MB" if found else ""
    return [
        Figure(
            f"first list of {sessions} of 20 kB, against `load()` of the same files on all processors",
            found.first_ratio if found else None, 1.3, 1.1,
            detail=_against(found.first, found.load, "s") if found else "",
        ),
        Figure(f"list of {sessions}, more than `--version`", found.list_s if found else None, 0.3, 0.15, "s",
               detail=_against(median(found.listed), median(found.version), "s") if found else ""),
        Figure(f"the same as `--json`, of {sessions}", found.json_s if found else None, 0.3, 0.15, "s",
               detail=_against(median(found.as_json), median(found.version), "s") if found else ""),
        Figure(f"search in {sessions}, more than `--version`", found.search_s if found else None, 0.2, 0.1, "s",
               detail=_against(median(found.searched), median(found.version), "s") if found else ""),
        Figure(f"memory of a list of, or a search in, {sessions}; the index's file",
               max(found.peak_bytes, found.index_bytes) / 1e6 if found else None, 150, 100, "MB", detail=held),
        Figure(f"from F3 until History lists {sessions}, median", median(found.shown_ms) if found else None,
               1000, 500, "ms"),
        Figure(f"from a word until History shows what it finds in {sessions}, median",
               median(found.found_ms) if found else None, 1000, 500, "ms"),
        Figure(f"first report on {sessions}, against `load()` of one file after another",
               found.report_ratio if found else None, 1.3, 1.0,
               detail=_against(found.first_report, found.load_alone, "s") if found else ""),
        Figure(f"report on {sessions} when nothing has changed, Python's start included",
               median(found.reported) if found else None, 1.5, 1.0, "s"),
        Figure("memory of these reports", found.report_peak_bytes / 1e6 if found else None, 300, 200, "MB"),
        Figure(f"from F4 until the Report screen has {sessions}, median",
               median(found.reported_ms) if found else None, 2500, 1500, "ms"),
    ]  # fmt: skip


def _of_queries(found: Sequence[Queried]) -> list[Figure]:
    """The rows of Parquet."""
    slowest = max(found, key=lambda one: one.seconds, default=None)
    return [
        Figure(
            "slowest of the documented queries of DuckDB over a million requests as Parquet, Python's start included",
            slowest.seconds if slowest else None, 5.0, 2.5, "s", detail=slowest.name if slowest else "",
        ),
        Figure("memory of the largest of them", max((one.peak_bytes / 1e6 for one in found), default=None),
               300, 150, "MB"),
    ]  # fmt: skip


def _cpu_share(runs: Sequence[Streamed]) -> float | None:
    """Percent of one CPU while the answers came."""
    return ratio(100 * sum(one.cpu_s for one in runs), sum(one.seconds for one in runs))


def _against(one: float | None, other: float | None, unit: str) -> str:
    return f"{one:.3g} and {other:.3g} {unit}" if one is not None and other is not None else ""
