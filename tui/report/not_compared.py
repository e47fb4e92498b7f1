"""What no verdict rests on, in words: answers that failed, and what was asked in unlike ways."""

from __future__ import annotations

from collections.abc import Iterable

from tui.core.text.clean import clean_line
from tui.report.candidate_names import Names
from tui.report.pairs import Difference, Failures, Unlike
from tui.report.verdicts import DIFFERENT_SESSIONS

_VALUE_SHOWN = 40


def said_of_failures(failures: Failures, names: Names) -> str:
    """How many answers did not come to a good end, as a phrase."""
    return "failed: " + ", ".join(f"{names[who]} {failed} of {runs}" for who, failed, runs in failures.counts)


def said_of_unlike(every: Iterable[Unlike], names: Names) -> tuple[str, ...]:
    """Who cannot be compared, and why: a sentence for each set of conditions that differ."""
    who: dict[tuple[tuple[Difference, ...], bool, bool], list[str]] = {}
    for one in every:
        alone = one.first == one.second
        named = names[one.first] if alone else f"{names[one.first]} and {names[one.second]}"
        who.setdefault((one.differences, one.times_only, alone), []).append(named)
    return tuple(
        f"{'runs of ' if alone else ''}{', '.join(named)}: {'times ' if times_only else ''}not comparable: "
        + ", ".join(f"{found.name} {_value(found.first)} against {_value(found.second)}" for found in differences)
        + (f" {DIFFERENT_SESSIONS}" if times_only else "")
        for (differences, times_only, alone), named in who.items()
    )


def _value(value: str) -> str:
    return clean_line(value, _VALUE_SHOWN) or "unset"
