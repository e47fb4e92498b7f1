"""Several models in order: tiers of those that the data cannot separate, not ranks that it does not support."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import inf, sqrt
from typing import TYPE_CHECKING

from tui.report.statistics.bradley_terry import NotScoreable, log_strengths, not_scoreable, reachable
from tui.report.statistics.distributions import ALPHA, t_two_sided
from tui.report.statistics.paired import holm, sign_flip_p
from tui.report.statistics.per_prompt import ALIKE
from tui.report.statistics.prompts_needed import least_prompts
from tui.report.statistics.resampling import RESAMPLES, SEED, expanded_tail, percentile_interval, resampled_counts

if TYPE_CHECKING:
    import numpy as np

WIN_TOTALS = "win totals"
BRADLEY_TERRY = "Bradley-Terry"
_BLOCK = 2_000_000
"""The most pairs, over all resamples, that are worked on at once, so that many models do not take much memory."""
MOST_LOST = 0.05
"""The largest share of resamples in which not all models meet; of more, nothing is apart."""


@dataclass(frozen=True, slots=True)
class Match:
    """Two models compared on a prompt. Several of one pair and prompt (rounds, raters) count as one."""

    prompt: str
    """What tells prompts apart everywhere, such as the hash of its text."""
    a: str
    b: str
    result: int
    """1: a is better; 0: neither; -1: b is better."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One model in the order."""

    model: str
    wins: int
    ties: int
    losses: int
    strength: float | None
    """The mean share won of a prompt's comparisons, 0 to 1; for Bradley-Terry, the logarithm of the strength, with the
    sum 0. None where models cannot be put on one scale."""
    best_rank: int
    """One more than the models that are shown to be better."""
    worst_rank: int
    """The number of models less those that are shown to be worse."""

    @property
    def total(self) -> float:
        """Wins, a tie being half a win."""
        return self.wins + self.ties / 2


@dataclass(frozen=True, slots=True)
class Difference:
    """How far apart two models are, in the unit of `Standing.strength`."""

    better: str
    """The model that stands higher in the order."""
    worse: str
    effect: float
    low: float
    """With `high`: the 95 % interval, by resampling prompts; from -inf to inf where there are too few to resample."""
    high: float
    p: float
    """Adjusted for there being several pairs (Holm)."""
    apart: bool
    """Whether the data separate the two: the interval excludes 0 and p is at most 0.05."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Models in order, best first."""

    method: str
    """`WIN_TOTALS` where every model was compared with every other on every prompt, else `BRADLEY_TERRY`."""
    standings: tuple[Standing, ...]
    tiers: tuple[tuple[str, ...], ...]
    """Models that cannot be separated share a tier. One that can be separated from neither of two models, which are
    apart from each other, is in the tiers of both. The first tier of several is tied for first."""
    differences: tuple[Difference, ...]
    """Of all pairs, in the order of the standings."""
    prompts: int
    least_n: int
    """The fewest prompts with which any of so many models could be separated."""
    seed: int
    resamples: int
    degenerate: int
    """Resamples whose wins do not link all models both ways; strengths then lean on the half wins that are added."""
    lost: int
    """Resamples in which the models do not all meet; they are in no interval."""
    not_scoreable: NotScoreable | None
    """Why there is no order; the standings are then sorted by name, and nothing is apart."""

    @property
    def tied_for_first(self) -> tuple[str, ...]:
        """The models that cannot be separated from the first; one alone where it is shown to be better than all."""
        return self.tiers[0] if self.tiers and self.not_scoreable is None else ()


def matches_by_value(values: Mapping[str, Mapping[str, float]]) -> list[Match]:
    """The matches of all pairs of models by one value for each prompt, the larger one winning: model, prompt, value."""
    found = []
    for a, b in combinations(sorted(values), 2):
        for prompt in sorted(values[a].keys() & values[b].keys()):
            apart = values[a][prompt] - values[b][prompt]
            found.append(Match(prompt, a, b, 0 if abs(apart) <= ALIKE else 1 if apart > 0 else -1))
    return found


