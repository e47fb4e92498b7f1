"""The narrow tables of a report for people, one for each question, and the sentences that belong below them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tui.core.metrics.registry import METRICS, MS, Metric, Place, Tally, flags_in, metrics_in
from tui.core.plans.mode import Mode
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN
from tui.report.formats.words import (
    COLD,
    counted,
    criterion_of,
    device_of,
    facets_of,
    hosted_names,
    legend_of,
    notes_of,
    said_of_blind,
    settings_of,
    shown_number,
    shown_percent,
    voters,
    votes_of,
)
from tui.report.loads import Loads
from tui.report.options import ReportOptions
from tui.report.reported_request import Choice, votes_on
from tui.report.row_names import NAME_SHOWN
from tui.report.rows import Row
from tui.report.statistics.sample import Stat

Table = tuple[Sequence[str], Sequence[tuple[str, ...]]]
"""Headings and rows; the first column is the model's. A heading's first line may stand above the columns after it,
whose headings then begin with a line break."""

_SPEED = (
    "Speed: med is the median of the runs that count, avg their mean, n how many, in brackets behind a figure that "
    "fewer of them have; p95 takes 20 of them. Ranges, intervals and all columns: --format md."
)
_VOTES = (
    "Votes: how often an answer of it was in a vote that it won, lost or shared, by all raters of one kind. An order "
    "counts pairs of models instead, each prompt once."
)
_SPEED_IN_SHORT = (
    'med: the median of n answers, in brackets behind a figure that fewer have; p95 takes 20. "-": unknown. '
    "All there is to know of them: foundry-compare report."
)
_OF_WIDE_TABLES = ("Times and rates:", "Too few to say:", "Below:")
"""Sentences of the legend about columns that these tables do not have."""


class Titled(NamedTuple):
    """A table and the question that it answers."""

    title: str
    table: Table


def tables(rows: Sequence[Row], options: ReportOptions | None = None) -> list[Titled]:
    """Speed, quality, what went wrong and footprint of the rows of one mode; with figures that are asked for by name
    only what is about one of them, and has no table of its own."""
    named, wide = numbered_names(rows), options is not None and options.wide
    names = options.figure_names if options is not None else frozenset()
    made = []
    if not names:
        made.append(Titled("Speed", _wide_speed(named, rows) if wide else _speed(named, rows)))
    if not names or "quality" in names:
        made.append(Titled("Quality and reliability", _quality(named, rows, weighted=wide)))
    if not names and (wrong := _what_went_wrong(named, rows, every=wide)) is not None:
        made.append(Titled("Failures and flags", wrong))
    if not names:
        made.append(Titled("Footprint", _footprint(named, rows, every=wide)))
    return made


def numbered_names(rows: Sequence[Row]) -> list[str]:
    """What the tables of these rows call each of them: its number, two cells wide, and its name."""
    return [f"{number:>2} {name}" for number, name in enumerate(_names(rows), 1)]


def settings_in_sentences(rows: Sequence[Row]) -> list[str]:
    """What the models were asked with: of all in one sentence, or one by the numbers of the rows for each settings."""
    numbers: dict[str, list[str]] = {}
    for number, row in enumerate(rows, 1):
        numbers.setdefault(settings_of(row.subject), []).append(str(number))
    if len(numbers) == 1:
        return [f"Settings of all: {next(iter(numbers))}."]
    return [f"Settings of {', '.join(of)}: {how}." for how, of in numbers.items()]


def remarks_below(mode: Mode, rows: Sequence[Row]) -> list[str]:
    """How to read the tables of these rows, and what is particular to some of them, as sentences."""
    noted = [(name.strip(), notes_of(row)) for name, row in zip(numbered_names(rows), rows, strict=True)]
    remarks = [f"{name}: {'; '.join(notes)}." for name, notes in noted if notes]
    remarks += said_of_blind(rows, [name.strip() for name in numbered_names(rows)])
    if voters(rows):
        remarks.append(_VOTES)
    remarks.append(_SPEED)
    not_here = _OF_WIDE_TABLES if _mixed(rows) else (*_OF_WIDE_TABLES, f"{COLD}:")
    remarks += [sentence for sentence in legend_of(mode, rows) if not sentence.startswith(not_here)]
    apart = sum(len(row.outliers) for row in rows)
    if apart:
        remarks.append(f"{counted(apart, 'outlier')} among the times, kept in all numbers: --format md lists them.")
    return remarks


def closing_remarks(rows: Sequence[Row]) -> list[str]:
    """What is particular to some of these rows, and how to read the table of their speed, in few sentences."""
    numbers: dict[str, list[str]] = {}
    for number, row in enumerate(rows, 1):
        numbers.setdefault("; ".join(notes_of(row)), []).append(str(number))
    return [*(f"{', '.join(of)}: {notes}." for notes, of in numbers.items() if notes), _SPEED_IN_SHORT]


def loads_table(loaded: Sequence[tuple[str, Loads]]) -> Table:
    """Medians of models by name: how long loading took, and the answers after it, cold and warm."""
    headings = ["", "loads", "load, ms"]
    headings += [part for title in ("first text, ms", "whole answer, ms") for part in (f"{title}\ncold", "\nwarm")]
    cells = []
    for name, one in loaded:
        pairs = (stat for both in zip(one.cold, one.warm, strict=True) for stat in both)
        medians = (UNKNOWN if stat.median is None else f"{shown_number(stat.median)} ({stat.n})" for stat in pairs)
        load = UNKNOWN if one.load_ms.median is None else shown_number(one.load_ms.median)
        cells.append((clean_line(name, NAME_SHOWN), str(one.load_ms.n), load, *medians))
    return headings, cells


def _speed(named: Sequence[str], rows: Sequence[Row]) -> Table:
    metrics, mixed = metrics_in(Place.REPORT), _mixed(rows)
    headings = ["", "n", *(heading for metric in metrics for heading in _stat_headings(metric))]
    cells = []
    for name, row in zip(named, rows, strict=True):
        n = max((stat.n for stat in row.stats.values()), default=0)
        figures = (cell for metric in metrics for cell in _stat(metric, row.stats[metric.name], n, mixed=mixed))
        cells.append((name, str(n), *figures))
    return headings, cells


def _mixed(rows: Sequence[Row]) -> bool:
    """Whether figures of cold answers stand beside those of warm ones. Where all are cold, the notes of rows say so."""
    return len({stat.cold for row in rows for stat in row.stats.values() if stat.n}) > 1


def _wide_speed(named: Sequence[str], rows: Sequence[Row]) -> Table:
    """All metrics of reports with all that is known of their values."""
    metrics = [metric for metric in METRICS if metric.shown_in & (Place.REPORT | Place.WIDE)]
    headings = ["", *(heading for metric in metrics for heading in _wide_headings(metric))]
    cells = [
        (name, *(cell for metric in metrics for cell in _wide_stat(row.stat(metric.name))))
        for name, row in zip(named, rows, strict=True)
    ]
    return headings, cells


def _wide_headings(metric: Metric) -> tuple[str, ...]:
    return f"{metric.label}, {metric.unit}\nn", "\nmed", "\navg", "\np95", "\nmin", "\nmax", "\n95 % of med"


def _wide_stat(stat: Stat) -> tuple[str, ...]:
    mark = "~" if stat.estimated else ""
    values = (stat.median, stat.mean, stat.p95, stat.minimum, stat.maximum)
    shown = [UNKNOWN if value is None else f"{mark}{shown_number(value)}" for value in values]
    known = stat.low is not None and stat.high is not None
    return str(stat.n), *shown, f"{shown_number(stat.low or 0)}-{shown_number(stat.high or 0)}" if known else UNKNOWN


def _what_went_wrong(named: Sequence[str], rows: Sequence[Row], *, every: bool) -> Table | None:
    """How many answers did not come to a good end, by kind, and for how many a flag holds; only those that occur,
    unless `every` one is wanted. None where there is none."""
    counts: dict[str, list[int]] = {
        kind: [getattr(row.outcomes, kind) for row in rows] for kind in ("failed", "empty", "cut", "stopped", "skipped")
    }
    counts["unfinished"] = [row.unfinished for row in rows]
    if every:
        counts["warm-ups"] = [row.warmups for row in rows]
        counts["loaded first"] = [row.cold for row in rows]
    for flag in flags_in(Place.REPORT):
        if flag.tally is not Tally.ANY:
            counts[_FLAG_WORDS.get(flag.name, flag.label)] = [row.flags[flag.name] for row in rows]
    shown = {name: of for name, of in counts.items() if every or any(of)}
    if not shown:
        return None
    lines = zip(named, zip(*shown.values(), strict=True), strict=True)
    return ["", *shown], [(name, *map(str, numbers)) for name, numbers in lines]


_FLAG_WORDS = {"truncated": "cut at the limit"}
"""What a flag is called above a column, where its label could be taken for something else there."""


def _stat_headings(metric: Metric) -> tuple[str, ...]:
    first = f"{metric.label}, {metric.unit}\nmed"
    return (first, "\navg", "\np95") if metric.unit == MS else (first,)


def _stat(metric: Metric, stat: Stat, n: int, *, mixed: bool) -> tuple[str, ...]:
    mark = "~" if stat.estimated else ""
    values = (stat.median, stat.mean, stat.p95) if metric.unit == MS else (stat.median,)
    median, *others = (UNKNOWN if value is None else f"{mark}{shown_number(value)}" for value in values)
    fewer = f" ({stat.n})" if 0 < stat.n < n else ""
    return (f"{median}{fewer}{f' {COLD}' * (mixed and stat.cold)}", *others)


def _quality(named: Sequence[str], rows: Sequence[Row], *, weighted: bool = False) -> Table:
    criteria = list(dict.fromkeys((criterion_of(mean), mean.scale) for row in rows for mean in row.scores))
    votes = voters(rows)
    headings = ["", "runs", "failed", *(f"{name}\n1-{scale} (n)" for name, scale in criteria)]
    # One criterion on the usual scale is its own weighted mean.
    weighted = weighted or any(len(row.weights) > 1 for row in rows)
    headings += ["weighted\n1-5"] if weighted else []
    facets = list(dict.fromkeys(share.raters for row in rows for share in row.facets))
    headings += [f"{facets_of(raters)}\nmet" for raters in facets]
    headings += [f"{votes_of(raters)}\nwon-lost-even" for raters in votes]
    cells = []
    for name, row in zip(named, rows, strict=True):
        means = {(criterion_of(mean), mean.scale): f"{mean.mean:.2f} ({mean.n})" for mean in row.scores}
        ends = row.outcomes
        failed = f"{ends.failures} ({shown_percent(ends.failure_rate)} %)" if ends.failures else "0"
        met = {share.raters: f"{share.met} of {share.of}" for share in row.facets}
        line = (name, str(ends.runs), failed, *(means.get(key, UNKNOWN) for key in criteria))
        line += (UNKNOWN if row.quality is None else f"{row.quality:.2f}",) if weighted else ()
        line += tuple(met.get(raters, UNKNOWN) for raters in facets)
        cells.append((*line, *(votes_in_words(row, raters) for raters in votes)))
    return headings, cells


def votes_in_words(row: Row, raters: str) -> str:
    """How many votes of a kind of raters on its answers it won, lost, and shared."""
    given = Counter(vote.choice for vote in votes_on(row.requests) if vote.raters == raters)
    even = given[Choice.BOTH_GOOD] + given[Choice.BOTH_BAD]
    return f"{given[Choice.WON]}-{given[Choice.LOST]}-{even}" if given else UNKNOWN


def _footprint(named: Sequence[str], rows: Sequence[Row], *, every: bool = False) -> Table:
    """What is unknown of all rows has no column but in wide tables."""
    columns: dict[str, list[str]] = {
        "device": [device_of(row.subject) for row in rows],
        "host": [clean_line(row.subject.host, NAME_SHOWN) for row in rows],
        "disk, MB": [_number(row.size_mb) for row in rows],
        "memory, MB": [_number(row.memory_mb) for row in rows],
        "licence": [clean_line(row.licence or UNKNOWN, NAME_SHOWN) for row in rows],
        "GPU, MB": [_number(row.gpu_memory_mb) for row in rows],
        "loading, ms": [_number(row.stat("load_ms").median) for row in rows],
        "context": [UNKNOWN if row.context is None else f"{row.context}" for row in rows],
    }
    if every:
        columns["variant"] = [clean_line(row.subject.variant or UNKNOWN, NAME_SHOWN) for row in rows]
        columns["prompts"] = [str(row.prompts) for row in rows]
        columns["sessions"] = [str(row.sessions) for row in rows]
        columns["outliers"] = [str(len(row.outliers)) for row in rows]
    usual = list(columns)[:5]
    shown = {name: of for name, of in columns.items() if every or name in usual or set(of) != {UNKNOWN}}
    return ["", *shown], list(zip(named, *shown.values(), strict=True))


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else shown_number(value)


def _names(rows: Sequence[Row]) -> list[str]:
    """The alias of each row's model, or more where another model of the report has the same one."""
    models = {(row.subject.alias, row.subject.model) for row in rows}
    often = Counter(alias for alias, _ in models)
    hosted = hosted_names(rows)
    plain = [clean_line(row.subject.alias, NAME_SHOWN) for row in rows]
    alone = len({(row.subject.host, row.subject.model) for row in rows}) == len(models)
    return [
        name if alone and often[row.subject.alias] == 1 else full
        for name, full, row in zip(plain, hosted, rows, strict=True)
    ]
