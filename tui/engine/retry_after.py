"""How long a host asks to be left alone: the header Retry-After."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 86_400
"""What is longer, in seconds, is taken for this."""


def retry_after_s(value: str, now: datetime) -> int | None:
    """The seconds that a header's value means, whole and rounded up, at most a day; None when it means none.

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
