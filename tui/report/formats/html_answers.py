"""The answers themselves on the page for a browser: folded, by prompt, as text that is never markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import count
from statistics import mean
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

from tui.core.plans.mode import Mode
from tui.core.text.clean import clean, clean_line
from tui.report.formats.narrow_tables import numbered_names
from tui.report.formats.words import PROMPT_SHOWN, counted, criterion_in_words, shown_number
from tui.report.plots import end_metric, values_of
from tui.report.report import Report
from tui.report.reported_request import ReportedRequest
from tui.report.rows import Row

MOST_ANSWERS = 2_000
"""More are not put on a page: it would be too long to look anything up in it."""
MOST_BYTES = 900_000
"""Of all their texts together, as they stand in the page."""
_TITLE = 3 * PROMPT_SHOWN
"""Characters of a prompt above its answers."""
_MODES = {Mode.MEASURE: "measured", Mode.RACE: "raced"}


class _Answer(NamedTuple):
    place: int
    """Its row's, among all."""
    title: str
    text: str
    run: ReportedRequest


def add_answers(page: Element, report: Report) -> None:
    """Put the answers beneath the rest of the page. Nothing where the report has not kept any."""
    by_prompt: dict[str, list[_Answer]] = {}
    for answer in _answers(report):
        by_prompt.setdefault(answer.run.prompt, []).append(answer)
    every = [answer for answers in by_prompt.values() for answer in answers]
    if not every:
        return
    SubElement(page, "h2").text = "Answers"
    if len(every) > MOST_ANSWERS:
        SubElement(page, "p").text = (
            f"{len(every)} answers are more than this page takes ({MOST_ANSWERS}): fewer sessions have room, or look "
            "them up in their sessions."
        )
        return
    # As they were asked: the first of each prompt.
    prompts = sorted(by_prompt.items(), key=lambda item: (min(_asked(answer.run) for answer in item[1]), item[0]))
    shown = _limit([_size(answer.text) for answer in every])
    SubElement(page, "p").text = (
        f"{counted(len(every), 'answer')} to {counted(len(by_prompt), 'prompt')}, as they came; a prompt opens its "
        "answers, an answer its text."
    )
    for number, (prompt, answers) in enumerate(prompts, 1):
        folded = _folded(page, f"{number}. {clean_line(prompt, _TITLE)} ({counted(len(answers), 'answer')})", "prompt")
        if len(clean_line(prompt)) > _TITLE or "\n" in prompt:
            _text(folded, prompt, shown)
        for answer in sorted(answers, key=lambda one: (one.place, _asked(one.run))):
            _text(_folded(folded, answer.title, "answer"), answer.text, shown)


def _answers(report: Report) -> Iterator[_Answer]:
    places = count()
    for mode in Mode:
        rows = [row for row in report.rows if row.subject.mode is mode]
        for name, row in zip(numbered_names(rows), rows, strict=True):
            place = next(places)
            for run in row.requests:
                if run.answer:
                    yield _Answer(place, _title(name.strip(), row, run), clean(run.answer), run)


def _asked(run: ReportedRequest) -> tuple[str, int, str]:
    """Orders requests as they were asked: ids of sessions begin with the time, those of requests are counted."""
    return run.session, len(run.id), run.id


def _title(name: str, row: Row, run: ReportedRequest) -> str:
    """Who answered, how long it took, and what it was scored."""
    facts = [f"{name}, {_MODES[row.subject.mode]}" + (f", round {run.round}" if run.round > 1 else "")]
    (time,) = values_of([run], end_metric().name)
    facts.append(run.state.value if time is None else f"{shown_number(time)} {end_metric().unit}")
    given: dict[tuple[str, int, str], list[int]] = {}
    for score in run.scores:
        given.setdefault(score[:3], []).append(score.value)
    facts += [
        f"{criterion_in_words(criterion, raters)} {round(mean(values), 2):g} of {scale}"
        for (criterion, scale, raters), values in sorted(given.items())
    ]
    return clean_line("; ".join(facts))


def _folded(parent: Element, title: str, kind: str) -> Element:
    folded = SubElement(parent, "details", {"class": kind})
    SubElement(folded, "summary").text = title
    return folded


def _text(parent: Element, text: str, most: int) -> None:
    """A text as it came, or as much of it as there is room for."""
    cleaned = clean(text)
    kept = cleaned if _size(cleaned) <= most else _cut(cleaned, most)
    # What begins with a line feed would lose it: HTML takes the first of `pre` for no part of the text.
    SubElement(parent, "pre").text = f"\n{kept}" if kept.startswith("\n") else kept
    if len(kept) < len(cleaned):
        SubElement(
            parent, "p", {"class": "notes"}
        ).text = f"{len(cleaned) - len(kept)} characters more are in its session; this page has no room for them."


def _size(text: str) -> int:
    """Bytes of a text in the page."""
    return len(escape(text, quote=False).encode("utf-8"))


def _cut(text: str, most: int) -> str:
    """The beginning of a text that takes no more than so many bytes in the page."""
    low, high = 0, min(len(text), most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _size(text[:middle]) <= most else (low, middle - 1)
    return clean(text[:low])


def _limit(sizes: Sequence[int], whole: int = MOST_BYTES) -> int:
    """The most bytes that one text may take, so that all together take no more than `whole`: only long ones are cut."""
    left = whole
    ordered = sorted(sizes)
    for number, size in enumerate(ordered):
        share = left // (len(ordered) - number)
        if size > share:
            return share
        left -= size
    return max(ordered, default=0) or 1
