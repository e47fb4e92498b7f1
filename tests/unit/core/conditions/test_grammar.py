"""Conditions are read as they are meant, printed as they are read, and refused with a line that would be right."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.some import some
from tui.core.conditions.grammar import (
    MAX_LENGTH,
    Baseline,
    Change,
    Condition,
    Conditions,
    Operator,
    parse,
    text_of,
)
from tui.core.conditions.names import DIMENSIONS, UNITS, Dimension, Figure, Use, figures, known_names
from tui.core.conditions.statistics import STATISTICS
from tui.core.errors import BadInputError
from tui.core.metrics.registry import METRICS

TEXTS = st.text(min_size=1).filter(lambda text: bool(text.strip()))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
AMOUNTS = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
OPERATORS = st.sampled_from(Operator)


@st.composite
def values(draw: st.DrawFn, use: Use) -> float | Baseline:
    """A number, or a baseline where there may be one."""
    if use is not Use.FAIL_IF or draw(st.booleans()):
        return draw(NUMBERS)
    change = draw(st.none() | st.sampled_from(Change))
    if change is None:
        return Baseline()
    return Baseline(change, draw(AMOUNTS), relative=change is not Change.TIMES and draw(st.booleans()))


@st.composite
def conditions(draw: st.DrawFn, use: Use) -> Condition:
    """Any condition that there can be for this use."""
    named = draw(st.sampled_from([one for one in known_names().values() if use in one.uses]))
    if isinstance(named, Dimension):
        if not named.is_text:
            return Condition(named.name, draw(OPERATORS), draw(NUMBERS))
        text = draw(st.sampled_from(named.values) if named.values else TEXTS)
        return Condition(named.name, draw(st.sampled_from((Operator.EQUAL, Operator.UNEQUAL))), text)
    criterion = draw(st.none() | TEXTS) if named.criteria else None
    statistics = [named.only] if named.only else [one.name for one in STATISTICS]
    statistic = None if use is Use.FILTER else draw(st.none() | st.sampled_from(statistics))
    return Condition(named.name, draw(OPERATORS), draw(values(use)), criterion, statistic)


USES = st.sampled_from(Use)
MANY = USES.flatmap(
    lambda use: st.tuples(st.just(use), st.lists(conditions(use), min_size=1, max_size=4).map(tuple))
)  # fmt: skip


@given(MANY)
def test_what_is_printed_is_read_as_the_same(drawn: tuple[Use, Conditions]) -> None:
    use, made = drawn
    text = text_of(made)
    if len(text) <= MAX_LENGTH:
        assert parse(text, use) == made


def right_line(error: BadInputError, use: Use) -> tuple[str, Use]:
    """The line that an error shows, and what it is for."""
    found = re.fullmatch(r"Write (?:after (--[a-z-]+) )?`(.*)`", error.hint)
    assert found is not None, error.hint
    other = {one.option: one for one in Use}
    return found[2], other[found[1]] if found[1] else use


PIECES = st.sampled_from(
    [
        *known_names(),
        *Operator,
        *(one.name for one in STATISTICS),
        *(unit for units in UNITS.values() for unit in units),
        ",",
        ".",
        "[",
        "]",
        '"',
        "'",
        "''",
        " ",
        "baseline",
        "±",
        "+",
        "+/-",
        "*",
        "-",
        "%",
        "500",
        "1.5",
        "1e999",
        "nan",
        "overall",
        "==",
        "=>",
        "≤",
        "license",
        "GPU",
        "\n",
        "\u0661",
        "\x00",
        "\ud800",
    ]
)


@given(USES, st.text() | st.lists(PIECES, max_size=12).map("".join) | st.lists(PIECES, max_size=9).map(" ".join))
def test_any_text_is_read_or_refused_with_a_line_that_would_be_right(use: Use, text: str) -> None:
    try:
        made = parse(text, use)
    except BadInputError as error:
        parse(*right_line(error, use))
        assert error.title.startswith(f"`{use.option} ") and error.detail
    else:
        assert parse(text_of(made), use) == made


@given(MANY, st.data())
def test_one_slip_in_a_name_is_refused_or_means_another(drawn: tuple[Use, Conditions], data: st.DataObject) -> None:
    use, made = drawn
    at = data.draw(st.integers(0, len(made[0].name) - 1))
    name = made[0].name[:at] + made[0].name[at + 1 :]
    text = f"{name} = 1"
    if name in known_names():
        return
    with pytest.raises(BadInputError) as refused:
        parse(text, use)
    parse(*right_line(refused.value, use))


def one(text: str, use: Use = Use.FAIL_IF) -> Condition:
    (made,) = parse(text, use)
    return made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("ttft_ms.p95>500", Condition("ttft_ms", Operator.MORE, 500, statistic="p95")),
        ("  ttft_ms . p95  >=  .5e3 ", Condition("ttft_ms", Operator.AT_LEAST, 500, statistic="p95")),
        ("ttft_ms.median < 0.5 s", Condition("ttft_ms", Operator.LESS, 500, statistic="p50")),
        ("ttft_ms.n < 20", Condition("ttft_ms", Operator.LESS, 20, statistic="n")),
        ("quality[accuracy].mean <= 3.5", Condition("quality", Operator.AT_MOST, 3.5, "accuracy", "mean")),
        ("quality['it''s, so'] != 3", Condition("quality", Operator.UNEQUAL, 3, "it's, so")),
        ("failure_rate > 5 %", Condition("failure_rate", Operator.MORE, 0.05)),
        ("size_mb < 4GB", Condition("size_mb", Operator.LESS, 4000)),
        ("model = phi-4-mini, please", None),
        ('model = "phi, please"', Condition("model", Operator.EQUAL, "phi, please")),
        ("model = What's up?", Condition("model", Operator.EQUAL, "What's up?")),
        ("model = baseline", Condition("model", Operator.EQUAL, "baseline")),
        ("mode = RACE", Condition("mode", Operator.EQUAL, "RACE")),
        ("ttft_ms = baseline", Condition("ttft_ms", Operator.EQUAL, Baseline())),
        ("ttft_ms > baseline*1.1", Condition("ttft_ms", Operator.MORE, Baseline(Change.TIMES, 1.1))),
        ("ttft_ms > baseline * 110%", Condition("ttft_ms", Operator.MORE, Baseline(Change.TIMES, 1.1))),
        ("ttft_ms > Baseline + 10 %", Condition("ttft_ms", Operator.MORE, Baseline(Change.PLUS, 10, relative=True))),
        ("ttft_ms > baseline - 0.1 s", Condition("ttft_ms", Operator.MORE, Baseline(Change.MINUS, 100))),
        ("ttft_ms != baseline ± 5", Condition("ttft_ms", Operator.UNEQUAL, Baseline(Change.WITHIN, 5))),
        ("ttft_ms != baseline +/- 5", Condition("ttft_ms", Operator.UNEQUAL, Baseline(Change.WITHIN, 5))),
    ],
)
def test_examples(text: str, made: Condition | None) -> None:
    if made is None:
        with pytest.raises(BadInputError):
            parse(text, Use.FAIL_IF)
    else:
        assert one(text) == made


def test_commas_are_and() -> None:
    made = parse("device = GPU, ttft_ms > 5,licence!=MIT", Use.REQUIRE)
    assert [condition.name for condition in made] == ["device", "ttft_ms", "licence"]


@pytest.mark.parametrize(
    ("use", "text", "says"),
    [
        (Use.FAIL_IF, "license = MIT", "no name that is known; did you mean `licence`? Write `licence = MIT`."),
        (Use.FAIL_IF, "ttft_ms_p95 > 9", "did you mean `ttft_ms.p95`? Write `ttft_ms.p95 > 9`."),
        (Use.FAIL_IF, "ttft_ms.p59 > 9", "is no statistic of `ttft_ms`; did you mean `p99`? Write `ttft_ms.p99 > 9`."),
        (Use.FILTER, "ttft_ms.p95 > 9", "--filter looks at one answer, which has no statistic. Write `ttft_ms > 9`."),
        (Use.FAIL_IF, "ttft_ms > 9 GB", "`ttft_ms` is in ms, not `GB`. Write `ttft_ms > 9`."),
        (Use.FAIL_IF, "ttft_ms > 9 MS", "`ttft_ms` is in ms, not `MS`. Write `ttft_ms > 9 ms`."),
        (Use.FAIL_IF, "ttft_ms > fast", "`fast` is no number. Write `ttft_ms > 500`."),
        (Use.FAIL_IF, 'ttft_ms > "9"', "`ttft_ms` is a number, and takes no quotes. Write `ttft_ms > 9`."),
        (Use.FAIL_IF, "ttft_ms", "is compared with nothing; quote it, for a shell takes < and > for itself. "
         "Write `ttft_ms > 500`."),
        (Use.FAIL_IF, "ttft_ms == 9", "`==` is no operator; there are = != < <= > >=. Write `ttft_ms = 9`."),
        (Use.FAIL_IF, "ttft_ms > 1,5", "`5` is no condition: a comma joins conditions, and decimals have a point."),
        (Use.FAIL_IF, "model > phi", "`model` is a text, which takes = and !=. Write `model = phi`."),
        (Use.FAIL_IF, "mode = rase", "`mode` is measure or race, not `rase`. Write `mode = race`."),
        (Use.FAIL_IF, "prompt = hi", "no name for --fail-if, but for --filter. Write after --filter `prompt = hi`."),
        (Use.REQUIRE, "ttft_ms < baseline", "A baseline goes with --fail-if alone."),
        (Use.FAIL_IF, "ttft_ms > baseline 1.1", "± and a number, not `1.1`. Write `ttft_ms > baseline * 1.1`."),
        (Use.FAIL_IF, "size_mb > baseline", "`size_mb` has no baseline: it is no figure. Write `size_mb > 4000`."),
        (Use.FAIL_IF, "device.p95 = GPU", "`device` has no statistic and no criterion. Write `device = GPU`."),
        (Use.FAIL_IF, "ttft_ms[overall].p95 > 9", "`ttft_ms` has no criteria. Write `ttft_ms.p95 > 9`."),
        (Use.FAIL_IF, "quality[].mean > 3", "in brackets, and then the statistic. Write `quality[overall].mean > 3`."),
        (Use.FAIL_IF, "quality[overall > 3", "A bracket is not closed."),
        (Use.FAIL_IF, "model = 'phi", "A quote is not closed."),
        (Use.FAIL_IF, "model = 'phi' 4", "comes something else than a comma."),
        (Use.FAIL_IF, "", "There is no condition in it."),
        (Use.FAIL_IF, "ttft_ms > 9,", "After the last comma there is nothing."),
        (Use.FAIL_IF, "ttft_ms > 1e999", "`1e999` is too large a number."),
        (Use.FAIL_IF, "x" * 20_000, "It has 20,000 characters, and at most 10,000 are read."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(use: Use, text: str, says: str) -> None:
    with pytest.raises(BadInputError) as refused:
        parse(text, use)
    assert says in refused.value.sentence()
    parse(*right_line(refused.value, use))


def test_a_name_that_is_like_none_is_answered_with_all_there_are() -> None:
    with pytest.raises(BadInputError) as refused:
        parse("xyzzy = 3", Use.FILTER)
    for name, named in some(known_names().items()):
        assert (name in refused.value.detail) is (Use.FILTER in named.uses)


def test_every_metric_is_a_figure_and_no_two_names_are_the_same() -> None:
    assert {metric.name for metric in METRICS} < {figure.name for figure in figures()}
    assert len(known_names()) == len(DIMENSIONS) + len(figures())


@pytest.mark.parametrize("name", known_names())
def test_the_example_of_every_name_is_right_wherever_it_may_be_used(name: str) -> None:
    named = known_names()[name]
    for use in some([use for use in Use if use in named.uses]):
        assert one(f"{name} = {named.example}", use).name == name
        if isinstance(named, Figure) and use is not Use.FILTER:
            assert one(f"{name}.{named.statistic} = {named.example}", use).statistic == named.statistic


@pytest.mark.parametrize(
    ("baseline", "limits"),
    [
        (Baseline(), (200, 200)),
        (Baseline(Change.PLUS, 10), (210, 210)),
        (Baseline(Change.MINUS, 10, relative=True), (180, 180)),
        (Baseline(Change.TIMES, 1.5), (300, 300)),
        (Baseline(Change.WITHIN, 10), (190, 210)),
        (Baseline(Change.WITHIN, 10, relative=True), (180, 220)),
    ],
)
def test_the_limits_that_a_baseline_makes(baseline: Baseline, limits: tuple[float, float]) -> None:
    assert baseline.limits(200) == limits
