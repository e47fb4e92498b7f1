"""What is taken from rows that others wrote, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from tui.hosts.json_fields import MAX_NAME, MAX_ROWS, count, listed, read_ids, size_in_mb, text, text_in


@pytest.mark.parametrize("value", [None, 3, True, [], {}, "", "  \n", "x" * (MAX_NAME + 1)])
def test_what_is_no_name_is_none(value: Any) -> None:
    assert text(value) is None


def test_half_a_character_in_a_name_cannot_reach_a_file_or_a_terminal() -> None:
    assert text("phi\ud83d") == "phi\ufffd"


def test_the_first_usable_text_of_several_keys_counts() -> None:
    assert text_in({"id": 7, "name": " ", "alias": "phi", "last": "other"}, "id", "name", "alias", "last") == "phi"
    assert text_in({}, "id") is None


@pytest.mark.parametrize("value", [None, True, "3", 0, -1, 1.5, 1 << 60, float("nan"), float("inf")])
def test_what_counts_nothing_is_none_and_never_zero(value: Any) -> None:
    assert count(value) is None


@pytest.mark.parametrize("value", [None, True, "3", 0, -1.5, 1e12, 1 << 2000, float("nan"), float("inf")])
def test_what_is_no_size_is_none_and_never_zero(value: Any) -> None:
    assert size_in_mb(value) is None


def test_a_count_and_a_size_are_kept() -> None:
    assert (count(4096), size_in_mb(2048), size_in_mb(0.5)) == (4096, 2_048_000_000, 500_000)


@pytest.mark.parametrize("body", [None, "data", [], {}, {"data": None}, {"data": {"id": "a"}}])
def test_what_is_no_list_of_models_is_none(body: Any) -> None:
    assert listed(body) is None


def test_of_a_list_only_its_tables_are_rows_and_not_without_end() -> None:
    assert listed({"data": [{"id": "a"}, "b", None, {"id": "c"}]}) == [{"id": "a"}, {"id": "c"}]
    assert len(listed({"data": [{"id": "a"}] * (MAX_ROWS + 1)}) or ()) == MAX_ROWS


def test_ids_come_once_each_in_their_order_without_what_is_none() -> None:
    assert read_ids(["b", "a", None, "b", 3, ""]) == ("b", "a")
    assert read_ids({"b": 1}) is None
