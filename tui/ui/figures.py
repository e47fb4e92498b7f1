"""Sizes, rates and times as people read them. What is not known is a hyphen."""

from __future__ import annotations

UNKNOWN = "-"


def megabytes(amount: float | None) -> str:
    """An amount of data: `822 MB`, `3.6 GB`."""
    if amount is None:
        return UNKNOWN
    if amount >= 1024:
        return f"{amount / 1024:,.1f} GB"
    return f"{amount:.0f} MB" if amount >= 10 else f"{amount:.1f} MB"


def rate(mb_per_s: float | None) -> str:
    """A rate: `12 MB/s`."""
    return UNKNOWN if mb_per_s is None else f"{megabytes(mb_per_s)}/s"


def left(seconds: float | None) -> str:
    """A time to go, rounded up: `45 s`, `3:05`, `1:02:00`."""
    if seconds is None:
        return UNKNOWN
    whole = int(seconds) + (seconds > int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def tokens(count: int | None) -> str:
    """A length in tokens: `32k`."""
    if count is None:
        return UNKNOWN
    return f"{count:,}" if count % 1024 else f"{count // 1024}k"
