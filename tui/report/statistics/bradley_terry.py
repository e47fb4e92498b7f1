"""Bradley-Terry strengths with ties (Davidson 1970), of many resamples at once, and whether they may be computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

PSEUDO_WINS = 0.5
"""Won by either side of every pair that met, so that strengths stay finite. Pairs that never met get none."""
_STEPS = 200
_LARGEST_STEP = 2.0
_CLOSE = 1e-10


def log_strengths(wins: np.ndarray, ties: np.ndarray, pseudo: float = PSEUDO_WINS) -> np.ndarray:
    """The logarithms of the strengths, with the sum 0: b × m, from b × m × m counts.

    `wins[b, i, j]` is how often i won against j, `ties` is symmetric. P(i wins) = s_i / (s_i + s_j + v √(s_i s_j)) and
    P(tie) = v √(s_i s_j) / the same; v is estimated too, and 0 where nothing was tied. The likelihood has one maximum,
    which Newton's method finds. Every resample must be connected by pairs that met.
    """
    import numpy as np

    met = (wins + wins.swapaxes(1, 2) + ties) > 0
    wins = wins + pseudo * met
    games = wins + wins.swapaxes(1, 2) + ties
    count, m = wins.shape[:2]
    with_ties = ties.sum(axis=(1, 2)) > 0
    strength, log_v = np.zeros((count, m)), np.zeros(count)
    scored = (wins + ties / 2).sum(axis=2)
    tied = ties.sum(axis=(1, 2)) / 2
    for _ in range(_STEPS):
        half = np.exp(-np.clip((strength[:, :, None] - strength[:, None, :]) / 2, -300, 300))
        tie_weight = np.where(with_ties, np.exp(log_v), 0.0)[:, None, None] * half
        win = 1 / (1 + half * half + tie_weight)
        tie = tie_weight * win
        score = win + tie / 2
        gradient = np.zeros((count, m + 1))
        gradient[:, :m] = scored - (games * score).sum(axis=2)
        gradient[:, m] = tied - (games * tie).sum(axis=(1, 2)) / 2
        spread = games * (win + tie / 4 - score * score)
        hessian = np.zeros((count, m + 1, m + 1))
        # One more on every place fixes the sum of the strengths, which the likelihood leaves open.
        hessian[:, :m, :m] = 1 - spread
        place = np.arange(m)
        hessian[:, place, place] += spread.sum(axis=2)
        hessian[:, :m, m] = hessian[:, m, :m] = (games * (tie / 2 - score * tie)).sum(axis=2)
        hessian[:, m, m] = (games * tie * (1 - tie)).sum(axis=(1, 2)) / 2
        hessian[~with_ties, m, m] = 1
        step: np.ndarray = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        step *= np.minimum(1, _LARGEST_STEP / np.maximum(np.abs(step).max(axis=1, keepdims=True), _CLOSE))
        strength += step[:, :m]
        log_v += step[:, m]
        if np.abs(step).max() < _CLOSE:
            break
    centred: np.ndarray = strength - strength.mean(axis=1, keepdims=True)
    return centred


def reachable(edges: np.ndarray) -> np.ndarray:
    """Which model reaches which over these edges, itself included: … × m × m booleans."""
    import numpy as np

    m = edges.shape[-1]
    reached = (edges | np.eye(m, dtype=bool)).astype(np.float32)
    for _ in range(max(1, (m - 1).bit_length())):
        reached = (reached @ reached > 0).astype(np.float32)
    linked: np.ndarray = reached > 0
    return linked


@dataclass(frozen=True, slots=True)
class NotScoreable:
    """Why models cannot be put on one scale."""

    never_won: tuple[str, ...]
    """Models that neither won nor tied once: nothing says how weak they are."""
    never_lost: tuple[str, ...]
    """Models that neither lost nor tied once."""
    groups: tuple[tuple[str, ...], ...]
    """Models that met, directly or by way of others; more than one group: they never met each other."""
    one_sided: tuple[tuple[str, ...], ...]
    """Where all met: groups of which one never lost to another, the stronger first."""


def not_scoreable(models: tuple[str, ...], wins: np.ndarray, ties: np.ndarray) -> NotScoreable | None:
    """Why these m × m counts give no strengths; None where every model is linked with every other by wins or ties both
    ways (Ford 1957).
    """
    held_up = (wins + ties) > 0
    reached = reachable(held_up)
    if reached.all():
        return None
    met = reachable(held_up | held_up.T)
    won, lost = held_up.any(axis=1), held_up.any(axis=0)
    groups = _groups(models, met)
    strong = _groups(models, reached & reached.T)
    order = {name: int(reached[i].sum()) for i, name in enumerate(models)}
    return NotScoreable(
        never_won=tuple(name for name, did in zip(models, won, strict=True) if not did),
        never_lost=tuple(name for name, did in zip(models, lost, strict=True) if not did),
        groups=groups if len(groups) > 1 else (),
        one_sided=() if len(groups) > 1 else tuple(sorted(strong, key=lambda group: -order[group[0]])),
    )


def _groups(models: tuple[str, ...], linked: np.ndarray) -> tuple[tuple[str, ...], ...]:
    rows = dict.fromkeys(tuple(row) for row in linked.tolist())
    return tuple(tuple(name for name, inside in zip(models, row, strict=True) if inside) for row in rows)
