"""What a report has besides its tables of rows: titles, sentences and tables that each format lays out in its way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tui.core.conditions.names import SHARE, Figure
from tui.core.metrics.registry import Place, metrics_in
from tui.core.plans.mode import Mode
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN
from tui.report.breakdown import Breakdown, Group, breakdowns, figure_stat
from tui.report.candidate_names import names_of
from tui.report.change_outcomes import ChangeOutcome, figure_in_words
from tui.report.changes import Change
from tui.report.contrasts import contrasts
from tui.report.excluded import excluded
from tui.report.formats.narrow_tables import Table, Titled, numbered_names, votes_in_words
from tui.report.formats.words import PROMPT_SHOWN, counted, criterion_of, shown_figure, shown_number
from tui.report.options import NONE
from tui.report.pairs import Matches
from tui.report.rating_checks import rating_checks, said_of_check
from tui.report.report import Report
from tui.report.row_names import NAME_SHOWN, row_names
from tui.report.rows import Row
from tui.report.running_costs import HEURISTIC, running_cost
from tui.report.selection import DIMENSIONS, ModelSelection, said_of_front, selections
from tui.report.statistics.sample import P95_FROM, Stat
from tui.report.statistics.shares import share_by_prompt
from tui.report.subject import Subject
from tui.report.trend import trends, without_trend
from tui.report.verdict_words import said
from tui.report.verdicts import verdicts

_LATE_SHOWN = 12
"""So many sentences say which check ran out of time, and where."""
_KEY_SHOWN = 48
"""Characters of the one key of a group, which has a line of its own."""
_IN_MODE = {Mode.MEASURE: "measured", Mode.RACE: "raced"}
_OPINION = (
    "Weighed: each value over the best one of those that fail no must-have, weighted as given. It is the workshop's "
    "heuristic and an opinion; what the numbers show of two models is said by the verdicts of the text report."
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report."""

    title: str
    sentences: tuple[str, ...] = ()
    tables: tuple[Titled, ...] = ()
    remarks: tuple[str, ...] = ()
    """How the tables are to be read."""
    grouped: bool = False
    """Whether rows of the tables without any cell are headings of the rows below them."""


def _names(report: Report, *, modes: bool = False) -> dict[Subject, str]:
    """What the tables call each row: its number and name, and its mode where `modes` are to be told apart. A row that
    lacks what is required has no number."""
    lacking = row_names((*report.rows, *report.failing))[len(report.rows) :]
    names = {row.subject: f"   {name}" for row, name in zip(report.failing, lacking, strict=True)}
    both = modes and len({row.subject.mode for row in report.rows}) > 1
    for mode in Mode:
        of_mode = [row for row in report.rows if row.subject.mode is mode]
        for row, name in zip(of_mode, numbered_names(of_mode), strict=True):
            names[row.subject] = f"{name}, {_IN_MODE[mode]}" if both else name
    return names


def sections(report: Report, matches: Matches) -> list[Section]:
    """All of them that there is something in, in their order. `matches` are the report's."""
    return [
        *selection_sections(report, matches),
        *_figures(report),
        *_breakdowns(report),
        *contrasts_section(report, matches),
        *_trends(report),
        *changes_section(report),
        *_checks(report),
        *_running(report),
        *_rating_checks(report),
        *_excluded(report, matches),
    ]


def flat(section: Section) -> Section:
    """The section with the headings of groups in front of each row, for formats in which every row stands alone."""
    if not section.grouped:
        return section
    return replace(section, grouped=False, tables=tuple(Titled(title, _flat(table)) for title, table in section.tables))


def _flat(table: Table) -> Table:
    headings, rows = table
    made, group = [], ""
    for first, *cells in rows:
        if not any(cells):
            group = first
        else:
            made.append((group, first.strip(), *cells))
    return ["", "model", *(heading.replace("\n", ", ") for heading in headings[1:])], made


# Selection


def selection_sections(report: Report, matches: Matches) -> Iterator[Section]:
    """Which model to choose, mode by mode; nothing where that was not asked for."""
    options = report.options
    if not options.select:
        return
    found, names = (
        selections((*report.rows, *report.failing), options.requires, options.weights, matches),
        _names(report),
    )
    for one in found:
        title = "Selection" if len(found) == 1 else f"Selection, {_IN_MODE[one.mode]}"
        yield Section(title, tuple(_said_of(one, names)), (Titled("", _selection_table(one, names)),),
                      (_OPINION,) if one.weights else ())  # fmt: skip


