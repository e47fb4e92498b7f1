"""Rate and time left of a download, from the percentages that were reported."""

from __future__ import annotations

import pytest

from tui.core.catalog.download_speed import WINDOW_S, DownloadSpeed, Sample, added, pace


def after(*reports: tuple[float, float]) -> tuple[Sample, ...]:
    """The samples after these reports of (second, percent)."""
    samples: tuple[Sample, ...] = ()
    for at, percent in reports:
        samples = added(samples, Sample(at, percent))
    return samples


def test_nothing_is_known_before_the_first_report() -> None:
    assert pace((), 1000.0, 0.0) == DownloadSpeed(None, None, None)


def test_one_report_tells_how_far_and_not_how_fast() -> None:
    assert pace(after((0, 12.5)), 1000.0, 1.0) == DownloadSpeed(12.5, None, None)


def test_rate_and_time_left_follow_from_size_and_percent() -> None:
    assert pace(after((0, 0), (10, 25)), 1000.0, 10.0) == DownloadSpeed(25, 25.0, 30.0)


def test_without_a_size_the_time_left_is_still_known() -> None:
    assert pace(after((0, 0), (10, 25)), None, 10.0) == DownloadSpeed(25, None, 30.0)


def test_the_rate_is_that_of_the_last_seconds() -> None:
    slow = [(float(second), second * 0.1) for second in range(101)]
    fast = [(100 + float(second), 10 + second * 1.0) for second in range(1, 31)]
    found = pace(after(*slow, *fast), 1000.0, 130.0)
    assert found.bytes_per_s == pytest.approx(10.0)
    assert found.seconds_left == pytest.approx(60.0)


def test_samples_older_than_the_window_are_dropped() -> None:
    samples = after(*((float(second), second / 100) for second in range(1000)))
    assert samples[-1].at - samples[0].at <= WINDOW_S


def test_steps_further_apart_than_the_window_still_make_a_rate() -> None:
    assert pace(after((0, 1), (40, 2), (80, 3)), 1000.0, 81.0) == DownloadSpeed(3, 0.25, 97 * 40)


def test_the_same_percentage_again_changes_nothing() -> None:
    assert after((0, 5), (3, 5), (6, 5)) == (Sample(0, 5),)


def test_a_rate_of_long_ago_is_unknown_and_never_zero() -> None:
    samples = after((0, 0), (10, 25))
    assert pace(samples, 1000.0, 10 + WINDOW_S) == DownloadSpeed(25, 25.0, 30.0)
    assert pace(samples, 1000.0, 10.1 + WINDOW_S) == DownloadSpeed(25, None, None)


def test_a_download_that_begins_again_forgets_its_rate() -> None:
    assert after((0, 10), (5, 60), (6, 2)) == (Sample(6, 2),)


def test_at_the_end_no_time_is_left() -> None:
    assert pace(after((0, 50), (10, 100)), 1000.0, 10.0) == DownloadSpeed(100, 50.0, 0.0)


def test_the_samples_of_the_last_fifteen_seconds_are_kept() -> None:
    samples = after(*((1000.0 + second, float(second)) for second in range(21)))
    assert [sample.at - 1000 for sample in samples] == list(range(5, 21))
