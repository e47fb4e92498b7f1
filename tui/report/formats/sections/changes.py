"""What became of each model since a baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tui.core.text.clean import clean_line
from tui.report.change_outcomes import ChangeOutcome, figure_in_words
from tui.report.changes import Change
from tui.report.formats.narrow_tables import Titled
from tui.report.formats.sections.section import Section, table_names
from tui.report.formats.words import PROMPT_SHOWN, shown_figure
from tui.report.report import Report
from tui.report.subject import Subject

_BEFORE_AND_NOW = (
    "Before, now: the geometric mean of the prompts' medians; so many times: now over before, in brackets the 95 % "
    "interval. Of scores: the mean of the prompts' means, and the difference."
)
_WORST_FIRST = (ChangeOutcome.WORSE, ChangeOutcome.BETTER, ChangeOutcome.SAME, ChangeOutcome.UNKNOWN)
_PROMPTS_SHOWN = 20


def changes_section(report: Report) -> Iterator[Section]:
    """What became of each model since the baseline; nothing where there is none."""
    if report.changes is None:
        return
    whole = [one for one in report.changes if not one.prompt]
    single = [one for one in report.changes if one.prompt]
    counts = Counter(one.outcome for one in whole if one.figure)
    sentences = [", ".join(f"{outcome.value} {counts[outcome]}" for outcome in ChangeOutcome) + "."] if counts else []
    names = {subject: name.strip() for subject, name in table_names(report, modes=True).items()}
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
