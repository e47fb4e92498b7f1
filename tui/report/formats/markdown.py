"""The report for people: Markdown that also reads well as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tui.core.metrics.registry import Place, metrics_in
from tui.core.plans.mode import Mode
from tui.core.text.cell_width import cell_width, table_rows, wrapped
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN
from tui.report.candidate_names import Names, names_of
from tui.report.formats.narrow_tables import Table, tables
from tui.report.formats.sections.every import sections
from tui.report.formats.sections.section import Section, flat
from tui.report.formats.words import (
    PROMPT_SHOWN,
    TITLES,
    TOO_FEW,
    compared,
    compared_legend,
    counted,
    criterion_of,
    device_of,
    facets_of,
    hosted_names,
    legend_of,
    model_of,
    notes_besides,
    notes_of,
    said_of_blind,
    settings_of,
    shown_number,
    shown_percent,
)
from tui.report.judges import said_of_raters
from tui.report.options import ReportOptions
from tui.report.outliers import LIMIT, OUTLIERS_FROM, SHARE
from tui.report.pairs import Failures
from tui.report.references import TITLE, reference_tables
from tui.report.report import Report
from tui.report.row_names import NAME_SHOWN
from tui.report.rows import Row
from tui.report.statistics.sample import Stat
from tui.report.verdicts import Verdict, verdicts

_WIDTH = 78
"""Cells of a line in a list: it is read in a terminal, too."""
_OUTLIERS = (
    f"Outliers are kept in all numbers: they lie more than {LIMIT:g} scaled median absolute deviations, and more than "
    f"{100 * SHARE:g} %, from the median of the same model's answers to the same prompt, where there are "
    f"{OUTLIERS_FROM} or more of those."
)


def render(report: Report) -> str:
    """A table for each mode, then failures, outliers, scores, and the files that were left out."""
    runs = sum(row.outcomes.runs for row in report.rows)
    blocks = ["# Report", f"{counted(report.sessions, 'session')}, {counted(runs, 'run')}."]
    matches = report.matches
    names, found = names_of(matches.candidates), verdicts(matches)
    for mode in Mode:
        rows = [row for row in report.rows if row.subject.mode is mode]
        if rows:
            blocks += [f"## {TITLES[mode]}", *_mode(mode, rows, wide=report.options.wide)]
            of_mode = [verdict for verdict in found if verdict.pair.conditions.mode is mode]
            blocks += _compared(of_mode, matches.failures, names)
    if not report.rows:
        blocks.append("There is nothing to report on.")
    if found:
        blocks.append("\n".join(wrapped(compared_legend(found), _WIDTH)))
    if told := said_of_raters(report.agreements, report.judges):
        blocks += ["## Raters", "\n".join(map(_bullet, told))]
    blocks += [block for section in sections(report, matches) for block in _section(flat(section))]
    notes = [f"- {escaped(note)}" for note in notes_besides(report)]
    if notes:
        blocks.append("\n".join(notes))
    blocks += [f"## {TITLE}"] if report.references else []
    for one in reference_tables(report.references):
        blocks += [f"### {escaped(one.name)}", table(one.headings, one.rows)]
        blocks += ["\n".join(map(_bullet, one.notes))] if one.notes else []
    if report.skipped:
        blocks += ["## Files left out", table(("file", "reason"), report.skipped)]
    return "\n\n".join(blocks) + "\n"


def _section(section: Section) -> list[str]:
    blocks = [f"## {escaped(section.title)}"]
    if section.sentences:
        blocks.append("\n".join(map(_bullet, section.sentences)))
    for title, (headings, cells) in section.tables:
        blocks += [f"### {escaped(title)}"] if title else []
        blocks.append(table([heading.replace("\n", " ") for heading in headings], cells))
    if section.remarks:
        blocks.append("\n".join(map(_bullet, section.remarks)))
    return blocks


def _mode(mode: Mode, rows: Sequence[Row], *, wide: bool) -> list[str]:
    settings = {settings_of(row.subject) for row in rows}
    shared = settings.pop() if len(settings) == 1 else None
    lines = [_line(number, row, settings=shared is None) for number, row in enumerate(rows, 1)]
    blocks = [] if shared is None else [f"Settings of all: {escaped(shared)}."]
    blocks.append(table(*_without_empty(_headings(settings=shared is None), lines)))
    blocks.append("\n".join(f"- {sentence}" for sentence in legend_of(mode, rows)))
    named = list(zip(hosted_names(rows), rows, strict=True))
    if wide:
        blocks += [block for title, made in tables(rows, _WIDE) for block in (f"### {title}", _in_one_line(made))]
    troubled = [_trouble(n, *one) for n, one in enumerate(named, 1) if one[1].outcomes.failures or one[1].unfinished]
    if troubled:
        troubles = ("#", "model", "done", "failed", "empty", "cut", "stopped", "skipped", "failures, %", "unfinished")
        blocks += ["### What went wrong", table(troubles, troubled)]
    apart = [line for number, one in enumerate(named, 1) for line in _outliers(number, *one)]
    if apart:
        headings = ("#", "model", "session", "run", "prompt", "metric", "value", "median", "n")
        blocks += ["### Outliers", table(headings, apart), _OUTLIERS]
    scored = [
        (str(number), name, criterion_of(mean), f"{mean.mean:.2f}", f"1-{mean.scale}", str(mean.n))
        for number, (name, row) in enumerate(named, 1)
        for mean in row.scores
    ]
    scored += [
        (str(number), name, facets_of(share.raters), f"{share.met} of {share.of}", "met", str(share.answers))
        for number, (name, row) in enumerate(named, 1)
        for share in row.facets
    ]
    if scored:
        blocks += ["### Scores", table(("#", "model", "criterion", "mean", "scale", "n"), scored)]
    if blind := said_of_blind(rows, [f"{number} {name}" for number, (name, _) in enumerate(named, 1)]):
        blocks.append("\n".join(_bullet(sentence) for sentence in blind))
    return blocks


_WIDE = ReportOptions(wide=True)


def _in_one_line(made: Table) -> str:
    """A table whose headings in two lines are put into one."""
    headings, rows, top = made[0], made[1], ""
    shown = []
    for heading in headings:
        above, _, below = heading.rpartition("\n")
        top = above or (top if heading.startswith("\n") else "")
        shown.append(" ".join(filter(None, (top, below))))
    return table(shown, rows)


def _compared(found: Sequence[Verdict], failures: Sequence[Failures], names: Names) -> list[str]:
    """What may be said of each pair of models, under each set of conditions; empty where there is no pair."""
    need, parts = compared(found, failures, names)
    if not parts:
        return []
    blocks = ["### Compared on the same prompts"]
    if need:
        blocks.append("\n".join(wrapped(need, _WIDTH)))
    for part in parts:
        if len(parts) > 1:
            blocks.append(f"With {escaped(part.conditions)}:")
        blocks.append("\n".join(_bullet(*item) for item in part.items))
    return blocks


def _bullet(*parts: str) -> str:
    """An item of a list, each part of it beginning a line of its own; lines fit 80 columns."""
    lines = [_no_block(line) for part in parts for line in wrapped(escaped(part), _WIDTH)]
    return "- " + "\n  ".join(lines)


def _no_block(line: str) -> str:
    """A line that does not begin a heading, a quotation, a list or a rule, whatever its words are."""
    return re.sub(r"^(\d*)([#>+\-=.)])", r"\1\\\2", line)


def _without_empty(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """The table without intervals, p95s, warm-ups and memory where no row has any; the legend says why."""
    empty = {TOO_FEW, UNKNOWN, "0"}
    kept = [
        column
        for column, heading in enumerate(headings)
        if not heading.split(",")[0].endswith((" interval", " p95", "warm-ups", " memory"))
        or any(line[column] not in empty and not line[column].startswith(f"{UNKNOWN} ") for line in lines)
    ]
    return [headings[column] for column in kept], [[line[column] for column in kept] for line in lines]


def _headings(*, settings: bool) -> tuple[str, ...]:
    metrics = (
        f"{metric.label}{part}, {metric.unit}"
        for metric in metrics_in(Place.REPORT)
        for part in ("", " interval", " p95")
    )
    about = ("#", "model", "device", "host", *(["settings"] if settings else []))
    return (
        *about,
        "prompts",
        "runs",
        "warm-ups",
        "failures, %",
        *metrics,
        "size, MB",
        "host memory, MB",
        "GPU memory, MB",
        "licence",
        "note",
    )


def _line(number: int, row: Row, *, settings: bool) -> tuple[str, ...]:
    what = row.subject
    return (
        str(number),
        model_of(what),
        device_of(what),
        clean_line(what.host, NAME_SHOWN),
        *([settings_of(what)] if settings else []),
        str(row.prompts),
        str(row.outcomes.runs),
        str(row.warmups),
        shown_percent(row.outcomes.failure_rate),
        *(cell for stat in row.stats.values() for cell in _stat(stat)),
        UNKNOWN if row.size_mb is None else shown_number(row.size_mb),
        UNKNOWN if row.memory_mb is None else shown_number(row.memory_mb),
        UNKNOWN if row.gpu_memory_mb is None else shown_number(row.gpu_memory_mb),
        clean_line(row.licence or UNKNOWN, NAME_SHOWN),
        "; ".join(notes_of(row)) or UNKNOWN,
    )


def _trouble(number: int, name: str, row: Row) -> tuple[str, ...]:
    ends = row.outcomes
    counts = (ends.done, ends.failed, ends.empty, ends.cut, ends.stopped, ends.skipped)
    return (str(number), name, *map(str, counts), shown_percent(ends.failure_rate), str(row.unfinished))


def _outliers(number: int, model: str, row: Row) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = []
    headings = {metric.name: f"{metric.label}, {metric.unit}" for metric in metrics_in(Place.REPORT)}
    for found in row.outliers:
        about = (str(number), model, found.session, found.run, clean_line(found.prompt, PROMPT_SHOWN))
        lines.append(
            (*about, headings[found.metric], shown_number(found.value), shown_number(found.median), str(found.n))
        )
    return lines


def _stat(stat: Stat) -> tuple[str, str, str]:
    if stat.median is None or stat.minimum is None or stat.maximum is None:
        return UNKNOWN, UNKNOWN, UNKNOWN
    mark = "~" if stat.estimated else ""
    return (
        f"{mark}{shown_number(stat.median)} ({shown_number(stat.minimum)}-{shown_number(stat.maximum)}), n {stat.n}"
        + ", cold" * stat.cold,
        TOO_FEW
        if stat.low is None or stat.high is None
        else f"{mark}{shown_number(stat.low)}-{shown_number(stat.high)}",
        _p95(stat, mark),
    )


def _p95(stat: Stat, mark: str) -> str:
    if stat.p95 is None or stat.maximum is None:
        return UNKNOWN if stat.maximum is None else f"{UNKNOWN} (max {mark}{shown_number(stat.maximum)})"
    bound = "" if stat.p95_high is None else f" (below {shown_number(stat.p95_high)})"
    return f"{mark}{shown_number(stat.p95)}{bound}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose columns line up in plain text, too. Every cell is escaped here, and only here."""
    lines = table_rows([headings, *([escaped(text) for text in row] for row in rows)], least=3)
    shown = ["| " + " | ".join(line) + " |" for line in lines]
    rule = "|" + "|".join("-" * (cell_width(cell) + 2) for cell in lines[0]) + "|"
    return "\n".join([shown[0], rule, *shown[1:]])


def escaped(text: str) -> str:
    """Text from outside, escaped: no border of the table, code, link, emphasis or HTML."""
    safe = re.sub(r"[\\|`*~\[\]]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", clean_line(text))
    return safe.replace("&", "&amp;").replace("<", "&lt;") or UNKNOWN