def rank(matches: Iterable[Match], *, resamples: int = RESAMPLES, seed: int = SEED) -> Ranking:
    """The order of the models in these matches, and what of it the data show.

    Where every model met every other on every prompt, the order is that of win totals; otherwise that of Bradley-Terry
    strengths, where these may be computed. Prompts are resampled with all their matches.
    """
    import numpy as np

    one_each = _one_each(matches)
    models = tuple(sorted({name for _, *pair in one_each for name in pair}))
    prompts = sorted({prompt for prompt, *_ in one_each})
    place = {name: number for number, name in enumerate(models)}
    row = {prompt: number for number, prompt in enumerate(prompts)}
    wins = np.zeros((len(prompts), len(models), len(models)))
    ties = np.zeros_like(wins)
    for (prompt, a, b), result in one_each.items():
        at, i, j = row[prompt], place[a], place[b]
        if result:
            wins[at, i if result > 0 else j, j if result > 0 else i] = 1
        else:
            ties[at, i, j] = ties[at, j, i] = 1
    if len(one_each) == len(prompts) * len(models) * (len(models) - 1) // 2:
        return _by_win_totals(models, wins, ties, resamples, seed)
    return _by_strength(models, wins, ties, resamples, seed)


def _one_each(matches: Iterable[Match]) -> dict[tuple[str, str, str], int]:
    """The result of each prompt and pair: what most of its matches say."""
    sums: dict[tuple[str, str, str], int] = {}
    for match in matches:
        ahead = match.a < match.b
        key = (match.prompt, match.a, match.b) if ahead else (match.prompt, match.b, match.a)
        sums[key] = sums.get(key, 0) + (match.result if ahead else -match.result)
    return {key: (total > 0) - (total < 0) for key, total in sums.items()}


def _by_win_totals(models: tuple[str, ...], wins: np.ndarray, ties: np.ndarray, resamples: int, seed: int) -> Ranking:
    n, m = wins.shape[:2]
    shares = (wins + ties / 2).sum(axis=2) / max(1, m - 1)
    if not n:
        return _in_order(WIN_TOTALS, models, wins, ties, shares.sum(axis=0), {}, resamples, seed)
    drawn = resampled_counts(n, resamples, seed) @ shares / n
    pairs = {
        (i, j): (drawn[:, i] - drawn[:, j], n, sign_flip_p((shares[:, i] - shares[:, j]).tolist(), seed))
        for i, j in combinations(range(m), 2)
    }
    return _in_order(WIN_TOTALS, models, wins, ties, shares.mean(axis=0), pairs, resamples, seed)


