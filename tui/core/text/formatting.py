"""Amounts, rates and times as people read them, on the screen and on paper. What is not known is a hyphen.

Memory and sizes are bytes in the code; on the screen a MB is 10^6 bytes and a GB 10^9, for whatever they are of.
"""

from __future__ import annotations

UNKNOWN = "-"


def data_size(count: float | None) -> str:
    """A number of bytes: `40 kB`, `0.4 MB`, `822 MB`, `3.6 GB`."""
    if count is None:
        return UNKNOWN
    megabytes = count / 1e6
    if round(megabytes) >= 1000:
        return f"{megabytes / 1000:,.1f} GB"
    if megabytes < 0.0995:
        return f"{count / 1e3:.0f} kB"
    return f"{megabytes:.1f} MB" if megabytes < 9.95 else f"{megabytes:.0f} MB"


def data_rate(bytes_per_s: float | None) -> str:
    """A rate: `12 MB/s`."""
    return UNKNOWN if bytes_per_s is None else f"{data_size(bytes_per_s)}/s"


def duration(seconds: float | None, *, digits: int = 2, gap: str = " ") -> str:
    """A time that was taken, in the unit that fits it: `0.4 ms`, `42 ms`, `0.31 s`, `2.6 s`, `104 s`.

    `digits` are those of seconds, below a hundred of them; `gap` stands between number and unit.
    """
    if seconds is None:
        return UNKNOWN
    milliseconds = seconds * 1000
    if milliseconds < 0.05:
        return f"<0.1{gap}ms"
    if milliseconds < 99.5:
        # 16.5, which stands in tables as that, is 17 and not the even 16.
        return f"{f'{milliseconds:.1f}' if milliseconds < 9.95 else int(milliseconds + 0.5)}{gap}ms"
    return f"{seconds:.0f}{gap}s" if seconds >= 99.95 else f"{seconds:.{digits}f}{gap}s"


def milliseconds(count: float | None, *, digits: int = 2, gap: str = " ") -> str:
    """`duration()` of a number of milliseconds."""
    return duration(None if count is None else count / 1000, digits=digits, gap=gap)


def quantity(value: float | None, unit: str, *, gap: str = " ") -> str:
    """A metric in its unit: `0.31 s`, `41.3 tok/s`. `gap` stands between the number and the unit of a time."""
    if unit == "ms":
        return milliseconds(value, gap=gap)
    return f"{UNKNOWN if value is None else f'{value:.1f}'} {unit}"


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
    """A length in tokens: `32k`, where a k is 1,024."""
    if count is None:
        return UNKNOWN
    return f"{count:,}" if count % 1024 else f"{count // 1024}k"
