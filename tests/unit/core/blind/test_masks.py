"""Where answers name models, and what a blind rater reads instead."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.some import any_number_of, some
from tui.core.blind.masks import MASK, joined, mask, name_ranges, without_names
from tui.core.catalog.model_card import ModelCard

CARDS = (
    ModelCard("qwen2.5-0.5b-instruct-generic-cpu:3", "qwen2.5-0.5b", publisher="Microsoft"),
    ModelCard("Phi-4-mini-instruct-cuda-gpu:5", "phi-4-mini", publisher="Microsoft"),
    ModelCard("mistralai-Mistral-7B-Instruct-v0-2", "mistral-7b"),
    ModelCard("acme/zorblax_9000", "zorblax", publisher="Acme"),
)


def masked(answer: str, asked: str = "") -> str:
    return mask(answer, name_ranges(answer, CARDS, asked))


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ("I am Qwen, made by Alibaba Cloud.", f"I am {MASK}, made by {MASK}."),
        ("I am Phi, a model of Microsoft.", f"I am {MASK}, a model of {MASK}."),
        ("Qwen2.5 here.", f"{MASK} here."),
        ("[qwen2.5-0.5b]: Paris.", f"[{MASK}]: Paris."),
        ("phi-4-mini says: Paris.", f"{MASK} says: Paris."),
        ("PHI 4 MINI says: Paris.", f"{MASK} says: Paris."),
        ("Zorblax-9000-turbo, at your service.", f"{MASK}, at your service."),
        ("This is mistralai-Mistral-7B-Instruct-v0-2.", f"This is {MASK}."),
        ("Yes.<|im_end|>", f"Yes.{MASK}"),
        # Another model than it is: a rater would take it for that one.
        ("My name is Mistral.", f"My name is {MASK}."),
    ],
)
def test_names_are_not_read(answer: str, seen: str) -> None:
    assert masked(answer) == seen


@pytest.mark.parametrize(
    "answer",
    [
        "Microsoft was founded in 1975.",
        "The golden ratio is called phi.",
        "The mistral blows from the north-west in winter.".replace("mistral", "tramontane"),
        "A meta-analysis of Google Scholar.",
        "",
    ],
)
def test_what_only_looks_like_a_name_stays(answer: str) -> None:
    assert masked(answer) == answer


def test_what_was_asked_about_may_be_answered() -> None:
    asked = "Is Qwen better than phi-4-mini?"
    assert masked("Qwen is smaller than phi-4-mini.", asked) == "Qwen is smaller than phi-4-mini."
    assert masked("I am Qwen, so yes.", asked) == f"I am {MASK}, so yes.", "unless it says who it is"


names = st.sampled_from([name for card in CARDS for name in (card.id, card.alias)])


@given(
    st.lists(
        st.tuples(st.text("ab .,\n*`#", max_size=6), names, st.sampled_from(["", "!", " ", "\n", ")"])), min_size=1
    ),
    st.sampled_from([str.lower, str.upper, str]),
)
def test_no_id_and_no_alias_is_left(parts: list[tuple[str, str, str]], spelt: type[str]) -> None:
    text = " ".join(f"{before} {spelt(name)}{after}" for before, name, after in parts)
    seen = masked(text).casefold()
    for card in some(CARDS):
        assert card.id.casefold() not in seen and card.alias.casefold() not in seen


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6))
def test_what_is_between_names_stays_as_it_is(text: str, found: list[tuple[int, int]]) -> None:
    ranges = joined((first, min(end, len(text))) for first, end in found)
    hidden = {place for first, end in ranges for place in range(first, end)}
    left = "".join(char for place, char in enumerate(text) if place not in hidden)
    assert mask(text, ranges).replace(MASK, "", len(ranges)) == left or MASK in text
    assert all(first < end for first, end in any_number_of(ranges))
    assert all(one[1] < other[0] for one, other in any_number_of(pairwise(ranges))), "in order, and apart"


def test_a_name_is_as_long_as_any_other() -> None:
    assert len(masked("I am Qwen.")) == len(masked("I am Phi."))


def test_a_sentence_of_the_program_names_no_model_and_no_host() -> None:
    told = without_names(
        "phi-4-mini could not be loaded at http://10.0.0.7:5273/v1.", CARDS, ["http://10.0.0.7:5273/v1", "winbox"]
    )
    assert told == f"{MASK} could not be loaded at {MASK}."
