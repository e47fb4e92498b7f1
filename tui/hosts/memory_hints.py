"""What to do about a model that may have found no room, in memory or on disk."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tui.core.catalog.model_card import ModelCard, ModelState

_FULL = re.compile(
    r"no space|(?:not enough|insufficient|out of) (?:disk )?space|disk (?:is )?full"
    # What the SDK's runtime says is the number alone: of Linux and macOS, of Windows.
    r"|\berrno 28\b|\berror 112\b",
    re.IGNORECASE,
)
_NAMED = 4
"""So many loaded models are named."""


def make_room(model_id: str, cards: Iterable[ModelCard]) -> str:
    """What can be tried where a host fails to load a model, and does not say whether memory is short.

    `cards` are those of the host: what else is loaded is named.
    """
    others = [card.id for card in cards if card.state is ModelState.LOADED and card.id != model_id]
    if not others:
        return "If memory is short, try a smaller model"
    named = ", ".join(others[:_NAMED]) + (" and more" if len(others) > _NAMED else "")
    return f"If memory is short, unload what else is loaded ({named}) and try again"


def make_space(words: str, otherwise: str) -> str:
    """What can be tried after a download failed with these words of the host; `otherwise`, if the disk is not full."""
    return "Free some space where the models lie, then download it again" if _FULL.search(words) else otherwise
