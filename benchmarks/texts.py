"""`python -m benchmarks.texts`: what it costs to compare two answers word by word, and to read the flags off one.

No server and no screen: CPU time of this process, the median of several calls.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.machine import machine
from benchmarks.page import write_blocks
from benchmarks.table import number, table
from tui.core.answers.findings import findings_of
from tui.core.catalog.model_card import ModelCard
from tui.core.requests.question import Question
from tui.core.text.diff import diff

TIMES = 9
_VOCABULARY = 3000
_SENTENCE = 15
_LOOP = "the same thing again and again. "


def prose(words: int, seed: int) -> str:
    """An answer of so many words, in sentences of fifteen."""
    dice = random.Random(seed)
    made = [f"word{dice.randrange(_VOCABULARY)}" for _ in range(words)]
    return " ".join(word + "." * (at % _SENTENCE == _SENTENCE - 1) for at, word in enumerate(made))


def edited(text: str, share: float) -> str:
    """The text with this share of its words replaced."""
    dice = random.Random(7)
    return " ".join("other" if dice.random() < share else word for word in text.split(" "))


def pairs() -> dict[str, tuple[str, str]]:
    """The texts that are compared, by what they are."""
    text, looping = prose(2000, 1), _LOOP * (20_000 // 6)
    return {
        "2,000 words, one in ten replaced": (text, edited(text, 0.1)),
        "2,000 words, every second one replaced": (text, edited(text, 0.5)),
        "2,000 words each, nothing in common": (text, prose(2000, 2)),
        "2,000 words, one of the two loops": (text, _LOOP * (2000 // 6)),
        "20,000 words each, one of the two loops": (prose(20_000, 3), looping),
        "20,000 words each, both loop": (looping, edited(looping, 0.1)),
        "64 KB without a space each": ("x" * 65_536, "y" * 65_536),
        "8 million characters each": (("ab " * 2_700_000), ("ab " * 2_700_000) + "end"),
    }


def milliseconds(work: Callable[[], object]) -> float:
    """CPU time of one call."""
    taken = []
    for _ in range(TIMES):
        began = time.process_time()
        work()
        taken.append((time.process_time() - began) * 1000)
    return median(taken)


def rows() -> list[list[str]]:
    """What was compared, how long it took, what came of it."""
    made = []
    for name, (old, new) in pairs().items():
        found = diff(old, new)
        how = "words" if found.complete else "larger pieces"
        made.append([f"difference: {name}", number(milliseconds(partial(diff, old, new))), how])
    question = Question("", "What do you think?", ModelCard("qwen2.5-0.5b", "qwen2.5-0.5b"))
    for name, text in (("200", prose(200, 1)), ("2,000", prose(2000, 1)), ("20,000", prose(20_000, 1))):
        took = milliseconds(partial(findings_of, text, question, ended_by_itself=True))
        made.append([f"flags of an answer of {name} words", number(took), "-"])
    return made


def main() -> None:
    """Print the table, and write it into the page that is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.texts", description=__doc__)
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table into this page as well")
    given = parser.parse_args()
    made_on = f"`python -m benchmarks.texts` on {datetime.now(UTC):%Y-%m-%d}, {machine()}."
    text = f"{made_on}\n\n{table(['what', 'CPU ms', 'compared'], rows())}"
    print(text)
    if given.write:
        write_blocks(given.write, {"texts": text})


if __name__ == "__main__":
    main()
