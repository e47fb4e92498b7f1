"""The texts of an answer's view as blocks of rows: thinking, answer, why no more came, remarks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.segment import Segment
from textual.selection import Selection

from tui.core.text.clean import clean
from tui.ui.widgets.answer.formatted import Formatted
from tui.ui.widgets.answer.styles import ERROR, MUTED, TEXT
from tui.ui.widgets.answer.wrapped import TextPosition, WrappedText
from tui.ui.widgets.answer.wrapping import wrap

WIDTH_BEFORE_LAYOUT = 80


class AnswerText:
    """Whoever changes one of the texts calls `arrange()`."""

    fold_hint = "t shows it"
    """What the folded thinking says of the key that opens it."""

    def __init__(self) -> None:
        self.width = WIDTH_BEFORE_LAYOUT
        self.answer = WrappedText(self.width)
        self.thinking = WrappedText(self.width)
        self.formatted: Formatted | None = None
        """What stands in place of the answer as it came."""
        self.reasoning, self.folded = "", True
        self.placeholder = self.title = self.hint = self.remark = ""
        self.blocks: list[Block] = []
        self.total = 0

    def resize(self, width: int) -> None:
        """Wrap the texts for another width."""
        self.width = width
        self.answer.resize(width)
        self.thinking.resize(width)

    def arrange(self, changed: WrappedText, first: int) -> int:
        """Place the blocks. Returns the first row that differs from before: `changed` does from its row `first` on."""
        old = self.blocks
        parts = [
            (self._thinking_rows(), MUTED, False),
            (self.formatted.rows if self.formatted else self.answer.rows, TEXT, True),
            (self._wrap(f"✗ {self.title}" if self.title else ""), ERROR, True),
            (self._wrap(self.hint if self.title else ""), MUTED, False),
            (self._wrap(self.remark), MUTED, True),
        ]
        self.blocks = stack(parts) or stack([(self._wrap(self.placeholder), MUTED, False)])
        self.total = total(self.blocks)
        starts = [block.start + first for block in self.blocks if block.rows is changed.rows]
        moved = first_difference(old, self.blocks)
        return min([*starts, self.total if moved is None else moved])

    def row(self, number: int) -> tuple[str, str, list[Segment] | None]:
        """A row's text, its component class, and its pieces where it has styles of its own."""
        block = block_at(self.blocks, number)
        if block is None or number - block.start >= len(block.rows):
            return "", block.style if block else TEXT, None
        at = number - block.start
        formatted = self.formatted is not None and block.rows is self.formatted.rows
        return block.rows[at], block.style, self.formatted.pieces[at] if self.formatted and formatted else None

    @property
    def answer_start(self) -> int:
        """The first row of the answer, or of what stands in its place."""
        rows = self.answer_rows
        return next((block.start for block in self.blocks if block.rows is rows), 0)

    @property
    def answer_rows(self) -> list[str]:
        """The rows of the answer, or of what stands in its place."""
        return self.formatted.rows if self.formatted else self.answer.rows

    def searched(self) -> Iterator[tuple[str, bool]]:
        """All rows, each with whether it goes on with the line of the row above."""
        for row in range(self.total):
            block = block_at(self.blocks, row)
            at = row - block.start if block else 0
            text = next((text for text in (self.answer, self.thinking) if block and text.rows is block.rows), None)
            yield self.row(row)[0], text is not None and at < len(text.rows) and text.continues(at)

    def position(self, row: int) -> tuple[WrappedText, TextPosition] | None:
        """The text that a row shows, and where in it; None for what does not outlive another width."""
        block = block_at(self.blocks, row)
        text = next((text for text in (self.answer, self.thinking) if block and text.rows is block.rows), None)
        return (text, text.position(row - block.start)) if text and block else None

    def row_of(self, text: WrappedText, position: TextPosition) -> int:
        """The row that shows a place."""
        start = next((block.start for block in self.blocks if block.rows is text.rows), 0)
        return start + text.row_of(position)

    def selected(self, selection: Selection) -> str:
        """The selected text, with its own line ends and not those of the wrapping."""
        text = ""
        for row in range(self.total):
            span, block = selection.get_span(row), block_at(self.blocks, row)
            if span is None or block is None:
                continue
            at = row - block.start
            joins = block.rows is self.answer.rows and at < len(block.rows) and self.answer.continues(at)
            whole = block.rows[at] if at < len(block.rows) else ""
            text += ("" if joins or not text else "\n") + whole[span[0] : None if span[1] < 0 else span[1]]
        return text

    def _thinking_rows(self) -> list[str]:
        if not self.folded or not self.reasoning:
            return self.thinking.rows if self.reasoning else []
        count = f"thinking · {len(self.reasoning)} chars"
        return self._wrap(f"{count} ({self.fold_hint})")

    def _wrap(self, text: str) -> list[str]:
        return [row for line in clean(text).split("\n") for row in wrap(line, self.width)] if text else []


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Rows that share a style. `rows` may change after the block was made."""

    start: int
    """Its first row, counted from the top of the view."""
    rows: list[str]
    style: str


def stack(parts: Sequence[tuple[list[str], str, bool]]) -> list[Block]:
    """The parts (rows, style, whether an empty row goes before it) that have rows, placed from the top."""
    blocks: list[Block] = []
    at = 0
    for rows, style, apart in parts:
        if rows:
            at += 1 if apart and blocks else 0
            blocks.append(Block(at, rows, style))
            at += len(rows)
    return blocks


def total(blocks: Sequence[Block]) -> int:
    """How many rows the blocks take."""
    return blocks[-1].start + len(blocks[-1].rows) if blocks else 0


def block_at(blocks: Sequence[Block], row: int) -> Block | None:
    """The block a row is in or, for an empty row, below."""
    return next((block for block in reversed(blocks) if block.start <= row), None)


def first_difference(old: Sequence[Block], new: Sequence[Block]) -> int | None:
    """The first row from which other blocks are shown than before; None when all are where they were."""
    for was, now in zip_longest(old, new):
        if was is None or now is None:
            return min(block.start for block in (was, now) if block)
        if was.start != now.start or (was.rows is not now.rows and was.rows != now.rows):
            return min(was.start, now.start)
    return None
