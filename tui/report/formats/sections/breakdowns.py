"""Rows split by dimensions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tui.core.metrics.registry import Place, metrics_in
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN
from tui.report.breakdown import Breakdown, Group, breakdowns, figure_stat
from tui.report.formats.narrow_tables import Table, Titled, votes_in_words
from tui.report.formats.sections.figures import shown_value, unit_of
from tui.report.formats.sections.section import IN_MODE, Section, table_names
from tui.report.formats.words import PROMPT_SHOWN, criterion_of, shown_number, voters, votes_of
from tui.report.options import NONE
from tui.report.report import Report
from tui.report.statistics.sample import Stat
from tui.report.subject import Subject

_KEY_SHOWN = 48
"""Characters of the one key of a group, which has a line of its own."""


def breakdown_sections(report: Report) -> Iterator[Section]:
    """A table for each mode: the rows of each group under its name."""
    by = report.options.by
    words = " and ".join(one.title for one in by)
    found, names = breakdowns(report.rows, by), table_names(report)
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
        title = f"By {words}" if len(found) == 1 else f"By {words}, {IN_MODE[one.mode]}"
        yield Section(title, (), (Titled("", _breakdown_table(report, one, names)),), tuple(remarks), grouped=True)


def _breakdown_table(report: Report, found: Breakdown, names: Mapping[Subject, str]) -> Table:
    metrics = report.options.metrics
    rows = [row for group in found.groups for row in group.rows]
    criteria = list(dict.fromkeys((criterion_of(mean), mean.scale) for row in rows for mean in row.scores))
    with_scores = bool(criteria) and (not metrics or any(figure.criteria for figure in metrics))
    votes = [] if metrics else voters(rows)
    timed = () if any(one.name == "rater" for one in found.by) else metrics_in(Place.REPORT)
    failed = any(row.outcomes.failures for row in rows)
    headings = ["", "n", *(["failed"] if failed else [])]
    if metrics:
        headings += [f"{figure.name}\n{unit_of(figure)}" for figure in metrics if not figure.criteria]
    else:
        headings += [f"{metric.label}\n{metric.unit}" for metric in timed]
    headings += [f"{name}\n1-{scale} (n)" for name, scale in criteria] if with_scores else []
    headings += [f"{votes_of(raters)}\nwon-lost-even" for raters in votes]
    cells: list[tuple[str, ...]] = []
    for group in found.groups:
        cells.append((group_name(found, group), *("" for _ in headings[1:])))
        for row in group.rows:
            means = {(criterion_of(mean), mean.scale): f"{mean.mean:.2f} ({mean.n})" for mean in row.scores}
            line = [names[row.subject], str(row.outcomes.runs), *([str(row.outcomes.failures)] if failed else [])]
            if metrics:
                line += [
                    shown_value((stat := figure_stat(row, figure)).median, figure, stat) + " cold" * stat.cold
                    for figure in metrics
                    if not figure.criteria
                ]
            else:
                line += [_median(row.stats[metric.name], row.outcomes.runs) for metric in timed]
            line += [means.get(key, UNKNOWN) for key in criteria] if with_scores else []
            line += [votes_in_words(row, raters) for raters in votes]
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
