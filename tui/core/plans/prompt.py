"""What is asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question, word for word. `key` names it within its session (p1, p2, …), and is empty outside of one."""

    key: str
    user: str
    system: str | None = None
    facets: tuple[str, ...] = ()
    """What a good answer speaks of."""
    tags: tuple[str, ...] = ()

    def messages(self, system: str | None = None, marker: str = "") -> list[dict[str, str]]:
        """The chat messages to send: `system` in place of the prompt's own if given, `marker` ahead of everything."""
        before = self.system if system is None else system
        told = [{"role": "system", "content": before}] if before else []
        messages = [*told, {"role": "user", "content": self.user}]
        if marker:
            messages[0] = messages[0] | {"content": f"[{marker}] {messages[0]['content']}"}
        return messages
