"""The report as one page that opens from disk: no script and no request, light or dark as the reader's system is.

Every text is escaped by ElementTree, and cleaned before; there is no other way into the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tui.core.metrics.metrics import percentile
from tui.core.plans.mode import Mode
from tui.core.text.clean import clean_line
from tui.core.text.formatting import UNKNOWN
from tui.report import plots
from tui.report.candidate_names import Names, names_of
from tui.report.formats import charts
from tui.report.formats.charts import Lane, Line, Place
from tui.report.formats.html_answers import add_answers
from tui.report.formats.narrow_tables import Table, numbered_names, remarks_below, settings_in_sentences, tables
from tui.report.formats.sections.every import sections
from tui.report.formats.sections.section import Section, flat
from tui.report.formats.words import (
    TITLES,
    compared,
    compared_legend,
    counted,
    criterion_of,
    notes_besides,
    shown_number,
)
from tui.report.judges import said_of_raters
from tui.report.options import ReportOptions
from tui.report.pairs import Failures, Matches
from tui.report.plots import FrontPlot, TimedRow
from tui.report.references import TITLE as REFERENCES
from tui.report.references import reference_tables
from tui.report.report import Report
from tui.report.rows import Row
from tui.report.trend import Trend, trends, without_trend
from tui.report.verdicts import Verdict, verdicts

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Nothing is loaded, run or sent; the style is in the page."""

LIGHT = {"page": "#ffffff", "text": "#1b1f24", "quiet": "#57606a", "mark": "#0550ae", "faint": "#d0d7de"}
DARK = {"page": "#0d1117", "text": "#e6edf3", "quiet": "#9ea7b3", "mark": "#79c0ff", "faint": "#3d444d"}
"""Colours by what they are for. `faint` is of lines that say nothing by themselves, and of no text."""

ANSWERS_DRAWN = 500
"""The most answers of one mode whose timings are drawn one by one."""

_STYLE = """
:root { color-scheme: light dark; %s }
@media screen and (prefers-color-scheme: dark) { :root { %s } }
body { margin: 0 auto; padding: 1rem; max-width: 62rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.25; break-after: avoid; }
h2 { margin-top: 2.5rem; border-top: 2px solid var(--quiet); padding-top: .75rem; }
li, p { max-width: 46rem; }
li { break-inside: avoid; }
.verdict, .notes, figcaption, caption { color: var(--quiet); font-size: .9em; }
.verdict { display: block; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
caption { text-align: left; padding-bottom: .25rem; }
th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid var(--faint); vertical-align: bottom; }
th[scope=row], .words { text-align: left; }
th[scope=row] { font-weight: normal; min-width: 8rem; max-width: 20rem; overflow-wrap: anywhere; }
tr { break-inside: avoid; }
figure { margin: 1rem 0; max-width: 35rem; break-inside: avoid; }
svg { display: block; width: 100%%; height: auto; }
.text { font: 12px system-ui, sans-serif; fill: var(--text); }
.tick, .note { fill: var(--quiet); }
.mid { text-anchor: middle; }
.end { text-anchor: end; }
.grid { stroke: var(--faint); }
.whisker, .front { stroke: var(--quiet); fill: none; }
.front { stroke-dasharray: 4 3; }
.dot, .bar { fill: var(--mark); stroke: var(--mark); stroke-width: 1.5; }
.bar { stroke: none; }
.open, .cold, .box { fill: var(--page); }
.box, .cold { stroke: var(--quiet); }
.small { fill: var(--mark); }
.course { stroke: var(--mark); stroke-width: 1.5; fill: none; }
.median { stroke: var(--text); stroke-width: 3; }
details { margin: .25rem 0; max-width: 60rem; }
details.answer { margin-left: 1.25rem; }
summary { cursor: pointer; padding: .15rem 0; }
pre { margin: .25rem 0 .75rem; padding: .5rem .75rem; border-left: 3px solid var(--quiet); white-space: pre-wrap;
  font: .9rem/1.45 ui-monospace, monospace; }
@page { margin: 15mm; }
@media print { details:not([open]) { display: none; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .wide { overflow: visible; break-inside: avoid; } }
"""


class _Charted(NamedTuple):
    """What a chart is called, what it shows in words, and what it is drawn of."""

    title: str
    says: str
    drawn: Element


