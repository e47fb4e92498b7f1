"""How often the session's file is written: as often as is paid for, however long the sitting."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.sitting import Clock, Costs, cost_of
from tests.support.some import some
from tui.storage.save_pace import BYTES_PER_SECOND, SavePace


def test_the_first_save_waits_for_nothing() -> None:
    clock = Clock()
    pace = SavePace(clock)
    pace.journaled(1_000)
    assert pace.free_at() <= clock.now


def test_what_the_journal_takes_pays_for_the_file() -> None:
    clock = Clock()
    pace = SavePace(clock)
    pace.written(50_000)
    pace.journaled(49_999)
    assert pace.free_at() > clock.now
    pace.journaled(1)
    assert pace.free_at() == clock.now


def test_time_pays_too() -> None:
    clock = Clock()
    pace = SavePace(clock)
    pace.written(50 * BYTES_PER_SECOND)
    assert pace.free_at() == clock.now + 50
    clock.now += 20
    pace.journaled(10 * BYTES_PER_SECOND)
    assert pace.free_at() == pytest.approx(clock.now + 20)


STEPS = st.lists(
    st.tuples(st.integers(0, 200_000), st.floats(0, 100), st.integers(0, 100_000)), min_size=1, max_size=60
)  # the journal's bytes, the seconds, and how much the file grows before it is asked for


@given(STEPS)
def test_all_versions_of_the_file_but_the_last_are_paid_for(steps: list[tuple[int, float, int]]) -> None:
    clock, journal, written, size = Clock(), 0, list[int](), 0
    pace, began = SavePace(clock), clock.now
    for taken, seconds, growth in some(steps):
        pace.journaled(taken)
        clock.now += seconds
        journal, size = journal + taken, size + growth
        if clock.now >= pace.free_at():
            assert sum(written) <= journal + BYTES_PER_SECOND * (clock.now - began) + 1
            pace.written(size)
            written.append(size)


def bound(costs: Costs) -> float:
    """What `SavePace` promises."""
    return costs.journal_bytes + BYTES_PER_SECOND * costs.seconds + 2 * costs.last_file_bytes


@pytest.mark.slow
@pytest.mark.parametrize("scored", [False, True], ids=["answers", "answers and scores"])
def test_twice_as_long_a_sitting_writes_twice_as_much(scored: bool, tmp_path: Path) -> None:
    once, twice = (cost_of(answers, tmp_path / str(answers), scored=scored) for answers in (80, 160))
    for costs in (once, twice):
        assert costs.saves > 5
        assert costs.file_bytes <= bound(costs)
        assert costs.last_file_bytes == pytest.approx(3_250 * costs.answers, rel=0.1)
    # A file that is written at every ending is written four times as much.
    assert twice.file_bytes < 2.5 * once.file_bytes
    assert twice.journal_bytes == pytest.approx(2 * once.journal_bytes, rel=0.05)
