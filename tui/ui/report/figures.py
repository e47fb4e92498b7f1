"""The figures of the Report screen: one column each, with what is said of a row's figure and the answers behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from tui.core.metrics.registry import Better, Metric, Place, metrics_in
from tui.core.requests.request import RequestState
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN
from tui.report.breakdown import breakdowns
from tui.report.candidate_names import names_of
from tui.report.changes import Change
from tui.report.formats.narrow_tables import numbered_names
from tui.report.formats.sections.breakdowns import group_name
from tui.report.formats.words import (
    counted,
    criterion_of,
    device_of,
    model_of,
    notes_of,
    settings_of,
    shown_figure,
    shown_number,
)
from tui.report.pairs import PREFERENCE, Kind, candidate_of
from tui.report.report import Report
from tui.report.reported_request import Choice, ReportedRequest
from tui.report.row_names import NAME_SHOWN
from tui.report.rows import Row, ScoreMean
from tui.report.statistics.sample import INTERVAL_FROM, P95_FROM
from tui.report.subject import Subject
from tui.report.verdict_words import said
from tui.report.verdicts import verdicts
from tui.ui.widgets.row_table import TableColumn, TableRow

FIXED = (TableColumn("model", least=20), TableColumn("mode"))
"""The columns that are no figures; see `figure_rows`."""
MOST_LINES = 1000
"""Lines of a table whose rows are split: nobody goes through more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer behind a figure."""

    request: ReportedRequest
    value: str
    """What it has of the figure, with its unit."""


@dataclass(frozen=True, slots=True)
class FigureColumn:
    """A figure, for all rows."""

    title: str
    cell: Callable[[Row], str]
    about: Callable[[Row], Sequence[str]]
    """What is said of it, as sentences; names in them are clean."""
    answers: Callable[[Row], Sequence[Answer]]
    """Those behind it, the worst first; none where it is not of answers."""
    compared_for: tuple[Kind, str] | None = None
    """What models are compared for; None for what they are not compared for."""


def figure_columns(rows: Sequence[Row]) -> list[FigureColumn]:
    """Speed, quality and reliability, footprint: those that one of the rows has."""
    columns = [_of_metric(number, metric) for number, metric in enumerate(metrics_in(Place.REPORT))]
    criteria = {(mean.criterion, mean.scale, mean.raters): mean for row in rows for mean in row.scores}
    columns += [_of_criterion(mean) for mean in criteria.values()]
    columns += [
        FigureColumn("votes", _votes, lambda row: [], _voted, (Kind.VOTE, PREFERENCE)),
        FigureColumn("answers", lambda row: str(row.outcomes.runs), _said_of_answers, _every),
        FigureColumn("failed", lambda row: str(row.outcomes.failures), _said_of_answers, _failed),
        FigureColumn("memory, MB", lambda row: _number(row.memory_mb), _said_of_memory, _memory),
        FigureColumn("GPU memory, MB", lambda row: _number(row.gpu_memory_mb), _said_of_gpus, _gpu_memory),
        FigureColumn("disk, MB", lambda row: _number(row.size_mb), _said_by_host, lambda row: ()),
        FigureColumn(
            "licence", lambda row: clean_line(row.licence or UNKNOWN, NAME_SHOWN), _said_by_host, lambda row: ()
        ),
    ]
    return [column for column in columns if any(column.cell(row) != UNKNOWN for row in rows)]


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A line of the table: a row of the report, a part of one, or the heading of the parts below it."""

    key: str
    name: str
    row: Row | None = None
    """None of a heading."""
    group: str = ""
    """The heading that it stands under."""


def shown_rows(report: Report, most: int = MOST_LINES) -> tuple[ShownRow, ...]:
    """A line for each row, numbered within its mode as in the tables and plots of every report; where rows are split,
    one for each part below the heading of its group. `most` are the lines that there are at most."""
    names: dict[Subject, str] = {}
    for mode in dict.fromkeys(row.subject.mode for row in report.rows):
        of_mode = [row for row in report.rows if row.subject.mode is mode]
        named = numbered_names(of_mode)
        names |= {row.subject: clean_line(name, NAME_SHOWN) for row, name in zip(of_mode, named, strict=True)}
    if not report.options.by:
        return tuple(ShownRow(repr(row.subject), names[row.subject], row) for row in report.rows)
    return tuple(islice(_parts(report, names), most))


