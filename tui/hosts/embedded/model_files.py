"""A model that lies on this machine: its card, its folder, and how it came there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tui.core.catalog.model_card import ModelCard

CONFIG = "genai_config.json"
"""What makes a folder one of ONNX Runtime GenAI."""


class Origin(Enum):
    """Who put a model there, and so who may take it away."""

    BUNDLED = "bundled"
    REGISTERED = "registered"
    DOWNLOADED = "downloaded"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """One model. Its card says CACHED when its files are here, loaded or not."""

    card: ModelCard
    folder: Path
    origin: Origin


def size_of(folder: Path) -> int:
    """What the folder's files take on disk, in bytes. Raises OSError."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
