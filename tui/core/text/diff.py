"""What differs between two texts, in words.

Sentences are aligned first, and words only within sentences that belong together: a shortest list of changed words over
whole answers is confetti, in which single words stay that have nothing to do with each other. The work is bounded,
whatever the texts hold: where words would take too long, sentences are compared, and the result says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise

from tui.core.text.clean import marks

LEAST_EQUAL = 3
"""Fewer equal words than this between two changes are part of the change: a reader sees one change, not three."""
ALIKE_FROM = 0.3
"""Below this similarity a difference shows little: two texts beside each other say more."""
MAX_WORDS = 10_000
"""The most words and signs, on either side, of what differs that are compared one by one; beyond, sentences are."""
MAX_CHARS = 300_000
"""The most characters of a text that is taken apart into words at all."""

_PAIRED_FROM = 0.4
"""The least similarity of two sentences whose words are compared."""
_MOST_PAIRS = 20_000
"""The most pairs of sentences that are compared with each other: of two answers with 140 sentences, each with each."""
_MOST_CELLS = 100_000_000
"""The most pairs of sentences that are searched for the equal ones, at a bit for each."""
_LONGEST_BLANK = 100
"""The most characters of white space that are looked at where two pieces end."""

_UNSPACED = (
    # Thai, Lao, Burmese, Khmer and their kin; Han and its signs, kana, bopomofo: all written without spaces.
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aad\ua9e0-\ua9ff\uaa60-\uaadf"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U0001aff0-\U0001b2ff\U00020000-\U0003ffff"
)
_JOINERS = "\u00ad\u034f\u180b-\u180f\u200c\u200d\u2060\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef"
"""What is not seen and belongs to the character before it: joiners, selectors, tags, places to break a word at."""
_SKIN = "\U0001f3fb-\U0001f3ff"
_REGIONS = "\U0001f1e6-\U0001f1ff"
_INSIDE = "'’ʼ·\u05f3\u05f4\uff07"
"""What stands inside of a word: apostrophes, the dot of Catalan, the marks of Hebrew."""
_ENDS = ".!?。！？｡…؟۔।॥"
_UNSPACED_ENDS = "。！？｡」』）】"
_CLOSERS = tuple("\"'”’»)]}*_`」』）】")

Span = tuple[int, int]
"""A range of characters: the first, and the one after the last."""
_Run = tuple[int, int, int]
"""Equal words: the first in the old text, the first in the new one, and how many."""


class Change(StrEnum):
    """What became of a piece of text."""

    EQUAL = "equal"
    """It is in both texts, white space aside."""
    REMOVED = "removed"
    """It is in the old text alone."""
    ADDED = "added"
    """It is in the new text alone."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of one text or of both, by its characters in the raw texts.

    What is removed has an empty range in the new text, at the place where it would be; what is added, in the old one.
    """

    change: Change
    old: Span
    new: Span


@dataclass(frozen=True, slots=True)
class Diff:
    """The difference between two texts: pieces that, one after the other, are all of both.

    White space is no change by itself. It belongs to the word before it, or to the equal words after it where what is
    removed and what is added end in it.
    """

    pieces: tuple[Piece, ...]
    similarity: float
    """Words and signs that stay, over those of both texts: 0 to 1; of two texts without any, 1."""
    complete: bool = True
    """Whether it is of words throughout. Otherwise some sentences that differ are marked as changed from the first
    word that differs to the last."""
    spacing: bool = False
    """Whether the white space between words that stay differs."""

    @property
    def changed(self) -> bool:
        """Whether a word or a sign differs."""
        return any(piece.change is not Change.EQUAL for piece in self.pieces)

    @property
    def remark(self) -> str:
        """What there is to know of it, as a sentence; empty where the pieces say it all."""
        if not self.changed:
            return "Only white space differs." if self.spacing else "The two are the same, word for word."
        if not self.complete:
            return "They are too long to be compared word by word: sentences that differ are marked as a whole."
        if len({piece.change for piece in self.pieces}) == 1:
            return "One of the two is empty."
        return "" if self.similarity >= ALIKE_FROM else "They have little in common."


def diff(old: str, new: str) -> Diff:
    """The difference between two texts, raw as they were received. They may hold anything, and be empty."""
    if old == new:
        return Diff((Piece(Change.EQUAL, (0, len(old)), (0, len(new))),) if old else (), 1.0)
    if max(len(old), len(new)) > MAX_CHARS:
        return _of_long(old, new)
    numbers: dict[str, int] = {}
    here, there = _Text(old, numbers), _Text(new, numbers)
    if here.words == there.words:
        return Diff((Piece(Change.EQUAL, (0, len(old)), (0, len(new))),), 1.0, spacing=True)
    if not here.words or not there.words:
        return Diff(tuple(_replaced(old, new)), 0.0)
    runs, complete = _aligned(here, there)
    kept = list(_without_scraps(_joined(runs), old, here, there))
    pieces, spacing = _pieces(old, new, here, there, kept)
    similarity = 2 * sum(size for _, _, size in kept) / (len(here.words) + len(there.words))
    return Diff(tuple(pieces), similarity, complete, spacing)


# Words and sentences


@cache
def _word() -> re.Pattern[str]:
    """A word, a number, an emoji or a sign. Compiled when it is needed first: it holds the marks of all scripts."""
    tail, letter = f"[{marks()}{_JOINERS}]", f"[^\\W{_UNSPACED}]"
    return re.compile(
        r"\d+(?:[.,:]\d+)+"
        rf"|{letter}+(?:{tail}+{letter}*|[{_INSIDE}]{letter}+)*"
        rf"|[{_REGIONS}]{{2}}"
        # Any sign with what is on it; of emoji, those that a joiner ties to it.
        rf"|\S[{marks()}{_JOINERS}{_SKIN}]*(?:(?<=\u200d)[^\s\w][{marks()}{_JOINERS}{_SKIN}]*)*"
    )


def words(text: str) -> list[Span]:
    """Where the words and signs of a text are; what is between them is white space.

    A word is letters with their marks, joiners and apostrophes, or digits with the points of a number. Scripts without
    spaces are cut into characters, with their marks. A sign is one, and an emoji all that is drawn as one.
    """
    return [match.span() for match in _word().finditer(text)]


def sentences(text: str, spans: Sequence[Span]) -> list[Span]:
    """Where sentences are, as ranges of words. A line begins one, unless it goes on with a small letter, as where lines
    are broken to fit a width; the sign that ends a sentence is part of it."""
    found, first, ended = [], 0, False
    for number, ((start, end), (following, _)) in enumerate(pairwise([*spans, (len(text), len(text))]), 1):
        if text[start] in _ENDS:
            ended = True
        elif text[start] not in _CLOSERS:
            ended = False
        apart = following > end or (text[end - 1] in _UNSPACED_ENDS and not text.startswith(_CLOSERS, end))
        lines = text.count("\n", end, following)
        wrapped = lines == 1 and text[following - 1] == "\n" and text[following : following + 1].islower()
        if (ended and apart) or (lines and not wrapped) or number == len(spans):
            found.append((first, number))
            first, ended = number, False
    return found


def _encoded(text: str, spans: Sequence[Span], numbers: dict[str, int]) -> str:
    """A character for each word, the same for the same word: that is compared fastest."""
    return "".join(chr(numbers.setdefault(text[first:end], len(numbers))) for first, end in spans)


# Alignment. Texts are encoded, positions are those of words; a block is a range of sentences on either side.


@dataclass(frozen=True, slots=True)
class _Block:
    old: Span
    new: Span

    @property
    def pairs(self) -> int:
        return (self.old[1] - self.old[0]) * (self.new[1] - self.new[0])


class _Text:
    """A text as its words and its sentences."""

    def __init__(self, text: str, numbers: dict[str, int]) -> None:
        """`numbers` are those of the words met so far, on either side."""
        self.spans = words(text)
        self.words = _encoded(text, self.spans, numbers)
        found = sentences(text, self.spans)
        self.starts = [*(first for first, _ in found), len(self.words)]
        """The first word of each sentence, and the end of the last one."""
        self.sentences = [self.words[first:end] for first, end in found]

    def part(self, block: Span) -> str:
        """The words of a range of sentences."""
        return self.words[self.starts[block[0]] : self.starts[block[1]]]


def _aligned(old: _Text, new: _Text) -> tuple[list[_Run], bool]:
    """The words that are equal in both texts, in their order; and whether words were compared throughout."""
    lead, tail = _shared_ends(old.sentences, new.sentences)
    block = _Block((lead, len(old.sentences) - tail), (lead, len(new.sentences) - tail))
    runs = [
        (0, 0, old.starts[lead]),
        (old.starts[block.old[1]], new.starts[block.new[1]], len(old.words) - old.starts[block.old[1]]),
    ]
    by_words = max(len(old.part(block.old)), len(new.part(block.new))) <= MAX_WORDS
    blocks, left = [block], _MOST_PAIRS
    if block.pairs > _MOST_PAIRS or not by_words:
        equal, blocks = _around_equal_sentences(old, new, block)
        runs += equal
    for block in blocks:
        if not by_words:
            runs += _of_ends(old, new, block)
        elif block.pairs <= left:
            left -= block.pairs
            for pair in _paired(old, new, block):
                runs += _of_words(old, new, pair)
        else:
            runs += _of_words(old, new, block)
    return sorted(run for run in runs if run[2]), by_words or not blocks


def _shared_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many items two sequences have in common at their beginning, and after that at their end."""
    most = min(len(old), len(new))
    lead = next((at for at in range(most) if old[at] != new[at]), most)
    most -= lead
    tail = next((at for at in range(most) if old[-1 - at] != new[-1 - at]), most)
    return lead, tail


