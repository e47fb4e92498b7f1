"""How long a host asks not to be asked again: the header Retry-After."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 86_400
"""The longest pause that is respected, in seconds."""


def retry_after_s(value: str, now: datetime) -> int | None:
    """The pause that a header's value asks for, in whole seconds, rounded up, at most a day; None if it has no meaning.

    `now` is aware: a date in the past means no wait.
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(int(value.lstrip("0")[:9] or 0), LONGEST_S)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)  # Written as -0000, or in the format of asctime().
    left = -((now - until).total_seconds() // 1)
    return int(min(max(left, 0), LONGEST_S))
