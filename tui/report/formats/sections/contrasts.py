"""One model on two devices, hosts or the like."""

from __future__ import annotations

from collections.abc import Iterator

from tui.core.text.clean import clean_line
from tui.report.candidate_names import names_of
from tui.report.contrasts import contrasts
from tui.report.formats.sections.section import Section, table_names
from tui.report.pairs import Matches
from tui.report.report import Report
from tui.report.row_names import NAME_SHOWN
from tui.report.verdict_words import said
from tui.report.verdicts import verdicts


def contrasts_section(report: Report, matches: Matches) -> Iterator[Section]:
    """What else differs between two rows of a model, then what may be said of the two."""
    found = contrasts(report.rows, report.options.by)
    if not found:
        return
    names, found_verdicts, modes = names_of(matches.candidates), verdicts(matches), table_names(report, modes=True)
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
