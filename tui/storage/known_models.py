"""The names of models that a host listed when it was asked last, for completing a command while it is typed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from pathlib import Path

from tui.core.catalog.model_card import ModelCard
from tui.core.errors import StoreError
from tui.files import read_regular
from tui.storage.atomic_file import write_atomic

_FILE = "model-names.txt"
_MAX_BYTES = 1 << 18
_MOST = 2000
SHELL_SAFE = re.compile(r"[\w.@/+-][\w.:@/+-]*", re.ASCII)
"""What a shell takes as it stands: a name that a host made up is never completed into a command of its own."""


def remember_models(cards: Iterable[ModelCard], folder: Path) -> None:
    """Keep what these models are called, the newest first; others stay as long as there is room.

    What cannot be kept is not: completing a command does without.
    """
    before = known_models(folder)
    listed = [name for card in cards for name in (card.alias, card.id) if SHELL_SAFE.fullmatch(name)]
    kept = list(dict.fromkeys([*listed, *before]))[:_MOST]
    if kept == before:
        return
    text = "".join(f"{name}\n" for name in kept).encode("ascii")

    with contextlib.suppress(StoreError):
        write_atomic(folder / _FILE, text)


def known_models(folder: Path) -> list[str]:
    """The names that were kept; none where that cannot be read."""
    try:
        lines = read_regular(folder / _FILE, _MAX_BYTES).decode("ascii").splitlines()
    except (OSError, ValueError):
        return []
    return [name for name in lines if SHELL_SAFE.fullmatch(name)]
