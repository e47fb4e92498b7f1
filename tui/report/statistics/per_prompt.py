"""The unit is the prompt: what was measured of it several times becomes one value before anything is compared.

Counting rounds or raters as if they were prompts raises false alarms from 5 % to 17 % and more, because answers to the
same prompt resemble each other (Miller, arXiv 2411.00640; Bowyer et al., arXiv 2503.01747).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

ALIKE = 1e-9
"""Means closer than this are equal: thirds do not add up exactly."""


def mean(values: Sequence[float]) -> float:
    """The mean, the same to the last bit in whatever order the values come. There must be one."""
    return math.fsum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    """The standard deviation of a sample (n - 1); 0 where all values are alike. There must be two."""
    if max(values) - min(values) <= ALIKE * max(map(abs, values)):
        return 0.0
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1))


def by_prompt(
    values: Iterable[tuple[str, float | None]], one: Callable[[Sequence[float]], float] = mean
) -> dict[str, float]:
    """One value for each prompt, from those of its rounds and raters: their mean, or their `one`. None is left out."""
    gathered: dict[str, list[float]] = {}
    for prompt, value in values:
        if value is not None:
            gathered.setdefault(prompt, []).append(value)
    return {prompt: one(same) for prompt, same in gathered.items()}


def medians_by_prompt(values: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    """The median of each prompt's values: for times, of which a single slow one must not decide."""
    return by_prompt(values, median)


@dataclass(frozen=True, slots=True)
class Paired:
    """Two models' values, prompt by prompt, in the order of the prompts' keys."""

    prompts: tuple[str, ...]
    a: tuple[float, ...]
    b: tuple[float, ...]
    only_a: tuple[str, ...]
    """Prompts of which the other side has no value. They enter nothing."""
    only_b: tuple[str, ...]


def paired(a: Mapping[str, float], b: Mapping[str, float]) -> Paired:
    """The prompts that both have."""
    both = tuple(sorted(a.keys() & b.keys()))
    return Paired(
        prompts=both,
        a=tuple(a[prompt] for prompt in both),
        b=tuple(b[prompt] for prompt in both),
        only_a=tuple(sorted(a.keys() - b.keys())),
        only_b=tuple(sorted(b.keys() - a.keys())),
    )
