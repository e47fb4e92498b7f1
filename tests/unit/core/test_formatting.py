"""Sizes, rates and times as people read them."""

from __future__ import annotations

import pytest

from tui.core.text import formatting as figures


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (None, "-"), (0, "0 kB"), (40_000, "40 kB"), (99_400, "99 kB"), (99_600, "0.1 MB"), (800_000, "0.8 MB"),
        (9_940_000, "9.9 MB"), (9_960_000, "10 MB"), (12_400_000, "12 MB"), (999_400_000, "999 MB"),
        (999_600_000, "1.0 GB"), (1 << 30, "1.1 GB"), (9_912_300_000, "9.9 GB"), (1_234_000_000_000, "1,234.0 GB"),
    ],
)  # fmt: skip
def test_an_amount_of_data_in_decimal_units(amount: float | None, told: str) -> None:
    assert figures.data_size(amount) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "-"), (0.0, "<0.1 ms"), (0.00004, "<0.1 ms"), (0.0004, "0.4 ms"), (0.00994, "9.9 ms"),
        (0.00996, "10 ms"), (0.042, "42 ms"), (0.0994, "99 ms"), (0.0996, "0.10 s"), (0.31, "0.31 s"),
        (2.6, "2.60 s"), (99.94, "99.94 s"),
        (99.96, "100 s"), (3600.0, "3600 s"),
    ],
)  # fmt: skip
def test_a_time_is_told_in_the_unit_that_fits_it(seconds: float | None, told: str) -> None:
    assert figures.duration(seconds) == told
    assert figures.duration(seconds, gap="") == told.replace(" ", "")


def test_a_time_with_fewer_digits() -> None:
    assert [figures.duration(one, digits=1) for one in (0.0004, 2.64, 0.31)] == ["0.4 ms", "2.6 s", "0.3 s"]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(None, "-"), (0.0, "0 s"), (0.2, "1 s"), (59.5, "1:00"), (184.2, "3:05"), (3720.0, "1:02:00")],
)
def test_a_time_to_go_is_rounded_up(seconds: float | None, told: str) -> None:
    assert figures.left(seconds) == told


def test_a_rate_and_a_length_that_are_not_known_are_hyphens() -> None:
    assert (figures.data_rate(None), figures.tokens(None)) == ("-", "-")
    assert (figures.data_rate(12.4e6), figures.tokens(131072), figures.tokens(4224)) == ("12 MB/s", "128k", "4,224")
