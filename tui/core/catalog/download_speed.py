"""How fast a download goes and how long it still takes, from the percentages that a host reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WINDOW_S = 15.0
"""Seconds of the past that a rate is taken over."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A percentage, and when it was reported, in seconds of any steady clock."""

    at: float
    percent: float


@dataclass(frozen=True, slots=True)
class DownloadSpeed:
    """`percent` done, bytes a second, seconds left. None where it is not known."""

    percent: float | None = None
    bytes_per_s: float | None = None
    seconds_left: float | None = None


def added(samples: Sequence[Sample], sample: Sample) -> tuple[Sample, ...]:
    """The samples with one more, without those that no rate needs any longer.

    The same percentage again says nothing new. A smaller one means that the host began again: what was before it goes.
    """
    last = samples[-1].percent if samples else None
    if last is not None and sample.percent < last:
        return (sample,)
    if sample.percent == last:
        return tuple(samples)
    recent = tuple(one for one in samples if sample.at - one.at <= WINDOW_S)
    # Steps far apart still make a rate: the last one before the window is kept when nothing lies in it.
    return (*(recent or tuple(samples[-1:])), sample)


def pace(samples: Sequence[Sample], size: float | None, now: float) -> DownloadSpeed:
    """What the samples say of a download of `size` bytes. One sample alone tells no rate; no size, no bytes a second.

    A rate of long ago is none of now: it is unknown once nothing has come for longer than it was taken over.
    """
    if not samples:
        return DownloadSpeed()
    first, last = samples[0], samples[-1]
    seconds, percents = last.at - first.at, last.percent - first.percent
    if seconds <= 0 or percents <= 0 or now - last.at > max(WINDOW_S, seconds):
        return DownloadSpeed(last.percent)
    per_second = percents / seconds
    return DownloadSpeed(
        last.percent,
        None if size is None else size * per_second / 100,
        max(100 - last.percent, 0.0) / per_second,
    )