def render(report: Report) -> str:
    """The whole page. It is the same for the same report."""
    root = Element("html", {"lang": "en"})
    root.append(_head())
    body = SubElement(root, "body")
    page = SubElement(body, "main")
    matches = report.matches
    names, found = names_of(matches.candidates), verdicts(matches)
    runs = sum(row.outcomes.runs for row in report.rows)
    _add(page, "h1", "Report")
    _add(page, "p", f"{counted(report.sessions, 'session')}, {counted(runs, 'run')}.")
    for mode in Mode:
        rows = [row for row in report.rows if row.subject.mode is mode]
        if rows:
            _add(page, "h2", TITLES[mode])
            of_mode = [verdict for verdict in found if verdict.pair.conditions.mode is mode]
            _compared(page, of_mode, matches.failures, names)
            _mode(page, mode, rows, matches, report.options)
    if not report.rows:
        _add(page, "p", "There is nothing to report on.")
    if found:
        _add(page, "h2", "How to read what was compared")
        _add(page, "p", compared_legend(found))
    if told := said_of_raters(report.agreements, report.judges):
        _add(page, "h2", "Raters")
        _list(page, told)
    for number, section in enumerate(sections(report, matches)):
        _section(page, flat(section), number)
    notes = notes_besides(report)
    if notes:
        _add(page, "h2", "What else there is to know")
        _list(page, notes)
    if report.references:
        _add(page, "h2", REFERENCES)
    for number, (name, headings, cells, remarks) in enumerate(reference_tables(report.references), 1):
        _table(page, name, (headings, cells), f"reference-{number}")
        _list(page, remarks)
    if report.skipped:
        _add(page, "h2", "Files left out")
        _table(page, "Files that could not be read, and why", (("file", "reason"), report.skipped), "left-out")
    add_answers(page, report)
    indent(root, "")
    return f"<!DOCTYPE html>\n{tostring(root, encoding='unicode', method='html')}\n"


def _head() -> Element:
    head = Element("head")
    SubElement(head, "meta", {"charset": "utf-8"})
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": POLICY})
    SubElement(head, "meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"})
    SubElement(head, "title").text = "Report of foundry-compare"
    SubElement(head, "style").text = _STYLE % (_variables(LIGHT), _variables(DARK))
    return head


