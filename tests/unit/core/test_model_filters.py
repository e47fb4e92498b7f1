"""Narrowing models down by words and facets."""

from __future__ import annotations

import pytest

from tui.core.catalog.model_card import ModelCard, ModelState, tagged
from tui.core.catalog.model_filters import FilterBy, ModelFilter, value_of, values
from tui.core.narrowing import stepped
from tui.core.text.formatting import UNKNOWN

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
    assert [value_of(BARE, facet) for facet in FilterBy] == [UNKNOWN] * 6


def test_a_facet_steps_through_its_values_and_back_to_all() -> None:
    picked: dict[FilterBy, str] = {}
    seen = []
    for _ in range(5):
        picked = stepped(picked, FilterBy.DEVICE, values(CARDS, FilterBy.DEVICE))
        seen.append(shown(ModelFilter(picked=picked)))
    assert seen == [["a-cpu"], ["a-gpu"], ["b-npu"], ["c"], ["a-gpu", "a-cpu", "b-npu", "c"]]


def test_facets_and_words_must_all_hold() -> None:
    assert shown(ModelFilter("a", {FilterBy.TASK: "chat"})) == ["a-gpu", "a-cpu"]
    assert shown(ModelFilter("a", {FilterBy.TASK: "chat", FilterBy.TOOLS: "yes"})) == ["a-cpu"]
    assert shown(ModelFilter("a")) == ["a-gpu", "a-cpu", "b-npu"]


def test_a_value_that_no_model_has_any_more_gives_way_to_the_first() -> None:
    picked = {FilterBy.DEVICE: "TPU", FilterBy.TASK: "chat"}
    assert shown(ModelFilter(picked=picked)) == []
    assert stepped(picked, FilterBy.DEVICE, ("CPU", "GPU")) == {FilterBy.DEVICE: "CPU", FilterBy.TASK: "chat"}


def test_tags_of_a_persons_file_are_told_by_id_before_alias_and_each_is_a_value_of_its_own() -> None:
    tags = {"a": ("small", "code"), "a-gpu": ("fast",), "b-npu": ("small",)}
    cards = tagged(CARDS, tags)
    assert cards == CARDS, "it is the same model whatever somebody calls it"
    assert values(cards, FilterBy.TAG) == ("code", "fast", "small", UNKNOWN)
    wanted = ModelFilter(picked={FilterBy.TAG: "small"})
    assert [card.id for card in cards if wanted.admits(card)] == ["a-cpu", "b-npu"]
    assert [card.id for card in cards if ModelFilter("fast").admits(card)] == ["a-gpu"]
