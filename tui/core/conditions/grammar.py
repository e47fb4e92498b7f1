"""The grammar of conditions: `NAME OP VALUE`, joined by commas that mean "and".

    condition = name operator value
    name      = a dimension | a figure [ "[" criterion "]" ] [ "." statistic ]
    operator  = "=" | "!=" | "<" | "<=" | ">" | ">="
    value     = number [ unit ] | text | "baseline" [ ( "+" | "-" | "*" | "±" ) number [ "%" | unit ] ]

A text stands as it is, or in quotes, single or double: then it may hold commas, and a quote is written twice. In a text
`*` stands for any characters, and the case of letters does not matter.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from tui.core.conditions.names import SHARE, UNITS, Dimension, Figure, Name, Use, figures, known_names
from tui.core.conditions.statistics import STATISTICS, Statistic, statistic_called
from tui.core.errors import BadInputError
from tui.core.metrics.registry import Better
from tui.core.text.clean import clean_line
from tui.core.text.nearest import nearest

MAX_LENGTH = 10_000
"""Characters of an option's conditions that are read."""
BASELINE = "baseline"
_SHOWN = 80
"""Characters of a condition that an error shows."""
_SENTENCE = 500
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SIGNS = "=!<>≤≥≠"
_MEANT = {"==": "=", "=>": ">=", "=<": "<=", "<>": "!=", "≤": "<=", "≥": ">=", "≠": "!=", "!": "!=", "===": "="}
"""Signs that are written for an operator, and which one is."""


class Operator(StrEnum):
    """How the two sides of a condition are compared."""

    EQUAL = "="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


class Change(StrEnum):
    """What is done to the baseline's figure before it is compared with."""

    PLUS = "+"
    MINUS = "-"
    TIMES = "*"
    WITHIN = "±"
    """A band to both sides of the figure: `=` is inside, `!=` is outside, `>` and `<=` mean its upper end, `<` and `>=`
    its lower end."""


_CHANGES = {"+/-": Change.WITHIN, "+-": Change.WITHIN, **{change.value: change for change in Change}}
"""How each is written; the longer ones first."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A value that is a figure of the baseline, changed or not."""

    change: Change | None = None
    amount: float = 0.0
    """In the figure's unit, or in per cent of the baseline's figure; the factor of `TIMES`."""
    relative: bool = False
    """Whether `amount` is in per cent."""

    def limits(self, figure: float) -> tuple[float, float]:
        """The lower and the upper end of what is compared with, given the baseline's figure; mostly one number."""
        amount = abs(figure) * self.amount / 100 if self.relative else self.amount
        match self.change:
            case Change.PLUS:
                return figure + amount, figure + amount
            case Change.MINUS:
                return figure - amount, figure - amount
            case Change.TIMES:
                return figure * self.amount, figure * self.amount
            case Change.WITHIN:
                return figure - amount, figure + amount
            case None:
                return figure, figure

    def __str__(self) -> str:
        if self.change is None:
            return BASELINE
        return f"{BASELINE} {self.change} {number_text(self.amount)}{'%' * self.relative}"