def _variables(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


def _compared(page: Element, found: Sequence[Verdict], failures: Sequence[Failures], names: Names) -> None:
    """What may be said of each pair of models, under each set of conditions."""
    need, parts = compared(found, failures, names)
    if not parts:
        return
    _add(page, "h3", "What may be said, on the same prompts")
    if need:
        _add(page, "p", need)
    for part in parts:
        if len(parts) > 1:
            _add(page, "p", f"With {part.conditions}:")
        listed = SubElement(page, "ul")
        for first, *rest in part.items:
            item = _add(listed, "li", first)
            for line in rest:
                _add(item, "span", line, {"class": "verdict"})


def _mode(page: Element, mode: Mode, rows: Sequence[Row], matches: Matches, options: ReportOptions) -> None:
    settings = settings_in_sentences(rows)
    if len(settings) == 1:
        _add(page, "p", settings[0])
    else:
        _list(page, settings)
    for number, (title, table) in enumerate(tables(rows, options)):
        _add(page, "h3", title)
        _table(page, f"{title}. {TITLES[mode]}", table, f"{mode.value}-table-{number}")
    numbers = count()
    for charted in _fronts(mode, rows, matches, numbers):
        _figure(page, charted)
    if timed := plots.timed_rows(rows):
        _distribution(page, mode, timed, f"{mode.value}-chart-{next(numbers)}")
        _timings(page, timed, f"{mode.value}-chart-{next(numbers)}")
    _courses(page, mode, rows, numbers)
    _add(page, "h3", "Notes")
    _list(page, remarks_below(mode, rows), {"class": "notes"})


def _section(page: Element, section: Section, number: int) -> None:
    _add(page, "h2", section.title)
    if section.sentences:
        _list(page, section.sentences)
    for place, (title, table) in enumerate(section.tables):
        _table(page, title or section.title, table, f"section-{number}-{place}")
    if section.remarks:
        _list(page, section.remarks, {"class": "notes"})


# Charts


def _fronts(mode: Mode, rows: Sequence[Row], matches: Matches, numbers: Iterator[int]) -> list[_Charted]:
    """For rows of the same settings: quality against the time of the whole answer, one chart for each criterion."""
    return [_front(plot, f"{mode.value}-chart-{next(numbers)}") for plot in plots.fronts(mode, rows, matches)]


def _front(plot: FrontPlot, identity: str) -> _Charted:
    if plot.ahead is None:
        says = f"{plot.axes} {plot.facts}. {plot.why_not}"
    else:
        says = f"{plot.axes} {plot.facts}. Filled and joined: the front, {plot.front}. "
        if len(plot.ahead) < len(plot.points):
            says += "Open: another model has at least as high a mean in at most as much time. "
        says += "Whether a difference is more than chance is said above, not here."
    drawn = charts.scatter(
        plot.points, plot.criterion.scale, _time_label([point.x for point in plot.points]),
        f"{criterion_of(plot.criterion)}, mean", plot.ahead, **_labelled(identity),
    )  # fmt: skip
    return _Charted(plot.title, says, drawn)


def _distribution(page: Element, mode: Mode, timed: Sequence[TimedRow], identity: str) -> None:
    strips = plots.strips(timed)
    values = [value for strip in strips for value in strip.drawn]
    words = plots.time_words()
    says = (
        f"{words.capitalize()}: from the shortest to the longest, a box around the middle half, a bar at the median. "
    )
    dots = any(len(strip.drawn) <= charts.DOTS_UP_TO for strip in strips)
    if dots:
        says += f"Each dot is an answer, where a model has no more than {charts.DOTS_UP_TO}. "
    if cold := sum(len(strip.loaded_first) for strip in strips):
        says += f"Before {counted(cold, 'answer')} the model was loaded first{plots.outside(strips)}"
        says += ": open squares among the dots. " if dots else ". "
    says += "The table below has the numbers."
    drawn = charts.strips(strips, _time_label(values), **_labelled(identity))
    _figure(page, _Charted("Times of whole answers", says, drawn))
    headings = ("", "n", "min", "25\u00a0%", "median", "75\u00a0%", "max")
    cells = [
        (
            one.full,
            str(len(strip.values)),
            *(shown_number(percentile(strip.values, percent)) for percent in (0, 25, 50, 75, 100)),
        )
        for one, strip in zip(timed, strips, strict=True)
    ]
    end = plots.end_metric()
    _table(page, f"{end.label.capitalize()}, {end.unit}. {TITLES[mode]}", (headings, cells), f"{identity}-table")


def _timings(page: Element, timed: Sequence[TimedRow], identity: str) -> None:
    lanes = [lane for one in timed if (lane := Lane(one.name, _answers(one.row))).answers]
    number = sum(len(lane.answers) for lane in lanes)
    if not 0 < number <= ANSWERS_DRAWN:
        return
    longest = max(end for lane in lanes for _, end in lane.answers)
    says = (
        f"{counted(number, 'answer')} on one scale from zero, those of a model by their prompts: a thin line until its "
        f"first text, a thick bar from there to its end. The longest took {shown_number(longest)} ms."
    )
    if left_out := sum(len(strip.left_out) for strip in plots.strips(timed)):
        says += f" {counted(left_out, 'answer')} for which the model was loaded first are among them, and in no table."
    drawn = charts.timings(lanes, f"{plots.end_metric().unit} since the request", **_labelled(identity))
    _figure(page, _Charted("Timing of each answer", says, drawn))


def _courses(page: Element, mode: Mode, rows: Sequence[Row], numbers: Iterator[int]) -> None:
    """The time of the whole answer, and each criterion, from session to session."""
    names = dict(zip((row.subject for row in rows), numbered_names(rows), strict=True))
    by_figure: dict[tuple[str, str], list[Trend]] = {}
    every = trends(rows)
    for found in every:
        if found.figure == plots.end_metric().name or found.scale is not None:
            by_figure.setdefault((found.label, found.unit), []).append(found)
    for (label, unit), lines in by_figure.items():
        when = {point.session: point.when for line in lines for point in line.points}
        places = {session: place for place, session in enumerate(sorted(when))}
        drawn = charts.trend(
            [
                Line(
                    names[line.subject].split()[0],
                    tuple(Place(places[one.session], one.value, one.low, one.high) for one in line.points),
                )
                for line in lines
            ],
            ["" if at is None else f"{at:%Y-%m-%d %H:%M}" for _, at in sorted(when.items())],
            f"{label}, {unit}",
            lines[0].scale,
            **_labelled(f"{mode.value}-chart-{next(numbers)}"),
        )
        facts = "; ".join(
            f"{names[line.subject].strip()}: {_measured(line.points[0].value)} in the first of its "
            f"{counted(len(line.points), 'session')}, {_measured(line.points[-1].value)} in its last"
            + (
                f", number {last + 1} of {len(places)}"
                if (last := places[line.points[-1].session]) + 1 < len(places)
                else ""
            )
            for line in lines
        )
        says = (
            f"{label.capitalize()}, {unit}, by session, the earliest to the left; each model on the same prompts "
            f"in all of its sessions. {facts}."
        )
        if any(point.low is not None for line in lines for point in line.points):
            says += " An upright line is the 95 % interval of the median of the answers."
        if lines[0].scale is None:
            without = (f"{names[one].strip()}: {why}" for one, why in without_trend(rows, every, lines[0].figure))
            says += "".join(f" Not drawn: {one}." for one in without)
        _figure(page, _Charted(f"Trend: {label}", says, drawn))


def _measured(value: float) -> str:
    return f"{value:.2f}" if value < 10 else shown_number(value)


def _time_label(values: Sequence[float]) -> str:
    label = f"{plots.end_metric().label}, {plots.end_metric().unit}"
    return f"{label}, logarithmic" if charts.time_scale(values).logarithmic else label


def _answers(row: Row) -> tuple[tuple[float, float], ...]:
    """First text and end of each answer that counts, by prompt and round."""
    ordered = sorted(row.requests, key=lambda run: (run.prompt, run.round, run.session, run.id))
    both = zip(plots.values_of(ordered, "ttft_ms"), plots.values_of(ordered, "end_ms"), strict=True)
    return tuple((first, end) for first, end in both if first is not None and end is not None)


# Elements


def _add(parent: Element, tag: str, text: str, facts: dict[str, str] | None = None) -> Element:
    """An element with a text, which is cleaned here, whatever it is."""
    element = SubElement(parent, tag, facts or {})
    element.text = clean_line(text)
    return element


def _list(page: Element, sentences: Iterable[str], facts: dict[str, str] | None = None) -> None:
    listed = SubElement(page, "ul", facts or {})
    for sentence in sentences:
        _add(listed, "li", sentence)


def _labelled(identity: str) -> dict[str, str]:
    """What names and describes a chart for those who do not see it: the heading above, and the caption."""
    return {"aria_labelledby": f"{identity}-title", "aria_describedby": f"{identity}-says"}


def _figure(page: Element, charted: _Charted) -> None:
    _add(page, "h3", charted.title, {"id": charted.drawn.attrib["aria-labelledby"]})
    figure = SubElement(page, "figure")
    figure.append(charted.drawn)
    _add(figure, "figcaption", charted.says, {"id": charted.drawn.attrib["aria-describedby"]})


def _table(page: Element, caption: str, table: Table, identity: str) -> None:
    """A table; where it is wider than the page, it scrolls by itself, with the keyboard too."""
    headings, rows = table
    around = SubElement(
        page, "div", {"class": "wide", "role": "region", "tabindex": "0", "aria-labelledby": identity}
    )  # fmt: skip
    element = SubElement(around, "table")
    _add(element, "caption", caption, {"id": identity})
    words = [column > 0 and any(map(_is_words, cells)) for column, cells in enumerate(zip(*rows, strict=True))]
    _table_head(element, headings, words)
    body = SubElement(element, "tbody")
    for first, *others in rows:
        line = SubElement(body, "tr")
        _add(line, "th", first.strip(), {"scope": "row"})
        for cell, of_words in zip(others, words[1:], strict=True):
            _add(line, "td", cell, _class(of_words))


def _table_head(table: Element, headings: Sequence[str], words: Sequence[bool]) -> None:
    """One line of headings, or two where some columns have a heading in common."""
    head = SubElement(table, "thead")
    tops, bottoms = zip(*(heading.rpartition("\n")[::2] for heading in headings), strict=True)
    upper = SubElement(head, "tr")
    lower = SubElement(head, "tr") if any("\n" in heading for heading in headings) else None
    for column, heading in enumerate(headings):
        scope = {"scope": "col", **(_class(words[column]) if words else {})}
        if "\n" not in heading:
            span = {} if lower is None else {"rowspan": "2"}
            _add(upper, "th", heading or "model", {**scope, **span, **({"class": "words"} if column == 0 else {})})
            continue
        if tops[column]:
            rest = headings[column + 1 :]
            width = 1 + next((n for n, other in enumerate(rest) if not other.startswith("\n")), len(rest))
            _add(upper, "th", tops[column], {"scope": "colgroup", "colspan": str(width)})
        if lower is not None:
            _add(lower, "th", bottoms[column], scope)


def _class(of_words: bool) -> dict[str, str]:
    return {"class": "words"} if of_words else {}


def _is_words(cell: str) -> bool:
    """Whether a cell is no number."""
    return cell != UNKNOWN and not cell.removeprefix("~")[:1].isdecimal()