def _around_equal_sentences(old: _Text, new: _Text, block: _Block) -> tuple[list[_Run], list[_Block]]:
    """The words of the sentences that are equal, and the blocks between these."""
    if block.pairs > _MOST_CELLS:
        return [], [block]
    from rapidfuzz.distance import Levenshtein

    numbers: dict[str, int] = {}
    (i, _), (j, _) = block.old, block.new
    sides = ((old.sentences, block.old), (new.sentences, block.new))
    here, there = ([numbers.setdefault(one, len(numbers)) for one in items[slice(*span)]] for items, span in sides)
    runs, blocks = [], []
    for step in Levenshtein.opcodes(here, there):
        at, to = (i + step.src_start, i + step.src_end), (j + step.dest_start, j + step.dest_end)
        if step.tag == "equal":
            runs.append((old.starts[at[0]], new.starts[to[0]], old.starts[at[1]] - old.starts[at[0]]))
        else:
            blocks.append(_Block(at, to))
    return runs, blocks


def _paired(old: _Text, new: _Text, block: _Block) -> Iterator[_Block]:
    """The sentences of a block that belong together: in their order, so that as many words as possible are alike."""
    from rapidfuzz.distance import Indel

    here, there = old.sentences[slice(*block.old)], new.sentences[slice(*block.new)]
    gains = [
        [
            Indel.normalized_similarity(one, other, score_cutoff=_PAIRED_FROM) * (len(one) + len(other))
            for other in there
        ]
        for one in here
    ]
    # best[i][j]: the most that can be gained from sentence i and j on.
    best = [[0.0] * (len(there) + 1) for _ in range(len(here) + 1)]
    for i in reversed(range(len(here))):
        row, below = best[i], best[i + 1]
        for j in reversed(range(len(there))):
            row[j] = max(below[j], row[j + 1], gains[i][j] + below[j + 1])
    i = j = 0
    while i < len(here) and j < len(there):
        if gains[i][j] and best[i][j] == gains[i][j] + best[i + 1][j + 1]:
            at, to = block.old[0] + i, block.new[0] + j
            yield _Block((at, at + 1), (to, to + 1))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1