Value = float | str | Baseline


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. Its text, `str(condition)`, is read back as the same condition."""

    name: str
    operator: Operator
    value: Value
    criterion: str | None = None
    statistic: str | None = None

    @property
    def named(self) -> Name:
        """What it is about."""
        return known_names()[self.name]

    @property
    def what(self) -> str:
        """The side before the operator, as it is written."""
        criterion = "" if self.criterion is None else f"[{_in_brackets(self.criterion)}]"
        return f"{self.name}{criterion}" + ("" if self.statistic is None else f".{self.statistic}")

    def __str__(self) -> str:
        value = self.value
        text = number_text(value) if isinstance(value, float) else _text(value) if isinstance(value, str) else value
        return f"{self.what} {self.operator} {text}"


Conditions = tuple[Condition, ...]
"""All of them have to hold."""


def text_of(conditions: Iterable[Condition]) -> str:
    """The conditions as they are written, which `parse` reads back as the same."""
    return ", ".join(map(str, conditions))


def parse(text: str, use: Use) -> Conditions:
    """The conditions in a text, for one use. Raises BadInputError, which shows a line that would be right."""
    try:
        return _parsed(text, use)
    except _WrongError as problem:
        title = f"`{use.option} {clean_line(text, _SHOWN)}` cannot be read"
        raise BadInputError(title, clean_line(str(problem), _SENTENCE), _hint(problem, use)) from problem


def _hint(problem: _WrongError, use: Use) -> str:
    """A line that is right, shown whole: one that is too long for that, or would be cleaned, is none."""
    meant = problem.use or use
    lines = (line for line in (*problem.lines, *_examples(meant)) if clean_line(line, _SHOWN) == line)
    line = next(line for line in lines if _is_right(line, meant))
    return f"Write {'' if meant is use else f'after {meant.option} '}`{line}`"


class _WrongError(Exception):
    """What is wrong with a condition, as a sentence without its stop, and lines that may be right."""

    def __init__(self, what: str, *lines: str, use: Use | None = None) -> None:
        """`use` is what the lines are for, where that is another use."""
        super().__init__(what)
        self.lines = lines
        self.use = use


def _is_right(line: str, use: Use) -> bool:
    try:
        _parsed(line, use)
    except _WrongError:
        return False
    return True


def _examples(use: Use) -> Iterator[str]:
    """Lines that are right, the last of them for every use."""
    yield "ttft_ms > 500" if use is Use.FILTER else "ttft_ms.p50 > 500"


def _parsed(text: str, use: Use) -> Conditions:
    if len(text) > MAX_LENGTH:
        raise _WrongError(f"It has {len(text):,} characters, and at most {MAX_LENGTH:,} are read")
    found = tuple(_condition(*parts, use) for parts in _split(text))
    if not found:
        raise _WrongError("There is no condition in it")
    return found


Parts = tuple[str, str | None, str, str, str, bool]
"""Name, criterion, what follows the criterion, operator, value, and whether the value stood in quotes."""


def _split(text: str) -> Iterator[Parts]:
    """The parts of each condition of a text, as they stand there."""
    reader = _Reader(text)
    while not reader.at_end():
        name = reader.until(f"[,{_SIGNS}").strip()
        criterion, rest = None, ""
        if reader.takes("["):
            criterion = reader.quoted() if reader.has_quote() else reader.until(f"],{_SIGNS}").strip()
            reader.blanks()
            if not reader.takes("]"):
                raise _WrongError("A bracket is not closed", "quality[overall].mean >= 3.5", "quality[overall] >= 4")
            rest = reader.until(f"[,{_SIGNS}").strip()
            if reader.takes("["):
                raise _WrongError("There is one criterion too many", "quality[overall].mean >= 3.5")
        sign = reader.run(_SIGNS)
        reader.blanks()
        quoted = bool(sign) and reader.has_quote()
        value = reader.quoted() if quoted else reader.until(",").strip()
        reader.blanks()
        if not (name or sign or value or criterion is not None):
            if reader.takes(",") or not reader.at_end():
                raise _WrongError("Between two commas there is nothing")
            return
        if quoted and not reader.at_end() and not reader.at_comma():
            raise _WrongError(f"After the quoted {value!r} comes something else than a comma")
        yield name, criterion, rest, sign, value, quoted
        if reader.takes(",") and reader.is_blank():
            raise _WrongError("After the last comma there is nothing")


class _Reader:
    """A text, read from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def at_end(self) -> bool:
        return self._at >= len(self._text)

    def at_comma(self) -> bool:
        return self._text[self._at : self._at + 1] == ","

    def is_blank(self) -> bool:
        return not self._text[self._at :].strip()

    def has_quote(self) -> bool:
        self.blanks()
        return self._text[self._at : self._at + 1] in ("'", '"')

    def blanks(self) -> None:
        while not self.at_end() and self._text[self._at].isspace():
            self._at += 1

    def takes(self, sign: str) -> bool:
        found = self._text.startswith(sign, self._at)
        self._at += len(sign) * found
        return found

    def until(self, stops: str) -> str:
        start = self._at
        while not self.at_end() and self._text[self._at] not in stops:
            self._at += 1
        return self._text[start : self._at]

    def run(self, signs: str) -> str:
        start = self._at
        while not self.at_end() and self._text[self._at] in signs:
            self._at += 1
        return self._text[start : self._at]

    def quoted(self) -> str:
        quote, parts = self._text[self._at], []
        self._at += 1
        while True:
            parts.append(self.until(quote))
            if not self.takes(quote):
                raise _WrongError("A quote is not closed")
            if not self.takes(quote):
                return "".join(parts)
            parts.append(quote)


