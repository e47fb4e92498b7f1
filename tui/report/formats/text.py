"""The report for a terminal or a pipe: what may be said first, then narrow tables, one for each question.

Lines fit `COLUMNS`, or 80 cells where that is not set, or a narrower terminal, but for words longer than that.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.core.plans.mode import Mode
from tui.core.text.cell_width import cell_width, padded, wrapped
from tui.core.text.clean import clean_line
from tui.core.text.line_width import line_width
from tui.report.candidate_names import names_of
from tui.report.formats.narrow_tables import closing_remarks, loads_table, remarks_below, settings_in_sentences, tables
from tui.report.formats.sections.every import sections
from tui.report.formats.sections.section import Section
from tui.report.formats.words import TITLES, Compared, compared, compared_legend, counted, notes_besides
from tui.report.judges import said_of_raters
from tui.report.loads import Loads
from tui.report.not_compared import said_of_unlike
from tui.report.options import ReportOptions
from tui.report.references import TITLE, ReferenceTable, reference_tables
from tui.report.report import Report
from tui.report.rows import Row
from tui.report.verdicts import OF_A_RACE, verdicts

_OF_SENTENCES = ("why", "how that is known")
"""Headings of last columns that hold sentences."""
_SENTENCE = 36
"""Cells from which on the last column of a table is taken for sentences."""
_LEAST_ROOM = 16
"""Cells that such a column takes at least beside the others."""
_NO_END = 100_000
"""Cells of a line of wide tables, which no line reaches."""
_NAME = 22
"""Cells of the column of models: a longer name has a line of its own."""
_LEAST_NAME = 4
"""The same of a line that has no room for more: a row's number and a space."""
_RACED = f"There is {OF_A_RACE}: --mode measure asks one model at a time."