def _of_words(old: _Text, new: _Text, block: _Block) -> Iterator[_Run]:
    """The equal words of a block, by a shortest list of changes."""
    from rapidfuzz.distance import Levenshtein

    first, other = old.starts[block.old[0]], new.starts[block.new[0]]
    for match in Levenshtein.opcodes(old.part(block.old), new.part(block.new)).as_matching_blocks():
        yield first + match.a, other + match.b, match.size


def _of_ends(old: _Text, new: _Text, block: _Block) -> Iterator[_Run]:
    """The equal words at both ends of a block."""
    first, other = old.starts[block.old[0]], new.starts[block.new[0]]
    lead, tail = _shared_ends(old.part(block.old), new.part(block.new))
    yield first, other, lead
    yield old.starts[block.old[1]] - tail, new.starts[block.new[1]] - tail, tail


# From runs of equal words to pieces


def _joined(runs: Sequence[_Run]) -> list[_Run]:
    """The runs, with those that follow each other joined."""
    joined: list[_Run] = []
    for first, other, size in runs:
        if joined and (joined[-1][0] + joined[-1][2], joined[-1][1] + joined[-1][2]) == (first, other):
            joined[-1] = (joined[-1][0], joined[-1][1], joined[-1][2] + size)
        else:
            joined.append((first, other, size))
    return joined