def _said_of(found: ModelSelection, names: Mapping[Subject, str]) -> Iterator[str]:
    for one in found.failing:
        yield f"{one.name} fails a must-have: {'; '.join(one.lacks)}."
    plain = {subject: name.strip() for subject, name in names.items()}
    yield from dict.fromkeys(said_of_front(front, plain) for front in found.fronts)
    if found.mode is Mode.RACE:
        yield "Times of a race are those of models that ran at once: measure them to compare speed."
    if found.weights:
        weights = ", ".join(
            f"{name} {weight:g}" + " (not weighed)" * (name in found.not_weighed)
            for name, weight in found.weights.items()
        )
        yield f"Weights: {weights}."
    yield from found.not_weighed.values()
    for one in found.models:
        if one.unknown and not one.lacks:
            yield f"{names[one.row.subject].strip()} cannot be weighed: {', '.join(one.unknown)} is not known."


def _selection_table(found: ModelSelection, names: Mapping[Subject, str]) -> Table:
    headings = ["", *(one.title for one in DIMENSIONS)]
    if found.weights:
        headings.append("weighed, %")
    if found.failing:
        headings.append("must-haves")
    rows = []
    for one in found.models:
        cells = [names[one.row.subject], *one.texts]
        if found.weights:
            cells.append(UNKNOWN if one.share is None else f"{100 * one.share:.0f}")
        if found.failing:
            cells.append("fails" if one.lacks else "has all")
        rows.append(tuple(cells))
    return headings, rows


# Figures that are asked for by name


def _figures(report: Report) -> Iterator[Section]:
    """A table for each figure: of each row how many, average, median, and the spread."""
    chosen = [figure for figure in report.options.metrics if not figure.criteria]
    if not chosen or report.options.by:
        return
    headings = ("", "n", "med", "avg", "p95", "min", "max", "95 % of med")
    names = _names(report)
    for mode in Mode:
        rows = [row for row in report.rows if row.subject.mode is mode]
        if rows:
            tables = tuple(
                Titled(
                    titled(figure),
                    (headings, [(names[row.subject], *_stat_cells(row, figure)) for row in rows]),
                )
                for figure in chosen
            )
            few = any(0 < figure_stat(row, figure).n < P95_FROM for row in rows for figure in chosen)
            yield Section(f"Figures, {_IN_MODE[mode]}", (), tables, (f"p95 takes {P95_FROM} values.",) if few else ())


def titled(figure: Figure) -> str:
    """A figure as the title of a table."""
    return f"{figure.meaning} ({figure.name}{f', {unit}' if (unit := _unit(figure)) else ''})"


def _unit(figure: Figure) -> str:
    return "%" if figure.unit == SHARE else figure.unit


def _stat_cells(row: Row, figure: Figure) -> tuple[str, ...]:
    stat = figure_stat(row, figure)
    values = (stat.median, stat.mean, stat.p95, stat.minimum, stat.maximum)
    interval = UNKNOWN if stat.low is None else f"{_shown(stat.low, figure, stat)}-{_shown(stat.high, figure, stat)}"
    return str(stat.n), *(_shown(value, figure, stat) for value in values), interval


def _shown(value: float | None, figure: Figure, stat: Stat) -> str:
    if value is None:
        return UNKNOWN
    mark = "~" if stat.estimated else ""
    match figure.unit:
        case "share":
            return f"{100 * value:.0f}"
        case "points":
            return f"{value:.2f}"
        case _:
            return f"{mark}{shown_number(value)}"


# Rows split by dimensions


