"""Whether one condition holds for a text or a number that is known."""

from __future__ import annotations

from collections.abc import Iterable

from tui.core.conditions.grammar import Operator


def text_holds(operator: Operator, texts: Iterable[str], wanted: str) -> bool:
    """Whether one of the texts is the wanted one, or, for `!=`, none of them is."""
    return any(_is_like(text.casefold(), wanted.casefold()) for text in texts) is (operator is Operator.EQUAL)


def number_holds(operator: Operator, number: float, low: float, high: float) -> bool:
    """Whether it holds for a number against a limit, or against a band from `low` to `high`; see `Change.WITHIN`."""
    match operator:
        case Operator.EQUAL:
            return low <= number <= high
        case Operator.UNEQUAL:
            return not low <= number <= high
        case Operator.LESS:
            return number < low
        case Operator.AT_LEAST:
            return number >= low
        case Operator.MORE:
            return number > high
        case Operator.AT_MOST:
            return number <= high


def _is_like(text: str, pattern: str) -> bool:
    """Whether a text is the pattern, in which `*` stands for any characters, none included."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == first
    *middle, last = rest
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
