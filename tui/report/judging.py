"""Which rows of a report lack what is required, and for which rows a condition holds that must not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tui.core.catalog.model_card import ModelCard, from_megabytes
from tui.core.conditions.compare import number_holds
from tui.core.conditions.filters import dimension_holds
from tui.core.conditions.grammar import Baseline, Condition, Conditions, number_text, text_of
from tui.core.conditions.names import SHARE, About, Dimension, Figure
from tui.core.conditions.statistics import Statistic, statistic_called
from tui.core.text.clean import clean_line
from tui.report.baseline import Earlier, match
from tui.report.breakdown import with_figure
from tui.report.report import LeftOut, Report
from tui.report.reported_request import PEOPLE, ReportedRequest, ended_of
from tui.report.row_names import row_names
from tui.report.rows import Row


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one `--fail-if`."""

    conditions: Conditions
    found: tuple[str, ...] = ()
    """For each row for which all conditions hold, a sentence with its name, the figures and the limits."""
    passed: tuple[str, ...] = ()
    """The rows for which they do not."""
    not_judged: tuple[str, ...] = ()
    """Why others cannot be judged, a sentence each."""


@dataclass(frozen=True, slots=True)
class _Held:
    """Whether a condition holds for a row, and what there is to say of that."""

    holds: bool | None
    said: str


def figures_of(conditions: Iterable[Condition]) -> tuple[Figure, ...]:
    """The figures that conditions are about: what `Aggregation` is to keep."""
    found = (condition.named for condition in conditions)
    return tuple(dict.fromkeys(named for named in found if isinstance(named, Figure)))


def required(report: Report, conditions: Conditions) -> Report:
    """The report without the rows that lack one of these, which are named with their reasons."""
    kept, failing, left_out = [], [], []
    for name, row in zip(row_names(report.rows), report.rows, strict=True):
        if lacks := lacking(row, conditions):
            left_out.append(LeftOut(name, lacks))
            failing.append(row)
        else:
            kept.append(row)
    notes = [f"Left out: {out.row}: {'; '.join(out.reasons)}." for out in left_out]
    return replace(
        report, rows=tuple(kept), left_out=tuple(left_out), failing=tuple(failing), notes=(*notes, *report.notes)
    )


def lacking(row: Row, conditions: Conditions) -> tuple[str, ...]:
    """What of these a row lacks, each as a sentence without its stop."""
    return tuple(held.said for condition in conditions if not (held := _held(condition, row, None)).holds)


def judge(conditions: Conditions, rows: Sequence[Row], baseline: Earlier | None = None) -> Judged:
    """For which rows all conditions hold; the figures themselves are compared, not their intervals.

    Where conditions are about figures, those on dimensions choose the rows: what is chosen by none of them is not
    judged, so that a name with a slip in it does not pass.
    """
    figures = [condition for condition in conditions if isinstance(condition.named, Figure)]
    choosing = [condition for condition in conditions if isinstance(condition.named, Dimension)] if figures else []
    found, passed, not_judged = [], [], []
    for name, row in zip(row_names(rows), rows, strict=True):
        chosen = [_held(condition, row, None) for condition in choosing]
        if any(held.holds is False for held in chosen):
            continue
        held = [_held(condition, row, baseline) for condition in (figures or conditions)] + chosen
        if any(one.holds is False for one in held):
            passed.append(name)
        elif unknown := [one.said for one in held if one.holds is None]:
            not_judged.append(f"{name}: {'; '.join(unknown)}.")
        else:
            found.append(f"{name}: {'; '.join(one.said for one in held)}.")
    if not (found or passed or not_judged):
        not_judged.append(f"There is no row with {text_of(choosing)}." if choosing and rows else "There are no rows.")
    return Judged(conditions, tuple(found), tuple(passed), tuple(not_judged))


def _held(condition: Condition, row: Row, baseline: Earlier | None) -> _Held:
    named = condition.named
    return (
        _dimension(condition, named, row)
        if isinstance(named, Dimension)
        else _figure(condition, named, row, baseline or Earlier())
    )


