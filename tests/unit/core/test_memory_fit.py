"""Whether models fit into memory together, and what they take on disk."""

from __future__ import annotations

import pytest

from tui.core.catalog.memory_fit import HEADROOM, MemoryFit, MemoryVerdict, OnDisk, fit, need_of, on_disk
from tui.core.catalog.model_card import ModelCard, ModelState, from_megabytes

MB = 1e6


def card(size_mb: float | None, state: ModelState = ModelState.CACHED) -> ModelCard:
    return ModelCard(f"{state}-{size_mb}", "one", size_bytes=from_megabytes(size_mb), state=state)


LOADED = card(9000, ModelState.LOADED)


def test_a_model_needs_more_than_its_size_and_nothing_more_when_it_is_loaded() -> None:
    assert need_of(card(1000)) == pytest.approx(1000 * MB * HEADROOM)
    assert need_of(card(None)) is None
    assert need_of(LOADED) == 0


@pytest.mark.parametrize(
    ("cards", "free", "verdict"),
    [
        ([card(1000), card(2000)], 3600.0, MemoryVerdict.TOGETHER),
        ([card(1000), card(2000)], 3599.0, MemoryVerdict.ONE_BY_ONE),
        ([card(1000), card(2000)], 2399.0, MemoryVerdict.TOO_LARGE),
        ([card(1000), card(2000)], None, MemoryVerdict.UNKNOWN),
        ([LOADED], 10.0, MemoryVerdict.TOGETHER),
        ([LOADED, card(1000)], 1200.0, MemoryVerdict.TOGETHER),
        ([card(None)], 99999.0, MemoryVerdict.UNKNOWN),
        ([card(None), card(1000)], 99999.0, MemoryVerdict.UNKNOWN),
        ([card(None), card(1000), card(1000)], 2000.0, MemoryVerdict.ONE_BY_ONE),
        ([card(None), card(1000)], 100.0, MemoryVerdict.TOO_LARGE),
        ([], 100.0, MemoryVerdict.TOGETHER),
    ],
)
def test_what_is_known_decides(cards: list[ModelCard], free: float | None, verdict: MemoryVerdict) -> None:
    assert fit(cards, None if free is None else free * MB).verdict is verdict


def test_a_megabyte_of_a_model_is_a_megabyte_of_memory() -> None:
    assert fit([card(6600)], 8_000_000_000).verdict is MemoryVerdict.TOGETHER
    assert fit([card(6600)], 7_919_000_000).verdict is MemoryVerdict.TOO_LARGE


def test_the_need_is_a_sum_and_unknown_with_one_unknown_size() -> None:
    assert fit([card(1000), card(2000), LOADED], 500 * MB) == MemoryFit(MemoryVerdict.TOO_LARGE, 3600 * MB, 500 * MB)
    assert fit([card(1000), card(None)], None) == MemoryFit(MemoryVerdict.UNKNOWN, None, None)


def test_cached_and_loaded_models_are_on_disk() -> None:
    catalogue = card(5000, ModelState.CATALOG)
    assert on_disk([card(100), LOADED, catalogue]) == OnDisk(2, 9100 * MB, 0)
    assert on_disk([card(100), card(None)]) == OnDisk(2, 100 * MB, 1)
    assert on_disk([card(None)]) == OnDisk(1, None, 1)
    assert on_disk([catalogue, card(7, ModelState.UNKNOWN)]) == OnDisk(0, None, 0)
