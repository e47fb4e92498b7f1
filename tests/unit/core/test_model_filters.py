"""Narrowing models down by words and facets."""

from __future__ import annotations

import pytest

from tui.core.catalog.model_card import ModelCard, ModelState
from tui.core.catalog.model_filters import UNKNOWN, FilterBy, ModelFilter, value_of, values

CPU = ModelCard("a-cpu", "a", device="CPU", licence="MIT", task="chat-completion", state=ModelState.LOADED, tools=True)
GPU = ModelCard("a-gpu", "a", device="GPU", licence="MIT", task="chat-completion", state=ModelState.CATALOG)
NPU = ModelCard("b-npu", "b", device="NPU", licence="apache-2.0", task="embeddings", tools=False)
BARE = ModelCard("c", "c")
CARDS = (GPU, CPU, NPU, BARE)


def shown(wanted: ModelFilter) -> list[str]:
    return [card.id for card in CARDS if wanted.admits(card)]


@pytest.mark.parametrize(
    ("facet", "known"),
    [
        (FilterBy.DEVICE, ("CPU", "GPU", "NPU", UNKNOWN)),
        (FilterBy.STATE, ("loaded", "catalogue", UNKNOWN)),
        (FilterBy.TASK, ("chat", "embeddings", UNKNOWN)),
        (FilterBy.TOOLS, ("no", "yes", UNKNOWN)),
        (FilterBy.LICENCE, ("apache-2.0", "MIT", UNKNOWN)),
    ],
)
def test_the_values_that_occur_are_listed_in_order_and_the_unknown_last(
    facet: FilterBy, known: tuple[str, ...]
) -> None:
    assert values(CARDS, facet) == known


def test_what_a_model_does_not_say_is_a_hyphen() -> None:
    assert [value_of(BARE, facet) for facet in FilterBy] == [UNKNOWN] * 5


def test_a_facet_steps_through_its_values_and_back_to_all() -> None:
    wanted, seen = ModelFilter(), []
    for _ in range(5):
        wanted = wanted.stepped(FilterBy.DEVICE, CARDS)
        seen.append(shown(wanted))
    assert seen == [["a-cpu"], ["a-gpu"], ["b-npu"], ["c"], ["a-gpu", "a-cpu", "b-npu", "c"]]


def test_facets_and_words_must_all_hold() -> None:
    wanted = ModelFilter("a").stepped(FilterBy.TASK, CARDS)
    assert shown(wanted) == ["a-gpu", "a-cpu"]
    wanted = wanted.stepped(FilterBy.TOOLS, CARDS).stepped(FilterBy.TOOLS, CARDS)
    assert (wanted.picked, shown(wanted)) == ({FilterBy.TASK: "chat", FilterBy.TOOLS: "yes"}, ["a-cpu"])
    assert shown(wanted.opened()) == ["a-gpu", "a-cpu", "b-npu"]


def test_a_value_that_no_model_has_any_more_gives_way_to_the_first() -> None:
    wanted = ModelFilter(picked={FilterBy.DEVICE: "TPU"})
    assert shown(wanted) == []
    assert wanted.stepped(FilterBy.DEVICE, CARDS).picked == {FilterBy.DEVICE: "CPU"}


def test_a_filter_narrows_as_soon_as_it_may_leave_something_out() -> None:
    assert not ModelFilter("  ").narrows
    assert ModelFilter("a").narrows and ModelFilter(picked={FilterBy.TASK: "chat"}).narrows