def _parts(report: Report, names: Mapping[Subject, str]) -> Iterator[ShownRow]:
    found = breakdowns(report.rows, report.options.by)
    for one in found:
        for group in one.groups:
            key, title = repr((one.mode, group.keys)), group_name(one, group)
            title += f" ({one.mode.value})" if len(found) > 1 else ""
            yield ShownRow(key, title, group=title)
            for row in group.rows:
                yield ShownRow(repr((one.mode, group.keys, row.subject)), names[row.subject], row, title)


def figure_rows(shown: Sequence[ShownRow], columns: Sequence[FigureColumn]) -> list[TableRow]:
    """The lines with their figures."""
    made = []
    for one in shown:
        if one.row is None:
            made.append(TableRow(one.key, (one.name, *("",) * (len(columns) + 1)), "", (one.key,), heading=True))
            continue
        values = (column.cell(one.row) for column in columns)
        made.append(TableRow(one.key, (one.name, one.row.subject.mode.value, *values), "", (repr(one.row.subject),)))
    return made


def about_row(row: Row) -> list[str]:
    """Which row it is: the model in full, where it ran, what it was asked with, and what else there is to know."""
    what = row.subject
    place = f"{device_of(what)} on {clean_line(what.host, NAME_SHOWN)}, {what.mode.value}"
    asked = f"{counted(row.sessions, 'session')}, {counted(row.prompts, 'prompt')}, {settings_of(what)}"
    return [model_of(what), place, asked, *notes_of(row)]


def changes_by_figure(report: Report) -> dict[tuple[Subject, str], Change]:
    """What became of each row's figures since the baseline, by the names that `FigureColumn.compared_for` has; of a row
    that cannot be compared, by an empty one."""
    return {(one.subject, one.figure): one for one in report.changes or () if not one.prompt}


def said_of_change(change: Change) -> str:
    """What became of it, as a sentence; names in it are clean."""
    before, now = shown_figure(change.before), shown_figure(change.now)
    if not change.figure:
        return f"Since the baseline: {clean_line(change.why, 200)}."
    return f"Since the baseline: {change.outcome.value}, {before} before, {now} now: {clean_line(change.why, 200)}."


def nothing_compared(row: Row, column: FigureColumn) -> list[str]:
    """What is said of the figures of no report."""
    return []


def compared(report: Report) -> Callable[[Row, FigureColumn], list[str]]:
    """Given a row and a figure, what may be said of it beside other models: counts and verdict of each pair."""
    matches = report.matches
    names, found = names_of(matches.candidates), verdicts(matches)

    def of(row: Row, column: FigureColumn) -> list[str]:
        who, mode = candidate_of(row.subject), row.subject.mode
        return [
            said(one, names).sentence
            for one in found
            if (one.pair.figure.kind, one.pair.figure.name) == column.compared_for
            and one.pair.conditions.mode is mode
            and one.pair.conditions.parameters == row.subject.parameters
            and who in (one.pair.first, one.pair.second)
        ]  # fmt: skip

    return of


def _of_metric(number: int, metric: Metric) -> FigureColumn:
    def cell(row: Row) -> str:
        stat = row.stats[metric.name]
        if stat.median is None:
            return UNKNOWN
        return f"{'~' * stat.estimated}{shown_number(stat.median)}{' cold' * stat.cold}"

    def answers(row: Row) -> list[Answer]:
        known = [(run, value) for run in row.requests if (value := run.values[number]) is not None]
        known.sort(key=lambda item: item[1], reverse=metric.better is not Better.HIGHER)
        return [Answer(run, f"{shown_number(value)} {metric.unit}") for run, value in known]

    about, compared_for = partial(_said_of_metric, metric), (Kind.METRIC, metric.name)
    return FigureColumn(f"{metric.label}, {metric.unit}", cell, about, answers, compared_for)


def _said_of_metric(metric: Metric, row: Row) -> list[str]:
    stat = row.stats[metric.name]
    if stat.median is None or stat.mean is None or stat.minimum is None or stat.maximum is None:
        return [f"{metric.meaning.capitalize()}: no answer that counts has it."]
    sentences = [
        f"{metric.meaning.capitalize()}: median {shown_number(stat.median)} {metric.unit}, average "
        f"{shown_number(stat.mean)}, from {shown_number(stat.minimum)} to {shown_number(stat.maximum)}, of "
        f"{counted(stat.n, 'answer')}."
    ]
    if stat.low is not None and stat.high is not None:
        interval = f"{shown_number(stat.low)} to {shown_number(stat.high)}"
        sentences.append(f"95 % interval of the median: {interval}.")
    else:
        sentences.append(f"An interval of the median takes {INTERVAL_FROM} answers.")
    tail = f"p95: {shown_number(stat.p95)}." if stat.p95 is not None else f"A p95 takes {P95_FROM} answers."
    sentences.append(tail)
    if apart := sum(one.metric == metric.name for one in row.outliers):
        sentences.append(f"{counted(apart, 'outlier')} among them, kept in all numbers.")
    if stat.cold:
        sentences.append("cold: the model was loaded first; such answers are in no time where there are others.")
    if stat.estimated:
        sentences.append("~: the tokens were estimated, not counted by the host.")
    return sentences