def _breakdowns(report: Report) -> Iterator[Section]:
    by = report.options.by
    words = " and ".join(one.title for one in by)
    found, names = breakdowns(report.rows, by), _names(report)
    for one in found:
        remarks = []
        if one.differing_first:
            remarks.append("First comes what the models differ most on: in their mean scores, then in their times.")
        if any(each.name == "tag" for each in by):
            remarks.append("An answer with several tags counts under each of them.")
        if any(stat.cold for group in one.groups for row in group.rows for stat in row.stats.values()):
            remarks.append("cold: the model was loaded first; such answers are in no time where there are others.")
        if one.placeless:
            remarks.append(f"Not here: {one.placeless} without a score or vote.")
        title = f"By {words}" if len(found) == 1 else f"By {words}, {_IN_MODE[one.mode]}"
        yield Section(title, (), (Titled("", _breakdown_table(report, one, names)),), tuple(remarks), grouped=True)


def _breakdown_table(report: Report, found: Breakdown, names: Mapping[Subject, str]) -> Table:
    metrics = report.options.metrics
    rows = [row for group in found.groups for row in group.rows]
    criteria = list(dict.fromkeys((criterion_of(mean), mean.scale) for row in rows for mean in row.scores))
    with_scores = bool(criteria) and (not metrics or any(figure.criteria for figure in metrics))
    with_votes = not metrics and any(run.votes for row in rows for run in row.requests)
    timed = () if any(one.name == "rater" for one in found.by) else metrics_in(Place.REPORT)
    failed = any(row.outcomes.failures for row in rows)
    headings = ["", "n", *(["failed"] if failed else [])]
    if metrics:
        headings += [f"{figure.name}\n{_unit(figure)}" for figure in metrics if not figure.criteria]
    else:
        headings += [f"{metric.label}\n{metric.unit}" for metric in timed]
    headings += [f"{name}\n1-{scale} (n)" for name, scale in criteria] if with_scores else []
    headings += ["votes\nwon-lost-even"] if with_votes else []
    cells: list[tuple[str, ...]] = []
    for group in found.groups:
        cells.append((group_name(found, group), *("" for _ in headings[1:])))
        for row in group.rows:
            means = {(criterion_of(mean), mean.scale): f"{mean.mean:.2f} ({mean.n})" for mean in row.scores}
            line = [names[row.subject], str(row.outcomes.runs), *([str(row.outcomes.failures)] if failed else [])]
            if metrics:
                line += [
                    _shown((stat := figure_stat(row, figure)).median, figure, stat) + " cold" * stat.cold
                    for figure in metrics
                    if not figure.criteria
                ]
            else:
                line += [_median(row.stats[metric.name], row.outcomes.runs) for metric in timed]
            line += [means.get(key, UNKNOWN) for key in criteria] if with_scores else []
            line += [votes_in_words(row)] if with_votes else []
            cells.append(tuple(line))
    return headings, cells


def group_name(found: Breakdown, group: Group) -> str:
    """What stands over the rows of a group: its keys, and how far the models are apart there."""
    shown = PROMPT_SHOWN if len(found.by) > 1 else _KEY_SHOWN
    keys = [
        "no tag" if one.name == "tag" and key == NONE else clean_line(key, shown) or UNKNOWN
        for one, key in zip(found.by, group.keys, strict=True)
    ]
    apart = ""
    if group.apart is not None and found.differing_first:
        apart = f": {100 * group.apart:.0f} % of the scale apart"
    return f"{' · '.join(keys)}{apart}"


def _median(stat: Stat, n: int) -> str:
    if stat.median is None:
        return UNKNOWN
    fewer = f" ({stat.n})" if stat.n < n else ""
    return f"{'~' * stat.estimated}{shown_number(stat.median)}{fewer}{' cold' * stat.cold}"


# One model on two devices


def contrasts_section(report: Report, matches: Matches) -> Iterator[Section]:
    """What else differs between two rows of a model, then what may be said of the two."""
    found = contrasts(report.rows, report.options.by)
    if not found:
        return
    names, found_verdicts, modes = names_of(matches.candidates), verdicts(matches), _names(report, modes=True)
    sentences = []
    for one in found:
        who = [modes[row.subject].strip() for row in (one.first, one.second)]
        sides = [
            clean_line(getattr(row.subject, one.by.name) or "unset", NAME_SHOWN) for row in (one.first, one.second)
        ]
        differs = ", ".join(
            f"{name} {clean_line(first, NAME_SHOWN)} against {clean_line(second, NAME_SHOWN)}"
            for name, first, second in one.differs
        )
        sentences.append(
            f"{who[0]} and {who[1]}: {one.by.name} {sides[0]} against {sides[1]}; "
            + (f"what else differs: {differs}." if differs else "nothing else that is known differs.")
        )
        for verdict in found_verdicts:
            pair = verdict.pair
            if {pair.first, pair.second} == one.candidates and pair.conditions.mode is one.first.subject.mode:
                sentences.append(f"{said(verdict, names).sentence}.")
    yield Section(
        f"What differs by {' and '.join(by.name for by in report.options.by if by.differs)}", tuple(sentences)
    )


