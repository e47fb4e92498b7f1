"""`python -m benchmarks`: run the parts, print the tables, write them into the page."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import table
from benchmarks.designs import BARE, ELIA, MARKDOWN, OURS, STATIC, Design
from benchmarks.figures import Figure, Results, figures
from benchmarks.machine import machine
from benchmarks.page import write_blocks
from benchmarks.parts.accuracy import SHAPES, judge
from benchmarks.parts.asking import ask
from benchmarks.parts.first_paint import first_paints
from benchmarks.parts.history import histories
from benchmarks.parts.report_data import queried
from benchmarks.parts.scoring import decide
from benchmarks.parts.slow_rates import slow_rates
from benchmarks.parts.soak import soak
from benchmarks.parts.streaming import shapes, stream
from benchmarks.ptyrun import SLOW
from benchmarks.served import Served, serving
from benchmarks.shape import Shape
from tui.ui.layout_limits import EASY_PANE_WIDTH

EIGHT_SIZE = (8 * EASY_PANE_WIDTH, 60)
"""Room for eight panes side by side."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much of everything."""

    rounds: int
    tokens: int
    """Of each answer, at 50 tok/s."""
    keys: int
    starts: int
    slow_turns: int
    slow_s: float
    """How long each of them streams at the rates of small hardware."""
    asks: int
    """How often Enter, and R, are pressed."""
    decisions: int
    """Of a score pass."""
    long_answer: int
    asked: int
    """How often each shape is asked."""
    sitting: int
    """Tokens in one sitting."""
    sessions: int
    """Sessions that are listed and searched."""
    requests: int
    """Requests that are queried as Parquet."""


WHOLE = Amounts(
    rounds=2, tokens=350, keys=30, starts=7, slow_turns=3, slow_s=12, asks=7, decisions=100, long_answer=4000, asked=2,
    sitting=1_000_000, sessions=10_000, requests=1_000_000,
)  # fmt: skip
QUICK = Amounts(
    rounds=1, tokens=250, keys=14, starts=3, slow_turns=1, slow_s=8, asks=3, decisions=24, long_answer=1000, asked=1,
    sitting=50_000, sessions=1_000, requests=100_000,
)  # fmt: skip


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def _streams(served: Served, amounts: Amounts, found: Results) -> None:
    wanted = shapes(4, 50, amounts.tokens)
    # In turn, so that a busy minute of the machine meets all designs.
    for _ in range(amounts.rounds):
        for design in (BARE, OURS, STATIC, MARKDOWN):
            _add(found, design, served, amounts, typed=False, wanted=wanted)


def _keys(served: Served, amounts: Amounts, found: Results) -> None:
    wanted = shapes(4, 50, amounts.keys * 18 + 100)
    for design in (OURS, STATIC):
        _add(found, design, served, amounts, typed=True, wanted=wanted)
    say("  foundry-compare at 20 KB/s, keys")
    found.slow = stream(served, OURS, wanted, keys=amounts.keys, drain=SLOW)


def _add(found: Results, design: Design, served: Served, amounts: Amounts, *, typed: bool, wanted: list[Shape]) -> None:
    say(f"  {design.name}{', keys' if typed else ''}")
    kept = found.typed if typed else found.plain
    run = stream(served, design, wanted, keys=amounts.keys if typed else 0)
    if design.name in kept:
        kept[design.name].add(run)
    else:
        kept[design.name] = run


def _slow_rates(served: Served, amounts: Amounts, found: Results) -> None:
    found.slow_rates = slow_rates(served, amounts.slow_turns, amounts.slow_s)


def _ask(served: Served, amounts: Amounts, found: Results) -> None:
    found.asked = ask(served, amounts.asks)


