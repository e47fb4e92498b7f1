"""A difference of two answers as rows: one text, with what is only in the other one between its words.

What is added stands in `{+ +}`, what is removed in `[- -]`, the signs of wdiff: colours and lines only repeat them.
Where two texts have little in common, both are shown whole instead, one below the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from rich.segment import Segment
from rich.style import Style

from tui.core.text.clean import clean, clean_line
from tui.core.text.diff import ALIKE_FROM, Change, Diff, Piece
from tui.ui.widgets.answer.formatted import Formatted
from tui.ui.widgets.answer.highlights import Highlight
from tui.ui.widgets.answer.wrapping import TAB_STOP, slices

SIGNS = {Change.ADDED: ("{+", "+}"), Change.REMOVED: ("[-", "-]")}
_ROLES = {Change.EQUAL: "text", Change.ADDED: "added", Change.REMOVED: "removed"}


@dataclass(frozen=True, slots=True)
class Compared:
    """One of two texts."""

    name: str
    """Whose it is, for the eyes."""
    text: str
    """Raw as received."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Text of one style; it is clean."""

    text: str
    role: str
    change: int | None = None
    """Which of the differences it belongs to, from 0."""


@dataclass(slots=True)
class DifferenceRows:
    """Rows of a difference; those of the last width are kept."""

    old: Compared
    new: Compared
    difference: Diff
    _made: tuple[int, Mapping[str, Style], Formatted] | None = field(default=None, init=False)
    _places: list[list[Highlight]] = field(default_factory=list, init=False)

    @property
    def inline(self) -> bool:
        """Whether the texts have enough in common to be shown as one."""
        return self.difference.similarity >= ALIKE_FROM

    def formatted(self, width: int, styles: Mapping[str, Style]) -> Formatted:
        """The rows of at most `width` cells."""
        if self._made is None or self._made[:2] != (width, styles):
            self._made = width, styles, self._laid_out(width, styles)
        return self._made[2]

    @property
    def places(self) -> Sequence[Sequence[Highlight]]:
        """Where each difference is in the rows that were made last."""
        return self._places

    def _laid_out(self, width: int, styles: Mapping[str, Style]) -> Formatted:
        rows: list[str] = []
        pieces: list[list[Segment]] = []
        places: dict[int, list[Highlight]] = {}
        for line in self._lines():
            text = "".join(run.text for run in line)
            ends = list(accumulate(len(run.text) for run in line))
            at = 0
            for row in slices(text, width):
                shown = row.rstrip(" ")
                made: list[Segment] = []
                for run, end in zip(line, ends, strict=True):
                    begin, stop = max(end - len(run.text) - at, 0), min(end - at, len(shown))
                    if begin < stop:
                        made.append(Segment(shown[begin:stop], styles[run.role]))
                        if run.change is not None:
                            places.setdefault(run.change, []).append(Highlight(len(rows), begin, stop))
                rows.append(shown)
                pieces.append(made)
                at += len(row)
        self._places = [places[number] for number in sorted(places)]
        return Formatted(rows, pieces)

    def _lines(self) -> Iterator[list[_Run]]:
        """Head and text, line by line."""
        remark = self.difference.remark
        if not self.inline:
            yield [_Run(remark, "muted")]
            for side in (self.new, self.old):
                yield []
                yield [_Run(clean_line(side.name, 200), "heading")]
                yield from ([_Run(_shown(line), "text")] for line in clean(side.text).split("\n"))
            return
        # What the signs mean is of no use, and easily misread, where there is none of them.
        head: list[_Run] = []
        for change, side in ((Change.ADDED, self.new), (Change.REMOVED, self.old)):
            before, after = SIGNS[change]
            head += [_Run(f"{before}only {clean_line(side.name, 200)}{after}", _ROLES[change]), _Run(" ", "text")]
        if self.difference.changed:
            yield head
        if remark:
            yield [_Run(remark, "muted")]
        yield []
        yield from _split(self._runs())

    def _runs(self) -> Iterator[_Run]:
        number = -1
        before = Change.EQUAL
        pieces = self.difference.pieces
        for at, piece in enumerate(pieces):
            removed = piece.change is Change.REMOVED
            text = self.old.text[slice(*piece.old)] if removed else self.new.text[slice(*piece.new)]
            if piece.change is Change.EQUAL:
                yield _Run(_shown(clean(text)), "text")
            else:
                number += before is Change.EQUAL
                body = text.rstrip()
                gap = text[len(body) :]
                lead = body[: len(body) - len(body.lstrip())]
                if removed and not lead and self._parted(pieces[at - 1 : at]):
                    lead = " "
                yield _Run(_shown(clean(lead)), "text")
                if removed and at + 1 < len(pieces) and pieces[at + 1].change is Change.ADDED:
                    gap = " " if gap else ""  # The lines end with what is added in its place.
                yield from _signed(body.lstrip(), piece.change, number)
                yield _Run(_shown(clean(gap)), "text")
            before = piece.change

    def _parted(self, before: Sequence[Piece]) -> bool:
        """Whether white space of the old text alone parts what is removed from the equal piece before it."""
        ends = [(self.old.text[slice(*piece.old)][-1:], self.new.text[slice(*piece.new)][-1:]) for piece in before]
        return any(old.isspace() and not new.isspace() for old, new in ends)


def _signed(body: str, change: Change, number: int) -> Iterator[_Run]:
    """A changed piece; each of its lines has the signs."""
    before, after = SIGNS[change]
    for at, line in enumerate(clean(body).split("\n")):
        if at:
            yield _Run("\n", "text")
        line = _shown(line).rstrip(" ")
        if words := line.lstrip(" "):
            yield _Run(" " * (len(line) - len(words)), "text")
            yield _Run(f"{before}{words}{after}", _ROLES[change], number)


def _shown(text: str) -> str:
    return text.replace("\t", " " * TAB_STOP)


def _split(runs: Iterator[_Run]) -> Iterator[list[_Run]]:
    """The runs, line by line."""
    line: list[_Run] = []
    for run in runs:
        first, *others = run.text.split("\n")
        line.append(_Run(first, run.role, run.change))
        for text in others:
            yield line
            line = [_Run(text, run.role, run.change)]
    if line:
        yield line