# Over sessions


def _trends(report: Report) -> Iterator[Section]:
    """A row for each session, in order of time; the latest is judged against those before it."""
    found = trends(report.rows) if any(by.name == "session" for by in report.options.by) else ()
    if not found:
        return
    names = _names(report, modes=True)
    rows: list[tuple[str, ...]] = []
    for one in found:
        rows.append((f"{names[one.subject].strip()}, {clean_line(one.label, NAME_SHOWN)}, {one.unit}", *("",) * 5))
        for place, point in enumerate(one.points):
            last = place == len(one.points) - 1
            value = f"{point.value:.2f}" if one.unit.startswith("1-") else shown_number(point.value)
            known = point.low is not None and point.high is not None
            ends = f"{shown_number(point.low or 0)}-{shown_number(point.high or 0)}" if known else UNKNOWN
            rows.append((
                f"  {clean_line(point.session, NAME_SHOWN)}", str(one.prompts), str(point.n), value, ends,
                one.outcome.value if last else "",
            ))  # fmt: skip
    reasons = [
        f"{names[one.subject].strip()}, {clean_line(one.label, NAME_SHOWN)}: {one.outcome.value}: {one.why}."
        for one in found
    ]
    headings = ("", "prompts", "n", "value", "95 %", "latest")
    reasons += [
        f"{names[subject].strip()}, {metric.label}: no trend: {why}."
        for metric in metrics_in(Place.REPORT)
        if metric.better is not None
        for subject, why in without_trend([row for row in report.rows if row.sessions > 1], found, metric.name)
    ]
    remarks = [
        "Latest: the last of the sessions above it against the others, which may not be the last of all.",
        *reasons,
    ]
    yield Section("Trend over sessions of the same prompts", (), (Titled("", (headings, rows)),), tuple(remarks), True)


# Against a baseline


def changes_section(report: Report) -> Iterator[Section]:
    """What became of each model since the baseline; nothing where there is none."""
    if report.changes is None:
        return
    whole = [one for one in report.changes if not one.prompt]
    single = [one for one in report.changes if one.prompt]
    counts = Counter(one.outcome for one in whole if one.figure)
    sentences = [", ".join(f"{outcome.value} {counts[outcome]}" for outcome in ChangeOutcome) + "."] if counts else []
    names = {subject: name.strip() for subject, name in _names(report, modes=True).items()}
    reasons: dict[str, list[str]] = {}
    for one in whole:
        if not one.figure:
            reasons.setdefault(one.why, []).append(names[one.subject])
    sentences += [f"{', '.join(of)}: {why}." for why, of in reasons.items()]
    headings = ("", "prompts", "before", "now", "", "how that is known")
    tables = []
    if rows := _change_rows([one for one in whole if one.figure], names):
        tables.append(Titled("", (headings, rows)))
    if single:
        ordered = sorted(single, key=lambda one: list(_WORST_FIRST).index(one.outcome))
        shown = [one for one in ordered if one.outcome in (ChangeOutcome.WORSE, ChangeOutcome.BETTER)]
        if rows := _change_rows(shown[:_PROMPTS_SHOWN], names, prompts=True):
            tables.append(Titled("Prompts that changed", (headings, rows)))
        of = Counter(one.outcome for one in single)
        sentences.append(
            "Prompt by prompt: " + ", ".join(f"{outcome.value} {of[outcome]}" for outcome in ChangeOutcome)
            + "; all of them are in the report as JSON."
        )  # fmt: skip
    yield Section("Against the baseline", tuple(sentences), tuple(tables),
                  (_BEFORE_AND_NOW,) if tables else ())  # fmt: skip