def _condition(name: str, criterion: str | None, rest: str, sign: str, value: str, quoted: bool, use: Use) -> Condition:
    typed = name if criterion is None else f"{name}[{_in_brackets(criterion)}]{rest}"
    shown = f"`{clean_line(typed, _SHOWN)}`"
    if not sign:
        if not typed:
            raise _WrongError("A condition has no name")
        if _NUMBER.fullmatch(typed):
            raise _WrongError(f"{shown} is no condition: a comma joins conditions, and decimals have a point")
        shell = "; quote it, for a shell takes < and > for itself" if typed.partition(".")[0] in known_names() else ""
        raise _WrongError(f"{shown} is compared with nothing{shell}", *_example(typed, use))
    named, statistic = _named(name, criterion, rest, f"{sign} {_text(value) if quoted else value}", use)
    condition = Condition(named.name, Operator.EQUAL, 0.0, criterion, None if statistic is None else statistic.name)
    start, example = condition.what, "20" if statistic is not None and statistic.counts else named.example
    meant = _MEANT.get(sign, sign)
    if sign not in set(Operator):
        operators = " ".join(Operator)
        given = [f"{start} {meant} {value}"] if meant in set(Operator) else []
        raise _WrongError(f"`{sign}` is no operator; there are {operators}", *given, f"{start} = {example}")
    operator = Operator(sign)
    if isinstance(named, Dimension) and named.is_text:
        return replace(condition, operator=operator, value=_text_value(named, operator, value))
    line = f"{start} {sign} {example}"
    if quoted:
        raise _WrongError(f"{shown} is a number, and takes no quotes", f"{start} {sign} {value}", line)
    if not value:
        raise _WrongError(f"{shown} is compared with nothing", line)
    unit = "" if statistic is not None and statistic.counts else named.unit
    made = _baseline(value, unit, f"{start} {sign}", use)
    if made is not None and isinstance(named, Dimension):
        raise _WrongError(f"{shown} has no baseline: it is no figure", line)
    number = _number(value, unit, f"{start} {sign}", line) if made is None else made
    return replace(condition, operator=operator, value=number)


def _named(name: str, criterion: str | None, rest: str, compared: str, use: Use) -> tuple[Name, Statistic | None]:
    """What a condition is about, and the statistic that it names."""
    parts = (name, rest[:1], rest[1:]) if criterion is not None else name.partition(".")
    name, dot, last = (part.strip() for part in parts)
    named = known_names().get(name)
    if named is None:
        whole = f"{name}{dot}{last}"
        # What looks like a column of a report (`ttft_ms_p95`) is a figure and a statistic.
        near = nearest(name, known_names()) if dot else nearest(whole, _written(use))
        lines = [] if near is None else [f"{near}{dot}{last} {compared}", f"{near} {compared}", *_example(near, use)]
        names = [one.name for one in known_names().values() if use in one.uses]
        there = f"did you mean `{near}`?" if near is not None else f"there are {', '.join(names)}"
        raise _WrongError(f"`{clean_line(whole, _SHOWN)}` is no name that is known; {there}", *lines)
    shown = f"`{name}`"
    if use not in named.uses:
        other = next(one for one in Use if one in named.uses)
        raise _WrongError(
            f"{shown} is no name for {use.option}, but for {other.option}", f"{name} {compared}",
            *_example(name, other), use=other,
        )  # fmt: skip
    if isinstance(named, Dimension):
        if criterion is not None or dot or last:
            raise _WrongError(f"{shown} has no statistic and no criterion", f"{name} {compared}", *_example(name, use))
        return named, None
    if criterion is not None and not named.criteria:
        raise _WrongError(
            f"{shown} has no criteria", f"{name}{rest} {compared}", f"{name} {compared}", *_example(name, use)
        )
    if criterion is not None and (not criterion or (rest and dot != ".")):
        start = f"{name}[{_in_brackets(criterion or 'overall')}].mean"
        what = f"{shown} is written with the criterion in brackets, and then the statistic"
        raise _WrongError(what, f"{start} {compared}", f"{start} >= 3.5")
    if not dot:
        return named, None
    start = name if criterion is None else f"{name}[{_in_brackets(criterion)}]"
    if use is Use.FILTER:
        raise _WrongError(
            f"{use.option} looks at one answer, which has no statistic", f"{start} {compared}", *_example(name, use)
        )
    statistic = statistic_called(last)
    names = [named.only] if named.only else [one.name for one in STATISTICS]
    if statistic is None or statistic.name not in names:
        near = nearest(last, names)
        there = f"did you mean `{near}`?" if near is not None else f"there are {', '.join(names)}"
        raise _WrongError(
            f"`{clean_line(last, _SHOWN)}` is no statistic of {shown}; {there}",
            f"{start}.{near or named.statistic} {compared}", *_example(name, use),
        )  # fmt: skip
    return named, statistic


