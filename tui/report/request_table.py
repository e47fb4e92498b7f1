"""The report's requests as one table: a row for each, a column for each thing that is known of it.

What spreadsheets and Parquet files have of a request is this table. To add a column, enter it in `COLUMNS`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from tui.core.metrics.registry import Place, flags_in, metrics_in
from tui.report.report import Report
from tui.report.reported_request import DECIDED, JUDGES, PEOPLE, Choice, ReportedRequest
from tui.report.rows import Row

Cell = str | int | float | datetime | date | None


class Kind(enum.Enum):
    """What the cells of a column are; the value is what SQL calls it."""

    TEXT = "VARCHAR"
    WHOLE = "BIGINT"
    NUMBER = "DOUBLE"
    TRUTH = "BOOLEAN"
    INSTANT = "TIMESTAMP"
    """UTC, without a zone of its own."""
    DATE = "DATE"


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that is known of a request."""

    name: str
    kind: Kind
    meaning: str
    """A phrase in Markdown, for the documents."""
    read: Callable[[Row, ReportedRequest], Cell]
    """None where it is unknown."""


def rows(report: Report) -> Iterator[tuple[Row, ReportedRequest]]:
    """Every request of a report, with its row. Warm-ups are in no report; those that never ended are here."""
    return ((row, request) for row in report.rows for request in row.requests)


def _own(column: str) -> Callable[[Row, ReportedRequest], Cell]:
    """An attribute of the request; an empty text is none."""
    return lambda row, request: value if (value := getattr(request, column)) != "" else None


def _subject(column: str) -> Callable[[Row, ReportedRequest], Cell]:
    return lambda row, request: getattr(row.subject, column) or None


def _parameter(column: str) -> Callable[[Row, ReportedRequest], Cell]:
    return lambda row, request: getattr(row.subject.parameters, column)


def _metric(number: int) -> Callable[[Row, ReportedRequest], Cell]:
    return lambda row, request: request.values[number]


def _wide_metric(number: int) -> Callable[[Row, ReportedRequest], Cell]:
    return lambda row, request: request.wide[number] if request.wide else None


def _flag(name: str) -> Callable[[Row, ReportedRequest], Cell]:
    return lambda row, request: name in request.flags


def _votes(raters: str, *choices: Choice) -> Callable[[Row, ReportedRequest], Cell]:
    return lambda row, request: sum(vote.raters == raters and vote.choice in choices for vote in request.votes)


def _facets(part: str) -> Callable[[Row, ReportedRequest], Cell]:
    def read(row: Row, request: ReportedRequest) -> Cell:
        given = [getattr(facets, part) for facets in request.facets if facets.raters == PEOPLE]
        return sum(given) if given else None

    return read


def _created(request: ReportedRequest) -> datetime | None:
    try:
        return None if request.created is None else request.created.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None  # a time of the first or the last day there is, as nobody's clock shows it


def _date(request: ReportedRequest) -> date | None:
    created = _created(request)
    return None if created is None else created.date()