_BEFORE_AND_NOW = (
    "Before, now: the geometric mean of the prompts' medians; so many times: now over before, in brackets the 95 % "
    "interval. Of scores: the mean of the prompts' means, and the difference."
)
_WORST_FIRST = (ChangeOutcome.WORSE, ChangeOutcome.BETTER, ChangeOutcome.SAME, ChangeOutcome.UNKNOWN)
_PROMPTS_SHOWN = 20


def _change_rows(
    found: Sequence[Change], names: Mapping[Subject, str], *, prompts: bool = False
) -> list[tuple[str, ...]]:
    return [
        (
            f"{names[one.subject]}: {figure_in_words(one.figure, unit=True)}"
            + (f", {clean_line(one.prompt, PROMPT_SHOWN)}" if prompts else ""),
            str(one.prompts),
            shown_figure(one.before),
            shown_figure(one.now),
            one.outcome.value,
            one.why,
        )
        for one in found
    ]


# Checks of the user's own


def _checks(report: Report) -> Iterator[Section]:
    checks = report.options.checks
    if not checks or not report.rows:
        return
    names = _names(report, modes=True)
    rows = []
    for row in report.rows:
        cells = [names[row.subject]]
        for number in range(len(checks)):
            said_of = [(run.prompt, bool(run.checks[number])) for run in row.requests if run.checks[number] is not None]
            share = share_by_prompt(said_of)
            passed = sum(passes for _, passes in said_of)
            known = share.low is not None and share.high is not None
            cells.append(
                f"{passed} of {len(said_of)} ({100 * (share.low or 0):.0f}-{100 * (share.high or 0):.0f})" if known
                else UNKNOWN
            )  # fmt: skip
        rows.append(tuple(cells))
    headings = ["", *(clean_line(check.name, NAME_SHOWN) for check in checks)]
    remark = (
        "Passed of the answers that were checked; in brackets the 95 % interval of the share, in per cent, of prompts."
    )
    yield Section("Your checks", tuple(_out_of_time(report, names)), (Titled("", (headings, rows)),), (remark,))


def _out_of_time(report: Report, names: Mapping[Subject, str]) -> Iterator[str]:
    """Which check ran out of time on which answers: they count as not checked."""
    late = Counter(
        (check.name, names[row.subject], run.prompt)
        for number, check in enumerate(report.options.checks)
        for row in report.rows
        for run in row.requests
        if number in run.out_of_time
    )
    for (check, model, prompt), count in list(late.items())[:_LATE_SHOWN]:
        yield (
            f"{clean_line(check, NAME_SHOWN)} ran out of time on {counted(count, 'answer')} of {model} to "
            f"{clean_line(prompt, PROMPT_SHOWN)}: not checked."
        )
    if (rest := late.total() - sum(list(late.values())[:_LATE_SHOWN])) > 0:
        yield f"Checks ran out of time on {rest} more: not checked."


def _rating_checks(report: Report) -> Iterator[Section]:
    if found := rating_checks(report.rows):
        yield Section("Length and position", tuple(map(said_of_check, found)))


# Energy and cost


def _running(report: Report) -> Iterator[Section]:
    running = report.options.running
    if running is None or not report.rows:
        return
    headings = ["", "n", "Wh an answer", "cost of 1,000 answers"]
    rows, names = [], _names(report, modes=True)
    for row in report.rows:
        cost = running_cost(running, row.subject.device, row.requests)
        rows.append((
            names[row.subject], str(cost.n),
            UNKNOWN if cost.watt_hours is None else f"~{cost.watt_hours:.3g}",
            UNKNOWN if cost.cost is None else f"~{1000 * cost.cost:.3g}",
        ))  # fmt: skip
    yield Section("Energy and cost, estimated", (), (Titled("", (headings, rows)),), (HEURISTIC,))


# What was left out


def _excluded(report: Report, matches: Matches) -> Iterator[Section]:
    left_out = excluded(report, matches, names_of(matches.candidates))
    if left_out:
        rows = [(clean_line(one.what, 2 * NAME_SHOWN), str(one.count), clean_line(one.why)) for one in left_out]
        yield Section("What was left out, and why", (), (Titled("", (("what", "how many", "why"), rows)),))