def render(report: Report, width: int | None = None) -> str:
    """For each mode verdicts, speed, quality and footprint; then raters, notes, and the files that were left out."""
    width = line_width() if width is None else width
    matches = report.matches
    names, found = names_of(matches.candidates), verdicts(matches)
    runs = sum(row.outcomes.runs for row in report.rows)
    lines = [f"{counted(report.sessions, 'session')}, {counted(runs, 'run')}."]
    for mode in Mode:
        rows = [row for row in report.rows if row.subject.mode is mode]
        if not rows:
            continue
        lines += ["", _heading(TITLES[mode], "=")]
        of_mode = [verdict for verdict in found if verdict.pair.conditions.mode is mode]
        need, parts = compared(of_mode, matches.failures, names)
        lines += _compared(need, parts, width)
        lines += _mode(mode, rows, report.options, width)
    if not report.rows:
        lines += ["", "There is nothing to report on."]
    if found:
        lines += ["", *wrapped(compared_legend(found), width)]
    if told := said_of_raters(report.agreements, report.judges):
        lines += ["", _heading("Raters", "=")]
        lines += [line for sentence in told for line in _item((sentence,), width)]
    lines += [line for section in sections(report, matches) for line in _section(section, width)]
    notes = notes_besides(report)
    lines += ["", *(line for note in notes for line in _item((note,), width))] if notes else []
    lines += _references(report, width)
    if report.skipped:
        lines += ["", _heading("Files left out", "=")]
        lines += [line for file, why in report.skipped for line in _item((f"{file}: {why}",), width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def closing(report: Report, width: int, loaded: Sequence[tuple[str, Loads]] = ()) -> str:
    """What a command that asked ends with: what was counted, the verdicts, and how fast it was, in lines of so many
    cells. `loaded` has, with its name, each model that was loaded meanwhile. What a reader must know besides is in the
    whole report."""
    matches = report.matches
    names, found = names_of(matches.candidates), verdicts(matches)
    lines: list[str] = []
    for mode in Mode:
        if rows := [row for row in report.rows if row.subject.mode is mode]:
            of_mode = [verdict for verdict in found if verdict.pair.conditions.mode is mode]
            raced = any(verdict.caveat == OF_A_RACE for verdict in of_mode)
            of_mode = [verdict for verdict in of_mode if verdict.caveat != OF_A_RACE]
            failures = [one for one in matches.failures if one.conditions.mode is mode]
            lines += _compared(*compared(of_mode, failures, names), width)
            title, (headings, cells) = tables(rows)[0]
            lines += ["", _heading(f"{title}, {mode}d", "-"), *_table(headings, cells, width)]
            lines += _items([*closing_remarks(rows), *([_RACED] if raced else [])], width)
    lines += _items([f"{sentence}." for sentence in said_of_unlike(matches.unlike, names)], width)
    if loaded:
        lines += ["", _heading("Load, cold and warm", "-"), *_table(*loads_table(loaded), width)]
    return "\n".join(line.rstrip() for line in lines).lstrip("\n") + "\n"


def _compared(need: str, parts: Sequence[Compared], width: int) -> list[str]:
    if not parts:
        return []
    lines = ["", _heading("What may be said, on the same prompts", "-"), *(wrapped(need, width) if need else ())]
    for part in parts:
        lines += wrapped(f"With {part.conditions}:", width) if len(parts) > 1 else []
        lines += [line for item in part.items for line in _item(item, width)]
    return lines


def _mode(mode: Mode, rows: Sequence[Row], options: ReportOptions, width: int) -> list[str]:
    settings = settings_in_sentences(rows)
    lines = ["", *(wrapped(settings[0], width) if len(settings) == 1 else _items(settings, width))]
    for title, (headings, cells) in tables(rows, options):
        lines += ["", _heading(title, "-"), *_table(headings, cells, _NO_END if options.wide else width)]
    return [*lines, "", *_items(remarks_below(mode, rows), width)]


def _references(report: Report, width: int) -> list[str]:
    lines = ["", _heading(TITLE, "=")] if report.references else []
    for table in reference_tables(report.references):
        lines += ["", _heading(table.name, "-"), *reference_lines(table, width), "", *_items(table.notes, width)]
    return lines


def reference_lines(table: ReferenceTable, width: int) -> list[str]:
    """What was imported of one file, in lines of so many cells."""
    return _table(table.headings, table.rows, width)


def section_text(section: Section, width: int) -> str:
    """A section without its title, in lines of so many cells."""
    return "\n".join(line.rstrip() for line in _section(section, width)[2:]).strip("\n")


def _section(section: Section, width: int) -> list[str]:
    lines = ["", _heading(section.title, "="), *_items(section.sentences, width)]
    for title, (headings, cells) in section.tables:
        lines += ["", *([_heading(title, "-", width)] if title else []), *_table(headings, cells, width)]
    return [*lines, *([""] if section.remarks else []), *_items(section.remarks, width)]


def _items(sentences: Sequence[str], width: int) -> list[str]:
    return [line for sentence in sentences for line in _item((sentence,), width)]


def _heading(title: str, line: str, width: int = _NO_END) -> str:
    lines = wrapped(title, width)
    return "\n".join([*lines, line * max(map(cell_width, lines))])


def _item(parts: Sequence[str], width: int) -> list[str]:
    """An item of a list, each part of it beginning a line of its own."""
    lines = [line for part in parts for line in wrapped(clean_line(part), width - 2)]
    return [f"{'- ' if place == 0 else '  '}{line}" for place, line in enumerate(lines)]


def _table(headings: Sequence[str], rows: Sequence[tuple[str, ...]], width: int) -> list[str]:
    """A table without borders, the numbers to the right. A model's name that is longer than its column has a line of
    its own; columns that find no room go below, each row again with its name."""
    tops, bottoms = zip(*(heading.rpartition("\n")[::2] for heading in headings), strict=True)
    widths = [max(map(cell_width, column)) for column in zip(bottoms, *rows, strict=True)]
    if widths[-1] > _SENTENCE or headings[-1] in _OF_SENTENCES:
        return _explained(headings, rows, widths, width)
    groups = _groups(headings)
    for group in groups:
        room = sum(widths[column] for column in group) + 2 * (len(group) - 1)
        widths[group[0]] += max(cell_width(tops[group[0]]) - room, 0)
    widest = max((sum(widths[column] + 2 for column in group) for group in groups), default=0)
    widths[0] = min(widths[0], _NAME + 3, max(width - widest, _LEAST_NAME))
    lines: list[str] = []
    while groups:
        columns, room = groups.pop(0), width - widths[0]
        room -= sum(widths[column] + 2 for column in columns)
        while groups and (room := room - sum(widths[column] + 2 for column in groups[0])) >= 0:
            columns += groups.pop(0)
        lines += [""] if lines else []
        lines += _part(tops, bottoms, rows, widths, columns, width)
    return lines


def _explained(
    headings: Sequence[str], rows: Sequence[tuple[str, ...]], widths: Sequence[int], width: int
) -> list[str]:
    """A table whose last column holds sentences, which go on below themselves, or stand below their row where that has
    no room for them; then the first, which is words, too, may stand above it."""
    widths = [min(widths[0], _NAME + 3), *widths[1:-1]]
    room = width - sum(widths) - 2 * len(widths)
    below = room < _LEAST_ROOM
    above = room < -2
    lines = []
    for first, *numbers, last in [tuple(headings), *rows]:
        if above:
            lines += wrapped(first, width) if first else []
            lines.append("".join(f"  {_right(cell, at)}" for cell, at in zip(numbers, widths[1:], strict=True)))
            lines += [f"    {line}" for line in wrapped(last, width - 4)]
            continue
        names, sentences = wrapped(first, widths[0]) or [""], [] if below else wrapped(last, room) or [""]
        for place in range(max(len(names), len(sentences))):
            name, said = (part[place] if place < len(part) else "" for part in (names, sentences))
            cells = numbers if place == 0 else [""] * len(numbers)
            middle = "".join(f"  {_right(cell, at)}" for cell, at in zip(cells, widths[1:], strict=True))
            lines.append(f"{padded(name, widths[0])}{middle}  {said}")
        lines += [f"    {line}" for line in wrapped(last, width - 4)] if below else []
    return lines


def _groups(headings: Sequence[str]) -> list[list[int]]:
    """The columns but the first, those together that stand under one heading."""
    groups: list[list[int]] = []
    for column, heading in enumerate(headings[1:], 1):
        if heading.startswith("\n"):
            groups[-1].append(column)
        else:
            groups.append([column])
    return groups


def _part(
    tops: Sequence[str],
    bottoms: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    widths: Sequence[int],
    columns: list[int],
    width: int,
) -> list[str]:
    above, spans = padded("", widths[0]), [column for column in columns if tops[column]]
    for column in spans:
        at = widths[0] + sum(widths[other] + 2 for other in columns if other < column) + 2
        above = padded(above, at) + tops[column]
    lines = [above] if spans else []
    lines.append(padded("", widths[0]) + "".join(f"  {_right(bottoms[column], widths[column])}" for column in columns))
    for row in rows:
        name = row[0]
        if cell_width(name) > widths[0]:
            lines += wrapped(name, width)
            name = ""
        if not any(row[1:]):
            # The heading of the rows below.
            lines += [name] if name else []
            continue
        lines.append(
            padded(name, widths[0]) + "".join(f"  {_right(row[column], widths[column])}" for column in columns)
        )
    return lines


def _right(text: str, width: int) -> str:
    return " " * (width - cell_width(text)) + text
