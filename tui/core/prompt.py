"""What is asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question, word for word as it is sent. `key` names it within its session: p1, p2, …"""

    key: str
    user: str
    system: str | None = None

    def messages(self) -> list[dict[str, str]]:
        """The chat messages to send."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": self.user}]
