"""Which answers count in times and rates: read by tables, splits, plots, charts, trends and costs, so that all of them
speak of the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import TypeVar

from tui.report.reported_request import ReportedRequest

T = TypeVar("T")


def which_count(known: Sequence[bool], cold: Sequence[bool]) -> Sequence[bool]:
    """Of answers that have a value or not, and for which the model was loaded first or not, which count: warm ones,
    and cold ones only where no other has a value. Warm and cold are never put together."""
    if not any(cold):
        return known
    warm = [there and not loaded for there, loaded in zip(known, cold, strict=True)]
    return warm if any(warm) else known


def in_times(known: Iterable[T], run: Callable[[T], ReportedRequest]) -> tuple[list[T], list[T]]:
    """Those of these answers with a value that count, and those that are left out: see `which_count`."""
    every = list(known)
    kept = which_count([True] * len(every), [run(one).cold for one in every])
    return list(compress(every, kept)), list(compress(every, [not one for one in kept]))