def _dimension(condition: Condition, named: Dimension, row: Row) -> _Held:
    what = row.subject
    card = ModelCard(
        what.model, what.alias, what.variant, what.device, what.ep, from_megabytes(row.size_mb), licence=row.licence
    )
    about = About(card, what.host, what.mode)
    holds = dimension_holds(condition, named.said(about))
    if holds is None:
        return _Held(None, f"the {named.name} is not known")
    if named.number is not None:
        return _Held(holds, f"{named.name} is {_number(named.number(about), named.unit)}{_but(condition, holds)}")
    return _Held(holds, f"{named.name} is {clean_line((named.texts(about) or ('-',))[0], 60)}{_but(condition, holds)}")


def _but(condition: Condition, holds: bool) -> str:
    return "" if holds else f", not {str(condition).removeprefix(condition.what).strip()}"


def _figure(condition: Condition, named: Figure, row: Row, baseline: Earlier) -> _Held:
    statistic = statistic_called(condition.statistic or named.statistic)
    assert statistic is not None, "the grammar takes no other"
    unit = "" if statistic.counts else named.unit
    condition, value = replace(condition, statistic=None if named.only else statistic.name), condition.value
    if not isinstance(value, Baseline):
        number, why = _statistic(condition, named, statistic, row.requests)
        if number is None or not isinstance(value, float):
            return _Held(None, why)
        holds = number_holds(condition.operator, number, value, value)
        limit = f"the limit {_number(value, unit)}" if holds else f"not {condition.operator} {_number(value, unit)}"
        return _Held(holds, f"{condition.what} is {_number(number, unit)}, {limit}")
    found = match(row, baseline)
    if found.why_not:
        return _Held(None, found.why_not)
    number, why = _statistic(condition, named, statistic, found.mine)
    before, why_before = _statistic(condition, named, statistic, found.theirs)
    if number is None or before is None:
        return _Held(None, why if number is None else f"in the baseline, {why_before}")
    low, high = value.limits(before)
    on = "" if found.prompts == found.of else f" on the {_prompts(found.prompts)} that both have"
    limit = _number(low, unit) if low == high else f"{_number(low, unit)} to {_number(high, unit)}"
    compared = f"{condition.what} is {_number(number, unit)}{on}, the baseline {_number(before, unit)}"
    return _Held(number_holds(condition.operator, number, low, high), f"{compared}, the limit {limit}")


def _statistic(
    condition: Condition, named: Figure, statistic: Statistic, runs: Sequence[ReportedRequest]
) -> tuple[float | None, str]:
    """The statistic of the runs' figures, or why there is none, as a sentence without its stop."""
    if named.criteria:
        given_scores = [given for run in ended_of(runs) for given in run.scores if given.raters == PEOPLE]
        kinds = {(given.criterion, given.scale) for given in given_scores}
        kinds = {kind for kind in kinds if condition.criterion in (None, kind[0])}
        if len(kinds) > 1:
            scales = ", ".join(f"{clean_line(name, 40)} from 1 to {scale}" for name, scale in sorted(kinds))
            first = next(name for name, _ in sorted(kinds))
            named_one = "" if condition.criterion else f"; name one, as {replace(condition, criterion=first).what}"
            return None, f"{condition.what} would put unlike scores together: {scales}{named_one}"
        values = [float(given.value) for given in given_scores if (given.criterion, given.scale) in kinds]
    else:
        # Those that every table has of it: a load is no part of how long a model answers.
        values = [value for run in with_figure(runs, named) if (value := run.figures[named.name]) is not None]
    if len(values) < statistic.least:
        needs = "a value" if statistic.least == 1 else f"{statistic.least} values"
        return None, f"{condition.what} needs {needs}, and there {_are(len(values))}"
    return float(statistic.of(values)), ""


def _are(count: int) -> str:
    return "is none" if not count else "is one" if count == 1 else f"are {count}"


def _prompts(count: int) -> str:
    return "one prompt" if count == 1 else f"{count} prompts"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "-"
    if unit == SHARE:
        return f"{100 * value:.4g}%"
    shown = number_text(value) if value == int(value) else f"{value:.6g}"
    return f"{shown} {unit}".rstrip()