COLUMNS = (
    Column("date", Kind.DATE, "the day on which its session began, UTC", lambda row, request: _date(request)),
    Column("host", Kind.TEXT, "where it was asked: the host's kind, or its name where several took part",
           _subject("host")),
    Column("session", Kind.TEXT, "the id of its session", _own("session")),
    Column("created", Kind.INSTANT, "when its session began, UTC", lambda row, request: _created(request)),
    Column("run", Kind.TEXT, "its id within the session", _own("id")),
    Column("plan", Kind.TEXT, "the key of its plan within the session", _own("plan")),
    Column("mode", Kind.TEXT, "`race` or `measure`; never put the two together",
           lambda row, request: row.subject.mode.value),
    Column("alias", Kind.TEXT, "the model's alias", _subject("alias")),
    Column("model", Kind.TEXT, "the host's own id of the model", _subject("model")),
    Column("variant", Kind.TEXT, "which build of the model", _subject("variant")),
    Column("device", Kind.TEXT, "CPU, GPU or NPU", _subject("device")),
    Column("ep", Kind.TEXT, "the execution provider", _subject("ep")),
    Column("size_mb", Kind.NUMBER, "the model's size on disk, MB", lambda row, request: row.size_mb),
    Column("licence", Kind.TEXT, "the model's licence", lambda row, request: row.licence),
    Column("host_kind", Kind.TEXT, "what sort of host it was", lambda row, request: request.served_by[0] or None),
    Column("host_version", Kind.TEXT, "the host's version", lambda row, request: request.served_by[1] or None),
    Column("max_tokens", Kind.WHOLE, "the most tokens that were asked for", _parameter("max_tokens")),
    Column("temperature", Kind.NUMBER, "as it was asked for; empty: the host's own", _parameter("temperature")),
    Column("top_p", Kind.NUMBER, "as it was asked for; empty: the host's own", _parameter("top_p")),
    Column("seed", Kind.WHOLE, "as it was asked for; empty: none", _parameter("seed")),
    Column("stop", Kind.TEXT, "the words that end an answer, in quotes",
           lambda row, request: " ".join(map(repr, row.subject.parameters.stop)) or None),
    Column("nonce", Kind.TRUTH, "whether a marker stood ahead of the prompt",
           lambda row, request: row.subject.nonce),
    Column("system", Kind.TEXT, "the system prompt", lambda row, request: row.subject.system),
    Column("prompt", Kind.TEXT, "what was asked; a follow-up with the questions before it", _own("prompt")),
    Column("tags", Kind.TEXT, "those of its prompt and its session, with commas",
           lambda row, request: ", ".join(request.tags) or None),
    Column("round", Kind.WHOLE, "the how manieth time this was asked, from 1", _own("round")),
    Column("state", Kind.TEXT, "`done`, `empty`, `cut`, `failed`, `stopped`, `skipped`; others have not ended",
           lambda row, request: request.state.value),
    Column("counts", Kind.TRUTH, "whether its times count: those of others are empty",
           lambda row, request: request.state.counts),
    Column("fault", Kind.TEXT, "the kind of its failure", _own("fault")),
    Column("finish_reason", Kind.TEXT, "why the server says that the answer ended", _own("finish")),
    Column("cold", Kind.TRUTH, "whether the model was loaded for it", _own("cold")),
    Column("timestamps", Kind.WHOLE, "the version of what timestamps mean: never compare two of them", _own("era")),
    Column("tokens", Kind.WHOLE, "tokens of answer and thinking, where the server counted them", _own("tokens")),
    Column("tokens_estimated", Kind.TRUTH, "whether its rates are of estimated tokens", _own("estimated")),
    Column("characters", Kind.WHOLE, "characters of answer and thinking", _own("characters")),
    Column("memory_mb", Kind.NUMBER, "the most that the serving process was seen to hold, MB",
           lambda row, request: None if request.memory is None else request.memory / 1e6),
    Column("gpu_memory_mb", Kind.NUMBER, "the most that all GPUs of its machine were seen to have in use, MB",
           lambda row, request: None if request.gpu_memory is None else request.gpu_memory / 1e6),
    *(Column(metric.name, Kind.NUMBER, f"{metric.meaning}, {metric.unit}", _metric(number))
      for number, metric in enumerate(metrics_in(Place.REPORT))),
    *(Column(metric.name, Kind.NUMBER, f"{metric.meaning}, {metric.unit}", _wide_metric(number))
      for number, metric in enumerate(metrics_in(Place.WIDE))),
    *(Column(flag.name, Kind.TRUTH, f"{flag.meaning[:1].lower()}{flag.meaning[1:]}", _flag(flag.name))
      for flag in flags_in(Place.REPORT)),
    Column("facets_met", Kind.WHOLE, "facets of its prompt that people found in the answer",
           _facets("met")),
    Column("facets_of", Kind.WHOLE, "of so many; empty: nobody marked them", _facets("of")),
    *(Column(f"votes_{name}{suffix}", Kind.WHOLE, f"votes of {whose} {what}", _votes(raters, *choices))
      for raters, suffix, whose in (
          (PEOPLE, "", "people"),
          (JUDGES, "_by_judges", "judges"),
          (DECIDED, "_by_adjudication", "people who decided together"),
      )
      for name, what, choices in (
          ("won", "for its answer", (Choice.WON,)),
          ("lost", "for another's", (Choice.LOST,)),
          ("even", "that found both good, or both bad", (Choice.BOTH_GOOD, Choice.BOTH_BAD)),
      )),
)  # fmt: skip
"""All of them. Scores and the user's checks come after these, in each format in its own way: criteria and checks differ
from report to report."""