def _written(use: Use) -> Iterator[str]:
    """Every name that a condition for this use may have, with each statistic."""
    yield from (name for name, named in known_names().items() if use in named.uses)
    if use is not Use.FILTER:
        yield from (f"{figure.name}.{one.name}" for figure in figures() for one in STATISTICS if not figure.only)


def _example(name: str, use: Use) -> list[str]:
    """Lines about this name, with its statistic and without, if there is one of that name."""
    named = known_names().get(re.split(r"[.\[]", name, maxsplit=1)[0])
    if named is None or use not in named.uses:
        return []
    higher = isinstance(named, Figure) and named.better is Better.HIGHER
    sign = "=" if isinstance(named, Dimension) and named.is_text else "<" if higher is (use is Use.FAIL_IF) else ">"
    return [f"{start} {sign} {named.example}" for start in (name, named.name)]


def _text_value(named: Dimension, operator: Operator, value: str) -> str:
    if operator not in (Operator.EQUAL, Operator.UNEQUAL):
        right = f"{named.name} = {_text(value or named.example)}"
        raise _WrongError(f"`{named.name}` is a text, which takes = and !=", right, f"{named.name} = {named.example}")
    if not value:
        raise _WrongError(f"`{named.name}` is compared with nothing", f"{named.name} {operator} {named.example}")
    if named.values and value.casefold() not in named.values:
        near = nearest(value, named.values) or named.example
        there = " or ".join(named.values)
        raise _WrongError(
            f"`{named.name}` is {there}, not `{clean_line(value, _SHOWN)}`", f"{named.name} {operator} {near}"
        )
    return value


def _number(text: str, unit: str, start: str, line: str) -> float:
    found = _NUMBER.match(text)
    if found is None:
        raise _WrongError(f"`{clean_line(text, _SHOWN)}` is no number", line)
    number, behind = float(found[0]), text[found.end() :].strip()
    known = UNITS.get(unit, {unit: 1.0})
    if behind and behind not in known:
        near = {one.casefold(): one for one in known if one}.get(behind.casefold())
        right = f"{start} {found[0]} {near}" if near else f"{start} {found[0]}"
        of_it = f"is in {unit}" if unit and unit != SHARE else "has no unit"
        raise _WrongError(f"`{start.split()[0]}` {of_it}, not `{clean_line(behind, _SHOWN)}`", right, line)
    number *= known.get(behind, 1.0)
    if not math.isfinite(number):
        raise _WrongError(f"`{clean_line(text, _SHOWN)}` is too large a number", line)
    return number


def _baseline(text: str, unit: str, start: str, use: Use) -> Baseline | None:
    if text[: len(BASELINE)].casefold() != BASELINE or text[len(BASELINE) : len(BASELINE) + 1].isalnum():
        return None
    if use is not Use.FAIL_IF:
        raise _WrongError(f"A baseline goes with {Use.FAIL_IF.option} alone")
    rest = text[len(BASELINE) :].strip()
    if not rest:
        return Baseline()
    written = next((one for one in _CHANGES if rest.startswith(one)), None)
    line = f"{start} {BASELINE} * 1.1"
    if written is None:
        raise _WrongError(f"After `{BASELINE}` comes +, -, * or ± and a number, not `{clean_line(rest, _SHOWN)}`", line)
    change, amount = _CHANGES[written], rest[len(written) :].strip()
    line = line if change is Change.TIMES else f"{start} {BASELINE} {change} 10%"
    found = _NUMBER.match(amount)
    if found is None or found[0][0] in "+-":
        raise _WrongError(f"After `{BASELINE} {written}` comes a number without a sign", line)
    if amount[found.end() :].strip() == "%":
        per_cent = _number(found[0], "", start, line)
        return Baseline(change, per_cent / 100) if change is Change.TIMES else Baseline(change, per_cent, relative=True)
    if change is Change.TIMES:
        return Baseline(change, _number(amount, "", f"{start} {BASELINE} *", line))
    return Baseline(change, _number(amount, unit, f"{start} {BASELINE} {change}", line))


def number_text(value: float) -> str:
    """A number as it is written: whole ones without a point."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _text(text: str) -> str:
    """A text as it is written: in quotes where it would be read as something else."""
    plain = bool(text) and text == text.strip() and "," not in text and text[0] not in "'\""
    return text if plain else '"' + text.replace('"', '""') + '"'


def _in_brackets(criterion: str) -> str:
    plain = re.fullmatch(r"[\w-]+", criterion) is not None
    return criterion if plain else '"' + criterion.replace('"', '""') + '"'
