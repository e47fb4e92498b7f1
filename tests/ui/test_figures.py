"""Sizes, rates and times as people read them."""

from __future__ import annotations

import pytest

from tui.ui import figures


@pytest.mark.parametrize(
    ("amount", "told"),
    [(None, "-"), (0.8, "0.8 MB"), (12.4, "12 MB"), (1023.0, "1023 MB"), (1024.0, "1.0 GB"), (9912.3, "9.7 GB")],
)
def test_an_amount_of_data(amount: float | None, told: str) -> None:
    assert figures.megabytes(amount) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(None, "-"), (0.0, "0 s"), (0.2, "1 s"), (59.5, "1:00"), (184.2, "3:05"), (3720.0, "1:02:00")],
)
def test_a_time_to_go_is_rounded_up(seconds: float | None, told: str) -> None:
    assert figures.left(seconds) == told


def test_a_rate_and_a_length_that_are_not_known_are_hyphens() -> None:
    assert (figures.rate(None), figures.tokens(None)) == ("-", "-")
    assert (figures.rate(12.4), figures.tokens(131072), figures.tokens(4224)) == ("12 MB/s", "128k", "4,224")
