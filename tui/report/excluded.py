"""What a report leaves out, or never puts together, and why: of every number that somebody could miss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui.core.metrics.registry import Place, flags_in
from tui.core.plans.mode import Mode
from tui.report.candidate_names import Names
from tui.report.not_compared import said_of_unlike
from tui.report.pairs import Matches
from tui.report.report import Report

_ENDS = {
    "failed": "failed",
    "empty": "came without any text",
    "cut": "were cut off by the connection",
    "stopped": "were stopped by somebody",
    "skipped": "were never sent",
}
"""How each kind of failure is called, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """Something that is left out."""

    what: str
    count: int
    why: str


def excluded(report: Report, matches: Matches, names: Names) -> list[Excluded]:
    """All of it, in the order in which it was left out; nothing that there is none of."""
    return [one for one in _excluded(report, matches, names) if one.count]


def _excluded(report: Report, matches: Matches, names: Names) -> Iterator[Excluded]:
    rows = report.rows
    yield Excluded("runs", report.filtered_out, "--filter")
    labels = {flag.name: flag.label for flag in flags_in(Place.REPORT)}
    for flag in report.options.without:
        # Rows that are left out as a whole had such answers, too.
        count = sum(row.flagged.get(flag, 0) for row in (*rows, *report.failing))
        yield Excluded(f"runs {labels[flag]}", count, f"--without {flag}")
    for out in report.left_out or ():
        yield Excluded(f"row {out.row}", 1, f"--require: {'; '.join(out.reasons)}")
    yield Excluded("warm-ups", sum(row.warmups for row in rows), "they are in no number")
    yield Excluded("unfinished runs", sum(row.unfinished for row in rows), "the program ended before they did")
    for kind, words in _ENDS.items():
        count = sum(getattr(row.outcomes, kind) for row in rows)
        yield Excluded("runs", count, f"{words}: in no time and no rate, counted as failures")
    for number, check in enumerate(report.options.checks):
        count = sum(number in run.out_of_time for row in rows for run in row.requests)
        yield Excluded(f"answers for the check {check.name}", count, "it ran out of time: neither passed nor failed")
    mixed = [row for row in rows if 0 < row.cold < row.outcomes.done]
    yield Excluded(
        "cold runs", sum(row.cold for row in mixed), "the model was loaded first: never put together with warm ones"
    )
    raced = {(pair.conditions, pair.first, pair.second) for pair in matches.pairs if pair.conditions.mode is Mode.RACE}
    yield Excluded("pairs of a race", len(raced), "each time tells of the whole race: no verdict on speed")
    for sentence in said_of_unlike(matches.unlike, names):
        who, _, why = sentence.partition(": ")
        yield Excluded(f"comparing {who}", 1, why)
