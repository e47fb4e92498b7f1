"""Models of one name can be told apart where there is little room."""

from __future__ import annotations

import pytest

from tui.core.catalog.model_card import ModelCard
from tui.core.catalog.model_names import HOST_SHOWN, short_host, titles

PHI = ModelCard("phi-4-mini-instruct-cuda-gpu:5", "phi-4-mini", "cuda-gpu", "GPU", "CUDAExecutionProvider")


def of_host(host: str, card: ModelCard = PHI) -> ModelCard:
    return ModelCard(card.id, card.alias, card.variant, card.device, card.ep, host=host)


@pytest.mark.parametrize(
    ("cards", "told"),
    [
        ([PHI, ModelCard("bare", "bare")], ["phi-4-mini · GPU", "bare"]),
        ([of_host("lab"), of_host("box")], ["lab/phi-4-mini · GPU", "box/phi-4-mini · GPU"]),
        (
            [PHI, ModelCard("phi-4-mini-instruct-generic-gpu:5", "phi-4-mini", "generic-gpu", "GPU")],
            ["phi-4-mini · cuda-gpu", "phi-4-mini · generic-gpu"],
        ),
        (
            [ModelCard("phi:1", "phi", device="CPU"), ModelCard("phi:2", "phi", device="CPU")],
            ["phi:1", "phi:2"],
        ),
        (
            [of_host("gpu-a.example.com:8000"), of_host("gpu-b.example.com:8000")],
            ["gpu-a.e…m:8000/phi-4-mini · GPU", "gpu-b.e…m:8000/phi-4-mini · GPU"],
        ),
        (
            [of_host("a-long-name.one.example:80"), of_host("a-long-name.two.example:80")],
            [f"a-long-name.{one}.example:80/phi-4-mini-instruct-cuda-gpu:5" for one in ("one", "two")],
        ),
    ],
)
def test_models_of_one_name_have_titles_of_their_own(cards: list[ModelCard], told: list[str]) -> None:
    assert titles(cards) == told


def test_a_hosts_name_keeps_its_ends() -> None:
    assert short_host("127.0.0.1:8001") == "127.0.0.1:8001"
    assert len(short_host("x" * 100)) == HOST_SHOWN


def test_a_title_is_clean_and_one_line() -> None:
    assert titles([ModelCard("x\n\x1b[31m", "x\n\x1b[31m")]) == ["x␊␛[31m"]
