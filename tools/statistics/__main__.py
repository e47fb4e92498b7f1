"""`python -m tools.statistics`: simulate, print the tables, write them into the page.

Ends with 1 where a figure misses what it must keep: more false alarms than 6 %, or an interval that holds too little.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.page import write_blocks
from benchmarks.table import table
from tools.statistics import simulate
from tools.statistics.simulate import NORMAL, SCORES
from tui.report.statistics.prompts_needed import decisive_prompts_for, least_prompts, pairs_of, prompts_for
from tui.report.statistics.shares import win_rate

MOST_FALSE = 0.06
LEAST_COVERED = 0.925
"""What a simulated interval of 95 % must hold: the shares of 200 rankings are known to within 1.5 %."""
LEAST_EXACT = 0.91
"""What the interval of a win rate must hold for the least favourable chances of winning and losing."""

missed: list[str] = []


def percent(share: float) -> str:
    """A share as it stands in the tables."""
    return f"{100 * share:.1f} %"


def false_alarm(share: float, what: str) -> str:
    """A share that must stay below the limit."""
    if share > MOST_FALSE:
        missed.append(f"{what}: {percent(share)} false alarms")
    return percent(share)


def coverage(share: float, what: str, least: float = LEAST_COVERED) -> str:
    """A share that must reach the limit."""
    if share < least:
        missed.append(f"{what}: an interval holds the truth in {percent(share)}")
    return percent(share)


def two_models() -> str:
    """Two equal models, by means of scores."""
    rows = []
    for n in (6, 8, 12, 20):
        normal, scores = (simulate.paired_figures(kind, n) for kind in (NORMAL, SCORES))
        rows.append(
            [
                str(n),
                false_alarm(normal.shown.share, f"two models, {n} prompts"),
                false_alarm(scores.shown.share, f"two models, {n} prompts, scores"),
                coverage(normal.covered.share, f"mean difference, {n} prompts"),
                coverage(scores.covered.share, f"mean difference, {n} prompts, scores"),
                percent(normal.pooled.share),
            ]
        )
    head = ["prompts", f"shown: {NORMAL}", f"shown: {SCORES}", "interval holds 0", "the same, scores", "rounds pooled"]
    return table(head, rows)


def several_models() -> str:
    """Several equal models, all pairs compared."""
    rows = []
    for models in (3, 4, 8):
        for n in (least_prompts(models), 20):
            holm, without = simulate.several_false_alarms(models, n, sets=2_000 if models < 8 else 500)
            rows.append(
                [str(models), str(n), false_alarm(holm.share, f"{models} models, {n} prompts"), percent(without.share)]
            )
    return table(["models", "prompts", "any pair shown, with Holm", "without"], rows)


def sameness() -> str:
    """Two models that truly differ by the margin."""
    rows = [
        [
            str(n),
            *[
                false_alarm(simulate.false_sameness(kind, n).share, f"the same within 0.5, {n} prompts, {kind}")
                for kind in (NORMAL, SCORES)
            ],
        ]
        for n in (6, 12, 24, 40)
    ]
    return table(["prompts", NORMAL, SCORES], rows)


def counted() -> str:
    """Win rates and shares, exactly."""
    rows = []
    for n in (6, 8, 12, 20, 30):
        least, mean = simulate.share_coverage(n)
        rows.append(
            [
                str(n),
                coverage(simulate.win_rate_coverage(n), f"win rate, {n} prompts", LEAST_EXACT),
                percent(simulate.win_rate_coverage(n, simulate.wald)),
                percent(least),
                coverage(mean, f"share, {n} prompts"),
                false_alarm(simulate.most_false_alarms(win_rate, n), f"win rate, {n} prompts"),
                false_alarm(simulate.most_false_alarms(simulate.passes, n), f"passes, {n} prompts"),
            ]
        )
    head = [
        "prompts", "win rate, worst case", "by the textbook", "share, worst case", "share, mean",
        "most false alarms, win rate", "pass and fail",
    ]  # fmt: skip
    return table(head, rows)


APART = (1.5, 0.5, -0.5, -1.5)
RANKED = [(8, 4), (20, 4), (12, 3), (30, 3), (30, 2)]
"""Prompts, and how many of four models each is put to."""


def ranked() -> str:
    """Four models in order."""
    rows = []
    for n, met in RANKED:
        what = f"ranking, {n} prompts, {met} of 4 models"
        equal, unequal = (simulate.ranking_figures(each, n, met=met) for each in ((0, 0, 0, 0), APART))
        rows.append(
            [
                str(n),
                "all" if met == 4 else f"{met} of 4",
                false_alarm(equal.apart.share, what),
                coverage(equal.covered.share, what),
                coverage(unequal.covered.share, what + ", unequal"),
            ]
        )
    head = [
        "prompts",
        "models a prompt",
        "any pair of equals apart",
        "interval holds, equals",
        "interval holds, unequal",
    ]
    return table(head, rows)


def raters() -> str:
    """Two raters."""
    rows = []
    for prompts, answers in ((10, 1), (10, 3), (30, 1), (30, 3)):
        covered, truth = simulate.alpha_coverage(prompts, answers)
        what = f"alpha, {prompts} prompts, {answers} answers"
        rows.append([str(prompts), str(answers), coverage(covered.share, what), f"{truth:.2f}"])
    return table(["prompts", "answers a prompt", "interval holds it", "the true alpha"], rows)


def sessions() -> str:
    """Two sessions of one model in which nothing changed."""
    rows = []
    for between in (0.0, 0.02, 0.04):
        for before in (4, 8):
            found, what = simulate.session_figures(between, before), f"sessions, {between:.0%}, {before} before"
            rows.append(
                [
                    f"{between:.0%}".replace("%", " %"),
                    str(before),
                    percent(found.naive.share),
                    false_alarm(found.known.share, what),
                    false_alarm(found.regression.share, what + ", regression"),
                ]
            )
    head = ["sessions spread by", "sessions before", "within the sessions", "with their noise", "slowdown above 5 %"]
    return table(head, rows)


def one_metric() -> str:
    """Times of one model."""
    rows = [[str(n), coverage(simulate.median_coverage(n).share, f"median, {n} runs"), "-"] for n in (6, 8, 10, 20, 50)]
    rows += [[str(n), "-", coverage(simulate.p95_bound_coverage(n).share, f"p95, {n} runs")] for n in (59, 100)]
    return table(["runs", "interval of the median holds it", "p95 is below its bound"], rows)


def parts_of_prompts() -> str:
    """Shares of votes of which a prompt has several."""
    rows = [
        [
            str(n),
            str(votes),
            *[
                coverage(simulate.clustered_share_coverage(n, votes, true).share, f"share, {n} prompts, {votes} votes")
                for true in (0.5, 0.7)
            ],
        ]
        for n, votes in ((8, 3), (20, 3), (20, 10))
    ]
    return table(["prompts", "votes a prompt", "true share 50 %", "true share 70 %"], rows)


def looking() -> str:
    """Looking after each prompt."""
    rows = []
    for pairs in (1, 3, 6):
        by_e, by_p = simulate.stop_false_alarms(pairs)
        rows.append([str(pairs), false_alarm(by_e.share, f"stopping, {pairs} pairs"), percent(by_p.share)])
    return table(["pairs", "told to stop by the e-value", "by p ≤ 0.05 at any look"], rows)


def needed_for_models() -> str:
    """The least number of prompts."""
    rows = [[str(models), str(pairs_of(models)), str(least_prompts(models))] for models in (2, 3, 4, 5, 6, 8)]
    return table(["models", "pairs", "decisive prompts, at least"], rows)


def needed_for_scores() -> str:
    """Prompts for a difference in points."""
    rows = []
    for sd in (0.8, 1.0, 1.3):
        seen = simulate.power(prompts_for(0.5, sd), 0.5, sd)
        rows.append([f"{sd:.1f}", *[str(prompts_for(d, sd)) for d in (1.0, 0.5, 0.3)], percent(seen.share)])
    return table(["differences spread by", "to see 1.0", "to see 0.5", "to see 0.3", "seen, 0.5"], rows)


def needed_for_wins() -> str:
    """Decisive prompts for a share of wins."""
    shares = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
    return table(
        ["true share of wins", *[f"{share:.0%}".replace("%", " %") for share in shares]],
        [["decisive prompts", *[str(decisive_prompts_for(share)) for share in shares]]],
    )


PARTS: dict[str, Callable[[], str]] = {
    "least-prompts": needed_for_models,
    "prompts-for-scores": needed_for_scores,
    "prompts-for-wins": needed_for_wins,
    "two-models": two_models,
    "several-models": several_models,
    "sameness": sameness,
    "counted": counted,
    "parts-of-prompts": parts_of_prompts,
    "ranked": ranked,
    "raters": raters,
    "sessions": sessions,
    "one-metric": one_metric,
    "looking": looking,
}


def main() -> int:
    """Run what the command line asks for; 1 when a figure missed its limit."""
    parser = argparse.ArgumentParser(prog="python -m tools.statistics", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"all if not given: {', '.join(PARTS)}")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the tables into this page as well")
    given = parser.parse_args()
    unknown = [name for name in given.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; there are: {', '.join(PARTS)}")
    blocks = {}
    for name in given.parts or PARTS:
        began = time.monotonic()
        blocks[name] = PARTS[name]()
        print(f"{name}: {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
        print(f"{name}\n\n{blocks[name]}\n", flush=True)
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    if given.write:
        write_blocks(given.write, blocks, kind="simulated")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
