"""The report for people: Markdown that also reads well as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tui.core.metrics.metrics import NoRate
from tui.core.metrics.registry import Place, Tally, flags_in, metrics_in
from tui.core.plans.plan import Mode
from tui.core.text.cell_width import cell_width, table_rows
from tui.core.text.clean import clean_line
from tui.report.aggregate import Report, Row, Subject
from tui.report.outliers import LIMIT, OUTLIERS_FROM
from tui.report.statistic import INTERVAL_FROM, P95_FROM, Stat

UNKNOWN = "-"
TOO_FEW = "too few to say"
SYSTEM_SHOWN = 60
"""Characters of a system prompt that are shown."""

PROMPT_SHOWN = 40
"""Characters of a prompt that are shown."""

_OUTLIERS = (
    f"Outliers are kept in all numbers: they lie more than {LIMIT:g} scaled median absolute deviations from the median "
    f"of the same model's answers to the same prompt, where there are {OUTLIERS_FROM} or more of those."
)
_TITLES = {Mode.MEASURE: "Measured: one request at a time", Mode.RACE: "Raced: all models at once"}


def render(report: Report) -> str:
    """A table for each mode, then failures, outliers, scores, and the files that were left out."""
    runs = sum(row.outcomes.runs for row in report.rows)
    blocks = ["# Report", f"{_count(report.sessions, 'session')}, {_count(runs, 'run')}."]
    for mode in Mode:
        rows = [row for row in report.rows if row.subject.mode is mode]
        if rows:
            blocks += [f"## {_TITLES[mode]}", *_mode(mode, rows)]
    if not report.rows:
        blocks.append("There is nothing to report on.")
    if report.notes:
        blocks.append("\n".join(f"- {_cell(note)}" for note in report.notes))
    if report.skipped:
        blocks += ["## Files left out", _table(("file", "reason"), report.skipped)]
    return "\n\n".join(blocks) + "\n"


def _mode(mode: Mode, rows: Sequence[Row]) -> list[str]:
    settings = {_settings(row.subject) for row in rows}
    shared = settings.pop() if len(settings) == 1 else None
    lines = [_line(number, row, settings=shared is None) for number, row in enumerate(rows, 1)]
    blocks = [] if shared is None else [f"Settings of all: {_cell(shared)}."]
    blocks.append(_table(*_without_empty(_headings(settings=shared is None), lines)))
    blocks.append("\n".join(f"- {sentence}" for sentence in _legend(mode, rows)))
    named = list(zip(_names(rows), rows, strict=True))
    troubled = [_trouble(n, *one) for n, one in enumerate(named, 1) if one[1].outcomes.failures or one[1].unfinished]
    if troubled:
        troubles = ("#", "model", "done", "failed", "empty", "cut", "stopped", "skipped", "failures, %", "unfinished")
        blocks += ["### What went wrong", _table(troubles, troubled)]
    apart = [line for number, one in enumerate(named, 1) for line in _outliers(number, *one)]
    if apart:
        headings = ("#", "model", "session", "run", "prompt", "metric", "value", "median", "n")
        blocks += ["### Outliers", _table(headings, apart), _OUTLIERS]
    scored = [
        (str(number), name, mean.criterion, f"{mean.mean:.2f}", f"1-{mean.scale}", str(mean.n))
        for number, (name, row) in enumerate(named, 1)
        for mean in row.scores
    ]
    if scored:
        blocks += ["### Scores", _table(("#", "model", "criterion", "mean", "scale", "n"), scored)]
    return blocks


def _without_empty(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """The table without intervals, p95s, warm-ups and memory where no row has any; the legend says why."""
    empty = {TOO_FEW, UNKNOWN, "0"}
    kept = [
        column
        for column, heading in enumerate(headings)
        if not heading.split(",")[0].endswith((" interval", " p95", "warm-ups", " memory"))
        or any(line[column] not in empty for line in lines)
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
        "licence",
        "note",
    )


def _line(number: int, row: Row, *, settings: bool) -> tuple[str, ...]:
    what = row.subject
    # Where only some of the runs have one of these flags, the row's own notes say of how many.
    notes = [
        flag.label
        for flag in flags_in(Place.REPORT)
        if flag.tally is Tally.ANY and row.flags[flag.name] == row.outcomes.runs > 0
    ]
    return (
        str(number),
        _model(what),
        _device(what),
        what.host,
        *([_settings(what)] if settings else []),
        str(row.prompts),
        str(row.outcomes.runs),
        str(row.warmups),
        _percent(row.outcomes.failure_rate),
        *(cell for stat in row.stats.values() for cell in _stat(stat)),
        UNKNOWN if row.size_mb is None else _number(row.size_mb),
        UNKNOWN if row.memory_mb is None else _number(row.memory_mb),
        row.licence or UNKNOWN,
        "; ".join([*notes, *row.notes]) or UNKNOWN,
    )


def _trouble(number: int, name: str, row: Row) -> tuple[str, ...]:
    ends = row.outcomes
    counts = (ends.done, ends.failed, ends.empty, ends.cut, ends.stopped, ends.skipped)
    return (str(number), name, *map(str, counts), _percent(ends.failure_rate), str(row.unfinished))


def _outliers(number: int, model: str, row: Row) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = []
    headings = {metric.name: f"{metric.label}, {metric.unit}" for metric in metrics_in(Place.REPORT)}
    for found in row.outliers:
        about = (str(number), model, found.session, found.run, clean_line(found.prompt, PROMPT_SHOWN))
        lines.append((*about, headings[found.metric], _number(found.value), _number(found.median), str(found.n)))
    return lines


def _legend(mode: Mode, rows: Sequence[Row]) -> list[str]:
    stats = [stat for row in rows for stat in row.stats.values()]
    lines = [
        "Times and rates: the median (min-max) of n runs; where there are enough of them the 95 % interval of that "
        "median and the 95th percentile (p95)."
    ]
    if mode is Mode.RACE:
        lines.append(
            "Race numbers are contended: the models answered at the same time, and each time tells of the whole race. "
            "A model that was asked again alone had no company; the note counts such runs."
        )
    if any(row.outcomes.stopped for row in rows):
        lines.append("Failures: all runs that did not come to their own end, those that somebody stopped included.")
    lines += [
        flag.legend for flag in flags_in(Place.REPORT) if flag.legend and any(row.flags[flag.name] for row in rows)
    ]
    if any(row.memory_mb is not None for row in rows):
        lines.append("Host memory: the most that the serving process was seen to hold, with all that it had loaded.")
    if any(0 < stat.n < P95_FROM for stat in stats):
        lines.append(f"Too few to say: an interval of the median needs {INTERVAL_FROM} runs, a p95 {P95_FROM}.")
    if any(stat.p95_high is not None for stat in stats):
        lines.append("Below: the p95's upper bound, with 95 % confidence.")
    for metric in metrics_in(Place.REPORT):
        if metric.reasons and any(row.stats[metric.name].n < row.outcomes.done for row in rows):
            # A run that counts has text.
            *others, last = (why for why in metric.reasons if why != NoRate.NO_TEXT)
            lines.append(f"A run has no {metric.noun} where {', '.join(others)}, or {last}.")
    if any(stat.estimated for stat in stats):
        lines.append('"\\~": the tokens were estimated, not counted by the host.')
    lines.append(f'"{UNKNOWN}": unknown. Warm-ups and runs that failed are in no time and no rate.')
    return lines


def _model(what: Subject) -> str:
    return what.alias if what.alias == what.model else f"{what.alias} ({what.model})"


def _names(rows: Sequence[Row]) -> list[str]:
    """The models of these rows, with the host where several have a model of that name: for tables without hosts."""
    hosts: dict[str, set[str]] = {}
    for row in rows:
        hosts.setdefault(_model(row.subject), set()).add(row.subject.host)
    names = [(_model(row.subject), row.subject.host) for row in rows]
    return [f"{host}/{name}" if len(hosts[name]) > 1 else name for name, host in names]


def _device(what: Subject) -> str:
    provider = (what.ep or "").removesuffix("ExecutionProvider")
    return " ".join(dict.fromkeys(part for part in (what.device, provider) if part)) or UNKNOWN


def _settings(what: Subject) -> str:
    asked = what.parameters
    parts = [f"max {asked.max_tokens} tokens"]
    parts += [
        f"{name} {value:g}"
        for name, value in (("temperature", asked.temperature), ("top_p", asked.top_p))
        if value is not None
    ]
    if asked.seed is not None:
        parts.append(f"seed {asked.seed}")
    parts += [f"stop {word!r}" for word in asked.stop]
    if what.nonce:
        parts.append("a marker ahead of each prompt")
    if what.system is not None:
        parts.append(f'system "{clean_line(what.system, SYSTEM_SHOWN)}"')
    return ", ".join(parts)


def _stat(stat: Stat) -> tuple[str, str, str]:
    if stat.median is None or stat.minimum is None or stat.maximum is None:
        return UNKNOWN, UNKNOWN, UNKNOWN
    mark = "~" if stat.estimated else ""
    return (
        f"{mark}{_number(stat.median)} ({_number(stat.minimum)}-{_number(stat.maximum)}), n {stat.n}",
        TOO_FEW if stat.low is None or stat.high is None else f"{mark}{_number(stat.low)}-{_number(stat.high)}",
        _p95(stat, mark),
    )


def _p95(stat: Stat, mark: str) -> str:
    if stat.p95 is None:
        return TOO_FEW
    bound = "" if stat.p95_high is None else f" (below {_number(stat.p95_high)})"
    return f"{mark}{_number(stat.p95)}{bound}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


def _percent(share: float | None) -> str:
    return UNKNOWN if share is None else f"{100 * share:.0f}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose columns line up in plain text, too. Every cell is escaped here, and only here."""
    lines = table_rows([headings, *([_cell(text) for text in row] for row in rows)], least=3)
    shown = ["| " + " | ".join(line) + " |" for line in lines]
    rule = "|" + "|".join("-" * (cell_width(cell) + 2) for cell in lines[0]) + "|"
    return "\n".join([shown[0], rule, *shown[1:]])


def _cell(text: str) -> str:
    """Text from outside, escaped: no border of the table, code, link, emphasis or HTML."""
    escaped = re.sub(r"[\\|`*~\[\]]|(?<![^\W_])_|_(?![^\W_])", r"\\\g<0>", clean_line(text))
    return escaped.replace("&", "&amp;").replace("<", "&lt;") or UNKNOWN