def _score(served: Served, amounts: Amounts, found: Results) -> None:
    found.decided = decide(amounts.decisions)
    say("  at 20 KB/s")
    found.decided_slow = decide(amounts.decisions // 2, SLOW)


def _eight(served: Served, amounts: Amounts, found: Results) -> None:
    found.eight = stream(served, OURS, shapes(8, 100, amounts.long_answer), size=EIGHT_SIZE)


def _peers(served: Served, amounts: Amounts, found: Results) -> None:
    if shutil.which("elia") is None:
        say("  left out: elia is not installed (pipx install elia-chat)")
        return
    for design in (OURS, ELIA):
        say(f"  {design.name}, one answer")
        found.peers[design.name] = stream(served, design, shapes(1, 50, amounts.tokens))


def _paint(served: Served, amounts: Amounts, found: Results) -> None:
    found.paints = first_paints(served, amounts.starts)


def _accuracy(served: Served, amounts: Amounts, found: Results) -> None:
    found.judged = judge(served, list(SHAPES), amounts.asked)


def _soak(served: Served, amounts: Amounts, found: Results) -> None:
    found.soaked = soak(served, amounts.sitting, lambda told: say(f"  {told}"))


def _history(served: Served, amounts: Amounts, found: Results) -> None:
    found.histories = histories(amounts.sessions)


def _parquet(served: Served, amounts: Amounts, found: Results) -> None:
    found.queried += queried(amounts.requests)


PARTS: dict[str, Callable[[Served, Amounts, Results], None]] = {
    "paint": _paint,
    "ask": _ask,
    "score": _score,
    "stream": _streams,
    "slow-rates": _slow_rates,
    "keys": _keys,
    "eight": _eight,
    "peers": _peers,
    "accuracy": _accuracy,
    "soak": _soak,
    "history": _history,
    "parquet": _parquet,
}


def _figures(found: Results) -> list[Figure]:
    return figures(found, ours=OURS.name, bare=BARE.name, static=STATIC.name, markdown=MARKDOWN.name)


def _tell_new(found: Results, told: set[str]) -> None:
    """Say each figure as soon as it is known: a long run may be broken off."""
    for row in _figures(found):
        if row.verdict and row.name not in told:
            told.add(row.name)
            say(f"  {table.number(row.value)}{row.unit and ' ' + row.unit} ({row.verdict}): {row.name}")


def main() -> int:
    """Run what the command line asks for; 1 when a must was missed or a part went wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"all if not given: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="about two minutes, with numbers as rough as that")
    parser.add_argument("--tokens", type=int, metavar="N", help="how many in one sitting (soak)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables into this page as well")
    given = parser.parse_args()
    unknown = [name for name in given.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; there are: {', '.join(PARTS)}")
    if given.write and given.parts:
        parser.error("--write goes with all parts: every ratio of a page comes from one run")
    made_on, began = machine(), time.monotonic()
    amounts, found = QUICK if given.quick else WHOLE, Results()
    told: set[str] = set()
    amounts = replace(amounts, sitting=given.tokens or amounts.sitting)
    for name in given.parts or PARTS:
        say(f"{name} …")
        # A server for each part: its log is gone with it.
        try:
            with serving() as served:
                PARTS[name](served, amounts, found)
        except (RuntimeError, OSError, ValueError) as error:
            found.broken.append(f"{name}: {type(error).__name__}: {error}")
        _tell_new(found, told)
    rows = _figures(found)
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    blocks = {
        "machine": f"`{command}` on {datetime.now(UTC):%Y-%m-%d}, {made_on}. "
        f"The run took {(time.monotonic() - began) / 60:.1f} minutes.",
        "figures": table.figures_table([row for row in rows if given.write or row.verdict]),
    }
    if found.plain or found.peers or found.slow or found.eight:
        blocks["designs"] = table.designs_table(found)
    if found.judged:
        blocks["accuracy"] = table.accuracy_table(found.judged)
    if found.soaked:
        blocks["memory"] = table.memory_table(found)
    print("\n\n".join(blocks.values()))
    faults = found.faults()
    for fault in faults:
        say(f"not as it should be: {fault}")
    if given.write and not faults:
        write_blocks(given.write, blocks)
    missed = [row for row in rows if row.verdict == "missed"]
    for row in missed:
        say(f"missed: {row.name}")
    return 1 if faults or missed else 0


if __name__ == "__main__":
    sys.exit(main())
