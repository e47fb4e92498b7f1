"""Finding a model by what a person types."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui.core.catalog.model_card import ModelCard, ModelState, find_model, find_or_believe

CPU = ModelCard("Phi-4-mini-instruct-generic-cpu:5", "phi-4-mini", device="CPU", licence="MIT", publisher="Microsoft")
GPU = ModelCard("Phi-4-mini-instruct-cuda-gpu:5", "phi-4-mini", device="GPU", ep="CUDA", state=ModelState.LOADED)
PLAIN = ModelCard("llama3", "Llama", task="chat")
ORG = ModelCard("lab/phi-4-mini", "lab/phi-4-mini")
TRAP = ModelCard("other:1", "llama3")
CARDS = (CPU, GPU, TRAP, PLAIN)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Phi-4-mini-instruct-cuda-gpu:5", GPU),
        ("PHI-4-MINI-INSTRUCT-CUDA-GPU:5", GPU),
        ("phi-4-mini-instruct-cuda-gpu", GPU),
        ("phi-4-mini", CPU),
        ("Phi-4-Mini", CPU),
        ("llama", PLAIN),
        ("other", TRAP),
        ("phi-4", None),
        ("cuda", None),
        ("", None),
        (":", None),
    ],
)
def test_a_model_is_found_by_id_alias_or_id_without_version(name: str, found: ModelCard | None) -> None:
    assert find_model(CARDS, name) is found


def test_an_id_goes_before_another_models_alias() -> None:
    assert find_model(CARDS, "llama3") is PLAIN


LAB = tuple(replace(card, host="lab") for card in (CPU, GPU))
BOX = (replace(PLAIN, host="box:80"), ModelCard("lab/phi-4-mini", "lab/phi-4-mini", host="box:80"), *(
    replace(card, host="box:80") for card in (CPU, GPU)))  # fmt: skip


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("lab/Phi-4-mini-instruct-cuda-gpu:5", LAB[1]),
        ("lab/phi-4-mini-instruct-cuda-gpu", LAB[1]),
        ("lab/phi-4-mini", LAB[0]),
        ("Lab/Phi-4-Mini", LAB[0]),
        ("lab/phi-4-mini@gpu", LAB[1]),
        ("lab/phi-4-mini@CPU", LAB[0]),
        ("lab/phi-4-mini-instruct-cuda-gpu@gpu", LAB[1]),
        ("lab/phi-4-mini@npu", None),
        ("box:80/phi-4-mini", BOX[2]),
        ("box:80/phi-4-mini@gpu", BOX[3]),
        ("box:80/Llama", BOX[0]),
        ("box:80/lab/phi-4-mini", BOX[1]),
        ("lab/llama", None),
        ("lab/", None),
        ("/phi-4-mini", None),
        ("phi-4-mini@gpu", LAB[1]),
        ("llama", BOX[0]),
    ],
)
def test_behind_the_name_of_a_host_every_spelling_means_a_model_of_it(name: str, found: ModelCard | None) -> None:
    assert find_model(LAB + BOX, name) is found
    assert find_or_believe(LAB + BOX, name, ("lab", "box:80")) is found


def test_an_id_with_a_slash_is_found_where_its_beginning_is_also_the_name_of_a_host() -> None:
    other = ModelCard("lab/other", "lab/other", host="box:80")
    assert find_model((*LAB, other), "lab/other") is other


@pytest.mark.parametrize("name", ["lab/phi", "LAB/phi"])
def test_a_host_that_lists_nothing_is_believed_whatever_the_case_of_its_name(name: str) -> None:
    assert find_or_believe(BOX, name, ("lab", "box:80")) == ModelCard("phi", "phi", host="lab")


def test_nothing_is_found_in_an_empty_catalogue() -> None:
    assert find_model((), "phi-4-mini") is None


def at(host: str, card: ModelCard) -> ModelCard:
    return replace(card, host=host)


LAB_CPU, LAB_GPU, BOX_GPU, BOX_ORG = at("lab", CPU), at("lab", GPU), at("Box:80", GPU), at("Box:80", ORG)
OF_HOSTS = (LAB_CPU, LAB_GPU, BOX_GPU, BOX_ORG)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("lab/Phi-4-mini-instruct-cuda-gpu:5", LAB_GPU),
        ("lab/phi-4-mini-instruct-cuda-gpu", LAB_GPU),
        ("lab/phi-4-mini", LAB_CPU),
        ("LAB/Phi-4-Mini", LAB_CPU),
        ("lab/phi-4-mini@gpu", LAB_GPU),
        ("box:80/phi-4-mini", BOX_GPU),
        ("box:80/phi-4-mini@cpu", None),
        ("phi-4-mini", LAB_CPU),
        ("phi-4-mini@gpu", LAB_GPU),
        ("box:80/lab/phi-4-mini", BOX_ORG),
        ("box:80/box:80/phi-4-mini", None),
        ("other/phi-4-mini", None),
        ("/phi-4-mini", None),
        ("lab/", None),
    ],
)
def test_a_name_behind_its_hosts_means_what_it_means_alone(name: str, found: ModelCard | None) -> None:
    assert find_model(OF_HOSTS, name) is found


@pytest.mark.parametrize(
    ("words", "cards"),
    [
        ("", {CPU, GPU, TRAP, PLAIN}),
        ("   ", {CPU, GPU, TRAP, PLAIN}),
        ("phi", {CPU, GPU}),
        ("phi gpu", {GPU}),
        ("GPU Phi", {GPU}),
        ("microsoft mit", {CPU}),
        ("loaded", {GPU}),
        ("chat", {PLAIN}),
        ("phi llama", set()),
        ("none", set()),
    ],
)
def test_a_filter_wants_every_word_somewhere_in_the_row(words: str, cards: set[ModelCard]) -> None:
    assert {card for card in CARDS if card.matches(words)} == cards
