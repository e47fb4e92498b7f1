"""Blocks of rows below one another: which row belongs to which, and from where on two arrangements differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest


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