def _without_scraps(runs: Sequence[_Run], old_text: str, old: _Text, new: _Text) -> Iterator[_Run]:
    """The runs, but for those between two changes that have fewer than `LEAST_EQUAL` words."""
    for first, other, size in runs:
        begins = first == other == 0
        ends = first + size == len(old.words) and other + size == len(new.words)
        told = sum(old_text[start].isalnum() for start, _ in old.spans[first : first + size])
        if begins or ends or told >= LEAST_EQUAL:
            yield first, other, size


def _pieces(old_text: str, new_text: str, old: _Text, new: _Text, runs: Sequence[_Run]) -> tuple[list[Piece], bool]:
    """The pieces when these runs of words stay; and whether the white space within these differs."""
    here, there = _bounds(old_text, old.spans), _bounds(new_text, new.spans)
    pieces: list[Piece] = []
    spacing = False
    old_end = new_end = 0
    for first, other, size in [*runs, (len(old.words), len(new.words), 0)]:
        gap = (old_end, here[first]), (new_end, there[other])
        blank = _shared_blank(old_text[slice(*gap[0])], new_text[slice(*gap[1])]) if size else 0
        at, to = here[first] - blank, there[other] - blank
        pieces += _change((old_end, at), (new_end, to))
        i, j = first + size, other + size
        old_end, new_end = here[i], there[j]
        if size:
            pieces.append(Piece(Change.EQUAL, (at, old_end), (to, new_end)))
            within = slice(here[first], old.spans[i - 1][1]), slice(there[other], new.spans[j - 1][1])
            spacing = spacing or old_text[within[0]] != new_text[within[1]]
    return pieces, spacing


def _change(old: Span, new: Span) -> Iterator[Piece]:
    if old[0] < old[1]:
        yield Piece(Change.REMOVED, old, (new[0], new[0]))
    if new[0] < new[1]:
        yield Piece(Change.ADDED, (old[1], old[1]), new)


def _shared_blank(old: str, new: str) -> int:
    """How much white space at their ends two texts have in common, if there is something before it in both."""
    size = min(_LONGEST_BLANK, *(len(text) - len(text.rstrip()) for text in (old, new)))
    size = next((length for length in range(size, 0, -1) if old.endswith(new[-length:])), 0)
    return size if size < min(len(old), len(new)) else 0


def _bounds(text: str, spans: Sequence[Span]) -> list[int]:
    """Where each word begins, the text's own beginning in the place of the first; and the end."""
    return [0, *(first for first, _ in spans[1:]), len(text)]


def _replaced(old: str, new: str, lead: int = 0, tail: int = 0) -> Iterator[Piece]:
    """The pieces when all but the first and last characters differs."""
    if lead:
        yield Piece(Change.EQUAL, (0, lead), (0, lead))
    yield from _change((lead, len(old) - tail), (lead, len(new) - tail))
    if tail:
        yield Piece(Change.EQUAL, (len(old) - tail, len(old)), (len(new) - tail, len(new)))


def _of_long(old: str, new: str) -> Diff:
    """The difference between two texts that are too long to be taken apart. What is between the first white space
    and the last that enclose all differences is one change; similarity is that of characters."""
    most = min(len(old), len(new))
    lead = _most(most, lambda low, high: new.startswith(old[low:high], low))
    lead = max(old.rfind(" ", 0, lead), old.rfind("\n", 0, lead)) + 1
    tail = _most(most - lead, lambda low, high: new.endswith(old[len(old) - high : len(old) - low], 0, len(new) - low))
    blanks = [at for blank in " \n" if (at := old.find(blank, len(old) - tail)) >= 0]
    tail = len(old) - 1 - min(blanks) if blanks else 0
    return Diff(tuple(_replaced(old, new, lead, tail)), 2 * (lead + tail) / (len(old) + len(new)), complete=False)


def _most(most: int, same: Callable[[int, int], bool]) -> int:
    """The most characters, up to `most`, that two texts share; `same` says whether they do from one to another."""
    low = 0
    while low < most:
        high = (low + most + 1) // 2
        if not same(low, high):
            most = high - 1
        else:
            low = high
    return low
