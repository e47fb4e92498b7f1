"""What of a damaged TOML file can still be read: table by table, and in a damaged table key by key.

It knows the shape in which this program writes (`toml_writer.py`): a header or a key begins its line, and long texts
stand between three quotes.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from tui.core.dict_reader import Table
from tui.core.sessions.salvage import UNNAMED, Loss, Piece
from tui.files import parse_toml

_HEADER = re.compile(r"(\[\[?)([A-Za-z0-9_][A-Za-z0-9_.\"' -]*)\]\]?[ \t]*")
_KEY = re.compile(r"([A-Za-z0-9_-]+) = (.*)", re.DOTALL)
_QUOTES = '"""'
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]+|\r(?!\\Z)")
"""Characters that no line of a TOML file holds, and bytes that are no text: single bytes of it were changed."""
_UNREADABLE = "�"
_MOST_TRIES = 40
"""How many lines that look like a header may stand in one text."""
_MOST_READ = 4
"""How often, on an average, each character is read in looking for the end of such texts: time is bounded."""
_ESCAPES = {'\\"': '"', "\\\\": "\\", "\\n": "\n", "\\t": "\t", "\\r": "\r", "\\b": "\b", "\\f": "\f"}


def decoded(data: bytes) -> tuple[str, list[Loss]]:
    """The text of a damaged file, whatever its bytes: what is no text is replaced by a mark, and said."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", "replace").replace(_UNREADABLE, "\0")
    else:
        text = data.decode("utf-8-sig", "surrogateescape")
    marked: list[str] = []
    lost: list[Loss] = []
    for number, line in enumerate(text.split("\n"), 1):
        found = _NO_TEXT.sub(_UNREADABLE, line)
        bare = found.replace(_UNREADABLE, "") if found != line else found
        marked.append(bare if _HEADER.fullmatch(bare.rstrip("\r")) else found)
        if found != line:
            lost.append(Loss(number, f"bytes that are no text are replaced by {_UNREADABLE}"))
    return "\n".join(marked), lost


def salvaged(text: str) -> tuple[list[Piece], list[Loss]]:
    """The tables of a text that can be read, in their order, and what cannot."""
    lines = text.split("\n")
    heads = [number for number, line in enumerate(lines) if _HEADER.fullmatch(line.rstrip("\r"))]
    starts = heads if heads[:1] == [0] else [0, *heads]
    pieces: list[Piece] = []
    lost: list[Loss] = []
    allowance = _MOST_READ * len(text) + 1_000_000
    place = 0
    while place < len(starts):
        whole, taken, read = _whole_piece(lines, starts, place, allowance)
        allowance -= read
        if whole is None:
            end = starts[place + 1] if place + 1 < len(starts) else len(lines)
            found, losses = _by_keys(lines, starts[place], end)
            pieces += found
            lost += losses
            taken = 1
        else:
            pieces.append(whole)
        place += taken
    return [piece for piece in pieces if piece.table or piece.name], lost


def _whole_piece(lines: list[str], starts: list[int], place: int, allowance: int) -> tuple[Piece | None, int, int]:
    """The table that begins at a start, if it can be read as it is; how many starts it takes, and how much was read.

    A line in a text may look like a header: while a text is open, the table goes on behind it.
    """
    read = 0
    for taken in range(1, min(_MOST_TRIES, len(starts) - place) + 1):
        end = starts[place + taken] if place + taken < len(starts) else len(lines)
        body = "\n".join([*lines[starts[place] : end], ""])
        read += len(body)
        is_open = body.count(_QUOTES) % 2 == 1
        if not is_open or taken == 1:
            try:
                tables = parse_toml(body)
            except ValueError:
                pass
            else:
                return _piece_of(tables, lines[starts[place]], starts[place] + 1), taken, read
        if not is_open or read > allowance:
            break
    return None, 1, read


def _piece_of(tables: Table, first: str, line: int) -> Piece:
    found = _HEADER.fullmatch(first.rstrip("\r"))
    if found is None:
        return Piece(line, "", False, tables)
    path: list[str] = []
    inner: Any = tables
    for _ in found[2].split("."):  # Down to the table that the header names, which is the only one.
        if not isinstance(inner, dict) or not inner:
            break
        ((key, inner), *_) = inner.items()
        path.append(key)
        inner = inner[0] if isinstance(inner, list) and inner else inner
    return Piece(line, ".".join(path), found[1] == "[[", inner if isinstance(inner, dict) else {})


def _by_keys(lines: list[str], start: int, end: int) -> tuple[list[Piece], list[Loss]]:
    """The keys of a damaged table that can be read. A key that comes again begins another table: a header is lost."""
    first = _HEADER.fullmatch(lines[start].rstrip("\r"))
    piece = Piece(start + 1, first[2] if first else "", bool(first and first[1] == "[["), {}, is_damaged=True)
    pieces, lost = [piece], list[Loss]()
    number = start + (first is not None)
    while number < end:
        line = lines[number]
        begun = _KEY.match(line)
        if begun is None:
            if line.strip():
                if line.lstrip().startswith("["):
                    piece = Piece(number + 1, UNNAMED, False, {}, is_damaged=True)
                    pieces.append(piece)
                lost.append(Loss(number + 1, f"this line cannot be read: {line.strip()[:60]}"))
            number += 1
            continue
        key = begun[1]
        if key in piece.table:
            piece = Piece(number + 1, UNNAMED, False, {}, is_damaged=True)
            pieces.append(piece)
        value, after, is_whole = _value(lines, number, end)
        if value is None:
            lost.append(Loss(number + 1, f"`{key}` cannot be read"))
        else:
            piece.table[key] = value
            if not is_whole:
                piece.cut_texts.add(key)
                lost.append(Loss(number + 1, f"the text of `{key}` is damaged, and may lack a part"))
        number = after
    return pieces, lost


def _value(lines: list[str], number: int, end: int) -> tuple[Any, int, bool]:
    """A key's value, None for none; the line after it; and whether it is whole."""
    rest = lines[number].partition(" = ")[2]
    last = number + 1
    if rest.startswith(_QUOTES):
        parts = [rest[len(_QUOTES) :]]
        while not _closed(parts[-1]) and last < end:
            parts.append(lines[last])
            last += 1
        body, closed = "\n".join(parts), _closed(parts[-1])
    elif rest.startswith("[") and "]" not in rest:
        while last < end and not lines[last - 1].startswith("]") and not _KEY.match(lines[last]):
            last += 1
        body, closed = "", True
    else:
        body, closed = "", True
    try:
        found = parse_toml("\n".join([*lines[number:last], ""]))
        return next(iter(found.values()), None), last, True
    except ValueError:
        if not rest.startswith('"'):
            return None, number + 1 if not rest.startswith(_QUOTES) else last, False
    if rest.startswith(_QUOTES):
        text = body.rstrip()[: -len(_QUOTES)] if closed else body
        return _as_it_stands(text.removeprefix("\r").removeprefix("\n")), last, False
    return _as_it_stands(rest.strip().removeprefix('"').removesuffix('"')), last, False


def _closed(line: str) -> bool:
    """Whether a long text ends with this line."""
    text = line.rstrip()
    before = text.rstrip('"')
    escaped = (len(before) - len(before.rstrip("\\"))) % 2
    return len(text) - len(before) - escaped >= len(_QUOTES)


def _as_it_stands(text: str) -> str:
    """A text of which not all can be read, with the escapes in it that can."""
    return re.sub(r'\\["\\ntrbf]', lambda found: _ESCAPES[found[0]], text)