def _by_strength(models: tuple[str, ...], wins: np.ndarray, ties: np.ndarray, resamples: int, seed: int) -> Ranking:
    import numpy as np

    n, m = wins.shape[:2]
    all_wins, all_ties = wins.sum(axis=0), ties.sum(axis=0)
    reason = not_scoreable(models, all_wins, all_ties)
    if reason is not None:
        return Ranking(
            method=BRADLEY_TERRY,
            standings=tuple(_standing(name, i, all_wins, all_ties, None, 1, m) for i, name in enumerate(models)),
            tiers=(models,),
            differences=(),
            prompts=n,
            least_n=least_prompts(m),
            seed=seed,
            resamples=0,
            degenerate=0,
            lost=0,
            not_scoreable=reason,
        )
    strength = log_strengths(all_wins[None], all_ties[None])[0]
    linked, met, parts = 0, 0, []
    at_once = max(1, _BLOCK // (m * m))
    counts = resampled_counts(n, resamples, seed)
    for some in (counts[start : start + at_once] for start in range(0, resamples, at_once)):
        some_wins, some_ties = (np.tensordot(some, each, axes=1) for each in (wins, ties))
        held_up = (some_wins + some_ties) > 0
        all_met = reachable(held_up | held_up.swapaxes(1, 2)).all(axis=(1, 2))
        linked += int(reachable(held_up).all(axis=(1, 2)).sum())
        met += int(all_met.sum())
        parts.append(log_strengths(some_wins[all_met], some_ties[all_met]))
    drawn = np.concatenate(parts)
    # A prompt says nothing of a model that it was not put to.
    known = ((wins + wins.swapaxes(1, 2) + ties) > 0).any(axis=2).sum(axis=0)
    pairs = {}
    for i, j in combinations(range(m), 2):
        apart, prompts = drawn[:, i] - drawn[:, j], int(min(known[i], known[j]))
        p = 1.0
        if prompts >= least_prompts(m) and len(drawn) >= (1 - MOST_LOST) * resamples:
            error = float(apart.std()) * sqrt(prompts / (prompts - 1))
            p = t_two_sided(float(strength[i] - strength[j]) / error, prompts - 1)
        pairs[i, j] = apart, prompts, p
    return _in_order(
        BRADLEY_TERRY, models, wins, ties, strength, pairs, resamples, seed,
        degenerate=resamples - linked, lost=resamples - met,
    )  # fmt: skip


def _in_order(
    method: str, models: tuple[str, ...], wins: np.ndarray, ties: np.ndarray, strength: np.ndarray,
    pairs: Mapping[tuple[int, int], tuple[np.ndarray, int, float]], resamples: int, seed: int, *,
    degenerate: int = 0, lost: int = 0,
) -> Ranking:  # fmt: skip
    """The ranking by these strengths; `pairs` has for each pair its resampled differences, its prompts and its p."""
    m = len(models)
    order = sorted(range(m), key=lambda i: (-round(float(strength[i]), 9), models[i]))
    adjusted = dict(zip(pairs, holm([p for _, _, p in pairs.values()]), strict=True))
    differences, apart = [], set()
    for (at_high, high), (at_low, low) in combinations(enumerate(order), 2) if pairs else ():
        pair, sign = (min(high, low), max(high, low)), 1 if high < low else -1
        drawn, prompts, _ = pairs[pair]
        ends = (-inf, inf)
        if prompts > 1 and len(drawn):
            ends = percentile_interval(sign * drawn, expanded_tail(prompts))
        shown = ends[0] > 0 and adjusted[pair] <= ALPHA
        if shown:
            apart.add((at_high, at_low))
        effect = float(strength[high] - strength[low])
        differences.append(Difference(models[high], models[low], effect, *ends, adjusted[pair], shown))
    bounds = [(_first_beside(i, m, apart), _last_beside(i, m, apart)) for i in range(m)]
    # A tier is a longest run in which nobody is apart: one that ends later than all before it.
    runs = [(at, last) for at, (_, last) in enumerate(bounds) if at == 0 or last > bounds[at - 1][1]]
    all_wins, all_ties = wins.sum(axis=0), ties.sum(axis=0)
    return Ranking(
        method=method,
        standings=tuple(
            _standing(models[i], i, all_wins, all_ties, float(strength[i]), first + 1, last + 1)
            for i, (first, last) in zip(order, bounds, strict=True)
        ),
        tiers=tuple(tuple(models[order[at]] for at in range(first, last + 1)) for first, last in runs),
        differences=tuple(differences),
        prompts=len(wins),
        least_n=least_prompts(m),
        seed=seed,
        resamples=resamples,
        degenerate=degenerate,
        lost=lost,
        not_scoreable=None,
    )


def _last_beside(i: int, m: int, apart: set[tuple[int, int]]) -> int:
    """The last place in the order that is not below place `i` for certain.

    A place counts as below only if all places from it on are apart from `i` and from all before it: where a model
    further down cannot be separated, neither can the one between.
    """
    last = i
    for j in range(i + 1, m):
        if any((k, j) not in apart for k in range(i + 1)):
            last = j
    return last


def _first_beside(i: int, m: int, apart: set[tuple[int, int]]) -> int:
    """The first place in the order that is not above place `i` for certain; see `_last_beside`."""
    first = i
    for j in range(i - 1, -1, -1):
        if any((j, k) not in apart for k in range(i, m)):
            first = j
    return first


def _standing(
    model: str, i: int, wins: np.ndarray, ties: np.ndarray, strength: float | None, best: int, worst: int
) -> Standing:
    won, tied, lost = (round(float(each.sum())) for each in (wins[i], ties[i], wins[:, i]))
    return Standing(model, won, tied, lost, strength, best, worst)