def _of_criterion(mean: ScoreMean) -> FigureColumn:
    key = mean.criterion, mean.scale, mean.raters

    def found(row: Row) -> ScoreMean | None:
        return next((one for one in row.scores if (one.criterion, one.scale, one.raters) == key), None)

    def cell(row: Row) -> str:
        one = found(row)
        return UNKNOWN if one is None else f"{one.mean:.2f}"

    def about(row: Row) -> list[str]:
        one = found(row)
        if one is None:
            return [f"{criterion_of(mean)}: nobody has scored its answers for that; on F2, 1-5 scores one."]
        return [f"{criterion_of(mean)}: the mean of {counted(one.n, 'score')} from 1 to {one.scale}."]

    def answers(row: Row) -> list[Answer]:
        scored = [(run, [score for score in run.scores if score[:3] == key]) for run in row.requests]
        known = sorted(
            ((run, given) for run, given in scored if given),
            key=lambda item: sum(score.value for score in item[1]) / len(item[1]),
        )
        return [
            Answer(run, ", ".join(f"{score.value} {clean_line(score.rater, 16)}" for score in given))
            for run, given in known
        ]

    return FigureColumn(f"{criterion_of(mean)}, 1-{mean.scale}", cell, about, answers, (Kind.SCORE, mean.criterion))


def _votes(row: Row) -> str:
    given = [vote.choice for request in row.requests for vote in request.votes]
    won, lost = given.count(Choice.WON), given.count(Choice.LOST)
    return f"{won}-{lost}-{len(given) - won - lost}" if given else UNKNOWN


def _voted(row: Row) -> list[Answer]:
    order = list(Choice)
    voted = [(run, vote) for run in row.requests for vote in run.votes]
    voted.sort(key=lambda item: (item[1].choice is not Choice.LOST, order.index(item[1].choice)))
    return [Answer(run, f"{vote.choice.value} {clean_line(vote.rater, 16)}") for run, vote in voted]


def _every(row: Row) -> list[Answer]:
    return [Answer(run, run.state.value) for run in row.requests]


def _failed(row: Row) -> list[Answer]:
    return [Answer(run, run.state.value) for run in row.requests if run.state.final and run.state != RequestState.DONE]


def _said_of_answers(row: Row) -> list[str]:
    ends = row.outcomes
    kinds = [(name, getattr(ends, name)) for name in ("empty", "cut", "failed", "stopped", "skipped")]
    failed = ", ".join(f"{count} {name}" for name, count in kinds if count)
    said_so = f"{counted(ends.runs, 'run')}, {ends.done} with a complete answer" + (f"; {failed}." if failed else ".")
    return [said_so, *_unfinished(row)]


def _unfinished(row: Row) -> Iterator[str]:
    if row.warmups:
        yield f"{counted(row.warmups, 'warm-up')} left out."
    if row.unfinished:
        yield f"{counted(row.unfinished, 'run')} never came to an end."


def _memory(row: Row) -> list[Answer]:
    known = sorted(((run.memory, run) for run in row.requests if run.memory is not None), key=lambda one: -one[0])
    return [Answer(run, f"{shown_number(held / 1e6)} MB") for held, run in known]


def _said_of_memory(row: Row) -> list[str]:
    return ["The most that the serving process was seen to hold, with all that it had loaded."]


def _gpu_memory(row: Row) -> list[Answer]:
    known = sorted(
        ((run.gpu_memory, run) for run in row.requests if run.gpu_memory is not None), key=lambda one: -one[0]
    )
    return [Answer(run, f"{shown_number(used / 1e6)} MB") for used, run in known]


def _said_of_gpus(row: Row) -> list[str]:
    return ["The most that all GPUs of the machine were seen to have in use together, by whatever ran there."]


def _said_by_host(row: Row) -> list[str]:
    return ["What the host says of the model."]


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else shown_number(value)
