"""How many cells of a terminal text takes, and where terminals disagree about it.

They agree on letters, ideographs and signs by themselves. They disagree on what joins: marks that take room of their
own in one terminal and none in the next (the vowels of Hindi), emoji made of several, flags, selectors.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"

_JOINER, _EMOJI_VARIANT = "\u200d", "\ufe0f"
_SKIN = "\U0001f3fb-\U0001f3ff"
_FLAG = "\U0001f1e6-\U0001f1ff"
_DOUBTFUL = frozenset("\u0e33\u0eb3")
"""Vowels of Thai and Lao that some terminals draw into the cell before."""

# Most text by far: one cell each, or two for what is Chinese, Japanese or Korean. What is left out is looked up. The
# wide ones are apart: to compile them takes longer than the first frame may wait.
_SURE = (
    "\x00-\u00ac\u00ae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u0482\u048a-\u052f\u0531-\u0556\u05d0-\u05ea\u0621-\u064a"
    "\u0660-\u066d\u0671-\u06d3\u06f0-\u06f9\u1e00-\u1fbc\u2010-\u2027\u202f-\u205e\u20a0-\u20bf\u2100-\u2121\u2123-\u2138"
    "\u213a-\u218b\u2190-\u2319\u231c-\u2328\u232b-\u23e8\u23ed-\u23ef\u23f1\u23f2\u23f4-\u25fc\u25ff-\u2613\u2616-\u2647\u2654-\u267e"
    "\u2680-\u2692\u2694-\u26a0\u26a2-\u26a9\u26ac-\u26bc\u26bf-\u26c3\u26c6-\u26cd\u26cf-\u26d3\u26d5-\u26e9\u26eb-\u26f1"
    "\u26f4\u26f6-\u26f9\u26fb\u26fc\u26fe-\u2704\u2706-\u2709\u270c-\u2727\u2729-\u274b\u274d\u274f-\u2752\u2756"
    "\u2758-\u2794\u2798-\u27af\u27b1-\u27be\u27c0-\u2b1a\u2b1d-\u2b4f\u2b51-\u2b54\u3001-\u3029\u3041-\u3096\u309b-\u30ff"
    "\u3105-\u312f\u3131-\u3163\u3165-\u318e"
)
_WIDE = "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufa6d\uff01-\uff60\uffe0-\uffe6"
_OTHER = re.compile(f"[^{_SURE}]")
_EMOJI = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]")
_CLUSTER = re.compile(f"[{_FLAG}]{{2}}|.", re.DOTALL)


class Cluster(NamedTuple):
    """Characters that are seen as one, marks and joined emoji included."""

    begin: int
    end: int
    cells: int
    """What Rich and Textual take it for."""
    needed: int
    """Cells in which all of it is seen wherever marks have cells of their own; no fewer than `cells`."""
    most: int
    """Cells that a terminal may take it for; as many as `cells` where all agree."""

    @property
    def unsure(self) -> bool:
        """Whether terminals may disagree."""
        return self.most > self.cells


@cache
def _other_or_wide() -> re.Pattern[str]:
    return re.compile(f"[^{_SURE}{_WIDE}]")


def unsure(text: str) -> bool:
    """Whether text may be wider or narrower in some terminal than it is taken to be."""
    return not text.isascii() and bool(_OTHER.search(text)) and bool(_other_or_wide().search(text))


def clusters(text: str) -> list[Cluster]:
    """The characters of a line as they are seen."""
    found: list[Cluster] = []
    at, length = 0, len(text)
    uncounted = False  # Rich counts nothing for what comes after a joiner, be it a letter or a space.
    while at < length:
        begin = at
        match = _CLUSTER.match(text, at)
        at = match.end() if match else at + 1
        lost, uncounted = cell_len(text[begin]) if uncounted else 0, text[begin] == _JOINER
        while at < length:
            mark = text[at]
            if mark == _JOINER and at + 1 < length and _EMOJI.match(text, at + 1):
                at += 2
            elif mark == _EMOJI_VARIANT or cell_len(mark) == 0:
                at += 1
                uncounted = mark == _JOINER and not uncounted
            else:
                break
        cells, wanted, most = _measured(text[begin:at])
        found.append(Cluster(begin, at, cells - lost, wanted, most))
    return found


def cells_needed(text: str) -> int:
    """Cells in which all of a line is seen."""
    return sum(cluster.needed for cluster in clusters(text)) if unsure(text) else cell_len(text)


def cut(text: str, width: int) -> str:
    """A clean line of which all is seen in at most so many cells, its cut marked with an ellipsis."""
    if cells_needed(text) <= width:
        return text
    return _beginning(text, width - 1) + ELLIPSIS if width > 0 else ""


def _beginning(text: str, cells: int) -> str:
    """As much of a line as is seen in so many cells."""
    if not unsure(text):
        return text if cell_len(text) <= cells else set_cell_size(text, max(cells, 0)).rstrip(" ")
    end = taken = 0
    for cluster in clusters(text):
        taken += cluster.needed
        if taken > cells:
            break
        end = cluster.end
    return text[:end]


@lru_cache(maxsize=4096)
def _measured(cluster: str) -> tuple[int, int, int]:
    """`cells`, `needed` and `most` of one cluster."""
    cells = cell_len(cluster)
    if len(cluster) == 1 and _agreed(cluster, cells):
        return cells, cells, cells
    if re.search(f"[{_SKIN}{_FLAG}{_EMOJI_VARIANT}\U0001f000-\U0001faff]", cluster):
        wanted = max(cells, 2)
    else:
        wanted = max(cells, sum(_alone(char) for char in cluster))
    most = sum(2 if re.match(f"[{_SKIN}{_FLAG}]", char) else _alone(char) for char in cluster)
    return cells, wanted, max(wanted, most) + 1


def _agreed(char: str, cells: int) -> bool:
    if not unsure(char):
        return True
    if "\U0001f000" <= char <= "\U0001faff" or (cells == 2 and not "\u2e80" <= char <= "\ufaff"):
        return False  # An emoji is narrow in a terminal that is older than it.
    return cells > 0 and unicodedata.category(char)[0] in "LNPSZ" and char not in _DOUBTFUL


def _alone(char: str) -> int:
    """Cells of a character that nothing joins to what is before it."""
    return 1 if unicodedata.category(char) == "Mc" or "\u1160" <= char <= "\u11ff" else cell_len(char)
