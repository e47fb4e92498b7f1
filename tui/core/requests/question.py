"""What was asked of which model."""

from __future__ import annotations

from dataclasses import dataclass

from tui.core.catalog.model_card import ModelCard

LOOKED_AT = 10_000
"""Characters at either end of a prompt that an answer is compared with."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the text of an answer is judged by: what was asked, and of whom."""

    system: str
    user: str
    card: ModelCard

    @property
    def asked(self) -> str:
        """The beginning and the end of system prompt and prompt."""
        parts = filter(None, (self.system, self.user))
        return "\n".join(
            part if len(part) <= 2 * LOOKED_AT else f"{part[:LOOKED_AT]}\n{part[-LOOKED_AT:]}" for part in parts
        )
