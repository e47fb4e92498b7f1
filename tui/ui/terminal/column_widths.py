"""Keeps every column in its place, however wide the terminal takes the text before it to be.

A row with combining marks, or with emoji made of several characters, ends elsewhere in one terminal than in another,
and would push or overwrite the border and the pane beside it. No terminal can be asked. So whatever follows such a
character begins with a move to its column, and the character's cells are emptied before it is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

from tui.ui.cells import clusters, unsure

_PARTS = re.compile(r"(\x1b\[[0-9;]*m|\x1b\[\d+;\d+H)")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_PIECES = re.compile("((?<!\u200d)(?: {2,}| +$|[\u2500-\u259f]+))")
_NO_ROOM = "\u25a1"
"""Stands for a character that could reach into cells that are not painted again."""


class _Piece(NamedTuple):
    """A part of a row that is written as a whole."""

    text: str
    cells: int
    room: int
    most: int
    kind: str
    """`text`, `unsure`, `space`, or `border` for what must be in its column."""

    @property
    def give(self) -> int:
        """Cells that it may take besides its own."""
        return self.room - self.cells


_Run = list[tuple[str, str]]
"""Styles, and the text that each stands before."""


def keep_columns(data: str) -> str:
    """The frame, with a move after every text whose width terminals disagree about. Any other frame is returned as is.

    Rows of text must begin with a move to their place, as Textual's do; everything else stays as it is.
    """
    if not unsure(data):
        return data
    made: list[str] = []
    run: _Run = []
    style = ""
    place: tuple[int, int] | None = None
    """Row and column where the run begins."""
    for at, part in enumerate(_PARTS.split(data)):
        if at % 2 and part[-1] == "m":
            style = part
        elif at % 2:
            row, _, column = part[2:-1].partition(";")
            to = (int(row), int(column))
            if place and run and to == (place[0], place[1] + sum(cell_len(text) for _, text in run)):
                continue  # The run continues here: this text can give cells to the text before it.
            made += [_row(run, place and place[1]), part]
            run, place = [], to
        elif _CONTROL.search(part):
            made += [_row(run, place and place[1]), style, part]
            run, place, style = [], None, ""
        elif part:
            run.append((style, part))
            style = ""
    return "".join([*made, _row(run, place and place[1]), style])


def _row(run: _Run, column: int | None) -> str:
    """A row, or a part of one, from a column on, counted from 1."""
    if column is None or all(not unsure(text) for _, text in run):
        return "".join(style + text for style, text in run)
    pieces = [_pieces(text) for _, text in run]
    places = _placed([piece for part in pieces for piece in part], column)
    end = column + sum(piece.cells for part in pieces for piece in part)
    made: list[str] = []
    first = 0
    for (style, text), part in zip(run, pieces, strict=True):
        made.append(style)
        stop = first + len(part)
        doubtful = [at for at in range(first, stop) if part[at - first].kind == "unsure"]
        if not doubtful:
            made += [_written(piece, *place) for piece, place in zip(part, places[first:stop], strict=True)] or [text]
        else:
            begin, after = places[doubtful[0]][0], places[doubtful[-1]][1]
            for at in range(first, stop):
                if at == doubtful[0] and after > begin:
                    made.append(" " * (after - begin) + _to(begin))
                made.append(_written(_fitting(part[at - first], places[at][0], end), *places[at]))
                if part[at - first].kind == "unsure":
                    made.append(_to(places[at][1]))
        first = stop
    return "".join(made)


def _to(column: int) -> str:
    return f"\x1b[{column}G"


def _written(piece: _Piece, begin: int, end: int) -> str:
    return " " * (end - begin) if piece.kind == "space" else piece.text


def _fitting(piece: _Piece, begin: int, end: int) -> _Piece:
    """The piece, or what stands for it where it could reach beyond `end`, the last column that is written."""
    if piece.kind != "unsure" or begin + piece.most <= end:
        return piece
    base = piece.text[0]
    sure = not unsure(base) or clusters(base)[0].most <= min(piece.cells, end - begin)
    return piece._replace(text=base if sure else _NO_ROOM if piece.cells else "")


def _placed(pieces: Sequence[_Piece], column: int) -> list[tuple[int, int]]:
    """First column of each piece, and the first one after it. A piece that may need more cells takes them from spaces
    after it."""
    left = [0] * (len(pieces) + 1)
    """Cells that the spaces from each piece to the next border can give."""
    for at in range(len(pieces) - 1, -1, -1):
        piece = pieces[at]
        left[at] = 0 if piece.kind == "border" else left[at + 1] + _spare(pieces, at)
    places: list[tuple[int, int]] = []
    drift = 0
    for at, piece in enumerate(pieces):
        cells = piece.cells
        if piece.kind == "space":
            taken = min(drift, _spare(pieces, at))
            cells -= taken
            drift -= taken
        elif piece.give:
            more = max(min(piece.give, left[at] - drift), 0)
            cells += more
            drift += more
        places.append((column, column + cells))
        column += cells
    return places


def _spare(pieces: Sequence[_Piece], at: int) -> int:
    """How many cells of a run of spaces can be given away: all but one where text follows."""
    if pieces[at].kind != "space":
        return 0
    last = at + 1 == len(pieces) or pieces[at + 1].kind in ("border", "space")
    return pieces[at].cells - (0 if last else 1)


@lru_cache(maxsize=2048)
def _pieces(text: str) -> tuple[_Piece, ...]:
    found: list[_Piece] = []
    for at, part in enumerate(_PIECES.split(text)):
        if at % 2:
            found.append(_Piece(part, len(part), len(part), len(part), "space" if part[0] == " " else "border"))
        elif part and not unsure(part):
            cells = cell_len(part)
            found.append(_Piece(part, cells, cells, cells, "text"))
        elif part:
            found += _split(part)
    return tuple(found)


def _split(text: str) -> list[_Piece]:
    """Text without longer runs of spaces, split where terminals disagree about the width."""
    found: list[_Piece] = []
    begin = cells = 0
    for cluster in clusters(text):
        if cluster.unsure:
            if begin < cluster.begin:
                found.append(_Piece(text[begin : cluster.begin], cells, cells, cells, "text"))
            found.append(_Piece(text[cluster.begin : cluster.end], *cluster[2:], "unsure"))
            begin, cells = cluster.end, 0
        else:
            cells += cluster.cells
    if begin < len(text):
        found.append(_Piece(text[begin:], cells, cells, cells, "text"))
    return found
