"""Hostile streams in random splits; `python -m tools.stream_fuzz` does more of it."""

from __future__ import annotations

import pytest

from tools.stream_fuzz import fuzz


@pytest.mark.slow
def test_some_hostile_streams_keep_every_rule() -> None:
    tally = fuzz(60, seed=11, most=150)
    assert (tally.streams, tally.engine) == (150, 8)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_minutes_of_hostile_streams_keep_every_rule(seed: int) -> None:
    tally = fuzz(120, seed)
    assert tally.engine and len(tally.states) == 4
